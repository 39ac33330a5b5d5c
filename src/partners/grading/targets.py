"""Which column of a system's gradebook takes the marks of which assignment."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import isclose
from typing import TYPE_CHECKING, NamedTuple

from partners.grading import lms
from partners.grading.lms import Column
from partners.grading.marks import GradebookError

if TYPE_CHECKING:
    from pathlib import Path

    from partners.grading.lms import Sheet
    from partners.grading.marks import Book


@dataclass(frozen=True)
class Request:
    """What the instructor asks for.

    Parameters
    ----------
    to
        Name of the system, a key of ``lms.SYSTEMS``.
    template
        The file it exported.
    assignments
        Names of assignments; all that somebody handed in, where empty.
    columns
        Header or title of the column of an assignment, by name of the assignment.
    create
        Titles of columns to make, by name of the assignment.
    by
        The column that holds nbgrader's student ids; else ids, addresses and names are compared.
    scale
        Turn points into points of the column where the maxima differ.
    out_of
        Maximum of the columns, where the file does not say it.
    feedback
        Also fill the feedback columns (Moodle).
    """

    to: str
    template: Path
    assignments: tuple[str, ...] = ()
    columns: dict[str, str] = field(default_factory=dict)
    create: dict[str, str] = field(default_factory=dict)
    by: str = ""
    scale: bool = False
    out_of: float | None = None
    feedback: bool = False


class Target(NamedTuple):
    """The column of an assignment, its points for one of nbgrader's, and its feedback's place."""

    assignment: str
    column: Column
    factor: float
    feedback_at: int | None
    made: bool


def find(sheet: Sheet, book: Book, request: Request) -> tuple[Sheet, tuple[Target, ...]]:
    """Return the columns to fill, and the sheet with those that had to be made.

    Raises
    ------
    GradebookError
        If an assignment has no column or more than one, or its column cannot take the marks.
    """
    columns, create = _by_assignment(request.columns, book), _by_assignment(request.create, book)
    if request.feedback and create:
        raise GradebookError("--feedback: a new column has no feedback yet. Import its grades first.")
    places = {name: _place(sheet, name, columns.get(name)) for name in book.maxima if name not in create}
    twice = [name for name, column in places.items() if list(places.values()).count(column) > 1]
    if twice:
        raise GradebookError(f"{' and '.join(twice)} would go into one column. Say which with --column.")
    targets = [
        _target(sheet, name, column, book.maxima[name], request) for name, column in places.items()
    ]
    for name, title in create.items():
        sheet, column = _with_column(sheet, title, book.maxima[name])
        targets.append(Target(name, column, 1, None, made=True))
    return sheet, tuple(targets)


def key(title: str) -> str:
    """Return `title` as it is compared: capital letters, ``_`` and the number of blanks don't count."""
    return " ".join(title.replace("_", " ").casefold().split())


def _by_assignment(told: dict[str, str], book: Book) -> dict[str, str]:
    """Return what was told of assignments by the names that the gradebook has for them."""
    names = {key(name): name for name in book.maxima}
    for name in told:
        if key(name) not in names:
            raise GradebookError(
                f"“{name}” is none of the assignments to fill: {', '.join(book.maxima)}."
            )
    return {names[key(name)]: text for name, text in told.items()}


def _place(sheet: Sheet, name: str, told: str | None) -> Column:
    """Return the one column of an assignment: that with its title, or the one that was named."""
    fits = [
        column
        for column in sheet.columns
        if (told in (column.header, *column.titles) if told else key(name) in map(key, column.titles))
    ]
    fits = [column for column in fits if not column.blocked] or fits
    if len(fits) == 1:
        if fits[0].blocked:
            raise GradebookError(f"“{fits[0].header}” cannot take grades: {fits[0].blocked}.")
        return fits[0]
    seen = "\n".join(f"  {column.header}" for column in sheet.columns if not column.blocked)
    raise GradebookError(
        f"{'More than one' if fits else 'No'} column is called “{told or name}”. The file has:\n"
        f"{seen or '  no column for grades'}\n"
        f'Name it: --column {name}="…". If there is none, make it in {sheet.system.name} and export '
        f'again, or let the import make it: --create-column {name}="…"'
    )


