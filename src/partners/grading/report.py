"""What an assignment tells its instructor: what was learned, and where the assignment is to blame.

It reads what nbgrader leaves in a course folder: the gradebook, and in ``autograded`` each notebook
with what its tests printed and the transcripts beside it. A group of fewer than five people is merged
with its neighbor, so that nobody can be found out; who is missing or unmarked is only counted. Time
is known from transcripts alone: when an answer was saved says nothing about how long it took.
"""

from __future__ import annotations

import ast
import json
from bisect import bisect
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from statistics import fmean, median
from typing import TYPE_CHECKING, Any, NamedTuple

from partners import library
from partners.course import answers
from partners.course.course_map import course_map
from partners.course.pages import sections
from partners.scenario import transcript

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from partners.course.course_map import Outcome
    from partners.scenario.engine import Play

FEWEST = 5
"""People in the smallest group that is shown."""

SHARES = ("none", "some", "most", "all")
"""Of a part’s points: none, less than half, half or more, all."""
KINDS = ("breakdown", "polite", "progress", "partnership")
MINUTES = ("under 5", "5 to 10", "10 to 20", "20 to 40", "40 or more")


class ReportError(ValueError):
    """There is nothing to report, or nothing that may be shown; the message tells the way out."""


class Count(NamedTuple):
    """How many of a group, as exactly as may be said: from `low` to `high` of `of` people."""

    low: int
    high: int
    of: int

    def __str__(self) -> str:
        if self.low == self.high:
            return f"{self.low} of {self.of}"
        return f"{self.low} to {self.high} of {self.of}"


class Group(NamedTuple):
    """People in the columns from `first` to `last`, counted from 0."""

    first: int
    last: int
    people: int


class Spread(NamedTuple):
    """How `people` spread over ordered columns; no groups where they are too few to show."""

    columns: tuple[str, ...]
    groups: tuple[Group, ...]
    people: int

    def label(self, group: Group) -> str:
        """Return the name of a group, such as “some or most”."""
        *before, last = self.columns[group.first : group.last + 1]
        if before and self.columns == MINUTES:
            return _from_to(before[0], last)
        return f"{', '.join(before)} or {last}" if before else last

    def __str__(self) -> str:
        if not self.groups:
            return f"fewer than {in_words(FEWEST)} people" if self.people else "nobody yet"
        return ", ".join(f"{self.label(group)} ({group.people})" for group in self.groups)


def _from_to(first: str, last: str) -> str:
    """Return the name of neighboring columns of minutes: “5 to 20” from “5 to 10” to “10 to 20”."""
    if first == MINUTES[0]:
        return "any time" if last == MINUTES[-1] else f"under {last.rpartition(' ')[2]}"
    start, end = first.partition(" ")[0], last.partition(" ")[2]
    return f"{start} {end}"


class Item(NamedTuple):
    """One thing that a test asks for, who had it right, and the `hint` that the others read."""

    name: str
    hint: str
    right: Count


@dataclass(frozen=True)
class Part:
    """One graded cell of the notebook, and the outcomes that it assesses.

    `mean` is the share of its points, from 0 to 1; `scored` counts those who have points,
    `unmarked` those whose text waits for a mark, and `not_judged` those of whom its test could judge
    no item: all was left open, or an error stopped it.
    """

    key: str
    title: str
    points: float
    outcomes: tuple[Outcome, ...]
    scored: int
    unmarked: int
    mean: float | None
    spread: Spread
    not_judged: int
    items: tuple[Item, ...]

    def of_items(self, *, nobody: bool) -> list[Item]:
        """Return the items that nobody has right, or those that everybody has."""
        return [item for item in self.items if item.right.low == (0 if nobody else item.right.of)]

    def same_for_all(self) -> str:
        """Return “none” or “all” if that is what everybody has of its points; else nothing."""
        if self.unmarked or len(self.spread.groups) != 1:
            return ""
        label = self.spread.label(self.spread.groups[0])
        return label if label in (SHARES[0], SHARES[-1]) else ""

    def can(self) -> str:
        """Return its outcomes in words; empty if it assesses none of the course map."""
        first, *more = [outcome.can for outcome in self.outcomes] or [""]
        return "; ".join([first, *(can[:1].lower() + can[1:] for can in more)])

    def taught(self) -> list[str]:
        """Return where its outcomes are taught, such as “Frameworks”, section “What is missing?”."""
        return list(dict.fromkeys(map(_place, self.outcomes)))


