"""The class list of a term, ``roster.csv``: one line for each student, made by the instructor.

Its columns are ``student_id``, which nbgrader knows a student by, and, as far as they are known,
``first_name``, ``last_name``, ``email`` and ``lms_id``: what the learning platform calls the student,
a number or a login. Other columns are left alone.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from partners.grading import delimited

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

EXAMPLE = """\
student_id,first_name,last_name,email,lms_id
s01,Amina,Yusuf,amina@example.org,20417
s02,Ben,Lee,ben@example.org,20418
"""
_ID = re.compile(r"[\w@-](?:[\w.@ -]*[\w@-])?")
_NO_MARK = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"}
)


class RosterError(ValueError):
    """The roster cannot be used; the message says which line, why, and what to do."""


class Student(NamedTuple):
    """One line of the roster; what is not known is empty."""

    student_id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    lms_id: str = ""

    @property
    def logins(self) -> set[str]:
        """What a platform may know the student by, in small letters: the ids and the address."""
        return {text.casefold() for text in (self.student_id, self.lms_id, self.email) if text}

    def __str__(self) -> str:
        return " ".join(part for part in self[:3] if part)


def is_folder_name(student_id: str) -> bool:
    """Say whether a folder can be called `student_id` on every system, and nbgrader finds it there."""
    return len(student_id) <= 100 and bool(_ID.fullmatch(student_id))


def read(file: Path) -> list[Student]:
    """Return the students in `file`, in its order.

    Commas, semicolons or tabs part the columns, as a spreadsheet writes them.

    Raises
    ------
    RosterError
        If it is no such table, or two lines name one student.
    """
    try:
        rows = [row for row in delimited.read(file.read_bytes(), ",;\t").rows if not row.blank]
    except delimited.TableError as error:
        raise RosterError(f"{file} cannot be read: {error}") from None
    header = [name.strip().casefold() for name in rows[0].values]
    if "student_id" not in header:
        raise RosterError(f"{file} has no column student_id. It must begin like this:\n{EXAMPLE}")
    students: list[Student] = []
    lines: dict[tuple[str, str], int] = {}
    for row in rows[1:]:
        told = dict(zip(header, (value.strip() for value in row.values), strict=False))
        student = Student(**{name: told.get(name, "") for name in Student._fields})
        if not is_folder_name(student.student_id):
            raise RosterError(
                f"{file}, line {row.line}: “{student.student_id}” cannot be a student_id, which names "
                "a folder. Use letters, digits and . _ - @."
            )
        for key in ("student_id", "lms_id"):
            value = getattr(student, key).casefold()
            if value and lines.setdefault((key, value), row.line) != row.line:
                raise RosterError(
                    f"{file}, lines {lines[key, value]} and {row.line} have the same {key}, “{value}”. "
                    "Each student needs one of their own."
                )
        students.append(student)
    if not students:
        raise RosterError(
            f"{file} has a header and no students. A line for each looks like this:\n{EXAMPLE}"
        )
    return students


def with_login(roster: Iterable[Student], login: str) -> list[Student]:
    """Return the students whose student_id, lms_id or email is `login`."""
    return [student for student in roster if login.strip().casefold() in student.logins]


def called(roster: Iterable[Student], text: str) -> list[Student]:
    """Return the students with the login `text`; where there is none, those with that name."""
    return with_login(roster, text) or with_name(roster, text)


def with_name(roster: Iterable[Student], name: str) -> list[Student]:
    """Return the students of this `name`.

    Case, accents, punctuation and the order of first and last name don't count. A platform that
    writes names without blanks (Canvas: ``leeben``) is understood too.
    """
    wanted = sorted(words(name))
    return [student for student in roster if wanted and wanted in _spellings(student)]


@lru_cache(maxsize=10_000)
def _spellings(student: Student) -> list[list[str]]:
    first, last = words(student.first_name), words(student.last_name)
    return [sorted(first + last), ["".join(last + first)], ["".join(first + last)]]


def words(name: str) -> list[str]:
    """Return the words of a name as they are compared: small letters, no accents or punctuation."""
    plain = unicodedata.normalize("NFKD", re.sub(r"['’ʼ`´]", "", name.casefold())).translate(_NO_MARK)
    return re.findall(r"[^\W_]+", "".join(sign for sign in plain if not unicodedata.combining(sign)))
