"""An instructor's term, with nbgrader's real commands: released, handed in, graded, given back."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from nbgrader.api import Gradebook
from pipeline.term import EXERCISE, PAPERS, TALK, Course, Data, answered, plain, release

from partners.course import exercises

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def _between(start: str, end: str) -> Iterator[str]:
    """Yield every telling line of the instructor's notebook between two of nbgrader's marks."""
    for cell in exercises.instructor_notebook(EXERCISE).cells:
        for part in re.findall(rf"(?s){start}(.*?){end}", cell.source):
            yield from (plain(line) for line in part.splitlines() if len(line.strip()) > 12)


HIDDEN = [*_between("BEGIN HIDDEN TESTS", "END HIDDEN TESTS")]
SOLUTIONS = [*_between("BEGIN SOLUTION", "END SOLUTION")]


def test_nbgrader_releases_the_notebook_that_the_book_offers(course: Course) -> None:
    ours = exercises.student_notebook(EXERCISE)
    assert [(c.cell_type, c.source, c.metadata) for c in release(course).cells] == [
        (c.cell_type, c.source, c.metadata) for c in ours.cells
    ]


def test_the_release_tells_neither_solution_nor_hidden_test(course: Course) -> None:
    folder = course.root / "release" / EXERCISE
    assert [file.name for file in folder.iterdir()] == [f"{EXERCISE}.ipynb"]
    released = plain("\n".join(cell.source for cell in release(course).cells))
    assert len(HIDDEN) > 10
    assert len(SOLUTIONS) > 10
    assert [line for line in HIDDEN + SOLUTIONS if line in released] == []


def test_a_student_fetches_validates_and_hands_in_over_the_exchange(
    course: Course, student_folder: Path, honest: Data
) -> None:
    def validate() -> str:
        return plain(course.run("nbgrader", "validate", notebook.name, at=student_folder))

    notebook = student_folder / f"{EXERCISE}.ipynb"
    proof = student_folder / f"{TALK}.transcript.json"
    untouched = validate()
    assert "VALIDATION FAILED ON 5 CELL(S)" in untouched
    for words in (
        f"There is no file {TALK}.transcript.json beside the notebook. "
        "Play, then press “Save beside the notebook”.",
        "AssertionError: Write one letter, A to F, for each family.",
        "AssertionError: fewer_in_100 is a number, without quotation marks.",
        "You did not provide a response.",
    ):
        assert words in untouched

    text = json.dumps(honest)
    notebook.write_text(json.dumps(answered(course)), "utf-8")
    proof.write_text(text[:-300], "utf-8")
    assert "cut short or edited. Save it again from the conversation." in validate()
    assert proof.read_text("utf-8") == text[:-300]  # validating leaves the file where it is

    proof.write_text(text, "utf-8")
    assert "Success! Your notebook passes all the tests." in validate()
    course.run("nbgrader", "submit", EXERCISE, "--course", "partners", at=student_folder.parent)
    inbound = course.root.parent / "exchange" / "partners" / "inbound"
    assert [file.read_text("utf-8") for file in inbound.glob(f"*/{proof.name}")] == [text]


@pytest.mark.parametrize("student", PAPERS)
def test_points_and_the_words_for_them_come_back(autograded: Course, student: str) -> None:
    paper, feedback = PAPERS[student], autograded.feedback(student)
    score = re.search(r"Grade cell: two_attempts *Score: ([\d.]+) / ([\d.]+)", feedback)
    assert score
    assert score.groups() == (str(float(paper.two_attempts)), "6.0")
    assert f"{EXERCISE} (Score: {float(paper.total)} / 26.0)" in feedback
    told = feedback.partition(paper.where)[2]
    assert paper.words in re.split("Grade cell: |Student.s answer", told)[0]


def test_no_feedback_tells_a_hidden_test_nor_another_one_s_answers(autograded: Course) -> None:
    for student, paper in PAPERS.items():
        feedback = autograded.feedback(student)
        secret = HIDDEN if paper.answered else HIDDEN + SOLUTIONS
        assert [line for line in secret if line in feedback] == [], student


def test_points_given_by_hand_move_one_student_s_grade_only(autograded: Course) -> None:
    before = autograded.grades()
    assert {name: float(before[name]["score"]) for name in PAPERS} == {
        name: paper.total for name, paper in PAPERS.items()
    }
    comment = "Lina walked her there: the mother will see it."
    with Gradebook(f"sqlite:///{autograded.root / 'gradebook.db'}", "partners") as book:
        for part, points in {"message": 7, "reflection": 3}.items():
            grade = book.find_grade(part, EXERCISE, EXERCISE, "one")
            assert grade.needs_manual_grade
            grade.manual_score, grade.needs_manual_grade = points, False
        book.find_comment("message", EXERCISE, EXERCISE, "one").manual_comment = comment
        book.db.commit()
    autograded.run("nbgrader", "generate_feedback", EXERCISE, "--student", "one", "--force")

    after = autograded.grades()
    assert float(after["one"]["score"]) == PAPERS["one"].total + 10
    assert {name: row for name, row in after.items() if name != "one"} == {
        name: row for name, row in before.items() if name != "one"
    }
    assert f"Comments: {comment}" in autograded.feedback("one")
