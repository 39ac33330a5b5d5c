"""A table in a text file, kept byte for byte: what is not changed is written as it was read.

Learning management systems write their grade files with tabs, commas or semicolons, in UTF-8 or
UTF-16, with and without a byte order mark, and read back what they wrote. Python's ``csv`` loses
which fields were quoted; here a field keeps its text as it stands in the file.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from functools import cached_property

LARGEST = 50_000_000
"""Bytes of the largest file that is read: far more than a class of ten thousand."""

_BOMS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_NO_TABLE = {
    b"PK\x03\x04": "an Excel workbook, whatever its name ends in",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook, whatever its name ends in",
    b"%PDF": "a PDF",
    b"<": "a web page, perhaps of the login",
}
_BREAK = re.compile(r"\r\n|\r|\n")
_QUOTED = re.compile(r'"[^"]*(?:""[^"]*)*"')


class TableError(ValueError):
    """The file is no table that can be read safely; the message says why, and at which line."""


@dataclass(frozen=True)
class Row:
    """One record: its fields as they stand in the file, quotes included, and its end of line.

    `line` counts from 1; a record with a line break in a quoted field takes several lines.
    """

    line: int
    raw: tuple[str, ...]
    end: str

    @cached_property
    def values(self) -> tuple[str, ...]:
        """What the fields say, without quotes."""
        return tuple(f[1:-1].replace('""', '"') if f.startswith('"') else f for f in self.raw)

    @property
    def blank(self) -> bool:
        """Whether no field says anything."""
        return not any(value.strip() for value in self.values)


@dataclass(frozen=True)
class Table:
    """The records of a file and how they are written: `bom` and `encoding`, `delimiter`."""

    rows: tuple[Row, ...]
    delimiter: str
    encoding: str
    bom: bytes

    def field(self, value: str, like: str) -> str:
        """Return `value` as a field of this file, in quotes if it needs them or if `like` has them."""
        if like.startswith('"') or any(sign in value for sign in (self.delimiter, '"', "\r", "\n")):
            return '"' + value.replace('"', '""') + '"'
        return value

    def to_bytes(self) -> bytes:
        """Return the file."""
        text = "".join(self.delimiter.join(row.raw) + row.end for row in self.rows)
        return self.bom + text.encode(self.encoding)


def read(data: bytes, delimiters: str) -> Table:
    """Return the table in `data`, whose delimiter is the one of `delimiters` that parts its header most.

    Raises
    ------
    TableError
        If it is empty, not text, or a quotation mark does not close.
    """
    bom, encoding = _encoding(data)
    try:
        text = data[len(bom) :].decode(encoding)
    except UnicodeDecodeError:
        raise TableError("The file is not text in UTF-8 or UTF-16: it was cut or converted.") from None
    if not text.strip():
        raise TableError("The file is empty.")
    if "\0" in text:
        raise TableError("The file is not text: it holds zero bytes.")
    delimiter = _delimiter(text, delimiters)
    rows, at, line = [], 0, 1
    while at < len(text):
        row, after = _row(text, at, line, delimiter)
        rows.append(row)
        line += len(_BREAK.findall(text, at, after))
        at = after
    return Table(tuple(rows), delimiter, encoding, bom)


def _encoding(data: bytes) -> tuple[bytes, str]:
    if len(data) > LARGEST:
        raise TableError("The file is too large to be a gradebook.")
    for start, what in _NO_TABLE.items():
        if data.removeprefix(codecs.BOM_UTF8).lstrip().startswith(start):
            raise TableError(f"The file is {what}.")
    for bom, encoding in _BOMS.items():
        if data.startswith(bom):
            return bom, encoding
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return b"", "cp1252"  # what Excel on Windows makes of a CSV file that is opened and saved
    return b"", "utf-8"


def _delimiter(text: str, delimiters: str) -> str:
    fields, errors = [], []
    for delimiter in delimiters:
        try:
            fields.append((len(_row(text, 0, 1, delimiter)[0].raw), delimiter))
        except TableError as error:
            errors.append(error)
    if not fields:
        raise errors[0]
    return max(fields, key=lambda found: found[0])[1]


def _row(text: str, at: int, line: int, delimiter: str) -> tuple[Row, int]:
    """Return the record that begins at `at`, and where the next one begins."""
    plain = re.compile(f"[^{delimiter}\r\n]*")
    raw = []
    while True:
        field = (_QUOTED if text[at : at + 1] == '"' else plain).match(text, at)
        if field is None:
            raise TableError(f"Line {line}: a quotation mark opens and never closes.")
        raw.append(field[0])
        at = field.end()
        if text[at : at + 1] != delimiter:
            break
        at += 1
    end = _BREAK.match(text, at)
    if end is None and at < len(text):
        raise TableError(f"Line {line}: there is text after the quotation mark that closes a field.")
    return Row(line, tuple(raw), end[0] if end else ""), end.end() if end else at
