"""One source for each exercise; the student's notebook, the book's page and the release come from it.

``exercises/<name>/source.md`` is the instructor's: a MyST notebook with solutions, hidden tests and
points. What students get is made by nbgrader's own preprocessors.
"""

from __future__ import annotations

import json
from contextlib import chdir
from pathlib import Path
from typing import Any

from partners import files, library
from partners.course import answers
from partners.course.forms import Form

_PAGE, _NOTEBOOK = "page-only", "notebook-only"
"""Tags of cells that stand only in the book's page, or only in the notebook."""

_WRITE_HERE = "*Only if you cannot use the form above: write here, in place of this line.*"
"""As in the course's settings of nbgrader, which makes the same notebook."""
_TALK = "worksheet.conversation("
_DATA_TRACK = " Only there is the data track, for those who like to compute: every step is shown."
_IN_PAGE = "Your answers are kept in this browser. At the end of the page you download them as one file."
_IN_NOTEBOOK = """\
**How to work here.** Press **Shift + Enter** in a cell to run it, from the top to the bottom, and run
all of it again when you come back another day: your answers are there again. What you answer in the
forms is kept in the file `{file}` beside this notebook. *Look it over* asks you something back about
each answer; it does not tell what is right.

Before you hand in, choose *Validate* (or run `nbgrader validate {name}.ipynb`): it names what is still
open. Hand in the notebook **and** the answers file{too}."""


def names() -> list[str]:
    """Return the names of all exercises."""
    return sorted(file.parent.name for file in library.root().glob("exercises/*/source.md"))


def folder(name: str) -> Path:
    """Return the folder of the exercise `name`."""
    return library.root() / "exercises" / name


def instructor_notebook(name: str, without: str = _PAGE) -> Any:
    """Return the notebook with solutions and hidden tests (an nbformat NotebookNode).

    Cells with the tag `without` are left out.
    """
    import jupytext  # noqa: PLC0415 - the book's warm build never comes here

    notebook = jupytext.read(folder(name) / "source.md")
    notebook.cells.insert(1, _how_to(name, without, _TALK in str(notebook.cells)))
    notebook.cells = [cell for cell in notebook.cells if without not in cell.metadata.get("tags", ())]
    for number, cell in enumerate(notebook.cells):
        cell.id = cell.metadata.get("nbgrader", {}).get("grade_id", f"text-{number}")
    return notebook


def _how_to(name: str, without: str, talks: bool) -> Any:
    """Return the cell below the title: how to work here, in the notebook or in the page."""
    if without == _NOTEBOOK:
        return _markdown(_IN_PAGE)
    too = ", and each transcript" if talks else ""
    return _markdown(_IN_NOTEBOOK.format(name=name, file=answers.file_name(name), too=too))


def student_notebook(name: str, without: str = _PAGE) -> Any:
    """Return the notebook as nbgrader releases it: no solution, no hidden test.

    Cells with the tag `without` are left out.
    """
    from nbgrader import preprocessors  # noqa: PLC0415
    from traitlets.config import Config  # noqa: PLC0415

    notebook = instructor_notebook(name, without)
    config = Config({"ClearSolutions": {"code_stub": {"python": ""}, "text_stub": _WRITE_HERE}})
    for step in (
        "ClearSolutions",
        "LockCells",
        "ClearOutput",
        "ClearHiddenTests",
        "ComputeChecksums",
    ):
        notebook, _ = getattr(preprocessors, step)(config=config).preprocess(notebook, {})
    return open_written_parts(notebook, {})[0]


def open_written_parts(notebook: Any, resources: Any) -> tuple[Any, Any]:
    """Take nbgrader's checksum from each written part, as the last step of making a release.

    By it nbgrader's validation would say that nothing was written, also where the answer stands in the
    answers file. Grading has the checksum from the gradebook. A preprocessor of nbconvert's.
    """
    for cell in notebook.cells:
        marks = cell.metadata.get("nbgrader", {})
        if marks.get("grade") and marks.get("solution"):
            marks.pop("checksum", None)
    return notebook, resources


