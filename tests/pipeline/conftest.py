"""One nbgrader course for the session, made and graded with nbgrader's own commands.

Nothing of the user's home is read or written: HOME and every Jupyter folder lie beside the course.
"""

from __future__ import annotations

import copy
import json
import os
import zipfile
from typing import TYPE_CHECKING

import pytest
from pipeline.term import BIN, BY_HAND, EXERCISE, PAPERS, TALK, Course, Data, answered, attempts, release

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def honest() -> Data:
    """Return a transcript of two finished attempts that took different ways."""
    return attempts(TALK)


@pytest.fixture(scope="session")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Make a course; generate its exercise and release it into an exchange."""
    base = tmp_path_factory.mktemp("nbgrader")
    home = base / "home"
    places = {
        "HOME": home,
        "USERPROFILE": home,
        "IPYTHONDIR": home / "ipython",
        "JUPYTER_CONFIG_DIR": home / "config",
        "JUPYTER_DATA_DIR": home / "data",
        "JUPYTER_RUNTIME_DIR": home / "runtime",
    }
    (home / "config").mkdir(parents=True)
    (home / "config" / "nbgrader_config.py").write_text(
        # A kernel that is killed at the end saves half a second for each paper.
        f"c.Exchange.root = {str(base / 'exchange')!r}\nc.Execute.shutdown_kernel = 'immediate'\n",
        "utf-8",
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER_", "PARTNERS_"))}
    environment |= {key: str(place) for key, place in places.items()}
    # nbgrader calls `alembic` by its bare name, as in an activated environment.
    environment["PATH"] = os.pathsep.join([str(BIN), os.environ.get("PATH", "")])
    made = Course(base / "course", environment)
    said = made.run("partners", "course", "new", str(made.root), at=base)
    assert EXERCISE in said
    assert "nbgrader generate_assignment" in said
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
