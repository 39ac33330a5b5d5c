"""Copies of a submission's files: regular files, a bounded number, and nothing that a link leads to."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DEEPEST = 20
"""Folders in folders that are looked into."""
MOST, LARGEST = 2_000, 200_000_000
"""Files, and bytes of all of them, that are copied."""


def make(name: str) -> Path:
    """Return a new folder whose name begins with `name`, and that other users can pass through."""
    folder = Path(tempfile.mkdtemp(prefix=name))
    folder.chmod(0o711)
    return folder


@contextmanager
def new(name: str) -> Iterator[Path]:
    """Make a folder as ``make`` does, and remove it with all that came into it."""
    folder = make(name)
    try:
        yield folder
    finally:
        remove(folder)


def remove(folder: Path) -> None:
    """Remove a folder, also one with more folders in folders than Python can follow, or locked ones."""
    with suppress(RecursionError):
        shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        for command in (["chmod", "-R", "u+rwX"], ["rm", "-rf"]):
            subprocess.run([*command, "--", str(folder)], check=False, stderr=subprocess.DEVNULL)  # noqa: S603


def copy(source: Path, target: Path, wanted: Callable[[str], bool] = lambda path: True) -> None:
    """Copy the files of a folder whose path in it is `wanted` and that `target` has not yet."""
    for file in _files(source, wanted):
        if not _same(file.found, target / file.path):
            with suppress(OSError):  # it is gone, or a link by now
                _copy(file, target / file.path)


def read(source: Path) -> dict[str, bytes]:
    """Return the files of the folder `source` by their path in it, as ``copy`` takes them."""
    read = {}
    for file in _files(source, lambda path: True):
        with suppress(OSError), _opened(file) as content:
            read[file.path] = content.read()
    return read


class _File(NamedTuple):
    """A regular file: its path in a folder, its name in the folder that is open as `at`, its figures."""

    path: str
    name: str
    at: int
    found: os.stat_result


def _files(source: Path, wanted: Callable[[str], bool]) -> Iterator[_File]:
    """Yield the regular files of a folder whose path is `wanted`; what is too much is left out.

    A link is not followed, also if it is put in the place of a file meanwhile.
    """
    number = size = 0
    if not os.access(source, os.R_OK | os.X_OK):  # its owner, who may be this user, has locked it
        return
    for parent, folders, names, at in os.fwalk(source):
        links = [name for name in folders if Path(parent, name).is_symlink()]
        deep = len(Path(parent).relative_to(source).parts) >= DEEPEST
        folders[:] = [name for name in folders if not deep and not name.startswith(".")]
        for name in [*sorted(names), *links]:
            path = os.path.relpath(os.path.join(parent, name), source)
            if name.startswith(".") or not wanted(path):
                continue
            number += 1
            if not (found := _regular(name, at)):
                continue
            size += found.st_size
            if number <= MOST and size <= LARGEST:
                yield _File(path, name, at, found)


def _regular(name: str, at: int) -> os.stat_result | None:
    try:
        found = os.stat(name, dir_fd=at, follow_symlinks=False)
    except OSError:
        return None
    return found if stat.S_ISREG(found.st_mode) else None


def _same(found: os.stat_result, copy: Path) -> bool:
    try:
        there = copy.stat()
    except OSError:
        return False
    return (there.st_size, there.st_mtime_ns) == (found.st_size, found.st_mtime_ns)


def _opened(file: _File) -> BinaryIO:
    return os.fdopen(
        os.open(file.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=file.at), "rb"
    )


def _copy(file: _File, target: Path) -> None:
    with _opened(file) as content:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        with target.open("wb") as made:
            shutil.copyfileobj(content, made)
    os.utime(target, ns=(file.found.st_atime_ns, file.found.st_mtime_ns))