class Dimension(NamedTuple):
    """Shares of the points on one dimension of the rubric, from 0 to 1, by attempt; None if too few."""

    name: str
    shares: tuple[float | None, ...]


class Change(NamedTuple):
    """How far the share on a dimension moved, first to last attempt, for `people` with two or more."""

    dimension: str
    by: float
    people: int


@dataclass(frozen=True)
class Talk:
    """What the transcripts of one conversation show.

    `attempts` names the attempts that are told apart; `endings` and the shares of each dimension
    follow their order. People who `finished`, `unfinished`, `refused` and `missing` are everybody.
    `minutes` are of all finished attempts of a person together; `median` is of those that are known.
    """

    name: str
    title: str
    finished: int
    unfinished: int
    refused: int
    missing: int
    attempts: tuple[str, ...]
    endings: tuple[Spread, ...]
    dimensions: tuple[Dimension, ...]
    changes: tuple[Change, ...]
    minutes: Spread
    median: float | None


class Person(NamedTuple):
    """What is said of somebody by name, where names are asked for."""

    name: str
    points: str
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """All findings for one assignment; everything that is shown is made from it.

    `listed` counts the people in the gradebook, `handed_in` those of whom there is a submission,
    `graded` those with an autograded notebook that can be read. `people` is empty without names.
    """

    assignment: str
    title: str
    listed: int
    handed_in: int
    graded: int
    unmarked: int
    parts: tuple[Part, ...]
    talks: tuple[Talk, ...]
    people: tuple[Person, ...]

    def telling(self) -> list[str]:
        """Return the three to five most telling findings, the most telling first."""
        return [line for line in self._told() if line][:5]

    def _told(self) -> Iterator[str]:
        yield self._extreme(nobody=True)
        if self.unmarked:
            yield f"{self.unmarked} of {self.graded} have written parts that are not marked yet."
        if ungraded := self.handed_in - self.graded:
            yield f"{ungraded} of {self.handed_in} hand-ins are not graded; nbgrader’s log says why."
        scored = [part for part in self.parts if part.mean is not None]
        if scored:
            hardest = min(scored, key=lambda part: part.mean or 0)
            yield f"Hardest: “{hardest.title}”, with {percent(hardest.mean)} of the points on average."
        for talk in self.talks:
            yield talk_in_words(talk)
        yield self._extreme(nobody=False)
        yield f"{self.handed_in} of the {self.listed} on the list have handed in."

    def _extreme(self, *, nobody: bool) -> str:
        items = [item.name for part in self.parts for item in part.of_items(nobody=nobody)]
        share = SHARES[0] if nobody else SHARES[-1]
        whole = [p.title for p in self.parts if not p.items and p.same_for_all() == share]
        who, points = ("Nobody", "any") if nobody else ("Everybody", "all")
        told = [f"{who} got {_some(items)} right."] if items else []
        told += [f"{who} has {points} points of {_some(whole)}."] if whole else []
        return " ".join(told)


