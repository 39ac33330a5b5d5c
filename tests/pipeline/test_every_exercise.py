"""Every exercise, graded by nbgrader and by `partners grade`: model answers earn all, the form nothing."""

from __future__ import annotations

import json
import re
import shutil
from contextlib import chdir
from itertools import chain
from typing import TYPE_CHECKING, Any

import jupytext
import pytest
from nbgrader.api import Gradebook
from pipeline.term import Course, answered, attempts, new_course, release

from partners.course import answers, exercises, worksheet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def every(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Make a course of its own: the other tests' students have handed in elsewhere."""
    return new_course(tmp_path_factory.mktemp("every"))


def hand_in(course: Course, name: str, student: str) -> Path:
    """Copy the release into `student`'s folder, as somebody who hands in would."""
    folder = course.root / "submitted" / student / name
    shutil.copytree(course.root / "release" / name, folder)
    return folder


def from_the_page(name: str, folder: Path) -> str:
    """Return the file of somebody who gives the model answers in the page's forms.

    Some of them are about the transcripts in `folder`.
    """
    typed: dict[str, Any] = {"worksheet": worksheet}
    with chdir(folder):
        for cell in exercises.instructor_notebook(name).cells:
            if cell.metadata.get("nbgrader", {}).get("solution") and cell.cell_type == "code":
                exec(cell.source, typed)  # the author's own
    asked = [key for form in exercises.forms_of(name) for key in form.questions]
    given = {key: in_form(typed[key]) for key in asked if key in typed}
    return json.dumps({"format": answers.FORMAT, "exercise": name, "answers": given})


def in_form(value: Any) -> Any:
    """Return `value` as a form keeps it: text, for each item or alone."""
    if isinstance(value, dict):
        return {str(item): in_form(one) for item, one in value.items()}
    if isinstance(value, list):
        return " ".join(map(in_form, value))
    return str(value)


def came_out(course: Course, name: str) -> dict[str, Any]:
    """Return all that grading leaves of an exercise, files and marks, but what no two runs have alike."""
    found: dict[str, Any] = {}
    for file in sorted(course.root.glob(f"autograded/*/{name}/**/*")):
        if file.suffix == ".ipynb":
            notebook = jupytext.read(file)
            for cell in notebook.cells:
                cell.metadata.pop("execution", None)  # when it ran
                cell.outputs = list(alike(cell.get("outputs", [])))
            found[str(file)] = notebook
        elif file.is_file():
            found[str(file)] = file.read_bytes()
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}", "partners") as book:
        for submission in book.assignment_submissions(name):
            for row in chain(*([*n.grades, *n.comments] for n in submission.notebooks)):
                told = {k: v for k, v in row.to_dict().items() if k != "id"}
                found[f"{submission.student.id} {type(row).__name__} {row.name}"] = told
    return found


def alike(outputs: list[Any]) -> Iterator[Any]:
    """Yield outputs with the parts of a text joined, that come as the time falls, and without SVG's ids."""
    last = None
    for output in outputs:
        output.get("data", {}).pop("image/svg+xml", None)
        if last and output.get("name", "") == last.get("name"):
            last.text += output.text
        else:
            last = output
            yield output


@pytest.mark.parametrize("name", exercises.names())
def test_model_answers_earn_all_points_and_the_untouched_form_none(every: Course, name: str) -> None:
    every.run("nbgrader", "generate_assignment", name)
    hand_in(every, name, "stub")
    folder = hand_in(every, name, "model")
    (folder / f"{name}.ipynb").write_text(json.dumps(answered(every, name)), "utf-8")
    page = hand_in(every, name, "page")
    source = "".join(cell.source for cell in release(every, name).cells)
    for talk in re.findall(r'worksheet\.conversation\("(\w+)"\)', source):
        for place in (folder, page):
            (place / f"{talk}.transcript.json").write_text(json.dumps(attempts(talk)), "utf-8")
    (page / answers.file_name(name)).write_text(from_the_page(name, page), "utf-8")
    every.run("nbgrader", "autograde", name)
    by_nbgrader = came_out(every, name)
    said = every.run("partners", "grade", name)
    assert came_out(every, name) == by_nbgrader
    assert "Run in the submission’s own Python" not in said  # where it could be cheated
    with Gradebook(f"sqlite:///{every.root / 'gradebook.db'}", "partners") as book:
        for student, share in {"model": 1, "page": 1, "stub": 0}.items():
            [notebook] = book.find_submission(name, student).notebooks
            automatic = [grade for grade in notebook.grades if grade.cell.cell_type == "code"]
            points = {grade.name: (grade.auto_score, grade.max_score * share) for grade in automatic}
            assert len(points) >= 1
            assert {key: got for key, (got, wanted) in points.items() if got != wanted} == {}, student
