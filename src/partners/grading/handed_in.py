"""Every file in what a learning platform handed over, none of it trusted.

Students' zips are opened where they lie, nothing is unpacked to the disk, and no name that a student
gave is ever the name of a file here. What cannot be looked at is told in words and stops nothing.
"""

from __future__ import annotations

import io
import re
import stat
import zipfile
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from partners.grading.notebook_file import LARGEST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MOST_FILES = 20_000
"""Files of the largest download: a term of a large class."""
ZIP_FILES, ZIP_TOTAL = 200, 200_000_000
"""How many files, and how many bytes of them, are taken out of one student's zip."""
LONGEST_NAME = 255

ASK_AGAIN = "Ask for the file again."
_CLUTTER = {"__MACOSX", ".ipynb_checkpoints", ".DS_Store", "Thumbs.db", "desktop.ini", "index.html"}
_DAMAGED = "The zip is damaged, or locked with a password."
_LINK = "It is a link to another place, not a file."


class CollectError(ValueError):
    """Nothing can be collected here; the message says why, and what to do."""


class UnusableError(Exception):
    """One file cannot be used: why, and the way out."""

    def __init__(self, why: str, way_out: str = ASK_AGAIN) -> None:
        super().__init__(why, way_out)


class Left(NamedTuple):
    """A file that was not placed, why, and the way out."""

    file: str
    why: str
    way_out: str


class Item(NamedTuple):
    """A file as it was handed over: its folders and name, and what reads it (raises UnusableError).

    The first `given` of its `parts` come from the platform; those after it stood in a student's zip.
    """

    parts: tuple[str, ...]
    given: int
    read: Callable[[], bytes]

    def __str__(self) -> str:
        return "/".join(self.parts)


def items(folder: Path, left: list[Left]) -> list[Item]:
    """Return every file in `folder`, a folder or a zip; what cannot be looked at goes to `left`.

    What computers and platforms put there by themselves is passed over.

    Raises
    ------
    CollectError
        If `folder` is neither, or holds more than any download does.
    """
    try:
        handed_over = _in_folder if folder.is_dir() else _in_platform_zip
        found = list(handed_over(folder, left))
    except (OSError, zipfile.BadZipFile):
        raise CollectError(f"{folder} is neither a folder nor a whole zip. Download it again.") from None
    if len(found) > MOST_FILES:
        raise CollectError(
            f"{folder} has more than {MOST_FILES:,} files. Give the folder of one download."
        )
    unpacked = [inner for item in found if not _is_clutter(item) for inner in _with_zip_open(item, left)]
    return [item for item in unpacked if not _is_clutter(item)]


def _is_clutter(item: Item) -> bool:
    return bool(_CLUTTER.intersection(item.parts)) or item.parts[-1].startswith("._")


def _in_folder(folder: Path, left: list[Left]) -> Iterator[Item]:
    waiting = [folder]
    while waiting:
        for path in sorted(waiting.pop(0).iterdir()):
            parts = path.relative_to(folder).parts
            if path.is_symlink() or not (path.is_dir() or path.is_file()):
                left.append(Left("/".join(parts), _LINK, ASK_AGAIN))
            elif path.is_dir():
                waiting.append(path)
            else:
                yield Item(parts, len(parts), partial(_read_file, path))


def _read_file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise UnusableError(
            f"It cannot be read ({error.strerror}).", "Look at its permissions."
        ) from None
    if len(data) > LARGEST:
        raise _too_large()
    return data


def _too_large() -> UnusableError:
    return UnusableError(f"It is larger than {LARGEST // 1_000_000} MB, too large for an exercise.")


def _in_platform_zip(file: Path, left: list[Left]) -> Iterator[Item]:
    archive = zipfile.ZipFile(file)
    for parts, entry in _entries(archive, (), left):
        yield Item(parts, len(parts), partial(_read_entry, archive, entry))


def _with_zip_open(item: Item, left: list[Left]) -> list[Item]:
    """Return `item`, or what is in it if it is a student's zip."""
    if not item.parts[-1].lower().endswith(".zip"):
        return [item]
    try:
        entries = list(_entries(_opened(item), item.parts, left))
        if sum(entry.file_size for _, entry in entries) > ZIP_TOTAL:
            raise UnusableError(f"Unpacked, the zip is larger than {ZIP_TOTAL // 1_000_000} MB.")
    except UnusableError as error:
        left.append(Left(str(item), *error.args))
        return []
    return [Item(parts, item.given, partial(_read_inner, item, entry)) for parts, entry in entries]


def _opened(item: Item) -> zipfile.ZipFile:
    data = item.read()
    # Counted before they are listed: a list of a million names would fill the memory.
    if data.count(b"PK\x01\x02") > ZIP_FILES:
        raise UnusableError(
            f"The zip holds more than {ZIP_FILES} files.", "Ask for the answers file alone."
        )
    try:
        return zipfile.ZipFile(io.BytesIO(data))
    except Exception:  # on a hostile zip, zipfile raises a dozen kinds of error
        raise UnusableError(_DAMAGED) from None


def _entries(
    archive: zipfile.ZipFile, around: tuple[str, ...], left: list[Left]
) -> Iterator[tuple[tuple[str, ...], zipfile.ZipInfo]]:
    """Yield the files of a zip, with their folders and name after those `around` the zip."""
    for entry in archive.infolist():
        parts = tuple(part for part in re.split(r"[\\/]", entry.filename) if part != ".")
        name = "/".join((*around, *parts))
        if entry.is_dir():
            continue
        if not parts or not all(0 < len(part) <= LONGEST_NAME and part != ".." for part in parts):
            why = "Its name leads out of its folder, or is no name of a file."
            left.append(Left(name[:LONGEST_NAME], why, "Ask for it under another name."))
        elif stat.S_ISLNK(entry.external_attr >> 16):
            left.append(Left(name, _LINK, ASK_AGAIN))
        else:
            yield (*around, *parts), entry


def _read_inner(around: Item, entry: zipfile.ZipInfo) -> bytes:
    return _read_entry(_opened(around), entry)


def _read_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    if entry.file_size > LARGEST:
        raise _too_large()
    try:
        return archive.read(entry)
    except Exception:  # as above
        raise UnusableError(_DAMAGED) from None
