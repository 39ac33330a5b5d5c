"""Files that students handed in on a learning platform, made into nbgrader submissions.

Whose a file is, the platform says by a name (``platforms``); what a student typed inside proves
nothing. Which exercise it is, the file says inside. Files come from students and are trusted in
nothing (``handed_in``): what cannot be used is told, with the reason and a way out.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from partners import files, library
from partners.course import answers
from partners.grading import handed_in, notebook_file, platforms
from partners.grading import roster as class_list
from partners.grading.handed_in import ASK_AGAIN, CollectError, Left, UnusableError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from partners.grading.handed_in import Item
    from partners.grading.platforms import Whose
    from partners.grading.roster import Student

_CHECKED = 20_000_000
"""Characters of the longest notebook that is looked through; as JSON, a hostile one fills the memory."""
_COPY = re.compile(r"(?:-(\d{1,3})| ?\((\d{1,3})\))(?=\.|$)")
_BROKEN = re.compile(r"(?P<of>\w+)(?:-\d+)?\.(?P<kind>answers|transcript)\b")
_FILES = {"notebook": "{}.ipynb", "answers": "{}.answers.json", "transcript": "{}.transcript.json"}
_NOT_OURS = ("It is no answers file, notebook or transcript.", "If you don't need it, leave it.")
_TYPED = "Placed by the name typed inside, which proves nothing: nothing else says whose it is."
_NO_TIME = datetime.min.replace(tzinfo=UTC)


class Report(NamedTuple):
    """What came of a folder.

    `placed` are new submissions, `already` those that were there; `nothing` has for each exercise in
    the folder the students of the roster who have none.
    """

    placed: list[Submission]
    already: list[Submission]
    left: list[Left]
    nothing: dict[str, list[Student]]


class _Part(NamedTuple):
    """A file that can be used: ``notebook`` or ``answers`` `of` an exercise, ``transcript`` `of` a talk.

    One that is `broken` (why, in words) is kept so that the feedback can tell the student as well.
    """

    item: Item
    whose: Whose
    kind: str
    of: str
    who: str = ""
    saved: str = ""
    broken: str = ""

    @property
    def age(self) -> tuple[bool, int, int, str]:
        """What sorts the files of one attempt, the newest last."""
        copy = _COPY.search(self.whose.own)
        return not self.broken, self.whose.number, int(copy[1] or copy[2]) if copy else 0, self.saved

    @property
    def carries(self) -> bool:
        """Whether there is a submission because of it."""
        return self.kind == "notebook" or (self.kind == "answers" and not self.broken)

    def belongs_to(self, exercise: str, term: _Course) -> bool:
        """Say whether it is of `exercise`, or of a conversation that `exercise` has to do with."""
        return self.of in term.talks(exercise) if self.kind == "transcript" else self.of == exercise


@dataclass(frozen=True)
class _Course:
    """An nbgrader course folder."""

    root: Path

    @cached_property
    def released(self) -> dict[str, str]:
        """The text of each released notebook, by exercise."""
        found = sorted(self.root.glob("release/*/*.ipynb"))
        return {file.stem: file.read_text("utf-8") for file in found if file.stem == file.parent.name}

    @cached_property
    def grade_ids(self) -> dict[str, set[str]]:
        """Nbgrader's ids of the cells of each released notebook, by exercise."""
        return {name: _grade_ids(text) for name, text in self.released.items()}

    def talks(self, exercise: str) -> set[str]:
        """Return the conversations that the notebook of `exercise` names."""
        return set(library.role_plays()).intersection(re.findall(r"\w+", self.released[exercise]))

    def place(self, student: Student, exercise: str, step: str = "submitted") -> Path:
        """Return nbgrader's folder for what `student` handed in, or for another `step`."""
        return self.root / step / student.student_id / exercise


@dataclass(frozen=True)
class Submission:
    """A submission, the files it is made from, and what the instructor should know of it."""

    student: Student
    exercise: str
    when: datetime | None
    parts: list[_Part]
    notes: list[str]


