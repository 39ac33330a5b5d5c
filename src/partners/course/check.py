"""Holds all content to its rules: every problem with its file, its line and the way out."""

from __future__ import annotations

import re
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING

from partners import library, source
from partners.course import exercises
from partners.course.course_map import CourseMap, InConversation, InQuestion
from partners.course.evidence import effects, numbers
from partners.course.pages import sections
from partners.course.reading import level, prose
from partners.course.references import cited, references
from partners.scenario.faults import Fault
from partners.scenario.soundness import unsound
from partners.scenario.texts import persona_faults, untranslated
from partners.source import Problem, SourceError
from partners.writing import rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from partners.scenario.model import RolePlay

HARDEST = 11
"""The highest school grade at which a chapter may read."""

_QUIZ = re.compile(r"^```\{quiz\} (\S+)", re.MULTILINE)
_PRINTED = re.compile(r"\{effect\}`([^`]+)`")
_RESTS_ON = re.compile(r"source: (\w+)")
_ENTRY = re.compile(r"@\w+\{([^,]+),")
_CODE = re.compile(r"(^```\{(?:code-cell|quiz)\}.*?^```$)", re.MULTILINE | re.DOTALL)
_ROLE_OR_SPEECH = re.compile(r"\{[\w:]+\}`[^`]*`|“[^”]*”|\A---\n.*?\n---\n", re.DOTALL)
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s?(?:%|percent\b)")
_FINDING = re.compile(_PERCENT.pattern + r"|\b[dr] = [−-]?[\d.]+")
_UNSAFE = re.compile(r"<script|\son\w+=|href=|<foreignObject|javascript:", re.IGNORECASE)


def problems() -> Iterator[Problem]:
    """Yield every problem of the course's content; none when all is sound."""
    file = library.root() / "course_map.yml"
    try:
        cmap, data = source.load(file, CourseMap)
    except SourceError as error:
        yield from error.problems
        return
    yield from library.located(file, data, map_faults(cmap))
    for name in library.role_plays():
        yield from role_play_problems(library.role_play_file(name), cmap)
    yield from chain.from_iterable(page_problems(page) for page in pages())
    yield from _evidence()
    yield from _unused_references()
    yield from _exercises()


def pages() -> list[Path]:
    """Return the Markdown files of the book, sources of exercises included."""
    root = library.root()
    found = (root / folder for folder in ("chapters", "case_studies", "exercises"))
    files = chain.from_iterable(folder.rglob("*.md") for folder in found)
    return sorted(file for file in files if file.name != "worksheet.md")


def role_play_problems(file: Path, cmap: CourseMap) -> Iterator[Problem]:
    """Yield the problems of one role-play: what stops it first, else what is never reached or cited."""
    try:
        role_play, data = library.with_places(file)
    except SourceError as error:
        yield from error.problems
        return
    faults = chain(
        unsound(role_play),
        persona_faults(role_play),
        _unwarranted(role_play, cmap),
        _portrait(file, role_play),
    )
    yield from library.located(file, data, faults)
    for language, other in library.translations(file).items():
        yield from _untranslated(data, language, other)


def _untranslated(data: object, language: str, other: Path) -> Iterator[Problem]:
    try:
        words = source.read_yaml(other)
    except SourceError as error:
        yield from error.problems
        return
    for place in untranslated(data, words):
        name = ".".join(map(str, place))
        mend = "add the text; until then the first language stands there"
        yield Problem(other, source.line_of(words, place), f"{language}: no text for {name}", mend)


def _unwarranted(role_play: RolePlay, cmap: CourseMap) -> Iterator[Fault]:
    for i, dimension in enumerate(role_play.practises):
        if dimension not in cmap.rubric:
            what = f'the rubric has no dimension "{dimension}"'
            yield Fault(("practises", i), what, "choose from " + ", ".join(cmap.rubric))
    for at, scene in role_play.scenes.items():
        for key, reply in scene.replies.items():
            place = ("scenes", at, "replies", key, "why")
            if reply.why.principle not in cmap.principles:
                what = f'course_map.yml has no principle "{reply.why.principle}"'
                mend = "choose from " + ", ".join(cmap.principles)
                yield Fault((*place, "principle"), what, mend)
            if reply.why.source not in references():
                what = f'references.bib has no entry "{reply.why.source}"'
                yield Fault((*place, "source"), what, "add the entry, or cite one that is there")


