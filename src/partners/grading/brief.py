"""What a worker needs to grade one assignment, on this machine or another: all of it plain data."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import sys
import tempfile
from dataclasses import asdict, dataclass
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from nbgrader import preprocessors
from nbgrader.api import Assignment, Base, Course, Gradebook, MissingEntry, Notebook
from nbgrader.coursedir import CourseDirectory
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from traitlets.config import Config

from partners.grading import course as courses
from partners.grading import mend, plan
from partners.kernels import rooms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partners.kernels.sandbox import Limits

Files = dict[str, bytes]
"""Files by their path in a folder."""
PYTHON = "python"
NO_PYTHON = (
    "{} is a notebook in {}, and only Python can be kept in here. To grade it with your own rights: "
    "nbgrader autograde {}"
)
NEVER = "Run: nbgrader generate_assignment {0}"


class GradingError(Exception):
    """Grading cannot start; the message says what is missing and the way out."""


@dataclass(frozen=True)
class Brief:
    """An assignment as its graders need it.

    `settings` are those of nbgrader; `gradebook` an SQLite file that has the assignment's cells and
    nobody's marks; `release` what students got; `source` the instructor's notebooks of it; `given`
    the other files of the instructor's.
    """

    assignment: str
    settings: dict[str, Any]
    gradebook: bytes
    release: Files
    source: Files
    given: Files
    layers: tuple[str, ...]
    limits: Limits

    @cached_property
    def print(self) -> str:
        """A text that is another one when anything is that could move a mark."""
        told = [self.settings, asdict(self.limits), self.layers, sys.version, _packages()]
        parts = [json.dumps(told, default=str, sort_keys=True).encode()]
        for files in (self.release, self.source, self.given):
            parts += [os.fsencode(name) + raw for name, raw in sorted(files.items())]
        return hashlib.sha256(b"\0".join(parts)).hexdigest()

    def preload(self) -> dict[str, Any]:
        """Return what a zygote imports for the notebooks; see ``Zygote.preload``."""
        return {
            "modules": sorted({name for one in _code(self.source) for name in _imports(one)}),
            "text": "\n".join(_code(self.release)),
            "words": preprocessors.Execute(config=Config(self.settings)).extra_arguments,
        }


def course_at(folder: Path) -> CourseDirectory:
    """Return the course in `folder` as nbgrader knows it, with its settings.

    Raises
    ------
    GradingError
        If there is none.
    """
    if not (folder / "nbgrader_config.py").is_file():
        raise GradingError(
            f"{folder} is no course: there is no nbgrader_config.py. Go to the folder of your course, "
            "or make one with: partners course new FOLDER"
        )
    return CourseDirectory(config=courses.settings(folder), root=str(folder))


def brief(course: CourseDirectory, assignment: str, layers: tuple[str, ...], limits: Limits) -> Brief:
    """Return what graders need of `assignment`.

    Raises
    ------
    GradingError
        If it was not generated, or is none of Python.
    """
    way_out = NEVER.format(assignment)
    with Gradebook(course.db_url, course.course_id) as gradebook:
        try:
            cells = _cells_only(gradebook.find_assignment(assignment))
        except MissingEntry:
            raise GradingError(f"The gradebook has no assignment {assignment}. {way_out}") from None
    folders = [
        Path(course.format_path(step, ".", assignment)) for step in (course.release_directory, mend.KEPT)
    ]
    folder = next((one for one in folders if one.is_dir()), None)
    if not folder:
        raise GradingError(f"There is no folder {folders[0]}. {way_out}")
    release = rooms.read(folder)
    released = notebooks(release)
    for name, notebook in released.items():
        if (language := notebook.metadata.get("kernelspec", {}).get("language", PYTHON)) != PYTHON:
            raise GradingError(NO_PYTHON.format(name, language, assignment))
    source = Path(course.format_path(course.source_directory, ".", assignment))
    theirs = rooms.read(source) if source.is_dir() else {}
    theirs = {name: raw for name, raw in theirs.items() if not _ignored(name, course.ignore)}
    return Brief(
        assignment=assignment,
        settings=course.config,
        gradebook=cells,
        release=release,
        source={name: raw for name, raw in theirs.items() if name in released},
        given={name: raw for name, raw in theirs.items() if not name.endswith(".ipynb")},
        layers=layers,
        limits=limits,
    )


def write(files: Files, folder: Path) -> None:
    """Write `files` into `folder`."""
    for name, raw in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(raw)


def _ignored(name: str, patterns: list[str]) -> bool:
    """Say whether nbgrader copies no file of this path, as the course's settings have it."""
    return any(fnmatch(part, pattern) for part in Path(name).parts for pattern in patterns)


def _cells_only(assignment: Assignment) -> bytes:
    """Return an SQLite file in which nbgrader finds the assignment's cells, and nothing else."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "gradebook.db")
        engine = create_engine(f"sqlite:///{file}")
        Base.metadata.create_all(engine)
        with Session(engine) as session:
            session.add_all(Course(id=name) for name in {"default_course", assignment.course_id})
            session.add(_copied(assignment))
            session.commit()
        engine.dispose()
        return file.read_bytes()


def _copied(row: Any) -> Any:
    """Return a row with those below it that tell of the assignment, and not of a submission."""
    made = type(row)(**{c.key: getattr(row, c.key) for c in row.__mapper__.column_attrs})
    if isinstance(row, Assignment):
        made.notebooks = [_copied(one) for one in row.notebooks]
    elif isinstance(row, Notebook):
        made._base_cells = [_copied(one) for one in row._base_cells]
        made.source_cells = [_copied(one) for one in row.source_cells]
    return made


def names(files: Files) -> list[str]:
    """Return the names of the notebooks among `files`, in the order of the alphabet."""
    return sorted(name for name in files if name.endswith(".ipynb") and "/" not in name)


def notebooks(files: Files) -> dict[str, Any]:
    """Return the notebooks among `files` by name; for those of the instructor's or of our own making."""
    return {
        name: nbformat.reads(files[name].decode("utf-8"), as_version=4)  # type: ignore[no-untyped-call]
        for name in names(files)
    }


def _code(files: Files) -> Iterator[str]:
    """Yield the text of the cells of code in notebooks."""
    cells = (cell for notebook in notebooks(files).values() for cell in notebook.cells)
    yield from (cell.source for cell in cells if cell.cell_type == "code")


def _imports(source: str) -> Iterator[str]:
    """Yield the modules that a cell imports."""
    for node in ast.walk(plan.program(source)):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{one.name}" for one in node.names)


def _packages() -> list[str]:
    """Return the installed packages with their versions."""
    folders = {Path(path) for path in sys.path if path.endswith("site-packages")}
    return sorted(found.name for folder in folders for found in folder.glob("*.dist-info"))