def collect(
    folder: Path, roster: list[Student], course: Path, *, replace: bool, dry_run: bool
) -> Report:
    """Make submissions in the nbgrader course folder `course` from what lies in `folder`.

    Parameters
    ----------
    folder
        What a platform handed over: a folder or a zip.
    roster
        The class (see ``roster``). If it is empty, a student is the platform's login, or the name of
        a plain folder.
    course
        The folder with ``nbgrader_config.py`` and ``release``.
    replace
        Whether a submission that is there gives way also where nothing says which is newer.
    dry_run
        Whether only to look.

    Raises
    ------
    CollectError
        If there is nothing to collect from or to.
    """
    term = _Course(course)
    if not (course / "nbgrader_config.py").exists() or not term.released:
        raise CollectError(
            f"{course.resolve()} is no course with a released exercise: it needs nbgrader_config.py and "
            "release/. Go to the folder of your course, or make one: partners course new NAME, and in "
            "it nbgrader generate_assignment EXERCISE."
        )
    if course.resolve().is_relative_to(folder.resolve()):
        raise CollectError(f"{folder} is your course, or holds it. Give the folder of the download.")
    if not dry_run:
        _finish(term)
    report = Report([], [], [], {})
    for submission in _submissions(_parts(folder, term, roster, report.left), term, report.left):
        _put(submission, term, report, replace=replace, dry_run=dry_run)
    made = [*report.placed, *report.already]
    for exercise in sorted({one.exercise for one in made}):
        have = {one.student for one in made if one.exercise == exercise}
        report.nothing[exercise] = [
            student
            for student in roster
            if student not in have and not term.place(student, exercise).exists()
        ]
    return report


def _parts(folder: Path, term: _Course, roster: list[Student], left: list[Left]) -> list[_Part]:
    """Return what can be used in `folder`, each with its student; the rest goes to `left`."""
    parts = []
    items, around = handed_in.items(folder, left), {*term.released, folder.stem}
    for item, name, beside in platforms.owned(items, roster, around):
        try:
            if whose := platforms.whose(item, name, beside, roster):
                parts.append(_part(item, whose, term))
        except UnusableError as error:
            left.append(Left(str(item), *error.args))
    named = [_with_doubt(part, roster) for part in parts if part.whose.student]
    return [*named, *_typed([part for part in parts if not part.whose.student], roster, left)]


def _part(item: Item, whose: Whose, term: _Course) -> _Part:
    """Return what `item` is, by what is in it."""
    name = whose.own.lower()
    if name.endswith(".ipynb"):
        return _notebook(item, whose, term)
    if name.endswith(".zip"):
        raise UnusableError("It is a zip within a zip.", "Ask for the files alone.")
    if not name.endswith((".json", ".json.txt")):
        raise UnusableError(*_NOT_OURS)
    text = _text(item)
    if len(text) > answers.LONGEST:
        raise UnusableError("It is too large to come from an exercise.")
    try:
        data = _data(text)
    except UnusableError as error:
        known = _BROKEN.match(whose.own)
        names = {"answers": term.released, "transcript": library.role_plays()}
        if known and known["of"] in names[known["kind"]]:
            return _Part(item, whose, known["kind"], known["of"], broken=error.args[0])
        raise
    form = str(data.get("format"))
    if form.startswith("partners-transcript/"):
        if data.get("role_play") not in library.role_plays():
            raise UnusableError("It is a transcript of a conversation that this course does not have.")
        return _Part(item, whose, "transcript", data["role_play"])
    if not form.startswith("partners-answers/"):
        raise UnusableError(*_NOT_OURS)
    return _answers(item, whose, text, str(data.get("exercise")), term)


def _answers(item: Item, whose: Whose, text: str, exercise: str, term: _Course) -> _Part:
    if exercise not in term.released:
        raise UnusableError(
            f"Its exercise “{exercise[:80]}” is not released here; {', '.join(term.released)} is.",
            "If your course has it: nbgrader generate_assignment, then collect again.",
        )
    try:
        found = answers.read(text)
    except answers.AnswersError as error:
        return _Part(item, whose, "answers", exercise, broken=str(error))
    return _Part(item, whose, "answers", exercise, found.who, found.saved)


def _text(item: Item) -> str:
    return notebook_file.decoded(item.read())


def _data(text: str) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise UnusableError("It cannot be read: it was cut short or edited.") from None
    if not isinstance(data, dict):
        raise UnusableError(*_NOT_OURS)
    return data


def _notebook(item: Item, whose: Whose, term: _Course) -> _Part:
    """Return a notebook of the exercise whose cells it has or, where these don't tell, of its name."""
    text = _text(item)
    found = _grade_ids(text)
    shared = {exercise: len(found & ids) for exercise, ids in term.grade_ids.items()}
    best = [exercise for exercise, count in shared.items() if count == max(shared.values())]
    if len(best) > 1 or not shared[best[0]]:
        best = [exercise for exercise in best if whose.own.startswith(exercise)]
    if len(best) != 1:
        raise UnusableError(
            f"It is no notebook of an exercise released here: {', '.join(term.released)}.",
            "If it is one, give it the name of its exercise.",
        )
    try:
        if len(text) <= _CHECKED:
            _data(text)
    except UnusableError as error:
        return _Part(item, whose, "notebook", best[0], broken=error.args[0])
    return _Part(item, whose, "notebook", best[0])


