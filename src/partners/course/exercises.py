"""One source for each exercise; the student's notebook, the book's page and the release come from it.

``exercises/<name>/source.md`` is the instructor's: a MyST notebook with solutions, hidden tests and
points. What students get is made by nbgrader's own preprocessors.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from partners import files, library

NBGRADER_CONFIG = r'''"""nbgrader's settings for this course. https://nbgrader.readthedocs.io"""

c = get_config()  # noqa: F821

c.CourseDirectory.course_id = "partners"
# A test cell that a student deleted is put back and graded, if an answer cell stands before it;
# if not, nbgrader says in its log that it could not grade this student, and exports 0.
c.OverwriteCells.add_missing_cells = True
# A cell that a student tagged "skip-execution" is run all the same: nbgrader gives full points to
# a test cell without output.
c.Execute.skip_cells_with_tag = ""
# Feedback tells what was wrong, not how it was tested: no hidden test in a cell, and of an error
# only its sentence, because a traceback quotes the hidden lines around it.
c.GenerateFeedback.preprocessors.prepend(["nbgrader.preprocessors.ClearHiddenTests"])
c.Execute.extra_arguments = ["--InteractiveShell.xmode=Minimal"]
# What is left of an answer cell is the form to fill in; the stub would only stop the notebook.
c.ClearSolutions.code_stub = {"python": ""}
# zip_collect takes one zip for each student, named after the student, and the transcripts too.
c.FileNameCollectorPlugin.named_regexp = (
    r".*[\\/]extracted[\\/](?P<student_id>[^\\/]+)[\\/](.*[\\/])?(?P<file_id>[^\\/]+)$"
)
c.FileNameCollectorPlugin.valid_ext = [".ipynb", ".json"]
'''


def names() -> list[str]:
    """Return the names of all exercises."""
    return sorted(file.parent.name for file in library.root().glob("exercises/*/source.md"))


def folder(name: str) -> Path:
    """Return the folder of the exercise `name`."""
    return library.root() / "exercises" / name


def instructor_notebook(name: str) -> Any:
    """Return the notebook with solutions and hidden tests (an nbformat NotebookNode)."""
    import jupytext  # noqa: PLC0415 - the book's warm build never comes here

    notebook = jupytext.read(folder(name) / "source.md")
    for number, cell in enumerate(notebook.cells):
        cell.id = cell.metadata.get("nbgrader", {}).get("grade_id", f"text-{number}")
    return notebook


def student_notebook(name: str) -> Any:
    """Return the notebook as nbgrader releases it: no solution, no hidden test."""
    from nbgrader import preprocessors  # noqa: PLC0415
    from traitlets.config import Config  # noqa: PLC0415

    notebook = instructor_notebook(name)
    config = Config({"ClearSolutions": {"code_stub": {"python": ""}}})
    for step in (
        "ClearSolutions",
        "LockCells",
        "ClearOutput",
        "ClearHiddenTests",
        "ComputeChecksums",
    ):
        notebook, _ = getattr(preprocessors, step)(config=config).preprocess(notebook, {})
    return notebook


def page(name: str) -> str:
    """Return the exercise as a page of the book, made from what students get."""
    import jupytext  # noqa: PLC0415

    notebook = student_notebook(name)
    for cell in notebook.cells:
        nbgrader = cell.metadata.pop("nbgrader", {})
        if nbgrader.get("solution") or nbgrader.get("grade"):
            cell.metadata["tags"] = ["skip-execution"]
    note = (
        f"Work in JupyterLab: {{download}}`download the notebook <{name}.ipynb>`, put it into a folder "
        "of its own, and open it there."
    )
    if "worksheet.conversation(" in str(notebook.cells):
        note += " You can play the talk on this page too, and download the transcript."
    for file in _data(name):
        note += f" Put {{download}}`{file.name} <{file.name}>` beside it."
    notebook.cells[0].source += f"\n\n```{{note}}\n{note}\n```"
    return str(jupytext.writes(notebook, fmt="md:myst"))


def write_student_files() -> None:
    """Write page and notebook of each exercise, where they are older than its source or this file."""
    for name in names():
        made = {"worksheet.md": page, f"{name}.ipynb": _notebook_text}
        for file, make in made.items():
            target = folder(name) / file
            if not files.up_to_date(target, folder(name) / "source.md", Path(__file__)):
                files.write(target, make(name))


def remove_student_files() -> None:
    """Remove what ``write_student_files`` wrote."""
    for name in names():
        for file in ("worksheet.md", f"{name}.ipynb"):
            (folder(name) / file).unlink(missing_ok=True)


def new_course(directory: Path) -> list[str]:
    """Make an nbgrader course in `directory` and return the names of its assignments.

    Raises
    ------
    FileExistsError
        If there is something in `directory` already.
    FileNotFoundError
        If this installation came without the exercises, as students' does.
    """
    if not names():
        msg = "This installation has no exercises: they hold answers. Use a checkout of the course."
        raise FileNotFoundError(msg)
    if directory.exists() and any(directory.iterdir()):
        msg = f"{directory} is not empty. Name a new folder for the course."
        raise FileExistsError(msg)
    for name in names():
        assignment = directory / "source" / name
        files.write(assignment / f"{name}.ipynb", _text(instructor_notebook(name)))
        for data in _data(name):
            shutil.copy(data, assignment)
    files.write(directory / "nbgrader_config.py", NBGRADER_CONFIG)
    return names()


def _data(name: str) -> list[Path]:
    """Return the files an exercise brings; a transcript that was played there would be an answer."""
    made = {"source.md", "worksheet.md", f"{name}.ipynb"}
    files_there = (file for file in folder(name).iterdir() if file.is_file())
    return [f for f in files_there if f.name not in made and not f.name.endswith(".transcript.json")]


def _notebook_text(name: str) -> str:
    return _text(student_notebook(name))


def _text(notebook: Any) -> str:
    import nbformat  # noqa: PLC0415

    return str(nbformat.writes(notebook)) + "\n"  # type: ignore[no-untyped-call]