def _portrait(file: Path, role_play: RolePlay) -> Iterator[Fault]:
    picture = file.parent / role_play.parent.portrait
    if not picture.is_file():
        yield Fault(("parent", "portrait"), f"{picture.name} is not there", f"draw {picture}")
    elif unsafe := _UNSAFE.search(picture.read_text("utf-8")):
        what = f"{picture.name} holds “{unsafe[0].strip()}”"
        yield Fault(("parent", "portrait"), what, "a portrait is drawn with shapes only")


def map_faults(cmap: CourseMap) -> Iterator[Fault]:
    """Yield what of the map leads nowhere: sections, tags, conversations, questions, exercises."""
    yield from _untaught(cmap)
    yield from _unmapped(cmap)


def _unmapped(cmap: CourseMap) -> Iterator[Fault]:
    practised = {name: _practises(name) for name in library.role_plays()}
    asked = {name: set(_graded(name)) for name in exercises.names()}
    for key, outcome in cmap.outcomes.items():
        place = ("outcomes", key)
        for tag in outcome.tags:
            if tag not in cmap.frameworks:
                what = f'frameworks has no "{tag}"'
                yield Fault((*place, "tags"), what, "choose from " + ", ".join(cmap.frameworks))
        match outcome.practised:
            case InConversation(role_play=name, dimension=dimension):
                there, what = dimension in practised.get(name, ()), f'"{dimension}" in "{name}"'
            case InQuestion(page=name, quiz=quiz):
                there, what = quiz in _quizzes(name), f'question "{quiz}" in {name}'
        if not there:
            mend = "name a role_play and what it practises, or a page and its quiz"
            yield Fault((*place, "practised"), f"there is no {what}", mend)
        name, question = outcome.assessed.exercise, outcome.assessed.question
        if question not in asked.get(name, ()):
            what = f'no exercise "{name}" grades a cell "{question}"'
            yield Fault((*place, "assessed"), what, "name an exercise and a grade_id of it")


def _untaught(cmap: CourseMap) -> Iterator[Fault]:
    items = chain(
        ((("topics", key), topic) for key, topic in cmap.topics.items()),
        ((("outcomes", key), outcome) for key, outcome in cmap.outcomes.items()),
    )
    for place, item in items:
        file = library.root() / f"{item.page}.md"
        if not file.exists():
            yield Fault((*place, "taught"), f"no page {item.page}", "write page#section, without .md")
        elif item.section not in sections(file):
            what = f"{item.page} has no section #{item.section}"
            yield Fault((*place, "taught"), what, "choose from " + ", ".join(sections(file)))


def _practises(name: str) -> list[str]:
    try:
        return library.role_play(name).practises
    except SourceError:
        return []  # its own problems are told where it stands


def _quizzes(page: str) -> list[str]:
    file = library.root() / f"{page}.md"
    return _QUIZ.findall(file.read_text("utf-8")) if file.exists() else []


def page_problems(file: Path) -> Iterator[Problem]:
    """Yield the problems of one page: sources and numbers that are not there, text that is too hard."""
    for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
        for key in cited(line):
            if key not in references():
                what = f'references.bib has no entry "{key}"'
                yield Problem(file, number, what, "add the entry, or cite one that is there")
        for key in _PRINTED.findall(line):
            if key not in numbers().index:
                what = f'the evidence files have no row "{key}"'
                yield Problem(file, number, what, "add the row, or name one that is there")
    yield from _numbers(file)
    yield from _too_hard(file)