def findings(course: Path, assignment: str, *, names: bool = False) -> Report:
    """Return what the nbgrader course folder `course` tells about `assignment`.

    Parameters
    ----------
    course
        The folder with ``gradebook.db`` and ``autograded``.
    assignment
        Its name in nbgrader.
    names
        Whether people are named. Only then are groups of fewer than five shown.

    Raises
    ------
    ReportError
        If the folder, the gradebook or the assignment is not there, nothing is graded, or fewer
        than five people are and no names are asked for.
    """
    book = _Book(course, assignment)
    notebooks = {who: cells for who in book.marks if (cells := _cells(book.folder(who)))}
    if not notebooks:
        raise ReportError(f"Nobody’s “{assignment}” is graded yet. Run: nbgrader autograde {assignment}")
    if len(notebooks) < FEWEST and not names:
        raise ReportError(
            f"Only {len(notebooks)} of “{assignment}” are graded. In so small a group a figure tells "
            f"who is who. For your own eyes alone, run: partners report {assignment} --names"
        )
    return _Reader(book, notebooks, 1 if names else FEWEST).report(names=names)


def talk_in_words(talk: Talk) -> str:
    """Return how a conversation ended, in the first and in the last attempts that are shown."""
    ended = [(a, str(s)) for a, s in zip(talk.attempts, talk.endings, strict=True) if s.groups]
    told = "; ".join(f"{attempt}: {spread}" for attempt, spread in (ended[:1] + ended[1:][-1:]))
    return f"How “{talk.title}” ended. {told.capitalize()}." if told else ""


def percent(share: float | None) -> str:
    """Return a share of 1 as a whole percentage; a dash where there is none."""
    return "–" if share is None else f"{100 * share:.0f}%"


def in_words(number: int) -> str:
    """Return a small number as a word."""
    words = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    return words[number] if number < len(words) else str(number)


def _some(names: Sequence[str]) -> str:
    """Return up to three names, and how many more there are."""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(f"“{name}”" for name in names[:3]) + more


def counted(people: int, of: int, fewest: int) -> Count:
    """Return a count that tells neither `people` nor the rest exactly where they are below `fewest`."""
    if 0 < people < min(fewest, of):
        return Count(1, min(fewest, of) - 1, of)
    if 0 < of - people < fewest:
        return Count(of - fewest + 1, of - 1, of)
    return Count(people, people, of)


def spread(columns: tuple[str, ...], places: Iterable[int], fewest: int) -> Spread:
    """Return how people, each in one of the columns, spread, with no group of fewer than `fewest`.

    The smallest group goes to the smaller of its neighbors until none is too small. Columns in which
    nobody is stay out, unless they lie inside a merged group.
    """
    counts = Counter(places)
    groups = [Group(place, place, counts[place]) for place in sorted(counts)]
    while len(groups) > 1 and (small := min(groups, key=lambda group: group.people)).people < fewest:
        at = groups.index(small)
        beside = [i for i in (at - 1, at + 1) if 0 <= i < len(groups)]
        left, right = sorted((at, min(beside, key=lambda i: groups[i].people)))
        people = groups[left].people + groups[right].people
        groups[left : right + 1] = [Group(groups[left].first, groups[right].last, people)]
    enough = counts.total() >= fewest
    return Spread(columns, tuple(groups) if enough else (), counts.total())


class _Cell(NamedTuple):
    """A graded cell as the gradebook has it: its points, and the whole source of its test."""

    key: str
    points: float
    source: str


class _Attempt(NamedTuple):
    """A finished attempt, played again, and how long it took, if that is known."""

    play: Play
    minutes: float | None


