"""A class hands in, and all of it is graded: each gets what is theirs, in words too."""

from __future__ import annotations

import copy
import json
import re
import zipfile
from typing import TYPE_CHECKING

import pytest
from nbgrader.api import Gradebook
from pipeline.papers import HIDDEN, PAPERS, POINTS, RIGHT, SOLUTIONS
from pipeline.term import EXERCISE, MESSAGE, TALK, Course, Data, Paper, answered, plain, release, text

from partners.course import answers

if TYPE_CHECKING:
    from pathlib import Path

DUE, LATER, SOONER, SOON = (f"2026-10-{day} 12:00:00 UTC" for day in ("15", "17", "09", "12"))
PATIENCE = 600
LARGEST = 6_000_000
"""Bytes of the largest page of feedback."""


def files_of(paper: Paper, course: Course, honest: Data) -> dict[str, bytes]:
    """Return the files that somebody hands in, by name."""
    notebook = answered(course) if paper.answered else release(course)
    paper.edit(notebook)
    made = {paper.name: paper.raw(notebook)}
    if paper.transcript:
        made[f"{TALK}.transcript.json"] = paper.transcript(copy.deepcopy(honest)).encode()
    if paper.answers:
        made[answers.file_name(EXERCISE)] = paper.answers().encode()
    return made


def submitted(course: Course, student: str) -> Path:
    return course.root / "submitted" / student / EXERCISE


def grade(course: Course) -> str:
    return course.run("partners", "grade", EXERCISE, patience=PATIENCE)


@pytest.fixture(scope="module")
def graded(course: Course, honest: Data) -> Course:
    """Collect every paper, from zips as a learning platform gives them, and grade it."""
    archive = course.root / "downloaded" / EXERCISE / "archive"
    archive.mkdir(parents=True)
    for student, paper in PAPERS.items():
        with zipfile.ZipFile(archive / f"{student}.zip", "w") as handed_in:
            for name, raw in files_of(paper, course, honest).items():
                handed_in.writestr(f"{EXERCISE}/{name}", raw)
    course.run("nbgrader", "db", "assignment", "add", EXERCISE, f"--duedate={DUE}")
    course.run("nbgrader", "zip_collect", EXERCISE)
    for student, time in {"late": LATER, "twice": SOONER}.items():
        (submitted(course, student) / "timestamp.txt").write_text(time, "utf-8")
    grade(course)
    course.run("nbgrader", "generate_feedback", EXERCISE, patience=PATIENCE)
    return course


@pytest.mark.parametrize("student", PAPERS)
def test_points_and_the_words_for_them_come_back(graded: Course, student: str) -> None:
    paper, feedback = PAPERS[student], graded.feedback(student)
    score = re.search(r"Grade cell: two_attempts *Score: ([\d.]+) / ([\d.]+)", feedback)
    assert score
    assert score.groups() == (str(float(paper.two_attempts)), str(float(POINTS["two_attempts"])))
    most = float(sum(POINTS.values()))
    assert f"{EXERCISE} (Score: {float(paper.total)} / {most})" in feedback
    told = feedback.partition(paper.where)[2]
    assert paper.words in re.split("Grade cell: |Student.s answer", told)[0]


def test_no_feedback_tells_a_hidden_test_nor_another_one_s_answers(graded: Course) -> None:
    assert len(HIDDEN) > 10
    assert len(SOLUTIONS) > 10
    for student, paper in PAPERS.items():
        feedback = graded.feedback(student)
        secret = HIDDEN if paper.answered else HIDDEN + SOLUTIONS
        assert [line for line in secret if line in feedback] == [], student
        assert "Model answer" not in feedback


def test_nothing_is_said_of_a_notebook_that_came_as_it_should(graded: Course) -> None:
    assert [
        s for s in ("right", "half_right", "stub", "page") if "From the grading" in graded.feedback(s)
    ] == []


def test_no_feedback_is_larger_than_a_page_can_be(graded: Course) -> None:
    pages = [*graded.root.glob("feedback/*/*/*.html")]
    assert len(pages) == len(PAPERS)
    assert [page.parent for page in pages if page.stat().st_size > LARGEST] == []