def _grade_ids(text: str) -> set[str]:
    """Return nbgrader's ids of the cells of a notebook, which may be cut or no notebook at all."""
    return set(re.findall(r'"grade_id":\s*"([^"]+)"', text))


def _with_doubt(part: _Part, roster: list[Student]) -> _Part:
    """Return `part` with a note if somebody else than the platform's student is typed inside."""
    typed = class_list.called(roster, part.who)
    if len(typed) != 1 or typed[0] == part.whose.student:
        return part
    note = f"Typed inside is “{part.who}”, which is {typed[0]}. The platform's name counts."
    return part._replace(whose=part.whose._replace(notes=(*part.whose.notes, note)))


def _typed(parts: list[_Part], roster: list[Student], left: list[Left]) -> Iterator[_Part]:
    """Yield `parts`, whose names say nothing, with the student whose name is typed inside."""
    together = defaultdict(list)
    for part in parts:
        together[part.item.parts[: part.item.given]].append(part)
    for group in together.values():
        typed = {student for part in group for student in class_list.called(roster, part.who)}
        for part in group:
            if len(typed) == 1:
                whose = part.whose._replace(student=next(iter(typed)), notes=(_TYPED,), typed=True)
                yield part._replace(whose=whose)
                continue
            said = f"“{part.who}”, which is not one student's name" if part.who else "nothing"
            why = f"The platform's name does not say whose it is; inside it says {said}."
            way_out = "Put it into a folder named with the student_id, and collect that folder too."
            left.append(Left(str(part.item), why, way_out if roster else platforms.NO_ROSTER))


def _submissions(parts: list[_Part], term: _Course, left: list[Left]) -> Iterator[Submission]:
    """Yield one submission for each student and exercise, those that the platform names first."""
    theirs = defaultdict(list)
    for part in parts:
        if part.whose.student:
            theirs[part.whose.typed, part.whose.student].append(part)
    done = set()
    for (typed, student), own in sorted(theirs.items(), key=lambda pair: pair[0]):
        used: set[_Part] = set()
        for exercise in sorted({part.of for part in own if part.carries}):
            relevant = [part for part in own if part.belongs_to(exercise, term)]
            who = next((part.who for part in own if part.who), "")
            why = _doubt(who, relevant, is_done=(student, exercise) in done) if typed else ""
            if why:
                way_out = "Ask the student which is theirs."
                left += [Left(str(part.item), why, way_out) for part in relevant]
                used.update(relevant)
            else:
                made = _submission(student, exercise, relevant)
                done.add((student, exercise))
                used.update(made.parts, (part for part in relevant if not part.broken))
                yield made
        for part in (part for part in own if part not in used):
            why = part.broken or f"No notebook or answers file goes with this talk, “{part.of}”."
            left.append(Left(str(part.item), why, ASK_AGAIN))


def _doubt(who: str, relevant: list[_Part], *, is_done: bool) -> str:
    """Return why files are not placed that only a typed name gives to a student, or nothing."""
    if is_done:
        return f"Typed inside is “{who}”, who handed in under the platform's own name."
    works = {(part.kind, part.item.read()) for part in relevant if part.carries}
    if len(works) > len({kind for kind, _ in works}):
        return (
            f"Several different files have “{who}” typed inside, and nothing else says whose they are."
        )
    return ""


def _submission(student: Student, exercise: str, relevant: list[_Part]) -> Submission:
    """Return the newest attempt at `exercise`, and in its notes what was left out for it."""
    newest = max(part.whose.when or _NO_TIME for part in relevant if part.carries)
    attempt = [part for part in relevant if (part.whose.when or _NO_TIME) == newest]
    chosen = {(part.kind, part.of): part for part in sorted(attempt, key=lambda part: part.age)}
    parts = list(chosen.values())
    notes = [note for part in parts for note in part.whose.notes]
    notes += [f"{part.item}: {part.broken} The feedback will say so." for part in parts if part.broken]
    older = [part for part in relevant if part not in parts and not part.broken]
    notes += [f"Left out, as there is a newer one: {part.item}" for part in older]
    return Submission(student, exercise, None if newest == _NO_TIME else newest, parts, notes)


def _texts(submission: Submission) -> dict[str, str]:
    """Return the files that were handed in, by name; adds to the notes what was left out."""
    made: dict[str, str] = {}
    for part in submission.parts:
        if part.kind == "answers" and not part.broken:
            made |= _transcripts(answers.read(_text(part.item)), submission.notes)
    for part in submission.parts:
        made[_FILES[part.kind].format(part.of)] = _text(part.item)
    return made