class _Book:
    """The gradebook as plain data, read once.

    `names` has everybody on the list, `handed_in` those of whom there is anything. `marks` holds for
    each submission the points by cell, None where a mark is missing.
    """

    def __init__(self, course: Path, assignment: str) -> None:
        from nbgrader.api import Gradebook  # noqa: PLC0415
        from sqlalchemy.exc import DatabaseError  # noqa: PLC0415

        self.course, self.assignment = course, assignment
        file = course / "gradebook.db"
        if not file.exists():
            raise ReportError(
                f"There is no gradebook.db in {course.resolve()}. "
                "Go to the folder of your nbgrader course first."
            )
        if not file.stat().st_size:  # nbgrader would make one of it
            raise ReportError(self._empty())
        try:
            with Gradebook(f"sqlite:///{file.resolve()}", "") as book:
                self._read(book)
        except DatabaseError:
            raise ReportError(
                f"{file.resolve()} cannot be read as nbgrader’s gradebook. If nbgrader was updated, "
                "run: nbgrader update ."
            ) from None

    def _empty(self) -> str:
        return (
            f"The gradebook is empty. Run first: nbgrader generate_assignment {self.assignment}, "
            f"and once work is handed in: nbgrader autograde {self.assignment}"
        )

    def _read(self, book: Any) -> None:
        known = {found.name: found for found in book.assignments}
        if not known:
            raise ReportError(self._empty())
        if self.assignment not in known:
            raise ReportError(
                f"The gradebook has no “{self.assignment}”. It has: {', '.join(sorted(known))}."
            )
        notebooks = known[self.assignment].notebooks
        self.sources = {cell.name: cell.source for n in notebooks for cell in n.source_cells}
        self.cells = [
            _Cell(cell.name, cell.max_score, self.sources.get(cell.name) or "")
            for notebook in notebooks
            for cell in (*notebook.grade_cells, *notebook.task_cells)
        ]
        self.marks = {
            submission.student_id: {
                grade.name: _points(grade) for n in submission.notebooks for grade in n.grades
            }
            for submission in book.assignment_submissions(self.assignment)
        }
        folders = self.course.glob(f"submitted/*/{self.assignment}")
        self.handed_in = {folder.parent.name for folder in folders} | set(self.marks)
        listed = {student.id: _full_name(student) for student in book.students}
        self.names = {who: who for who in self.handed_in} | listed

    def folder(self, who: str) -> Path:
        """Return the folder of what nbgrader graded of somebody."""
        return self.course / "autograded" / who / self.assignment


def _full_name(student: Any) -> str:
    name = " ".join(filter(None, (student.first_name, student.last_name)))
    return f"{name} ({student.id})" if name else str(student.id)


def _points(grade: Any) -> float | None:
    """Return the points without extra credit, or None while nbgrader waits for somebody to mark it."""
    given = grade.auto_score if grade.manual_score is None else grade.manual_score
    return None if grade.needs_manual_grade else given


def _cells(folder: Path) -> list[dict[str, Any]]:
    """Return the cells of the notebooks in `folder`; of one that cannot be read, none."""
    found: list[dict[str, Any]] = []
    for file in sorted(folder.glob("*.ipynb")):
        try:
            found += json.loads(file.read_text("utf-8"))["cells"]
        except (ValueError, KeyError, TypeError, OSError):
            continue
    return found


def _key(cell: Mapping[str, Any]) -> str:
    return str(cell["metadata"].get("nbgrader", {}).get("grade_id", ""))