def test_a_written_part_from_the_page_waits_for_the_instructor_and_runs_nothing(graded: Course) -> None:
    page = graded.root / "feedback" / "page" / EXERCISE / f"{EXERCISE}.html"
    assert plain(MESSAGE) in graded.feedback("page")
    assert "&lt;b&gt;Lina&lt;/b&gt;" in page.read_text("utf-8")
    with Gradebook(f"sqlite:///{graded.root / 'gradebook.db'}", "partners") as book:
        assert book.find_grade("message", EXERCISE, EXERCISE, "page").needs_manual_grade
        untouched = book.find_grade("reflection", EXERCISE, EXERCISE, "page")
        assert (untouched.auto_score, untouched.needs_manual_grade) == (0, False)
    assert "No response." in graded.feedback("page")


def test_points_given_by_hand_move_one_student_s_grade_only(graded: Course) -> None:
    before = graded.grades()
    assert {name: float(before[name]["score"]) for name in PAPERS} == {
        name: paper.total for name, paper in PAPERS.items()
    }
    comment = "Lina walked her there: the mother will see it."
    with Gradebook(f"sqlite:///{graded.root / 'gradebook.db'}", "partners") as book:
        for part, points in {"message": 7, "reflection": 3}.items():
            grade = book.find_grade(part, EXERCISE, EXERCISE, "one")
            assert grade.needs_manual_grade
            grade.manual_score, grade.needs_manual_grade = points, False
        book.find_comment("message", EXERCISE, EXERCISE, "one").manual_comment = comment
        book.db.commit()
    graded.run("nbgrader", "generate_feedback", EXERCISE, "--student", "one", "--force")

    after = graded.grades()
    assert float(after["one"]["score"]) == PAPERS["one"].total + 10
    assert {name: row for name, row in after.items() if name != "one"} == {
        name: row for name, row in before.items() if name != "one"
    }
    assert f"Comments: {comment}" in graded.feedback("one")


def test_who_is_late_is_told_to_the_instructor_and_loses_nothing(graded: Course) -> None:
    row = graded.grades()["late"]
    assert (row["duedate"][:10], row["timestamp"][:10]) == (DUE[:10], LATER[:10])
    assert (float(row["late_submission_penalty"]), float(row["score"])) == (0, RIGHT)


def test_the_newer_of_two_submissions_counts_and_nobody_else_is_graded_again(
    graded: Course, honest: Data
) -> None:
    before = graded.grades()
    for name, raw in files_of(PAPERS["right"], graded, honest).items():
        (submitted(graded, "twice") / name).write_bytes(raw)
    (submitted(graded, "twice") / "timestamp.txt").write_text(SOON, "utf-8")
    said = plain(grade(graded))
    assert f"{len(PAPERS) - 1} of them were graded before and have not changed since." in said
    after = graded.grades()
    assert (float(before["twice"]["score"]), float(after["twice"]["score"])) == (0, RIGHT)
    others = [{k: v for k, v in rows.items() if k != "twice"} for rows in (before, after)]
    assert others[0] == others[1]


def test_a_check_added_after_the_first_hand_in_does_not_cost_the_release(graded: Course) -> None:
    source = graded.root / "source" / EXERCISE / f"{EXERCISE}.ipynb"
    before, released = source.read_text("utf-8"), text(release(graded))
    changed = json.loads(before)
    added = copy.deepcopy(next(c for c in changed["cells"] if c["id"] == "channel"))
    added["id"] = added["metadata"]["nbgrader"]["grade_id"] = "channel_again"
    source.write_text(json.dumps(changed | {"cells": [*changed["cells"], added]}), "utf-8")
    with pytest.raises(AssertionError, match="new are channel_again, gone are none") as failed:
        graded.run("nbgrader", "generate_assignment", EXERCISE, "--force")
    assert f"Undo this in source/{EXERCISE} and generate it again" in str(failed.value)
    assert text(release(graded)) == released

    source.write_text(before, "utf-8")
    graded.run("nbgrader", "generate_assignment", EXERCISE, "--force")
    assert text(release(graded)) == released
