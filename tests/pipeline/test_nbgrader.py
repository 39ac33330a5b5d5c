"""The first half of a term, with nbgrader's real commands: released, fetched, validated, handed in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pipeline.papers import HIDDEN, SOLUTIONS
from pipeline.term import EXERCISE, TALK, Course, Data, answered, file_of_answers, plain, release, text

from partners.course import answers, exercises

if TYPE_CHECKING:
    from pathlib import Path


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
    assert "VALIDATION FAILED ON 3 CELL(S)" in untouched
    for words in (
        f"There is no file {TALK}.transcript.json beside the notebook. "
        "Play, then press “Save beside the notebook”.",
        "AssertionError: Which first contact fits best? Still open: Rahimi; Kowalski; Brandt and Osei; Tran.",
        f"There is no file {answers.file_name(EXERCISE)} beside the notebook.",
    ):
        assert words in untouched

    as_text = json.dumps(honest)
    proof.write_text(as_text[:-300], "utf-8")
    in_forms = student_folder / answers.file_name(EXERCISE)
    in_forms.write_text(file_of_answers(), "utf-8")
    assert "cut short or edited. Save it again from the conversation." in validate()
    assert proof.read_text("utf-8") == as_text[:-300]  # validating leaves the file where it is

    proof.write_text(as_text, "utf-8")
    assert "Success! Your notebook passes all the tests." in validate()  # answered in the forms
    in_forms.unlink()
    notebook.write_text(text(answered(course)), "utf-8")
    assert "Success! Your notebook passes all the tests." in validate()  # typed into the cells
    course.run("nbgrader", "submit", EXERCISE, "--course", "partners", at=student_folder.parent)
    inbound = course.root.parent / "exchange" / "partners" / "inbound"
    assert [file.read_text("utf-8") for file in inbound.glob(f"*/{proof.name}")] == [as_text]
