"""The cells in a notebook file of a student's: read as far as they can be, and trusted in nothing."""

from __future__ import annotations

import codecs
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LARGEST = 100_000_000
"""Bytes of the largest file that is read; nbgrader collects no larger one either."""
MOST_CELLS = 1_000
LONGEST = 100_000
"""Characters of the longest cell that is kept whole; more of them only make feedback unreadable."""
LARGEST_PICTURE = 3_000_000
"""Characters of the pictures that were pasted into one cell, in base64."""
TRIES = 100
"""Broken cells after which a damaged file is read no further."""

_CELL = re.compile(r'\{\s*"(?:attachments|cell_type|id|metadata|source)"')


@dataclass(frozen=True, eq=False)
class Cell:
    """One cell: ``code``, ``markdown`` or ``raw``; its text, its marks, the pictures pasted into it."""

    type: str
    source: str
    id: str
    nbgrader: dict[str, Any]
    tags: list[Any]
    attachments: dict[str, Any]

    @property
    def grade_id(self) -> str:
        """The id by which nbgrader knows it, or nothing."""
        found = self.nbgrader.get("grade_id")
        return found if isinstance(found, str) else ""


class NotebookFile(NamedTuple):
    """The cells that could be read, and what was wrong with the file, in words; else nothing."""

    cells: list[Cell]
    problem: str = ""


def read(file: Path) -> NotebookFile:
    """Return what can be read of the notebook in `file`; never raises on what is in it."""
    if file.stat().st_size > LARGEST:
        return NotebookFile([], f"is larger than {LARGEST // 1_000_000} MB, so it was not read")
    text = decoded(file.read_bytes())
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        cells = _cells(_saved(text))
        if not cells:
            return NotebookFile([], "cannot be read as a notebook")
        return NotebookFile(cells, f"is cut short or damaged; {len(cells)} of its cells could be read")
    cells = _cells(_listed(found))
    if len(cells) > MOST_CELLS:
        return NotebookFile(
            cells[:MOST_CELLS], f"has more than {MOST_CELLS:,} cells; only these were read"
        )
    return NotebookFile(cells, "" if cells else "is no notebook, or one without cells")


def decoded(raw: bytes) -> str:
    """Return the text in a file that may be cut or in another encoding; never raises."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.start > len(raw) - 4:  # cut within a character
            return raw[: error.start].decode("utf-8-sig")
        return raw.decode("cp1252", errors="replace")


def _listed(found: Any) -> Iterator[Any]:
    """Yield the cells of a notebook of format 4, or of the worksheets of format 3."""
    sheets = [found]
    if isinstance(found, dict) and isinstance(found.get("worksheets"), list):
        sheets += found["worksheets"]
    for sheet in sheets:
        if isinstance(sheet, dict) and isinstance(sheet.get("cells"), list):
            yield from sheet["cells"]


def _saved(text: str) -> Iterator[Any]:
    """Yield each whole cell of a damaged file."""
    decoder, end, tries = json.JSONDecoder(), 0, 0
    for found in _CELL.finditer(text):
        if found.start() < end:
            continue
        try:
            cell, end = decoder.raw_decode(text, found.start())
        except (ValueError, RecursionError):
            tries += 1
            if tries == TRIES:
                return
        else:
            if "cell_type" in cell:
                yield cell


def _cells(found: Iterator[Any]) -> list[Cell]:
    return [_cell(raw) for raw in found if isinstance(raw, dict)]


def _cell(raw: dict[str, Any]) -> Cell:
    kind, metadata = raw.get("cell_type"), _dict(raw.get("metadata"))
    source = _text(raw.get("source", raw.get("input")))  # format 3 calls a code cell's text its input
    if kind == "heading" and isinstance(raw.get("level"), int):
        source = "#" * min(6, raw["level"]) + " " + source
    name, tags = raw.get("id"), metadata.get("tags")
    return Cell(
        kind if kind in ("code", "raw") else "markdown",
        source,
        name if isinstance(name, str) else "",
        _dict(metadata.get("nbgrader")),
        tags if isinstance(tags, list) else [],
        _pictures(_dict(raw.get("attachments"))),
    )


def _text(source: Any) -> str:
    text = _joined(source)
    if len(text) > LONGEST:
        return f"{text[:LONGEST]}\n\n(It was longer than {LONGEST:,} characters; the rest is left out.)"
    return text


def _joined(lines: Any) -> str:
    """Return a text that may be kept as its lines; half a character in it would stop the writing."""
    if isinstance(lines, list):
        lines = "".join(line for line in lines if isinstance(line, str))
    return lines.encode("utf-8", "replace").decode() if isinstance(lines, str) else ""


def _pictures(attachments: dict[str, Any]) -> dict[str, Any]:
    """Return the pictures pasted into a text cell, as Jupyter writes them, if they are not too large."""
    kept = {
        _joined(name): {_joined(kind): _joined(data) for kind, data in _dict(bundle).items()}
        for name, bundle in attachments.items()
    }
    return kept if sum(len(data) for b in kept.values() for data in b.values()) < LARGEST_PICTURE else {}


def _dict(found: Any) -> dict[str, Any]:
    return found if isinstance(found, dict) else {}
