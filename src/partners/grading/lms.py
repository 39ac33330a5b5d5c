"""Gradebook files of four learning management systems, read as their own importers read them.

Sources: Canvas, ``lib/gradebook_exporter.rb`` and ``lib/gradebook_importer.rb`` of
instructure/canvas-lms; Moodle, ``grade/export/txt``, ``grade/import/csv`` and ``grade/import/lib.php``
of moodle/moodle; Blackboard, “Work offline with grade data” in Blackboard's help for instructors;
Brightspace, “Import grades” in the D2L knowledge base.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from partners.grading.delimited import TableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from partners.grading.delimited import Row, Table

CANVAS_TOTAL = re.compile(r"(Current|Final) (Score|Points|Grade)|Override (Score|Grade|Status)")
"""What Canvas takes for a total, wherever it stands in a header, and does not import."""
CANVAS_TITLE = re.compile(r"(.*)\s\(\d+\)")
"""Title and number of an assignment in Canvas's header."""

_NUMBER = re.compile(r"\s*-?\d+(?:[.,]\d+)?\s*")
_TEST_STUDENT = re.compile(r"student, test|test student|student, demo|.*_previewuser", re.IGNORECASE)
_CANVAS_HIDDEN = re.compile(r"\s*(muted|manual posting.*)?\s*", re.IGNORECASE)
_BLACKBOARD_TITLE = re.compile(
    r"(?P<title>.*?)\s*\[[^\[\]]*?:\s*(?P<upto>up to )?(?P<points>[\d.,]+)\s*(?P<kind>[^\]]*)\]"
    r"\s*(?P<id>\|\s*\d+)?"
)
_BRIGHTSPACE_TITLE = re.compile(r"(?P<title>.*) Points Grade(?: <(?P<kind>\w+)(?P<more>.*)>)?\s*")
_MAX_POINTS = re.compile(r"MaxPoints:([\d.,]+)")
_MOODLE_SUFFIX = re.compile(r"(?P<title>.*?)(?: \((?P<kind>[^()]*)\))?\s*")


@dataclass(frozen=True)
class Column:
    """A column that may take grades.

    `titles` are what its assignment may be called; `points` is its maximum, None if the file does
    not say; `blocked` says why the importer would not take grades in it, else "".
    """

    at: int
    header: str
    titles: tuple[str, ...]
    points: float | None = None
    blocked: str = ""


@dataclass(frozen=True)
class Person:
    """A student's record: `row` counts from 0 in the table, `line` is for people.

    `ids` has what identifies the student, by the name of its column; `name` is “first last”.
    """

    row: int
    line: int
    ids: dict[str, str]
    email: str
    name: str
    shown: str

    @property
    def is_test(self) -> bool:
        """Whether it is the student that the system makes for the instructor's own view."""
        return any(_TEST_STUDENT.fullmatch(text) for text in (self.shown, *self.ids.values()))


@dataclass(frozen=True)
class System:
    """How one system writes and reads its gradebook.

    `ids`, `emails`, `first`, `last` are names of columns, the better first; `needs` says which header
    its importer asks for. Where `back` has names, only those columns and the filled ones go back, else
    all. `kept` are words in a cell that stay, with what they mean; `busy` are words that a grade
    replaces; `none` stands where there is no grade; `most` is the highest grade that the importer
    takes; `cuts_above` says that it cuts a grade above the maximum; `advice` is for its import page,
    `made` for a column that is new to it.
    """

    name: str
    delimiters: str
    needs: str
    ids: tuple[str, ...]
    first: tuple[str, ...]
    last: tuple[str, ...]
    column: Callable[[int, str], Column | None]
    advice: str
    new_header: Callable[[str], str] = str
    emails: tuple[str, ...] = ()
    back: tuple[str, ...] = ()
    kept: dict[str, str] = field(default_factory=dict)
    busy: str = "(?!)"
    none: str = ""
    most: float | None = None
    cuts_above: bool = False
    made: str = ""


def _canvas_column(at: int, header: str) -> Column | None:
    title = CANVAS_TITLE.fullmatch(header)
    blocked = ""
    if CANVAS_TOTAL.search(header):
        blocked = "Canvas skips every column with such words in its name, as it does its totals"
        if title:
            blocked += ". Rename the assignment in Canvas and export again"
    elif not title:
        blocked = "it has no number after its title, so Canvas might make a new assignment of it"
    return Column(at, header, (title[1] if title else header,), blocked=blocked)


