"""One nbgrader course for the session, made with nbgrader's own commands."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from pipeline.term import EXERCISE, TALK, Course, Data, attempts, new_course

if TYPE_CHECKING:
    from pathlib import Path


collect_ignore = (
    [] if sys.platform.startswith("linux") else ["test_grade_long.py", "test_grade_servers.py"]
)
"""`partners grade` itself needs Linux, and says so elsewhere."""


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
