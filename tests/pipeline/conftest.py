"""One nbgrader course for the session, made and graded with nbgrader's own commands."""

from __future__ import annotations

import copy
import json
import zipfile
from typing import TYPE_CHECKING

import pytest
from pipeline.term import (
    BY_HAND,
    EXERCISE,
    PAPERS,
    TALK,
    Course,
    Data,
    answered,
    attempts,
    new_course,
    release,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def honest() -> Data:
    """Return a transcript of two finished attempts that took different ways."""
    return attempts(TALK)


@pytest.fixture(scope="session")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Make a course; generate its exercise and release it into an exchange."""
    made = new_course(tmp_path_factory.mktemp("nbgrader"))
    made.run("nbgrader", "generate_assignment", EXERCISE)
    made.run("nbgrader", "release_assignment", EXERCISE)
    return made


@pytest.fixture(scope="session")
def student_folder(course: Course) -> Path:
    """Fetch the exercise from the exchange as a student, and return its folder."""
    desk = course.root.parent / "desk"
    desk.mkdir()
    course.run("nbgrader", "fetch_assignment", EXERCISE, "--course", "partners", at=desk)
    return desk / EXERCISE


@pytest.fixture(scope="session")
def autograded(course: Course, honest: Data) -> Course:
    """Collect every paper, from zips as a learning platform gives them, and grade it."""
    archive = course.root / "downloaded" / EXERCISE / "archive"
    archive.mkdir(parents=True)
    for student, paper in {**PAPERS, BY_HAND: PAPERS["right"]}.items():
        notebook = answered(course) if paper.answered else release(course)
        paper.edit(notebook)
        with zipfile.ZipFile(archive / f"{student}.zip", "w") as handed_in:
            handed_in.writestr(f"{EXERCISE}/{EXERCISE}.ipynb", json.dumps(notebook))
            if paper.transcript:
                text = paper.transcript(copy.deepcopy(honest))
                handed_in.writestr(f"{EXERCISE}/{TALK}.transcript.json", text)
    course.run("nbgrader", "zip_collect", EXERCISE)
    course.run("nbgrader", "autograde", EXERCISE)
    course.run("nbgrader", "generate_feedback", EXERCISE)
    return course