class _Reader:
    """Makes a report from the gradebook and the graded notebooks, by the fewest people of a group."""

    def __init__(self, book: _Book, notebooks: dict[str, list[dict[str, Any]]], fewest: int) -> None:
        self.book, self.notebooks, self.fewest = book, notebooks, fewest
        self.marks = {who: book.marks[who] for who in notebooks}
        self.cells = {who: {_key(cell): cell for cell in cells} for who, cells in notebooks.items()}
        self.title, self.headings = self._outline()
        self.talks = {name: self._transcripts(name) for name in self._talk_names()}

    def report(self, *, names: bool) -> Report:
        return Report(
            assignment=self.book.assignment,
            title=self.title,
            listed=len(self.book.names),
            handed_in=len(self.book.handed_in),
            graded=len(self.marks),
            unmarked=sum(None in marks.values() for marks in self.marks.values()),
            parts=tuple(map(self._part, self._in_order())),
            talks=tuple(map(self._talk, self.talks)),
            people=tuple(map(self._person, sorted(self.book.names))) if names else (),
        )

    def _in_order(self) -> list[_Cell]:
        """Return the graded cells as they follow each other in the notebook."""
        order = {key: place for place, key in enumerate(self.headings)}
        return sorted(self.book.cells, key=lambda cell: order.get(cell.key, len(order)))

    def _outline(self) -> tuple[str, dict[str, str]]:
        """Return the title of the notebook, and for each cell the heading it stands under."""
        name = self.book.assignment
        places = (self.book.course / place / name for place in ("source", "release"))
        cells = next(filter(None, map(_cells, places)), next(iter(self.notebooks.values())))
        title, heading, headings = name, "", {}
        for cell in cells:
            lines = "".join(cell["source"]).splitlines() if cell["cell_type"] == "markdown" else []
            for line in lines:
                title = line[2:].strip() if line.startswith("# ") and title == name else title
                heading = line[3:].strip() if line.startswith("## ") else heading
            headings[_key(cell)] = heading
        return title, headings

    def _part_title(self, key: str) -> str:
        heading, words = self.headings.get(key, ""), key.replace("_", " ")
        graded = [cell.key for cell in self.book.cells if self.headings.get(cell.key) == heading]
        if not heading:
            return words.capitalize()
        return f"{heading} ({words})" if len(graded) > 1 else heading

    def _part(self, cell: _Cell) -> Part:
        scores = [marks[cell.key] for marks in self.marks.values() if cell.key in marks]
        shares = [score / (cell.points or 1) for score in scores if score is not None]
        outcomes = course_map().outcomes.values()
        judged, items = self._judged(cell), _items(cell.source)
        shown = len(judged) >= self.fewest
        return Part(
            key=cell.key,
            title=self._part_title(cell.key),
            points=cell.points,
            outcomes=tuple(o for o in outcomes if _assesses(o, self.book.assignment, cell.key)),
            scored=len(shares),
            unmarked=scores.count(None),
            mean=fmean(shares) if len(shares) >= self.fewest else None,
            spread=spread(SHARES, map(_column, shares), self.fewest),
            not_judged=len(self.marks) - len(judged) if items else 0,
            items=tuple(self._item(item, judged) for item in items) if shown else (),
        )

    def _judged(self, cell: _Cell) -> list[str]:
        """Return what the test printed, for everybody who answered something that it could judge."""
        printed = {who: _printed(cells.get(cell.key, {})) for who, cells in self.cells.items()}
        return [
            text
            for who, text in printed.items()
            if text is not None and (self.marks[who].get(cell.key) or "Still open:" not in _flat(text))
        ]

    def _item(self, item: _Asked, judged: list[str]) -> Item:
        right = sum(not item.wrong_in(text) for text in judged)
        return Item(item.shown, item.hint, counted(right, len(judged), self.fewest))

    def _talk_names(self) -> list[str]:
        asked = "\n".join(source or "" for source in self.book.sources.values())
        return sorted((n for n in library.role_plays() if f'"{n}"' in asked), key=asked.index)

    def _transcripts(self, name: str) -> dict[str, list[_Attempt] | str | None]:
        """Return by person the finished attempts; or why they cannot be replayed; or None if missing."""
        found: dict[str, list[_Attempt] | str | None] = {}
        for who in self.notebooks:
            try:
                found[who] = _attempts(self.book.folder(who), name, self.book.assignment)
            except transcript.TranscriptError as error:
                found[who] = str(error)
        return found

    def _talk(self, name: str) -> Talk:
        found, role_play = list(self.talks[name].values()), library.role_play(name)
        played = [attempts for attempts in found if isinstance(attempts, list)]
        finished = [attempts for attempts in played if attempts]
        told_apart = _told_apart(finished, self.fewest)
        minutes = [sum(known) for attempts in finished if (known := _known(attempts))]
        return Talk(
            name=name,
            title=role_play.title,
            finished=len(finished),
            unfinished=len(played) - len(finished),
            refused=sum(isinstance(attempts, str) for attempts in found),
            missing=found.count(None),
            attempts=tuple(told_apart),
            endings=tuple(
                spread(KINDS, (KINDS.index(_kind(play)) for play in plays), self.fewest)
                for plays in told_apart.values()
            ),
            dimensions=tuple(
                Dimension(
                    course_map().rubric[key].name,
                    tuple(self._share(key, plays) for plays in told_apart.values()),
                )
                for key in role_play.practises
            ),
            changes=tuple(self._changes(role_play.practises, finished)),
            minutes=spread(MINUTES, (bisect((5, 10, 20, 40), m) for m in minutes), self.fewest),
            median=median(minutes) if len(minutes) >= self.fewest else None,
        )

    def _share(self, dimension: str, plays: Iterable[Play]) -> float | None:
        shares = [share for play in plays if (share := _scored(play, dimension)) is not None]
        return fmean(shares) if len(shares) >= self.fewest else None

    def _changes(
        self, dimensions: Sequence[str], finished: Iterable[list[_Attempt]]
    ) -> Iterator[Change]:
        twice = [attempts for attempts in finished if len(attempts) > 1]
        for key in dimensions:
            pairs = [(_scored(a[0].play, key), _scored(a[-1].play, key)) for a in twice]
            moved = [last - first for first, last in pairs if first is not None and last is not None]
            if len(moved) >= self.fewest:
                yield Change(course_map().rubric[key].name, fmean(moved), len(moved))

    def _person(self, who: str) -> Person:
        name = self.book.names[who]
        if who not in self.marks:
            why = "Handed in, not graded." if who in self.book.handed_in else "Handed in nothing."
            return Person(name, "–", (why,))
        marks, most = self.marks[who], sum(cell.points for cell in self.book.cells)
        points = sum(score for score in marks.values() if score is not None)
        unmarked = [self._part_title(key) for key, score in marks.items() if score is None]
        remarks = [f"Not marked yet: {', '.join(unmarked)}."] if unmarked else []
        for talk, found in self.talks.items():
            remarks.append(_remark(library.role_play(talk).title, found[who]))
        return Person(name, f"{points:g} of {most:g}", tuple(remarks))


