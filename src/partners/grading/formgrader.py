"""What nbgrader's pages show of a submission: nothing that acts, forms without code, model answers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import bleach
import nbformat
from jinja2 import pass_context
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbconvert.preprocessors import Preprocessor
from nbgrader import utils
from nbgrader.coursedir import CourseDirectory

TEXT = ["p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "code", "div", "span"]
MARKS = ["em", "strong", "i", "b", "s", "del", "sub", "sup", "a", "img", "details", "summary"]
LISTS = ["ul", "ol", "li", "dl", "dt", "dd"]
TABLE = ["table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"]
TAGS = frozenset([*TEXT, *MARKS, *LISTS, *TABLE])
_PICTURE = re.compile(r"data:image/(?:png|jpeg|gif);base64,[A-Za-z0-9+/=\s]*")
_CELL = re.compile(r"<(t[dh])\b")
ROOM = r'<\1 style="padding: 0.25em 0.75em; text-align: left; vertical-align: top; border: 1px solid"'
"""nbgrader's pages set the columns of a rubric without any room between them."""
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")


def harmless(nb: Any, resources: Any) -> tuple[Any, Any]:
    """Return the notebook with nothing in it that could act with the login of who opens the page.

    Formgrader shows a submission on the instructor's own Jupyter: a script in it could open a terminal.
    What is left of an output is text, tables and pictures; for every HTML page of nbgrader.
    """
    nb.metadata.pop("widgets", None)
    for cell in nb.cells:
        cell.metadata.pop("tags", None)
        if cell.cell_type == "raw":
            cell.cell_type = "markdown"
        for output in cell.get("outputs", []):
            if "data" in output:
                output.data, output.metadata = _shown(output.data), {}
    return nb, resources


@pass_context
def safe_markdown(context: Any, source: str) -> str:
    """Return Markdown as HTML that cannot act; a filter in place of nbconvert's ``markdown2html``."""
    attachments = context.get("cell", {}).get("attachments", {})
    renderer = IPythonRenderer(escape=False, attachments=attachments, exclude_anchor_links=True)
    return _clean(MarkdownWithMath(renderer=renderer).render(source))


def _shown(data: Any) -> Any:
    """Return what may be shown of an output, by its kind."""
    kept = {kind: data[kind] for kind in ("text/plain", "text/markdown") if kind in data}
    pictures = {kind: str(data[kind]) for kind in ("image/png", "image/jpeg") if kind in data}
    kept |= {kind: picture for kind, picture in pictures.items() if _BASE64.fullmatch(picture)}
    if "text/html" in data:
        kept["text/html"] = _clean("".join(data["text/html"]))
    return nbformat.from_dict(kept)  # type: ignore[no-untyped-call]


def _clean(html: str) -> str:
    protocols = {"http", "https", "mailto", "data"}
    return _CELL.sub(ROOM, bleach.clean(html, TAGS, _may_have, protocols=protocols, strip=True))


def _may_have(tag: str, name: str, value: str) -> bool:
    """Say whether an element keeps an attribute; no class or id, which the page's own scripts go by."""
    if name == "src":
        return tag == "img" and bool(_PICTURE.fullmatch(value))
    if name == "href":
        return tag == "a" and not value.strip().lower().startswith("data:")
    return name in ("alt", "title", "colspan", "rowspan", "scope", "start")


def fold_forms(nb: Any, resources: Any) -> tuple[Any, Any]:
    """Return the notebook in which a form shows its answers and not its YAML; for every HTML page."""
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