def page(name: str) -> str:
    """Return the exercise as a page of the book, made from what students get.

    Its forms are answered in the page, so the plain cells for answers and the tests are left out.
    """
    import jupytext  # noqa: PLC0415

    notebook = student_notebook(name, without=_NOTEBOOK)
    cells = []
    for cell in notebook.cells:
        nbgrader = cell.metadata.pop("nbgrader", {})
        if _is_form(cell):
            cells.append(_shown(_form(name, cell)))
        elif not (nbgrader.get("solution") or nbgrader.get("grade")):
            if cell.cell_type == "code":
                cell.metadata["tags"] = ["remove-cell" if cell.id == "setup" else "remove-input"]
            cells.append(cell)
    source = instructor_notebook(name).cells
    data_track = any(cell.cell_type == "code" and "nbgrader" not in cell.metadata for cell in source)
    notebook.cells = [*cells, _markdown(_hand_in(name, _TALK in str(source), data_track))]
    return str(jupytext.writes(notebook, fmt="md:myst"))


def forms_of(name: str) -> list[Form]:
    """Return the forms of the exercise `name`, in their order."""
    return [_form(name, cell) for cell in instructor_notebook(name).cells if _is_form(cell)]


def _is_form(cell: Any) -> bool:
    return cell.cell_type == "code" and "worksheet.form(" in cell.source


def _form(name: str, cell: Any) -> Form:
    """Return the form that `cell` makes, run here, where its data lie."""
    from partners.course import worksheet  # noqa: PLC0415

    space: dict[str, Any] = {"worksheet": worksheet}
    with chdir(folder(name)):
        exec(cell.source, space)  # noqa: S102 - the author's own source
    [form] = (value for value in space.values() if isinstance(value, Form))
    return form


def _shown(form: Form) -> Any:
    """Return the cell with which the page shows a form."""
    data = json.dumps(form.as_data(), ensure_ascii=False).replace("<", r"\u003c")
    html = (
        f'<div class="partners-worksheet"><script type="application/json">{data}</script>'
        f"<noscript>{''.join(form.words())}</noscript></div>"
    )
    return _markdown(f"```{{raw}} html\n{html}\n```")


def _hand_in(name: str, talks: bool, data_track: bool) -> str:
    beside = [f"{{download}}`{file.name} <{file.name}>`" for file in data_files(name)]
    return f"""## Hand in your work

What you answer stays in this browser until you download it. One file holds all of
it{", with the conversations that you played on this page" if talks else ""}. Hand that file in where
your course asks for it.

```{{raw}} html
<div class="partners-hand-in" data-exercise="{name}"></div>
```

You can also work in Jupyter: {{download}}`download the notebook <{name}.ipynb>` into a folder of its
own.{f" Put {' and '.join(beside)} beside it." if beside else ""} It asks the same questions and is
marked the same way.{_DATA_TRACK if data_track else ""}
"""


def _markdown(text: str) -> Any:
    import nbformat  # noqa: PLC0415

    return nbformat.v4.new_markdown_cell(text)  # type: ignore[no-untyped-call]


def write_student_files() -> None:
    """Write page and notebook of each exercise, where they are older than its source or this file."""
    for name in names():
        made = {"worksheet.md": page, f"{name}.ipynb": _notebook_text}
        for file, make in made.items():
            target = folder(name) / file
            makers = (folder(name) / "source.md", *data_files(name), *Path(__file__).parent.glob("*.py"))
            if not files.up_to_date(target, *makers):
                files.write(target, make(name))


def remove_student_files() -> None:
    """Remove what ``write_student_files`` wrote."""
    for name in names():
        for file in ("worksheet.md", f"{name}.ipynb"):
            (folder(name) / file).unlink(missing_ok=True)


def data_files(name: str) -> list[Path]:
    """Return the data an exercise brings; a transcript that was played there would be an answer."""
    return sorted(folder(name).glob("*.csv"))


def _notebook_text(name: str) -> str:
    return text(student_notebook(name))


def text(notebook: Any) -> str:
    """Return the text of a notebook's file."""
    import nbformat  # noqa: PLC0415

    return str(nbformat.writes(notebook)) + "\n"  # type: ignore[no-untyped-call]
