"""What nbgrader's pages show of a submission: forms without code, and to instructors model answers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.preprocessors import Preprocessor
from nbgrader import utils
from nbgrader.coursedir import CourseDirectory

TABLES = """<style>
#notebook table :is(th, td) {
  padding: 0.25em 0.75em; text-align: left; vertical-align: top; border: 1px solid #ccc;
}
</style>"""
"""nbgrader's pages set the columns of a rubric without any room between them."""


def fold_forms(nb: Any, resources: Any) -> tuple[Any, Any]:
    """Return the notebook in which a form shows its answers and not its YAML; for every HTML page."""
    nb.cells.insert(0, nbformat.v4.new_markdown_cell(TABLES))  # type: ignore[no-untyped-call]
    for cell in nb.cells:
        if cell.cell_type == "code" and "worksheet.form(" in cell.source:
            cell.metadata["transient"] = {"remove_source": True}
    return nb, resources


class ModelAnswers(Preprocessor):
    """Puts the model answer, folded, below each answer that is marked by hand; in formgrader only.

    It is named in ``HTMLExporter.preprocessors``, which nbgrader uses for students' feedback too; there
    it does nothing.
    """

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Return the notebook with the model answers, if it is one that is being marked."""
        if resources.get("submission_id"):
            answers = self._answers(resources["assignment_id"], resources["notebook_id"])
            nb.cells = [shown for cell in nb.cells for shown in _with_answer(cell, answers)]
        return nb, resources

    def _answers(self, assignment: str, notebook: str) -> dict[str, str]:
        """Return the model answers in the course's source by grade id; none if there is no such file."""
        course = CourseDirectory(parent=self)
        folder = course.format_path(course.source_directory, ".", assignment)
        try:
            source = nbformat.read(Path(folder, f"{notebook}.ipynb"), as_version=4)  # type: ignore[no-untyped-call]
        except (OSError, ValueError):
            return {}
        by_hand = (c for c in source.cells if utils.is_grade(c) and utils.is_solution(c))
        return {cell.metadata.nbgrader.grade_id: _without_marks(cell) for cell in by_hand}


def _without_marks(cell: Any) -> str:
    """Return an answer without nbgrader's marks; code as Markdown shows it."""
    text = re.sub(r".*(BEGIN|END) SOLUTION.*\n?", "", cell.source).strip()
    return f"```\n{text}\n```" if cell.cell_type == "code" else text


def _with_answer(cell: Any, answers: dict[str, str]) -> list[Any]:
    answer = answers.get(cell.metadata.get("nbgrader", {}).get("grade_id"))
    if not answer:
        return [cell]
    folded = f"<details><summary>Model answer</summary>\n\n{answer}\n\n</details>"
    return [cell, nbformat.v4.new_markdown_cell(folded)]  # type: ignore[no-untyped-call]