def _transcripts(found: answers.Answers, notes: list[str]) -> dict[str, str]:
    """Return the files of the conversations in an answers file, as they stand there."""
    made = {}
    for talk, data in found.transcripts.items():
        if talk in library.role_plays():
            text = json.dumps(data, ensure_ascii=False)
            # JSON may hold halves of characters, which no file can.
            made[_FILES["transcript"].format(talk)] = text.encode("utf-8", "replace").decode("utf-8")
        else:
            notes.append(f"Left out: a transcript of “{talk[:80]}”, which this course does not have.")
    return made


def _put(submission: Submission, term: _Course, report: Report, *, replace: bool, dry_run: bool) -> None:
    """Write a submission, or tell in `report` why it is not written."""
    student, exercise, when = submission.student, submission.exercise, submission.when
    place = term.place(student, exercise)
    texts, there = _texts(submission), _there(place)
    if texts.items() <= there.items():
        report.already.append(submission)
        return
    if there and not replace:
        before = _time(place)
        if not (before and when):
            why = f"Another {exercise} of {student} is there, and nothing says which is newer."
            way_out = "If this one counts, add --replace to the command. The other is kept aside."
            report.left.extend(Left(str(part.item), why, way_out) for part in submission.parts)
            return
        if when <= before:
            submission.notes.append("What is there is newer.")
            report.already.append(submission)
            return
    if term.place(student, exercise, "autograded").exists():
        again = f"partners grade {exercise} {shlex.quote(student.student_id)}"
        submission.notes.append(f"An older one is graded. To grade this one: {again}")
    if when:
        texts["timestamp.txt"] = f"{when:%Y-%m-%d %H:%M:%S.%f %Z}"
    if not dry_run:
        _write(place, {f"{exercise}.ipynb": term.released[exercise]} | texts)
    report.placed.append(submission)


def _there(place: Path) -> dict[str, str]:
    found = place.iterdir() if place.is_dir() else ()
    return {file.name: file.read_bytes().decode("utf-8", "replace") for file in found if file.is_file()}


def _time(place: Path) -> datetime | None:
    """Return when the submission at `place` was handed in, as nbgrader reads it."""
    from nbgrader.utils import parse_utc  # noqa: PLC0415 - takes a second

    try:
        found: datetime = parse_utc((place / "timestamp.txt").read_text("utf-8").strip())
    except (OSError, ValueError, OverflowError):
        return None
    return found.replace(tzinfo=UTC)


def _write(place: Path, texts: dict[str, str]) -> None:
    """Put a folder of `texts` to `place`; what was there is put aside.

    Whenever it is stopped, the old folder is there or aside, and the next run finishes a whole new one.
    """
    draft = place.with_name(f".{place.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    for name, text in texts.items():
        files.write(draft / name, text)
    whole = draft.rename(place.with_name(f".{place.name}.whole"))
    if place.exists():
        files.put_aside(place)
    whole.rename(place)


def _finish(term: _Course) -> None:
    """Do the last step of ``_write`` where a run was stopped before it."""
    for whole in term.root.glob("submitted/*/.*.whole"):
        place = whole.with_name(whole.name[1:].removesuffix(".whole"))
        if place.exists():
            shutil.rmtree(whole)
        else:
            whole.rename(place)


def in_words(report: Report, *, dry_run: bool) -> str:
    """Return the listing: what was placed, was there already, was not placed, and who is missing."""
    lines = [
        f"{'Would be placed' if dry_run else 'Placed'}: {len(report.placed)}",
        *_rows(report.placed),
    ]
    if report.already:
        lines += ["", f"Already there: {len(report.already)}", *_rows(report.already)]
    if report.left:
        lines += ["", f"Not placed: {len(report.left)}"]
        for left in report.left:
            lines += [f"  {left.file}", f"    {left.why} {left.way_out}"]
    for exercise, students in report.nothing.items():
        if students:
            lines += ["", f"Nothing handed in for {exercise}: {len(students)}"]
            lines += [f"  {student}" for student in students]
    if any(left.way_out == platforms.NO_ROSTER for left in report.left):
        lines += ["", *platforms.ROSTER_HELP.splitlines()]
    # Names of files come from students, and a terminal obeys some signs.
    return "\n".join("".join(sign if sign.isprintable() else "?" for sign in line) for line in lines)


def _rows(placed: list[Submission]) -> Iterator[str]:
    width = max((len(str(made.student)) for made in placed), default=0)
    for made in sorted(placed, key=lambda made: (made.student, made.exercise)):
        names = ", ".join(str(part.item) for part in made.parts)
        yield f"  {made.student!s:{width}}  {made.exercise}  from {names}"
        yield from (f"    {note}" for note in made.notes)
