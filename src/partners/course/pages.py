"""The book's pages as files: what their front matter says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

if TYPE_CHECKING:
    from pathlib import Path


def front_matter(file: Path) -> dict[str, Any]:
    """Return the YAML between the first two ``---`` lines of `file`; empty if there is none."""
    text = file.read_text("utf-8")
    if not text.startswith("---\n"):
        return {}
    return YAML(typ="safe").load(text.split("\n---\n", 1)[0].removeprefix("---\n")) or {}