def _assesses(outcome: Outcome, exercise: str, key: str) -> bool:
    return (outcome.assessed.exercise, outcome.assessed.question) == (exercise, key)


def _column(share: float) -> int:
    return (share > 0) + (share >= 0.5) + (share >= 1)


def _place(outcome: Outcome) -> str:
    page = library.root() / f"{outcome.page}.md"
    if not page.exists():  # an installation brings the map, but not the pages
        return outcome.taught
    titles = sections(page)
    return f"“{next(iter(titles.values()))}”, section “{titles.get(outcome.section, outcome.section)}”"


def _printed(cell: Mapping[str, Any]) -> str | None:
    """Return what a test cell printed; None if it did not run to its points."""
    outputs = cell.get("outputs", [])
    kinds = {output["output_type"] for output in outputs}
    if "error" in kinds or "execute_result" not in kinds:
        return None
    return "".join(chain.from_iterable(o["text"] for o in outputs if o.get("name") == "stdout"))


class _Asked(NamedTuple):
    """An item in the source of a test: its name there, and in which answer, where two have that name."""

    name: str
    hint: str
    within: str = ""

    @property
    def shown(self) -> str:
        return f"{self.name} ({self.within})" if self.within else self.name

    def wrong_in(self, printed: str) -> bool:
        """Say whether the test printed that this was not right."""
        if self.within:  # its name alone could be the other one’s
            return _flat(f"{self.name}: {self.hint}") in _flat(printed)
        return any(line.startswith(f"{self.name}: ") for line in printed.splitlines())


def _flat(text: str) -> str:
    return " ".join(text.split())


def _items(source: str) -> list[_Asked]:
    """Return the items in a test: the keys of what is handed to a function of ``worksheet`` for points.

    They are read from the gradebook’s own copy, so they are those that were graded.
    """
    try:
        calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    except (SyntaxError, ValueError):
        return []
    calls.sort(key=lambda call: (call.end_lineno or 0, call.end_col_offset or 0))
    found = list(chain.from_iterable(map(_asked, calls)))
    often = Counter(item.name for item in found)
    return [item if often[item.name] > 1 else item._replace(within="") for item in found]


