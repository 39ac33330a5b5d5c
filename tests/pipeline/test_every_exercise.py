"""Every exercise, through nbgrader: its model answers earn all points, its untouched form none."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING

import pytest
from nbgrader.api import Gradebook
from pipeline.term import Course, answered, attempts, new_course, release

from partners.course import exercises

if TYPE_CHECKING:
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


@pytest.mark.parametrize("name", exercises.names())
def test_model_answers_earn_all_points_and_the_untouched_form_none(every: Course, name: str) -> None:
    every.run("nbgrader", "generate_assignment", name)
    hand_in(every, name, "stub")
    folder = hand_in(every, name, "model")
    (folder / f"{name}.ipynb").write_text(json.dumps(answered(every, name)), "utf-8")
    source = "".join(cell.source for cell in release(every, name).cells)
    for talk in re.findall(r'worksheet\.conversation\("(\w+)"\)', source):
        (folder / f"{talk}.transcript.json").write_text(json.dumps(attempts(talk)), "utf-8")
    every.run("nbgrader", "autograde", name)
    with Gradebook(f"sqlite:///{every.root / 'gradebook.db'}", "partners") as book:
        for student, share in {"model": 1, "stub": 0}.items():
            [notebook] = book.find_submission(name, student).notebooks
            automatic = [grade for grade in notebook.grades if grade.cell.cell_type == "code"]
            points = {grade.name: (grade.auto_score, grade.max_score * share) for grade in automatic}
            assert len(points) >= 1
            assert {key: got for key, (got, wanted) in points.items() if got != wanted} == {}, student
