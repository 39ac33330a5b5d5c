"""Writing files so that nothing is lost: whole or not at all, and never over other people's work."""

from __future__ import annotations

import os
import shutil
import tempfile
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def write(file: Path, text: str) -> None:
    """Write `text` to `file` in one step: a reader, or a crash, sees the old file or the new one."""
    write_bytes(file, text.encode("utf-8"))


def write_bytes(file: Path, data: bytes) -> None:
    """Write `data` to `file` in one step, as ``write`` does."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "wb") as draft:
            draft.write(data)
            draft.flush()
            os.fsync(draft.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def replace_folder(folder: Path, fill: Callable[[Path], object]) -> None:
    """Let `fill` make a new folder in the place of `folder`; who looks sees the old one or the new one.

    If it is stopped between the two, neither is there, and the next call makes a new one.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft, old = (folder.with_name(f".{folder.name}.{end}") for end in ("draft", "old"))
    for left in (draft, old):
        shutil.rmtree(left, ignore_errors=True)
    draft.mkdir()
    fill(draft)
    if folder.exists():
        folder.rename(old)
    draft.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def put_aside(file: Path) -> Path:
    """Rename `file` to the next free ``name.old-1.ext`` and return the new name."""
    for number in count(1):
        aside = file.with_name(f"{file.stem}.old-{number}{file.suffix}")
        if not aside.exists():
            return file.rename(aside)
    raise AssertionError


def up_to_date(target: Path, *makers: Path) -> bool:
    """Say whether `target` is there and no older than what it is made from."""
    made = target.stat().st_mtime if target.exists() else 0
    return all(made >= maker.stat().st_mtime for maker in makers)