def _asked(call: ast.Call) -> Iterator[_Asked]:
    if "points" not in getattr(call.func, "attr", "") or not call.args:
        return
    named = [node.id for node in ast.walk(call.args[0]) if isinstance(node, ast.Name)]
    within = next((name for name in named if name != "worksheet"), "another answer")
    given = [*call.args[1:], *(word.value for word in call.keywords)]
    for argument in (node for node in given if isinstance(node, ast.Dict)):
        for key, value in zip(argument.keys, argument.values, strict=True):
            why = value.elts[-1] if isinstance(value, ast.Tuple) and value.elts else value
            if isinstance(key, ast.Constant) and isinstance(why, ast.Constant):
                name = key.value if isinstance(key.value, str) else f"Moment {key.value!r}"
                yield _Asked(name, str(why.value), within)


def _attempts(folder: Path, talk: str, exercise: str) -> list[_Attempt] | None:
    """Return the finished attempts at `talk` that lie in `folder`, alone or in the answers file."""
    try:
        with (folder / f"{talk}.transcript.json").open(encoding="utf-8-sig", errors="replace") as file:
            text = file.read(transcript.LONGEST + 1)
    except OSError:
        try:
            kept = answers.load(folder / answers.file_name(exercise), exercise).transcripts
        except answers.AnswersError:
            return None
        if talk not in kept:
            return None
        text = json.dumps(kept[talk])
    data = transcript.read(text)
    plays = transcript.replay(library.role_play(talk), data)
    return [
        _Attempt(play, _minutes(given["began"], given["ended"]))
        for play, given in zip(plays, data["attempts"], strict=True)
        if play.ending
    ]


def _minutes(began: str | None, ended: str | None) -> float | None:
    """Return the minutes between two times; None if one is missing, unreadable, or they are reversed."""
    try:
        took = datetime.fromisoformat(ended or "") - datetime.fromisoformat(began or "")
    except (ValueError, TypeError):
        return None
    return took.total_seconds() / 60 if took.total_seconds() > 0 else None


def _known(attempts: list[_Attempt]) -> list[float]:
    """Return the minutes of all attempts; none if those of one are not known."""
    known = [attempt.minutes for attempt in attempts if attempt.minutes is not None]
    return known if len(known) == len(attempts) else []


def _told_apart(finished: list[list[_Attempt]], fewest: int) -> dict[str, list[Play]]:
    """Return plays by attempt: first, second, and the last of those with three or more.

    Where fewer than `fewest` people have a later attempt, each of them counts with the last one under
    the attempt before it.
    """
    reached = [sum(len(attempts) >= n for attempts in finished) for n in (1, 2, 3)]
    names = ("first attempt", "second attempt", "last of three or more")
    shown = max((n for n in (1, 2, 3) if reached[n - 1] >= fewest), default=0)
    found = {
        names[n - 1]: [a[n - 1 if n < 3 else -1].play for a in finished if len(a) >= n]
        for n in range(1, shown + 1)
    }
    if shown in (1, 2) and reached[shown]:
        del found[names[shown - 1]]
        merged = [attempts[-1].play for attempts in finished if len(attempts) >= shown]
        found["last attempt" if shown == 1 else "second or later attempt"] = merged
    return found


def _kind(play: Play) -> str:
    assert play.ending is not None  # noqa: S101 - only finished attempts are kept
    return play.ending.kind


def _scored(play: Play, dimension: str) -> float | None:
    tally = play.score().get(dimension)
    return tally.earned / tally.possible if tally else None


def _remark(title: str, found: list[_Attempt] | str | None) -> str:
    if found is None:
        return f"“{title}”: no transcript."
    if isinstance(found, str):
        return f"“{title}”: the transcript counts for nothing. {found}"
    if not found:
        return f"“{title}”: no attempt is finished."
    return f"“{title}”: finished {len(found)}, the last with {_kind(found[-1].play)}."