def _moodle_column(at: int, header: str) -> Column | None:
    found = _MOODLE_SUFFIX.fullmatch(header)
    title, kind = (found["title"], found["kind"]) if found else (header, None)
    blocked = ""
    if kind in ("Percentage", "Letter", "Feedback"):
        blocked = f"it holds {kind.lower()}, not points. Export with the grade display type “Real”"
    elif ": " not in title and title.endswith(" total"):
        blocked = "Moodle computes it and imports nothing into it"
    titles = dict.fromkeys((title, title.partition(": ")[2] or title))
    return Column(at, header, tuple(titles), blocked=blocked)


def _blackboard_column(at: int, header: str) -> Column | None:
    found = _BLACKBOARD_TITLE.fullmatch(header)
    if found is None:
        return None
    blocked = ""
    if found["upto"] or found["title"] in ("Total", "Weighted Total", "Overall Grade"):
        blocked = "Blackboard computes it and imports nothing into it"
    elif not found["id"]:
        blocked = (
            "its number is missing (“|123456”), so Blackboard would make a new column. Download again"
        )
    elif found["kind"] not in ("", "Score"):
        blocked = (
            f"Blackboard shows it as {found['kind']}. Make its primary display Score, download again"
        )
    return Column(at, header, (found["title"],), number(found["points"]), blocked)


def _brightspace_column(at: int, header: str) -> Column | None:
    found = _BRIGHTSPACE_TITLE.fullmatch(header)
    if found is None:
        return None
    points = _MAX_POINTS.search(found["more"] or "")
    computed = found["kind"] in ("Calculated", "Formula")
    blocked = "Brightspace computes it and imports nothing into it" if computed else ""
    return Column(at, header, (found["title"],), number(points[1]) if points else None, blocked)


CANVAS = System(
    name="Canvas",
    delimiters=",;",
    needs="“Student”, “ID” and “Section”, in this order",
    ids=("ID", "SIS User ID", "SIS Login ID", "Integration ID"),
    first=("FirstName",),
    last=("LastName",),
    column=_canvas_column,
    kept={"EX": "excused in Canvas", "N/A": "not assigned to this student in Canvas"},
    advice="Import it soon: Canvas reads every column of the file, so a grade given there since the "
    "export would go back to what it was. Canvas shows the changes before it makes them.",
    made="Canvas makes an assignment of it, with {points:g} points.",
)
MOODLE = System(
    name="Moodle",
    delimiters=",;\t",
    needs="“ID number”, “Username” or “Email address”",
    ids=("ID number", "Username"),
    first=("First name",),
    last=("Last name", "Surname"),
    column=_moodle_column,
    emails=("Email address",),
    back=(
        *("ID number", "Username", "Email address", "First name", "Last name", "Surname"),
        *("Institution", "Department", "Suspended", "Last downloaded from this course"),
    ),
    none="-",
    most=100,
    cuts_above=True,
    advice="An imported grade can no longer be changed from the activity, only in Moodle's gradebook.",
    made="Map it to “New grade item”. Moodle makes it out of 100: set {points:g}, without rescaling.",
)
BLACKBOARD = System(
    name="Blackboard",
    delimiters="\t,",
    needs="“Username”",
    ids=("Username", "Student ID"),
    first=("First Name",),
    last=("Last Name",),
    column=_blackboard_column,
    busy=r"(In Progress|Needs Grading|Ungraded)(\(.*\))?",
    advice="On Blackboard's upload page tick only the columns named above.",
    made="Blackboard makes it without your points: set {points:g} there, and the primary display Score.",
)
BRIGHTSPACE = System(
    name="Brightspace",
    delimiters=",\t;",
    needs="“OrgDefinedId” or “Username”",
    ids=("OrgDefinedId", "Username"),
    first=("First Name",),
    last=("Last Name",),
    column=_brightspace_column,
    new_header="{} Points Grade".format,
    emails=("Email",),
    back=("OrgDefinedId", "Username", "End-of-Line Indicator"),
    cuts_above=True,
    advice="In Brightspace: Grades, Enter Grades, Import. It shows the grades before it takes them.",
    made="Let Brightspace make a new grade item of it: Numeric, {points:g} points.",
)
SYSTEMS = {"canvas": CANVAS, "moodle": MOODLE, "blackboard": BLACKBOARD, "brightspace": BRIGHTSPACE}


@dataclass(frozen=True)
class Sheet:
    """A system's gradebook file, understood: who is in it, and which columns may take grades.

    `back` are the places of the columns that go back in any case; `points_row` is the record that holds
    the maxima (Canvas only).
    """

    system: System
    table: Table
    columns: tuple[Column, ...]
    people: tuple[Person, ...]
    back: tuple[int, ...]
    points_row: int | None = None

    @property
    def headers(self) -> tuple[str, ...]:
        """What the first record says, without blanks around it."""
        return tuple(header.strip() for header in self.table.rows[0].values)


