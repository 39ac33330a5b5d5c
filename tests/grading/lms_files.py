"""Gradebook files as four systems export them, and small importers that read them as those do.

Written from the rules, not from our code: Canvas, ``lib/gradebook_exporter.rb`` and
``lib/gradebook_importer.rb``; Moodle, ``grade/export/txt`` and ``grade/import/csv``; Blackboard's and
D2L's help pages.
"""

from __future__ import annotations

import csv
import io
import re
from typing import NamedTuple

TOTALS = re.compile(
    "Current Score|Current Points|Current Grade|Final Score|Final Points|Final Grade|Override"
)


class Who(NamedTuple):
    """A student as the system knows them; `number` is its own, `sis` and `login` are the school's."""

    last: str
    first: str
    number: str
    sis: str
    login: str
    email: str


def rows_to_text(
    rows: list[list[str]], delimiter: str = ",", quoted: bool = False, end: str = "\n"
) -> str:
    """Write as Ruby and PHP do: Python's csv leaves a lone carriage return bare."""

    def field(cell: str) -> str:
        bare = not quoted and not any(sign in cell for sign in (delimiter, '"', "\r", "\n"))
        return cell if bare else '"' + cell.replace('"', '""') + '"'

    return "".join(delimiter.join(map(field, row)) + end for row in rows)


def canvas(
    people: list[Who],
    grades: dict[str, list[str]],
    points: list[str],
    *,
    two_names: bool = False,
    sis: bool = True,
    hidden: bool = True,
) -> list[list[str]]:
    """Rows of a Canvas export: `grades` by header, one for each of `people`."""
    names = ["LastName", "FirstName"] if two_names else ["Student"]
    info = [*names, "ID", *(["SIS User ID"] if sis else []), "SIS Login ID", "Section"]
    empty = [""] * len(info)
    totals = ["Current Score", "Final Score"]
    rows = [[*info, "Notes", *grades, *totals]]
    if hidden:
        rows.append([*empty, "", "Manual Posting", *[""] * (len(grades) - 1), "", ""])
    rows.append(["    Points Possible", *empty[1:], "", *points, "(read only)", "(read only)"])
    for at, who in enumerate(people):
        name = [who.last, who.first] if two_names else [f"{who.last}, {who.first}"]
        ids = [who.number, *([who.sis] if sis else []), who.login, "Section A and Section B"]
        rows.append([*name, *ids, "", *(column[at] for column in grades.values()), "71.00", "71.00"])
    return rows


def canvas_import(
    data: bytes, assignments: dict[str, str]
) -> tuple[dict[tuple[str, str], str], dict[str, str]]:
    """Grades by the student's number and the assignment's id, and points of assignments that it would make."""
    text = data.decode("utf-8")
    lines = text.splitlines()[:3]
    counts = {sign: {len(next(csv.reader([line], delimiter=sign))) for line in lines} for sign in ";,"}
    sizes = {sign: min(found) if len(found) == 1 else 0 for sign, found in counts.items()}
    rows = list(
        csv.reader(io.StringIO(text, newline=""), delimiter=";" if sizes[";"] > sizes[","] else ",")
    )
    header = rows[0]
    two = header[0].lstrip("\ufeff") == "LastName"
    assert two or ("Student" in header[0] and "ID" in header[1])
    info = next(at for at, name in enumerate(header) if "Section" in name) + 1
    indices, made = {}, {}
    for name in header[info:]:
        found = re.fullmatch(r"(.*)\s\((\d+)\)", name)
        if TOTALS.search(name) or name == "Notes":
            continue
        if found and found[2] in assignments:
            indices[found[2]] = header.index(name)
        elif name in assignments.values():
            indices[next(key for key, title in assignments.items() if title == name)] = header.index(
                name
            )
        else:
            indices[name] = header.index(name)
            made[name] = ""
    grades = {}
    for row in rows[1:]:
        if not row or re.fullmatch("[;, ]+", "".join(row) + " "):
            continue
        if "Points Possible" in row[0]:
            made = {name: row[indices[name]] for name in made}
        elif not all(
            re.fullmatch(r"\s*(Muted|Manual Posting.*)?\s*", cell, re.IGNORECASE) for cell in row
        ):
            for key, at in indices.items():
                grades[row[2 if two else 1], key] = row[at].strip().replace(",", ".")
    return grades, made