def _target(sheet: Sheet, name: str, column: Column, most: float, request: Request) -> Target:
    """Return what to fill, once the maxima of both sides fit."""
    out_of, system = request.out_of, sheet.system.name
    if out_of is not None and column.points not in (None, out_of):
        raise GradebookError(
            f"--out-of {out_of:g}: the file says {column.points:g} for “{column.header}”."
        )
    points = column.points if out_of is None else out_of
    if points is None and request.scale:
        raise GradebookError(
            f"--scale: the file does not tell the points of “{column.header}”. Say them with --out-of."
        )
    if points is not None and points <= 0:
        raise GradebookError(
            f"“{column.header}” has no points in {system}. Give it {most:g} there and export again."
        )
    alike = points is None or isclose(points, most, abs_tol=0.005)
    if points is not None and not alike and not request.scale:
        raise GradebookError(
            f"“{column.header}” has {points:g} points in {system}, {name} has {most:g} here. Change one "
            "of the two, or turn your points into those of the column with --scale."
        )
    factor = 1.0 if points is None or alike else points / most
    feedback_at = _feedback_at(sheet, column) if request.feedback else None
    return Target(name, replace(column, points=points), factor, feedback_at, made=False)


def _feedback_at(sheet: Sheet, column: Column) -> int:
    """Return where Moodle's feedback of a column stands.

    It must be in the export: a column that is made would have no feedback for those who are not
    marked here, and Moodle would take theirs away.
    """
    wanted = f"{column.header.removesuffix(' (Real)')} (Feedback)"
    if sheet.system is not lms.MOODLE or sheet.headers.count(wanted) != 1:
        raise GradebookError(
            f"--feedback: there is no column “{wanted}”. Only a Moodle export has one, made with "
            "“Include feedback in export”."
        )
    return sheet.headers.index(wanted)


def _with_column(sheet: Sheet, title: str, most: float) -> tuple[Sheet, Column]:
    """Return the sheet with a new column at its end, empty, and that column."""
    system = sheet.system
    _check_title(sheet, title)
    headers = sheet.headers
    at = len(headers) - (headers[-1] == "End-of-Line Indicator")  # which Brightspace wants last
    fields = {0: system.new_header(title)}
    if sheet.points_row is not None:
        fields[sheet.points_row] = f"{most:g}"
    for person in sheet.people:
        fields[person.row] = system.none

    rows = list(sheet.table.rows)
    for place, row in enumerate(rows):
        if len(row.raw) == len(headers):  # else a blank line, or a line that the importer skips
            added = sheet.table.field(fields.get(place, ""), row.raw[-1])
            rows[place] = replace(row, raw=(*row.raw[:at], added, *row.raw[at:]))
    table = replace(sheet.table, rows=tuple(rows))
    back = tuple(place + (place >= at) for place in sheet.back)
    column = Column(at, system.new_header(title), (title,), most)
    return replace(sheet, table=table, back=back), column


def _check_title(sheet: Sheet, title: str) -> None:
    if not title.strip() or not title.isprintable() or lms.looks_like_formula(title):
        raise GradebookError(
            f"A column cannot be called “{title}”: a spreadsheet might run it, or not show it."
        )
    if key(title) in {key(name) for column in sheet.columns for name in (column.header, *column.titles)}:
        raise GradebookError(f'The file has a column “{title}”. Use it: --column NAME="{title}"')
    misread = lms.CANVAS_TOTAL.search(title) or lms.CANVAS_TITLE.fullmatch(title)
    if sheet.system is lms.CANVAS and misread:
        raise GradebookError(
            f"Canvas would not make a column “{title}”: it takes such words for a total, and a number "
            "in brackets at the end for that of an assignment. Choose another title."
        )
