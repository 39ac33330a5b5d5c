"""Marks into the LMS's own file: only the cells that are named change, and its importer takes them."""

from __future__ import annotations

import csv
import io
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from click.testing import CliRunner
from grading import lms_files
from grading.lms_files import Who, rows_to_text
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nbgrader.api import Gradebook

from partners.cli import main
from partners.grading import delimited
from partners.grading.gradebook import Plan, in_words, plan
from partners.grading.marks import GradebookError
from partners.grading.targets import Request

ROSA = Who("Alba", "Rosa", "901", "s01", "ralba", "Rosa.Alba@example.org")
ASA = Who("Berg, Jr.", 'Åsa "Ace"', "902", "s02", "aberg", "asa@example.org")
CEM = Who("Can", "Cem", "903", "s03", "ccan", "cem@example.org")
DIA = Who("Diallo", "Dia", "904", "s04", "ddiallo", "dia@example.org")
EVA = Who("Eze", "Eva", "905", "s05", "eeze", "eva@example.org")
LEE = Who("Lee", "Li\nwith a line break", "907", "s07", "llee", "lee@example.org")
GUEST = Who("Guest", "Greta", "999", "x99", "gguest", "greta@example.org")
CLASS = [ROSA, ASA, CEM, DIA, EVA, LEE, GUEST]
MARKS = {"901": "8.5", "902": "0", "907": "6.33"}
"""What goes in for first_contact, by Canvas number: Cem waits for a mark, Dia handed in nothing, Eva's
submission broke nbgrader, Greta is nobody here."""
OF_LMS = ["4.00", "", "", "3.5", "", "6.33", ""]
"""What the LMS has before: Li's grade is there already."""


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course of seven: first_contact has 10 points, 4 of them for what is written; six_types has 12."""
    folder = tmp_path_factory.mktemp("course")
    # nbgrader calls `alembic` by its bare name, as in an activated environment.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    with (
        mock.patch.dict(os.environ, PATH=path),
        Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as book,
    ):
        for name, tests, written in (("first_contact", 6, 4), ("six_types", 12, 0)):
            book.add_assignment(name)
            book.add_notebook(name, name)
            book.add_grade_cell("test_it", name, name, max_score=tests, cell_type="code")
            if written:
                book.add_grade_cell("message", name, name, max_score=written, cell_type="markdown")
                book.add_solution_cell("message", name, name)
        for number in range(1, 8):
            book.add_student(f"s0{number}")
        _hand_in(book, "s01", 6, 2.5, comment="=cmd|' /C calc'!A0\nYour first line, kept")
        _hand_in(book, "s02", 0, 0)
        _hand_in(book, "s03", 6, None)
        _hand_in(book, "s05", None, None)
        _hand_in(book, "s06", 6, 4)
        _hand_in(book, "s07", 5, 10 / 3)
        book.find_submission_notebook(
            "first_contact", "first_contact", "s07"
        ).late_submission_penalty = 2
        book.db.commit()
    return folder


def _hand_in(
    book: Gradebook, who: str, tests: float | None, written: float | None, comment: str = ""
) -> None:
    name = "first_contact"
    book.add_submission(name, who)
    grade = book.find_grade("test_it", name, name, who)
    grade.auto_score, grade.needs_manual_grade = tests, tests is None
    message = book.find_grade("message", name, name, who)
    message.manual_score, message.needs_manual_grade = written, written is None
    book.find_comment("message", name, name, who).manual_comment = comment
    book.db.commit()


def _copy(course: Path, roster: str = "") -> Path:
    own = Path(tempfile.mkdtemp(dir=course))
    shutil.copy(course / "gradebook.db", own)
    if roster:
        (own / "roster.csv").write_text(roster, "utf-8")
    return own


def _canvas(first: list[str] = OF_LMS, people: list[Who] = CLASS, **how: Any) -> list[list[str]]:
    grades = {"First contact (12345)": first, "Attendance (7)": ["1.00"] * len(people)}
    return lms_files.canvas(people, grades, ["10.00", "1.00"], **how)


def _plan(course: Path, to: str, data: bytes | str, **asked: Any) -> Plan:
    template = course / f"{to}.csv"
    template.write_bytes(data.encode() if isinstance(data, str) else data)
    return plan(course, Request(to, template, **asked))


def _cells(text: str, delimiter: str = ",") -> list[list[str]]:
    return [*csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)]


@pytest.mark.parametrize(
    "how",
    [{}, {"two_names": True}, {"sis": False}, {"hidden": False}],
    ids=["as usual", "names in two columns", "without SIS rights", "all grades posted"],
)
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"], ids=["", "BOM"])
def test_canvas_takes_the_marks_and_nothing_else_changes(
    course: Path, how: dict[str, Any], bom: bytes
) -> None:
    people = [who._replace(login=who.sis) for who in CLASS] if how.get("sis") is False else CLASS
    before = _canvas(people=people, **how)
    found = _plan(course, "canvas", bom + rows_to_text(before).encode())
    grades, made = lms_files.canvas_import(found.content, {"12345": "First contact", "7": "Attendance"})
    old = dict(zip((who.number for who in people), OF_LMS, strict=True))
    assert {number: grades[number, "12345"] for number in old} == old | MARKS
    assert not made
    assert found.content.startswith(bom)
    after = _cells(found.content[len(bom) :].decode())
    at = before[0].index("First contact (12345)")
    assert [row[:at] + row[at + 1 :] for row in after] == [row[:at] + row[at + 1 :] for row in before]


def test_the_listing_names_what_changes_and_whom_it_does_not_know(course: Path) -> None:
    words = in_words(_plan(course, "canvas", rows_to_text(_canvas())))
    assert "cells to change: 2, grades already there: 1" in words
    rows = [line.split("  ") for line in words.splitlines()]
    assert ["s01", "Alba, Rosa", "First contact (12345)", "4.00", "8.5"] in [
        [*filter(None, map(str.strip, row))] for row in rows
    ]
    assert "(empty)  0" in words
    assert "not graded yet (message): s03" in words
    assert "nothing handed in: s04" in words
    assert "not graded yet: s05" in words
    assert "Guest, Greta" in words.partition("not known here:")[2]
    assert "s06" in words.partition("not in the file")[2]
    assert "s06" not in words.partition("not in the file")[0]


def test_what_nbgrader_counts_as_zero_or_wants_seen_again_is_no_grade(course: Path) -> None:
    own = _copy(course)
    with Gradebook(f"sqlite:///{own / 'gradebook.db'}") as book:
        again, empty = (
            book.find_grade("message", "first_contact", "first_contact", who) for who in ("s01", "s02")
        )
        again.needs_manual_grade = True
        empty.manual_score, empty.needs_manual_grade = None, False
        book.db.commit()
    found = _plan(own, "canvas", rows_to_text(_canvas()))
    assert not found.changes
    assert "not graded yet (message): s01, s02, s03" in in_words(found)


def test_semicolons_and_decimal_commas_stay_what_they_are(course: Path) -> None:
    rows = _canvas(["4,00", *OF_LMS[1:3], "3,5", "", "6,33", ""], hidden=False)
    rows[1][rows[0].index("First contact (12345)")] = "10,00"
    found = _plan(course, "canvas", rows_to_text(rows, ";"))
    grades, _ = lms_files.canvas_import(found.content, {"12345": "First contact", "7": "Attendance"})
    assert grades["901", "12345"] == "8.5"
    assert ";8,5;" in found.content.decode()


def test_a_visit_to_excel_on_windows_is_survived_and_told(course: Path) -> None:
    text = rows_to_text(_canvas())
    found = _plan(course, "canvas", text.encode("cp1252"))
    assert 'Åsa ""Ace""'.encode("cp1252") in found.content
    assert "not in UTF-8" in in_words(found)
    with pytest.raises(GradebookError, match="not in UTF-8, which “Ω” needs"):
        _plan(course, "canvas", text.encode("cp1252"), create={"first_contact": "First contact Ω"})


def test_excused_and_not_assigned_stay(course: Path) -> None:
    found = _plan(course, "canvas", rows_to_text(_canvas(["EX", "N/A", *OF_LMS[2:]])))
    assert not found.changes
    assert "excused in Canvas: s01" in in_words(found)
    assert "not assigned to this student in Canvas: s02" in in_words(found)


@pytest.mark.parametrize("map_from", ["ID number", "Email address"])
def test_moodle_takes_the_marks_and_takes_none_away(course: Path, map_from: str) -> None:
    mine, other = "Assignment: First contact (Real)", "Quiz: Warm-up (Real)"
    people = CLASS if map_from == "ID number" else [who._replace(sis="") for who in CLASS]
    roster = "student_id,email\ns01,rosa.alba@EXAMPLE.org\ns02,asa@example.org\ns07,lee@example.org\n"
    own = _copy(course, roster)
    text = rows_to_text(
        lms_files.moodle(people, {mine: [cell or "-" for cell in OF_LMS], other: ["5.00"] * 7})
    )
    found = _plan(own, "moodle", text)
    users = {(who.sis if map_from == "ID number" else who.email): who.number for who in CLASS}
    assert lms_files.moodle_import(found.content, users, map_from, {mine}) == {
        ("901", mine): 8.5,
        ("902", mine): 0,
    }
    assert f"map from “{map_from}”" in in_words(found)
    header, rosa, _ = _cells(found.content.decode())
    assert header == [*lms_files.MOODLE, mine, "Last downloaded from this course"]
    assert "Rosa.Alba@example.org" in rosa, "Moodle's own spelling: it compares with capital letters"


def test_moodle_feedback_goes_with_its_grade_and_is_no_formula(course: Path) -> None:
    mine, feedback = "Assignment: First contact (Real)", "Assignment: First contact (Feedback)"
    rows = lms_files.moodle(CLASS, {mine: OF_LMS, feedback: ["", "", "Come and see me", "", "", "", ""]})
    found = _plan(course, "moodle", rows_to_text(rows), feedback=True)
    users = {who.sis: who.number for who in CLASS}
    taken = lms_files.moodle_import(found.content, users, "ID number", {mine, feedback})
    assert taken["901", mine] == 8.5
    assert taken["901", feedback] == "Comments: message: =cmd|' /C calc'!A0 Your first line, kept"
    assert ("903", feedback) not in taken
    with pytest.raises(GradebookError, match="Include feedback in export"):
        _plan(course, "moodle", rows_to_text(lms_files.moodle(CLASS, {mine: OF_LMS})), feedback=True)


def test_moodle_is_never_given_a_record_without_an_id(course: Path) -> None:
    people = [ROSA, ASA._replace(sis="", email="")]
    own = _copy(course, "student_id,first_name,last_name\ns02,Åsa Ace,Berg Jr\n")
    text = rows_to_text(lms_files.moodle(people, {"Assignment: First contact (Real)": ["-", "-"]}))
    with pytest.raises(GradebookError, match="No column identifies everybody"):
        _plan(own, "moodle", text)


def test_moodle_in_another_language_with_its_id_column_named(course: Path) -> None:
    mine = "Aufgabe: First contact (Punkte)"
    rows = [
        ["Vorname", "Nachname", "ID-Nummer", "E-Mail-Adresse", mine],
        ["Rosa", "Alba", "S01", "r@e.org", "4,00"],
    ]
    with pytest.raises(GradebookError, match="--by"):
        _plan(course, "moodle", rows_to_text(rows))
    found = _plan(course, "moodle", rows_to_text(rows), by="ID-Nummer")
    users = {"S01": "901"}
    assert lms_files.moodle_import(found.content, users, "ID-Nummer", {mine}) == {("901", mine): 8.5}
    assert _cells(found.content.decode())[0] == ["ID-Nummer", mine]


def test_moodle_stops_at_a_grade_above_100(course: Path) -> None:
    text = rows_to_text(lms_files.moodle([ROSA], {"First contact (Real)": ["-"]}))
    assert "8.5" in _plan(course, "moodle", text).content.decode()
    scaled = _plan(course, "moodle", text, scale=True, out_of=100)
    assert scaled.changes[0].becomes == "85"
    own = _copy(course)
    with Gradebook(f"sqlite:///{own / 'gradebook.db'}") as book:
        book.find_grade("message", "first_contact", "first_contact", "s01").extra_credit = 95
        book.db.commit()
    with pytest.raises(GradebookError, match=r"103\.5 for first_contact is above 100"):
        _plan(own, "moodle", text)


@pytest.mark.parametrize("file", ["UTF-16 with tabs", "CSV with a BOM"])
def test_blackboard_takes_the_marks_and_nothing_else_changes(course: Path, file: str) -> None:
    mine, total = (
        "First contact [Total Pts: 10 Score] |664617",
        "Total [Total Pts: up to 55 Score] |664618",
    )
    old = ["Needs Grading(4.00)", "In Progress", *OF_LMS[2:]]
    before = lms_files.blackboard(CLASS, {mine: old, total: ["20"] * 7})
    tabs = file.startswith("UTF-16")
    text = rows_to_text(before, "\t" if tabs else ",", quoted=True, end="\r\n")
    found = _plan(course, "blackboard", text.encode("utf-16" if tabs else "utf-8-sig"))
    grades, made = lms_files.blackboard_import(found.content)
    assert {user: grade for (user, column), grade in grades.items() if column == "664617"} == {
        "ralba": "8.5",
        "aberg": "0",
        "ddiallo": "3.5",
        "llee": "6.33",
    }
    assert not made
    assert found.content[:2] == (b"\xff\xfe" if tabs else b"\xef\xbb")
    expected = text.replace('"Needs Grading(4.00)"', '"8.5"').replace('"In Progress"', '"0"')
    assert found.content.decode("utf-16" if tabs else "utf-8-sig") == expected


def test_brightspace_takes_the_marks_and_gets_no_names(course: Path) -> None:
    mine = "First contact Points Grade <Numeric MaxPoints:10 Weight:5 Category:Exercises>"
    rows = lms_files.brightspace(
        CLASS, {mine: OF_LMS, "Warm-up Points Grade <Numeric MaxPoints:4>": ["4"] * 7}
    )
    found = _plan(course, "brightspace", rows_to_text(rows, end="\r\n"))
    taken = lms_files.brightspace_import(found.content)
    assert taken == {("s01", "First contact"): 8.5, ("s02", "First contact"): 0}
    assert b"#s01,#ralba,8.5,#\r\n" in found.content


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=9),
        min_size=2,
        max_size=2,
    ),
    quoted=st.booleans(),
    end=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    to=st.sampled_from(["canvas", "blackboard"]),
)
def test_any_name_survives_byte_for_byte(
    course: Path, names: list[str], quoted: bool, end: str, encoding: str, to: str
) -> None:
    people = [ROSA._replace(first=names[0], last="=" + names[1]), ASA]
    canvas = to == "canvas"
    text = rows_to_text(
        _canvas(["7001", "7002"], people)
        if canvas
        else lms_files.blackboard(people, {"First contact [Total Pts: 10 Score] |1": ["7001", "7002"]}),
        "," if canvas else "\t",
        quoted,
        end,
    )
    found = _plan(course, to, text.encode(encoding))
    assert found.content == text.replace("7001", "8.5").replace("7002", "0").encode(encoding)
    assert all(sign.isprintable() or sign == "\n" for sign in in_words(found))
    assert "begin like a formula" in in_words(found)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=80) | st.text('",;\t\r\n=aé', max_size=40).map(str.encode))
def test_bytes_are_read_and_written_as_they_were_or_refused(data: bytes) -> None:
    try:
        table = delimited.read(data, ",;\t")
    except delimited.TableError as error:
        assert str(error)
    else:
        assert table.to_bytes() == data


def test_people_are_known_by_what_is_theirs_alone(course: Path) -> None:
    own = _copy(
        course,
        "student_id;first_name;last_name;email;lms_id\n"
        "s01;Rosa;Alba;;901\ns02;Ana;Sol;;\ns06;Ana;Sol;;\ns07;Lee;Xu;;\n",
    )
    people = [
        Who("Alba", "Rosa", "901", "", "", ""),
        Who("Sol", "Ana", "950", "", "", ""),
        Who("Xu", "Lee", "951", "", "", ""),
        Who("Xu", "Lee", "952", "", "", ""),
        Who("Student", "Test", "990", "", "", ""),
    ]
    found = _plan(own, "canvas", rows_to_text(_canvas([""] * 5, people)))
    assert [change.student for change in found.changes] == ["s01"], (
        "two students or two records of one name: none"
    )
    assert {student.student_id for student in found.missing} == {"s02", "s06", "s07"}
    assert "Student, Test (a test student)" in in_words(found)
    found = _plan(own, "canvas", rows_to_text(_canvas([""] * 2, [people[0], people[2]])))
    assert [(change.student, change.doubt) for change in found.changes] == [
        ("s01", ""),
        ("s07", "known by name only"),
    ]


def test_an_id_that_two_could_mean_gives_nobody_a_grade(course: Path) -> None:
    clash = [ROSA._replace(number="s02"), ASA]
    found = _plan(course, "canvas", rows_to_text(_canvas(["", ""], clash)))
    assert not found.changes
    assert "more than one record or student fits: s01, s02" in in_words(found)
    found = _plan(course, "canvas", rows_to_text(_canvas(["", ""], clash)), by="SIS User ID")
    assert [(change.student, change.becomes) for change in found.changes] == [
        ("s01", "8.5"),
        ("s02", "0"),
    ]


def test_an_id_under_another_name_is_pointed_out(course: Path) -> None:
    own = _copy(course, "student_id,first_name,last_name\ns01,Zoe,Zimmer\n")
    found = _plan(own, "canvas", rows_to_text(_canvas()))
    assert "check: s01 Zoe Zimmer in nbgrader" in in_words(found)


HEADER = "Student,ID,SIS User ID,SIS Login ID,Section"
ONE = '"Alba, Rosa",901,s01,ralba,A'


@pytest.mark.parametrize(
    ("to", "data", "words"),
    [
        ("canvas", b"", "empty"),
        ("canvas", b"\xef\xbb\xbf \r\n", "empty"),
        ("canvas", b"PK\x03\x04\x14\x00", "Excel workbook"),
        ("canvas", b"\n<!DOCTYPE html><title>Log in</title>", "web page"),
        ("canvas", f"{HEADER},First contact (1)\n".encode("utf-16")[2:], "zero bytes"),
        ("canvas", b"\xff\xfeS", "cut or converted"),
        ("canvas", f"{ONE},\n{ONE},\n", "Line 1 is not the header"),
        ("canvas", "ID,Student,Section,First contact (1)\n901,Rosa,A,\n", "Line 1 is not the header"),
        ("moodle", f"{HEADER},First contact (1)\n{ONE},\n", "Line 1 is not the header of a gradebook from Moodle"),
        ("canvas", f"{HEADER},First contact (1)\n", "no students"),
        ("canvas", f"{HEADER},First contact (1)\n{ONE},,\n", "Line 2 has 7 fields, the header has 6"),
        ("canvas", f'{HEADER},First contact (1)\n{ONE},\n"Berg,902,s02,aberg,A,\n', "Line 3: a quotation mark opens"),
        ("canvas", f'{HEADER},First contact (1)\n"Alba" x,901,s01,ralba,A,\n', "Line 2: there is text after"),
        ("canvas", f"{HEADER},Essay (1)\n{ONE},\n", "called “first_contact”. The file has:\n  Essay (1)"),
        ("canvas", f"{HEADER},First contact (1),First Contact (2)\n{ONE},,\n", "More than one column"),
        ("canvas", f"{HEADER},First contact (1),First contact (1)\n{ONE},,\n", "More than one column"),
        ("canvas", f"{HEADER},First contact\n{ONE},\n", "make a new assignment"),
        ("canvas", f"{HEADER},First contact (1)\n    Points Possible,,,,,(read only)\n{ONE},\n", "read only"),
        ("canvas", f"{HEADER},First contact (1)\n    Points Possible,,,,,0\n{ONE},\n", "has no points in Canvas"),
        ("canvas", f"{HEADER},First contact (1)\n    Points Possible,,,,,20\n{ONE},\n", "has 20 points in Canvas"),
        ("canvas", f"{HEADER},First contact (1)\n{ONE},B+\n", "Line 2: “First contact (1)” holds “B+”"),
        ("moodle", "ID number,First contact (Percentage)\ns01,80\n", "percentage, not points"),
        ("blackboard", "Username\tFirst contact [Total Pts: 10 Score]\nralba\t\n", "make a new column"),
        ("blackboard", "Username\tFirst contact [Total Pts: 0 Text] |7\nralba\t\n", "shows it as Text"),
        ("blackboard", "Username\tFirst contact [Total Pts: up to 9 Score] |7\nralba\t\n", "computes it"),
        ("brightspace", "Username,First contact Text Grade,End-of-Line Indicator\n#ralba,,#\n", "no column for grades"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_understood_is_refused_in_words(
    course: Path, to: str, data: bytes | str, words: str
) -> None:
    with pytest.raises(GradebookError) as refused:
        _plan(course, to, data)
    assert words in str(refused.value)


def test_a_column_canvas_would_skip_is_not_filled(course: Path) -> None:
    rows = _canvas()
    rows[0][rows[0].index("First contact (12345)")] = "First contact Final Score (12345)"
    with pytest.raises(GradebookError, match="Rename the assignment"):
        _plan(
            course, "canvas", rows_to_text(rows), columns={"first_contact": "First contact Final Score"}
        )


def test_points_are_scaled_only_if_told(course: Path) -> None:
    rows = lms_files.canvas(CLASS, {"First contact (12345)": [""] * 7}, ["50.00"])
    found = _plan(course, "canvas", rows_to_text(rows), scale=True)
    assert [change.becomes for change in found.changes] == ["42.5", "0", "31.67"]
    assert b"Possible,,,,,,50.00" in found.content


def test_a_column_is_named_by_title_or_header(course: Path) -> None:
    rows = lms_files.canvas(CLASS, {"Essay (1)": [""] * 7, "Essay (2)": [""] * 7}, ["10", "10"])
    text = rows_to_text(rows)
    found = _plan(course, "canvas", text, columns={"First contact": "Essay (2)"})
    assert {change.column for change in found.changes} == {"Essay (2)"}
    with pytest.raises(GradebookError, match="More than one column is called “Essay”"):
        _plan(course, "canvas", text, columns={"first_contact": "Essay"})
    with pytest.raises(GradebookError, match="“essay” is none of the assignments"):
        _plan(course, "canvas", text, columns={"essay": "Essay (1)"})


def test_a_column_is_made_only_if_told_and_as_the_importer_makes_it(course: Path) -> None:
    create = {"First contact": "First contact"}
    old = {"Attendance (7)": ["1.00"] * 7}
    found = _plan(course, "canvas", rows_to_text(lms_files.canvas(CLASS, old, ["1.00"])), create=create)
    grades, made = lms_files.canvas_import(found.content, {"7": "Attendance"})
    assert made == {"First contact": "10"}
    assert {number: grades[number, "First contact"] for number in ("901", "902", "904")} == {
        "901": "8.5",
        "902": "0",
        "904": "",
    }
    assert grades["901", "7"] == "1.00"

    found = _plan(
        course,
        "moodle",
        rows_to_text(lms_files.moodle(CLASS, {})),
        assignments=("first_contact", "six_types"),
        create={**create, "six_types": "Sorting"},
    )
    users, both = {who.sis: who.number for who in CLASS}, {"First contact", "Sorting"}
    taken = lms_files.moodle_import(found.content, users, "ID number", both, new=both)
    assert {who: taken[who, "First contact"] for who in ("901", "902", "907")} == {
        "901": 8.5,
        "902": 0,
        "907": 6.33,
    }
    assert {taken[who, "Sorting"] for who in ("901", "902", "907")} == {None}
    assert len(taken) == 6

    text = rows_to_text(lms_files.blackboard(CLASS, {}), "\t", quoted=True)
    found = _plan(course, "blackboard", text.encode("utf-16"), create=create)
    assert lms_files.blackboard_import(found.content)[1] == ["First contact"]
    assert '"Availability"\t"First contact"\n' in found.content.decode("utf-16")

    found = _plan(course, "brightspace", rows_to_text(lms_files.brightspace(CLASS, {})), create=create)
    assert lms_files.brightspace_import(found.content)["s07", "First contact"] == 6.33


@pytest.mark.parametrize(
    "title", ["=1+1", "@here", "My Final Score", "Essay (12345)", "", "first_contact", "a\nb"]
)
def test_a_title_that_does_harm_is_refused(course: Path, title: str) -> None:
    with pytest.raises(GradebookError):
        _plan(course, "canvas", rows_to_text(_canvas()), create={"first_contact": title})


def test_without_a_gradebook_or_marks_it_says_what_to_do(tmp_path: Path, course: Path) -> None:
    with pytest.raises(GradebookError, match=r"no gradebook\.db"):
        _plan(tmp_path, "canvas", "")
    assert not (tmp_path / "gradebook.db").exists()
    with pytest.raises(
        GradebookError, match=r"no assignment “sixtypes”\. It has: first_contact, six_types"
    ):
        _plan(course, "canvas", "", assignments=("sixtypes",))
    (tmp_path / "gradebook.db").write_bytes(b"not a database at all" * 100)
    with pytest.raises(GradebookError, match="nbgrader db upgrade"):
        _plan(tmp_path, "canvas", "")


def test_the_command_writes_only_where_it_is_told(
    course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = _copy(course)
    monkeypatch.chdir(own)
    template = tmp_path / "export.csv"
    template.write_text(rows_to_text(_canvas()), "utf-8", newline="")
    before, book = template.read_bytes(), (own / "gradebook.db").read_bytes()
    asked = ["gradebook", "--to", "canvas", "--template", str(template)]

    def run(*more: str) -> tuple[int, str]:
        result = CliRunner().invoke(main, [*asked, *more])
        return result.exit_code, result.output

    code, said = run()
    assert (code, "Nothing is written" in said, list(tmp_path.iterdir())) == (0, True, [template])
    filled = tmp_path / "filled.csv"
    filled.write_text("an older one")
    code, said = run("-o", str(filled), "--column", "first_contact=First contact (12345)")
    assert (code, (tmp_path / "filled.old-1.csv").read_text()) == (0, "an older one")
    assert filled.read_bytes() != before
    code, said = run("-o", str(template))
    assert (code, "Name another file" in said) == (1, True)
    assert run("no_such")[0] == 1
    assert (template.read_bytes(), (own / "gradebook.db").read_bytes()) == (before, book)
