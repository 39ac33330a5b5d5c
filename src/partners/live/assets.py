"""The files that make the pages: read once, small, and the same for everybody."""

from __future__ import annotations

import gzip
import mimetypes
import re
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

PAGES = Path(__file__).parent / "pages"
_COMMENT = re.compile(rb"^ *(//.*|/\*.*\*/)\n", re.MULTILINE)
"""A line of a script or a style sheet that is only for who reads it here: phones do without."""


class Asset(NamedTuple):
    """A file as it is sent."""

    body: bytes
    packed: bytes
    kind: str
    tag: str


def assets(folder: Path = PAGES) -> dict[str, Asset]:
    """Return every file of `folder` by its name below it, such as ``strings/en.json``."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): _asset(file) for file in files}


def _asset(file: Path) -> Asset:
    body = _COMMENT.sub(b"", file.read_bytes())
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    kind = "text/javascript" if file.suffix == ".js" else kind  # Windows may have been told otherwise
    text = kind.startswith("text/") or kind == "application/json"
    tag = f'"{sha256(body).hexdigest()[:16]}"'
    return Asset(body, gzip.compress(body, mtime=0), kind + ("; charset=utf-8" if text else ""), tag)
