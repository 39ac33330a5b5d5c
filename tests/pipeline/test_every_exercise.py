"""Every exercise, through nbgrader: its model answers earn all points, its untouched form none."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING

import pytest
from nbgrader.api import Gradebook
from pipeline.term import Course, answered, attempts, release

from partners.course import exercises

if TYPE_CHECKING:
    from pathlib import Path


def hand_in(course: Course, name: str, student: str) -> Path:
    """Copy the release into `student`'s folder, as somebody who hands in would."""
    folder = course.root / "submitted" / student / name
    shutil.copytree(course.root / "release" / name, folder)
    return folder


@pytest.mark.parametrize("name", exercises.names())
def test_model_answers_earn_all_points_and_the_untouched_form_none(course: Course, name: str) -> None:
    course.run("nbgrader", "generate_assignment", name, "--force")
    hand_in(course, name, "stub")
    folder = hand_in(course, name, "model")
    (folder / f"{name}.ipynb").write_text(json.dumps(answered(course, name)), "utf-8")
    source = "".join(cell.source for cell in release(course, name).cells)
    for talk in re.findall(r'worksheet\.conversation\("(\w+)"\)', source):
        (folder / f"{talk}.transcript.json").write_text(json.dumps(attempts(talk)), "utf-8")
    course.run("nbgrader", "autograde", name)
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}", "partners") as book:
        for student, share in {"model": 1, "stub": 0}.items():
            [notebook] = book.find_submission(name, student).notebooks
            automatic = [grade for grade in notebook.grades if grade.cell.cell_type == "code"]
            points = {grade.name: (grade.auto_score, grade.max_score * share) for grade in automatic}
            assert len(points) >= 1
            assert {key: got for key, (got, wanted) in points.items() if got != wanted} == {}, student
