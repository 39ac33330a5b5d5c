"""From nbgrader's gradebook into the gradebook file of the learning management system.

The instructor's own export is filled and given back: its ids, its order, its bytes. Nothing is
guessed. What will change is shown first; a student without a mark keeps the cell there is.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, NamedTuple

from partners import files
from partners.grading import delimited, lms, targets
from partners.grading.lms import number
from partners.grading.marks import GradebookError, Mark, match, read_book

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from partners.grading.delimited import Table
    from partners.grading.lms import Person, Sheet
    from partners.grading.marks import Book
    from partners.grading.roster import Student
    from partners.grading.targets import Request, Target

_MOODLE_FIELDS = {"ID number": "useridnumber", "Username": "username", "Email address": "useremail"}
_NOTHING = Mark(None, "nothing handed in", "")
WIDTH = 40
"""Characters of the longest name or title in the listing."""


class Change(NamedTuple):
    """A cell of the file that will say something else; `doubt` is a reason to look twice."""

    row: int
    at: int
    student: str
    person: str
    column: str
    was: str
    becomes: str
    doubt: str


@dataclass(frozen=True)
class Plan:
    """What will change and what will not.

    `same` counts grades that are there already; `left` has the students whose cell stays, by column and
    reason; `strangers` are records without a student, `missing` marked students without a record;
    `content` is the filled file.
    """

    request: Request
    sheet: Sheet
    changes: tuple[Change, ...]
    same: int
    left: dict[tuple[str, str], list[str]]
    strangers: list[tuple[Person, str]]
    missing: tuple[Student, ...]
    notes: tuple[str, ...]
    content: bytes


def plan(course: Path, request: Request) -> Plan:
    """Return what filling the system's file would change; nothing is written.

    Parameters
    ----------
    course
        The nbgrader course: ``gradebook.db``, and ``roster.csv`` if there is one.
    request
        What is asked for.

    Raises
    ------
    GradebookError
        If the file, the gradebook and the request don't fit together.
    RosterError
        If there is a roster that cannot be used.
    """
    book = read_book(course, request.assignments)
    system = lms.SYSTEMS[request.to]
    try:
        table = delimited.read(request.template.read_bytes(), system.delimiters)
        sheet = lms.understand(table, system, request.by)
    except OSError as error:
        raise GradebookError(f"{request.template}: {error.strerror}.") from None
    except delimited.TableError as error:
        raise GradebookError(f"{request.template}: {error}") from None
    sheet, wanted = targets.find(sheet, book, request)
    pairs, strangers = match(sheet.people, book.students, by=bool(request.by))
    changes, same, left = _compared(sheet, wanted, book, pairs)
    marked = {who for (_, who), mark in book.marks.items() if mark.points is not None}
    marked -= {student.student_id for student, _ in pairs.values()}
    missing = tuple(student for student in book.students if student.student_id in marked)
    _check_import(sheet, wanted, changes)
    notes = tuple(_notes(sheet, wanted, book, changes))
    try:
        content = _filled(sheet, wanted, changes).to_bytes()
    except UnicodeEncodeError as error:
        raise GradebookError(
            f"{request.template} is not in UTF-8, which “{error.object[error.start]}” needs. Export it "
            "again, and don't open it in between."
        ) from None
    return Plan(request, sheet, changes, same, left, strangers, missing, notes, content)


def write(found: Plan, file: Path) -> Path | None:
    """Write the filled file; return where a file of that name was put aside, if there was one.

    Raises
    ------
    GradebookError
        If `file` is the template, a folder, or cannot be written.
    """
    if file.is_dir() or (file.exists() and file.samefile(found.request.template)):
        raise GradebookError(f"{file} is the template or a folder. Name another file to write.")
    try:
        aside = files.put_aside(file) if file.exists() else None
        files.write_bytes(file, found.content)
    except OSError as error:
        raise GradebookError(f"{file} cannot be written: {error.strerror}.") from None
    return aside


def _compared(
    sheet: Sheet, wanted: tuple[Target, ...], book: Book, pairs: dict[int, tuple[Student, str]]
) -> tuple[tuple[Change, ...], int, dict[tuple[str, str], list[str]]]:
    """Return the cells to change, how many need no change, and who keeps a cell for which reason."""
    changes, same = [], 0
    left: dict[tuple[str, str], list[str]] = defaultdict(list)
    comma = _writes_comma(sheet, wanted)
    for target in wanted:
        _check_cells(sheet, target)
        for person in (person for person in sheet.people if person.row in pairs):
            student, doubt = pairs[person.row]
            mark = book.marks.get((target.assignment, student.student_id), _NOTHING)
            cells = sheet.table.rows[person.row].values
            stays = sheet.system.kept.get(cells[target.column.at].strip(), mark.waits)
            if mark.points is None or stays:
                left[target.column.header, stays].append(student.student_id)
                continue
            told = {target.column.at: _said(mark.points * target.factor, cells[target.column.at], comma)}
            if target.feedback_at is not None and mark.comments:
                # the first word keeps a comment that begins like a formula from being one
                told[target.feedback_at] = f"Comments: {mark.comments}"
            new = {at: becomes for at, becomes in told.items() if becomes != cells[at]}
            same += not new
            who = student.student_id, person.shown
            for at, becomes in new.items():
                changes.append(
                    Change(person.row, at, *who, sheet.headers[at], cells[at], becomes, doubt)
                )
    return tuple(changes), same, dict(left)


def _said(points: float, was: str, comma: bool) -> str:
    """Return points with the two decimals that every system keeps; `was`, if that says the same."""
    exact = Decimal(repr(points)).quantize(Decimal("0.01"), ROUND_HALF_UP)
    if number(was) == float(exact):
        return was
    said = f"{exact:f}".rstrip("0").rstrip(".")
    return said.replace(".", ",") if comma else said


def _writes_comma(sheet: Sheet, wanted: tuple[Target, ...]) -> bool:
    """Say whether the file writes 8,5 for 8.5."""
    rows = sheet.table.rows[1:]
    cells = [row.values[t.column.at] for row in rows for t in wanted if len(row.raw) > t.column.at]
    return any(number(cell) is not None and "," in cell for cell in cells)


def _check_cells(sheet: Sheet, target: Target) -> None:
    """Refuse a column that holds anything but points: it is another column than it seems."""
    system, at = sheet.system, target.column.at
    for person in sheet.people:
        cell = sheet.table.rows[person.row].values[at].strip()
        plain = cell in ("", "-", *system.kept) or number(cell) is not None
        if not plain and not re.fullmatch(system.busy, cell):
            raise GradebookError(
                f"Line {person.line}: “{target.column.header}” holds “{_short(cell)}”, no number of "
                "points. Is it the right column? If it is, have it exported as points."
            )


def _filled(sheet: Sheet, wanted: tuple[Target, ...], changes: tuple[Change, ...]) -> Table:
    """Return the file with the changes; where only some columns go back, also only the changed records.

    Moodle takes a cell without a grade for “no grade from now on”: who is not marked here is left out.
    """
    told = {(change.row, change.at): change.becomes for change in changes}
    rows = list(sheet.table.rows)
    for (row, at), becomes in told.items():
        raw = list(rows[row].raw)
        raw[at] = sheet.table.field(becomes, raw[at])
        rows[row] = replace(rows[row], raw=tuple(raw))
    if sheet.system.back:
        filled = {at for target in wanted for at in (target.column.at, target.feedback_at)}
        goes = [at for at in range(len(sheet.headers)) if at in filled or at in sheet.back]
        kept = [0, *sorted({row for row, _ in told})]
        rows = [replace(rows[at], raw=tuple(rows[at].raw[place] for place in goes)) for at in kept]
    return replace(sheet.table, rows=tuple(rows))


def _check_import(sheet: Sheet, wanted: tuple[Target, ...], changes: tuple[Change, ...]) -> None:
    """Refuse what would stop the import or, worse, not stop it."""
    for target in wanted:
        highest = _highest(target, changes)
        limit = max(sheet.system.most or highest, target.column.points or 0)
        if highest > limit:
            raise GradebookError(
                f"A grade of {highest:g} for {target.assignment} is above {limit:g}, where "
                f"{sheet.system.name} stops the whole import. Give its grade item {limit:g} points, and "
                f"add: --scale --out-of {limit:g}"
            )
    if sheet.system is lms.MOODLE and changes and not _identifying(sheet, changes):
        raise GradebookError(
            "No column identifies everybody: Moodle gives the grade of a record without an id to the "
            "student of the record before. Export again with the address or the username."
        )


def _highest(target: Target, changes: tuple[Change, ...]) -> float:
    return max((number(c.becomes) or 0.0 for c in changes if c.at == target.column.at), default=0.0)


def _identifying(sheet: Sheet, changes: tuple[Change, ...]) -> str:
    """Return the first column in which each changed record has an id of its own; "" if there is none."""
    rows = {change.row for change in changes}
    people = [person for person in sheet.people if person.row in rows]
    for name in (*people[0].ids, *sheet.system.emails):
        told = [p.email if name in sheet.system.emails else p.ids.get(name) for p in people]
        if all(told) and len(set(told)) == len(told):
            return name
    return ""


def _notes(
    sheet: Sheet, wanted: tuple[Target, ...], book: Book, changes: tuple[Change, ...]
) -> Iterator[str]:
    """Yield what the instructor should know before the file is imported."""
    system = sheet.system
    if sheet.table.encoding == "cp1252":
        yield "The file is not in UTF-8, as after a visit to Excel: names may arrive with wrong letters."
    for target in wanted:
        column, most = target.column, book.maxima[target.assignment]
        if target.made:
            yield f"“{column.header}” is new. {system.made.format(points=most)}"
        elif column.points is None:
            yield f"The file does not tell the points of “{column.header}”: they must be {most:g} there."
        elif system.cuts_above and _highest(target, changes) > column.points:
            yield f"{system.name} cuts grades above the {column.points:g} points of “{column.header}”."
    formulas = [
        f"line {person.line}: {_short(value)}"
        for person in sheet.people
        for value in sheet.table.rows[person.row].values
        if lms.looks_like_formula(value)
    ]
    if formulas:
        yield (
            f"{system.name}'s file has cells that begin like a formula ({'; '.join(formulas[:3])}). "
            "They stay as they are: don't open the file in a spreadsheet."
        )
    if system is lms.MOODLE and changes:
        identifying = _identifying(sheet, changes)
        yield (
            f"On Moodle's mapping page map from “{identifying}” to "
            f"{_MOODLE_FIELDS.get(identifying, 'the field of that name')}, map each filled column to "
            "its grade item, and ignore the rest."
        )
    yield system.advice


def in_words(found: Plan) -> str:
    """Return the plan for the instructor to read before anything is written."""
    parts = [
        f"{found.sheet.system.name}, {len(found.sheet.people)} students in {found.request.template}: "
        f"cells to change: {len(found.changes)}, grades already there: {found.same}."
    ]
    if found.changes:
        head = ("student", "in the file", "column", "was", "becomes", "")
        parts.append(
            _aligned([head, *((c[2], c[3], c[4], c[5] or "(empty)", c[6], c[7]) for c in found.changes)])
        )
    lists = {
        "These stay as they are:": [
            f"{_short(column)}, {why}: {', '.join(who)}" for (column, why), who in found.left.items()
        ],
        "In the file, but not known here:": [
            f"line {person.line}: {_short(person.shown)}{_because(person, why)}"
            for person, why in found.strangers
        ],
        "Graded here, but not in the file (of another section, or gone):": [
            str(student) for student in found.missing
        ],
    }
    parts += ["\n  ".join([title, *lines]) for title, lines in lists.items() if lines]
    return "\n\n".join([*parts, *found.notes]) + "\n"


def _because(person: Person, why: str) -> str:
    return f" ({why or 'a test student'})" if why or person.is_test else ""


def _aligned(rows: list[tuple[str, ...]]) -> str:
    short = [[_short(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*short, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in short
    ]
    return "\n".join(line.rstrip() for line in lines)


def _short(text: str) -> str:
    """Return `text` in one line that a terminal shows and does not obey."""
    plain = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return plain if len(plain) <= WIDTH else f"{plain[: WIDTH - 1]}…"
