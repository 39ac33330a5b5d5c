"""The book's pages as files: their front matter, their sections."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from docutils.nodes import make_id
from ruamel.yaml import YAML

if TYPE_CHECKING:
    from pathlib import Path

_FENCED = re.compile(r"^(`{3,}|:{3,}).*?^\1\s*$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)


def front_matter(file: Path) -> dict[str, Any]:
    """Return the YAML between the first two ``---`` lines of `file`; empty if there is none."""
    text = file.read_text("utf-8")
    if not text.startswith("---\n"):
        return {}
    return YAML(typ="safe").load(text.split("\n---\n", 1)[0].removeprefix("---\n")) or {}


def sections(file: Path) -> dict[str, str]:
    """Return the headings of `file` by the anchor that the built page gives them."""
    text = _FENCED.sub("", file.read_text("utf-8"))
    titles = (_plain(found) for found in _HEADING.findall(text))
    return {make_id(title): title for title in titles}


def _plain(heading: str) -> str:
    return re.sub(r"[*_`]|\[|\]\([^)]*\)|\{[^}]*\}", "", heading).strip()