MOODLE = ["First name", "Last name", "ID number", "Institution", "Department", "Email address"]


def moodle(people: list[Who], grades: dict[str, list[str]]) -> list[list[str]]:
    """Rows of a Moodle export."""
    rows = [[*MOODLE, *grades, "Last downloaded from this course"]]
    for at, who in enumerate(people):
        told = [who.first, who.last, who.sis, "", "", who.email]
        rows.append([*told, *(column[at] for column in grades.values()), "1795000000"])
    return rows


def moodle_import(
    data: bytes,
    users: dict[str, str],
    map_from: str,
    items: set[str],
    new: frozenset[str] | set[str] = frozenset(),
) -> dict[tuple[str, str], float | str | None]:
    """What the import sets, by user and item; "(Feedback)" columns in `items` are mapped to feedback.

    `users` are Moodle's own, by what stands in the column `map_from`. Like Moodle it stops at an unknown
    user or a grade above 100, and goes on with the user before at a record without one.
    """
    header, *rows = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    found: dict[tuple[str, str], float | str | None] = {}
    user = ""
    for row in rows:
        assert len(row) == len(header), "csvweirdcolumns"
        told = dict(zip(header, (cell.strip() for cell in row), strict=True))
        if told[map_from]:
            user = users[told[map_from]]
        for item in items:
            if item.endswith("(Feedback)"):
                found[user, item] = told[item]
                continue
            value = told[item]
            if item in new and not value:
                raise AssertionError("an empty cell of a new item is inserted as it is")
            grade = None if value in ("", "-") else float(value.replace(",", "."))
            assert (grade or 0) <= 100, "gradevaluetoobig"
            found[user, item] = grade
    return found


def blackboard(people: list[Who], grades: dict[str, list[str]]) -> list[list[str]]:
    """Rows of a Blackboard download."""
    rows = [
        ["Last Name", "First Name", "Username", "Student ID", "Last Access", "Availability", *grades]
    ]
    for at, who in enumerate(people):
        told = [who.last, who.first, who.login, who.sis, "2026-11-27 09:12:44", "Yes"]
        rows.append([*told, *(column[at] for column in grades.values())])
    return rows


def blackboard_import(data: bytes) -> tuple[dict[tuple[str, str], str], list[str]]:
    """Grades by username and column number, and the headers that would become new columns."""
    text = data.decode("utf-16" if data[:2] == b"\xff\xfe" else "utf-8-sig")
    tab = text.splitlines()[0].count("\t") > text.splitlines()[0].count(",")
    header, *rows = csv.reader(io.StringIO(text, newline=""), delimiter="\t" if tab else ",")
    ids = {at: name.rpartition("|")[2] for at, name in enumerate(header) if "|" in name}
    known = {"Last Name", "First Name", "Username", "Student ID", "Last Access", "Availability"}
    made = [name for at, name in enumerate(header) if at not in ids and name not in known]
    user = header.index("Username")
    return {(row[user], ids[at]): row[at] for row in rows for at in ids if row[at]}, made


def brightspace(people: list[Who], grades: dict[str, list[str]]) -> list[list[str]]:
    """Rows of a Brightspace export, with the names and addresses that its import must not get."""
    rows = [
        [
            "OrgDefinedId",
            "Username",
            "Last Name",
            "First Name",
            "Email",
            *grades,
            "End-of-Line Indicator",
        ]
    ]
    for at, who in enumerate(people):
        told = [f"#{who.sis}", f"#{who.login}", who.last, who.first, who.email]
        rows.append([*told, *(column[at] for column in grades.values()), "#"])
    return rows


def brightspace_import(data: bytes) -> dict[tuple[str, str], float]:
    """Grades by the school's id and the item's name."""
    header, *rows = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    assert header[-1] == "End-of-Line Indicator"
    assert not {"Last Name", "First Name", "Email"} & set(header)
    items = {
        at: found[1] for at, name in enumerate(header) if (found := re.match("(.*) Points Grade", name))
    }
    assert set(header) == {
        "OrgDefinedId",
        "Username",
        "End-of-Line Indicator",
        *(header[at] for at in items),
    }
    grades: dict[tuple[str, str], float] = {}
    for row in rows:
        assert row[-1] == "#"
        grades |= {
            (row[0].removeprefix("#"), name): float(row[at]) for at, name in items.items() if row[at]
        }
    return grades