def understand(table: Table, system: System, by: str) -> Sheet:
    """Return what `table` holds by the rules of `system`.

    Parameters
    ----------
    table
        The file.
    system
        Whose export it must be.
    by
        The one column to know students by; those the system has for it, where empty.

    Raises
    ------
    TableError
        If the importer would refuse the file, or if its records don't fit its header.
    """
    headers = [header.strip() for header in table.rows[0].values]
    named = _named(headers, system, by)
    points_row, students = _records(table, system)
    first = _canvas_info(headers) if system is CANVAS else 0
    told = set(named.values())
    places = [at for at in range(first, len(headers)) if at not in told]
    columns = [column for at in places if (column := system.column(at, headers[at]))]
    if points_row is not None:
        columns = [_with_points(column, table.rows[points_row].values[column.at]) for column in columns]
    back = {named[name] for name in (*system.back, by) if name in named} if system.back else told
    people = [_person(at, table.rows[at], named, system, by) for at in students]
    return Sheet(system, table, tuple(columns), tuple(people), tuple(sorted(back)), points_row)


def number(text: str) -> float | None:
    """Return the number that `text` is, with a point or a comma; None if it is none."""
    return float(text.replace(",", ".")) if _NUMBER.fullmatch(text) else None


def looks_like_formula(text: str) -> bool:
    """Say whether a spreadsheet might run `text`; numbers and a lone dash are harmless."""
    harmless = text.strip() in ("", "-") or _NUMBER.fullmatch(text)
    return not harmless and text.startswith(("=", "+", "-", "@", "\t", "\r"))


def _key(header: str) -> str:
    return header.replace(" ", "").casefold()


def _named(headers: list[str], system: System, by: str) -> dict[str, int]:
    """Return where the columns stand that say who a student is, by their names."""
    places = {_key(header): at for at, header in reversed(list(enumerate(headers)))}
    known = (*system.ids, *system.emails, *system.first, *system.last, *system.back, by)
    found = {name: places[_key(name)] for name in known if name and _key(name) in places}
    if system is CANVAS and _canvas_info(headers):
        found["Student"] = 0
    telling = {"Student"} if system is CANVAS else {*system.ids, *system.emails, by}
    if by and by not in found:
        raise TableError(f"--by: the file has no column “{by}”. It has: {', '.join(headers)}.")
    if not telling & found.keys():
        raise TableError(
            f"Line 1 is not the header of a gradebook from {system.name}: it must have {system.needs}. "
            f"It has: {', '.join(headers[:8])}. Export again from {system.name} and give that file as "
            "it is. If yours writes another language, name the column that identifies people with --by."
        )
    return found


def _canvas_info(headers: list[str]) -> int:
    """Return how many columns tell of the student; 0 if Canvas would not take the header."""
    names = 2 if headers[:2] == ["LastName", "FirstName"] else 1
    if "Section" not in headers or len(headers) <= names + 2 or "ID" not in headers[names]:
        return 0
    return headers.index("Section") + 1 if names == 2 or "Student" in headers[0] else 0


def _records(table: Table, system: System) -> tuple[int | None, list[int]]:
    """Return the record with the maxima, if there is one, and the students' records."""
    points_row, students = None, []
    for at, row in enumerate(table.rows[1:], 1):
        hidden = system is CANVAS and all(_CANVAS_HIDDEN.fullmatch(value) for value in row.values)
        if row.blank or hidden:
            continue
        if len(row.raw) != len(table.rows[0].raw):
            raise TableError(
                f"Line {row.line} has {len(row.raw)} fields, the header has {len(table.rows[0].raw)}: "
                "the file was changed by hand or cut. Export it again."
            )
        if system is CANVAS and "Points Possible" in row.values[0]:
            points_row = at
        else:
            students.append(at)
    if not students:
        raise TableError("The file has a header and no students.")
    return points_row, students


def _with_points(column: Column, cell: str) -> Column:
    read_only = "Canvas marks it as read only" if "read only" in cell else ""
    return replace(column, points=number(cell), blocked=column.blocked or read_only)


def _person(at: int, row: Row, named: dict[str, int], system: System, by: str) -> Person:
    told = {name: row.values[place].strip() for name, place in named.items()}
    ids = {
        name: told[name].removeprefix("#") for name in ((by,) if by else system.ids) if told.get(name)
    }
    email, first, last = (
        next((told[name] for name in names if told.get(name)), "")
        for names in (system.emails, system.first, system.last)
    )
    if system is CANVAS and not first:
        last, _, first = told["Student"].partition(", ")
    shown = ", ".join(part for part in (last, first) if part) or email or next(iter(ids.values()), "?")
    return Person(at, row.line, ids, email, f"{first} {last}".strip(), shown)