def _numbers(file: Path) -> Iterator[Problem]:
    """Yield the numbers of research that a page prints, and does not take from the evidence files."""
    text = file.read_text("utf-8")
    notebook = file.name == "source.md"  # an exercise is read outside the book: no role works there
    for place, block in _parts(text):
        in_code = notebook or block.startswith("```")
        for found in (_PERCENT if in_code else _FINDING).finditer(_ours(block)):
            if in_code and found[1] in _known_numbers():
                continue
            line = text.count("\n", 0, place + found.start()) + 1
            what = f"“{found[0]}” stands in the text, and not by its row in the evidence files"
            yield Problem(file, line, what, "print it with {effect}`the id of its row`")


def _too_hard(file: Path) -> Iterator[Problem]:
    if file.parent.name != "chapters":
        return
    found = level(prose(file))
    if max(found.flesch_kincaid, found.coleman_liau) > HARDEST:
        grades = f"{found.flesch_kincaid} (Flesch-Kincaid) and {found.coleman_liau} (Coleman-Liau)"
        what = f"reads at grades {grades}"
        yield Problem(file, 1, what, f"write shorter sentences and plainer words, to grade {HARDEST}")


def _parts(text: str) -> Iterator[tuple[int, str]]:
    """Yield prose and code, which cannot hold roles: questions and captions; each with its place."""
    place = 0
    for part in _CODE.split(text):
        yield place, part
        place += len(part)


def _ours(prose: str) -> str:
    """Return `prose` with roles, and what people say in it, blanked out."""
    return _ROLE_OR_SPEECH.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), prose)


@cache
def _known_numbers() -> set[str]:
    """Return the numbers that the evidence files hold, as text."""
    rows = numbers()
    said = " ".join(rows["prints"]) + " ".join(rows["note"].dropna())
    rounded = {f"{round(abs(estimate))}" for estimate in rows["estimate"]}
    return rounded | set(re.findall(r"\d+(?:\.\d+)?", said))


def _evidence() -> Iterator[Problem]:
    file = library.root() / "evidence" / "effects.csv"
    rows = effects()
    tests: dict[str, tuple[Callable[[str], bool], str]] = {
        "bib_key": (lambda value: value in references(), "name an entry of references.bib"),
        "verification": (lambda value: value == "seen", "print only what has been checked"),
        "prints": (lambda value: isinstance(value, str), "say what the text prints"),
    }
    for number, (key, row) in enumerate(rows.iterrows(), 2):
        for column, (right, mend) in tests.items():
            if not right(row[column]):
                yield Problem(file, number, f'"{key}": {column} is “{row[column]}”', mend)
    for key in rows.index[rows.index.duplicated()].unique():
        yield Problem(file, 1, f'two rows are called "{key}"', "give every row an id of its own")


def _unused_references() -> Iterator[Problem]:
    file = library.root() / "references.bib"
    used = {key for key in numbers()["bib_key"] if isinstance(key, str)}
    for page in [*pages(), *library.root().glob("*.md")]:
        used.update(cited(page.read_text("utf-8")))
    for name in library.role_plays():
        used.update(_RESTS_ON.findall(library.role_play_file(name).read_text("utf-8")))
    used.update(rule.source for rule in rules().rules.values())
    for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
        if (entry := _ENTRY.match(line)) and entry[1] not in used:
            what = f'nothing cites "{entry[1]}"'
            yield Problem(file, number, what, "cite it where a claim rests on it, or take it out")


def _exercises() -> Iterator[Problem]:
    for name in exercises.names():
        file = exercises.folder(name) / "source.md"
        ids = _graded(name)
        for key in sorted({key for key in ids if ids.count(key) > 1}):
            yield Problem(file, 1, f'two cells are called "{key}"', "give every cell its own grade_id")


def _graded(name: str) -> list[str]:
    cells = exercises.instructor_notebook(name).cells
    marks = (cell.metadata.get("nbgrader", {}) for cell in cells)
    return [mark["grade_id"] for mark in marks if mark.get("grade")]
