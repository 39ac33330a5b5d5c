"""An instructor's nbgrader course: the exercises' sources, and the settings they need."""

from __future__ import annotations

import shutil
from importlib.metadata import version
from pathlib import Path
from typing import Any

from partners import files
from partners.grading import roster

NBGRADER_CONFIG = (Path(__file__).parent / "nbgrader_config.py.txt").read_text("utf-8")
README = (Path(__file__).parent / "course_readme.md.txt").read_text("utf-8")


def new_course(directory: Path) -> list[str]:
    """Make an nbgrader course in `directory` and return the names of its assignments.

    Raises
    ------
    FileExistsError
        If there is something in `directory` already.
    FileNotFoundError
        If this installation came without the exercises, as students' does.
    """
    from partners.course import exercises  # noqa: PLC0415 - grading does without

    names = exercises.names()
    if not names:
        msg = "This installation has no exercises: they hold answers. Use a checkout of the course."
        raise FileNotFoundError(msg)
    if directory.exists() and any(directory.iterdir()):
        msg = f"{directory} is not empty. Name a new folder for the course."
        raise FileExistsError(msg)
    for name in names:
        assignment = directory / "source" / name
        files.write(assignment / f"{name}.ipynb", exercises.text(exercises.instructor_notebook(name)))
        for data in exercises.data_files(name):
            shutil.copy(data, assignment)
    files.write(directory / "nbgrader_config.py", NBGRADER_CONFIG)
    files.write(directory / "roster.csv", roster.EXAMPLE.splitlines()[0] + "\n")
    files.write(directory / "README.md", README.replace("VERSION", version("partners")))
    return names


def settings(directory: Path) -> Any:
    """Return a course's settings as nbgrader puts them together (a traitlets Config)."""
    from nbgrader.apps import NbGrader  # noqa: PLC0415 - takes a second

    app = NbGrader()
    app.log_level = "CRITICAL"
    app.load_cwd_config = False
    app.initialize([], root=str(directory))
    return app.config
