"""Whose a file is, by the name that a learning platform gave it or its folder.

Canvas
    ``leeben_LATE_20418_678901_six_types.answers.json``: sortable name in small letters without
    signs, LATE if it was, Canvas's number of the student and of the file; in an anonymous assignment
    ``anon_x8Kd2_678901_…``. From ``lib/content_zipper.rb`` of instructure/canvas-lms. A second file
    of one name gets ``-1`` before its last ending or before all of them (its issues 606 and 2310).
Moodle
    ``Ben Lee_1234567_assignsubmission_file/six_types.answers.json``, or flat with ``_`` for the
    slash. The number is another one in every assignment. A team has its own name and number; older
    versions put a group before the name, ``Group A-Ben Lee_…``. From
    ``mod/assign/classes/downloader.php`` and the older ``mod/assign/locallib.php`` of moodle/moodle.
Blackboard
    ``Exercise 1_blee_attempt_2026-11-28-14-05-33_six_types.answers.json`` and a ``.txt`` of each
    attempt: title, username, time. The word “attempt” is in the platform's language. From nbgrader's
    ``FileNameCollectorPlugin`` and the README of kwurst/bb-file-cleanup.
Brightspace
    ``12345-67890 - Ben Lee - Nov 28, 2026 205 PM/six_types.answers.json``, or flat with `` - `` for
    the slash, and an ``index.html``. From instructors' scripts that read such folders; we found no
    page of D2L's that describes the form.
Google Classroom and plain folders
    A folder or zip for each student, called by student_id, login, email or name. Files that lie side
    by side in a Drive folder keep the names students gave them, with `` (1)`` where two are alike.

A time in a zip is that of the download, because Canvas and Moodle write their zips on demand; so only
a time in a name counts as when something was handed in. It is on the clock of the instructor's zone.
"""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from partners.grading import roster as class_list
from partners.grading.handed_in import UnusableError
from partners.grading.roster import Student

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from partners.grading.handed_in import Item

    Names = Callable[[str, bool], bool]
    Owned = tuple[Item, str, frozenset[str]]

FORMS = {
    "Canvas": r"(?P<name>[^A-Z\s]+?)_(?P<late>LATE_)?(?P<id>\d+)_(?P<number>\d+)_(?P<own>.+)",
    "Canvas, anonymous": r"(LATE_)?anon_[A-Za-z0-9]{5}_(?P<number>\d+)_(?P<own>.+)",
    "Moodle": r"(?P<name>[^_]+)_\d+_assignsubmission_[a-z]+_?(?P<own>.*)",
    "Blackboard": r"(?P<name>.+?)_[^\W\d_]+_(?P<time>\d{4}(-\d\d){5})(_(?P<own>.+)|\.txt)",
    "Brightspace": r"(?P<id>\d+)-(?P<number>\d+) - (?P<name>.+?) - "
    r"(?P<time>[^-]*\d{4}[^-]*?)( - (?P<own>.+))?",
}
"""How platforms name a file or a folder; `own` is what the student called it."""

TIMES = {"Blackboard": "%Y-%m-%d-%H-%M-%S", "Brightspace": "%b %d, %Y %I%M %p"}
AROUND = 4
"""How many folders may lie around the students' own, such as one for each assignment."""

ROSTER_HELP = f"""\
A roster is a file roster.csv with a line for each student. Any spreadsheet makes one: save it as CSV.

{class_list.EXAMPLE}
Only student_id is needed; most platforms call a student by name. The column lms_id takes the
platform's own number or login. Then: partners collect FOLDER --roster roster.csv"""
NO_ROSTER = "Give a roster; see below."
_LATE = "Canvas says it was late. Its names tell no time, so nbgrader counts no lateness."


class Whose(NamedTuple):
    """Whose a file is, and what else its name tells; `student` is None where it names nobody.

    `own` is the student's name of the file, `when` the time of the attempt, `number` the platform's
    count of files, `typed` whether only what was typed inside tells the student.
    """

    student: Student | None
    own: str
    when: datetime | None = None
    number: int = 0
    notes: tuple[str, ...] = ()
    typed: bool = False


def owned(items: list[Item], roster: list[Student], around: set[str]) -> Iterator[Owned]:
    """Yield each item, the name of a file or folder that says whose it is, and all such names beside it.

    The name is "" where none does. A folder called like one of those `around` holds students' folders
    and is nobody's. Without a roster, any other plain folder names a student.
    """
    from_platform = any(_told(part) for item in items for part in item.parts[: item.given])

    def names(name: str, is_file: bool) -> bool:
        if _told(name):
            return True
        if is_file:
            return False
        return (
            bool(class_list.called(roster, _stem(name)))
            if roster
            else not from_platform and name not in around
        )

    return _owned(items, 0, names, around)


def _owned(items: Iterable[Item], depth: int, names: Names, around: set[str]) -> Iterator[Owned]:
    """Yield the `items` of one folder, `depth` folders down.

    Students lie side by side: where one name in a folder names a student, all folders there do. So
    nobody becomes somebody else by a folder within their own.
    """
    groups = defaultdict(list)
    for item in items:
        groups[item.parts[depth]].append(item)
    files = {name for name, group in groups.items() if all(len(i.parts) == depth + 1 for i in group)}
    beside = frozenset(name for name in groups if names(name, name in files))
    for name, group in groups.items():
        if name in beside or (beside and name not in files | around):
            yield from ((item, name, beside) for item in group)
        elif depth == AROUND:
            yield from ((item, "", beside) for item in group)
        else:
            yield from ((item, "", beside) for item in group if item.given == depth + 1)
            inner = [item for item in group if item.given > depth + 1]
            yield from _owned(inner, depth + 1, names, around)


def _told(name: str) -> tuple[str, dict[str, str]] | None:
    """Return which platform made `name`, and what it tells.

    Students name their files as they like, so more than one form may fit. The platform's own words
    come first, hence it is the one that leaves most of the name to the student.
    """
    found = [
        (platform, {key: value or "" for key, value in match.groupdict().items()})
        for platform, form in FORMS.items()
        if (match := re.fullmatch(form, name))
    ]
    return max(found, key=lambda pair: len(pair[1]["own"]), default=None)


def _stem(name: str) -> str:
    return re.sub(r"\.zip$", "", name, flags=re.IGNORECASE)


def whose(item: Item, name: str, beside: frozenset[str], roster: list[Student]) -> Whose | None:
    """Return whose an item is, by what ``owned`` tells; None if it is the platform's own file.

    Raises
    ------
    UnusableError
        If its name tells of somebody, and not of one student of the roster.
    """
    if not name:
        return Whose(None, item.parts[-1])
    found = _told(name)
    if found is None:
        name = _stem(name)
        return Whose(_one(class_list.called(roster, name), name, roster), item.parts[-1])
    platform, told = found
    if platform == "Blackboard" and not told["own"]:
        return None
    if platform == "Canvas, anonymous" or told["name"] == "Participant":
        raise UnusableError("The platform hides whose it is.", "Let it show the names; download again.")
    return Whose(
        _student(platform, told, beside, roster),
        told["own"] if item.parts[-1] == name else item.parts[-1],
        _time(platform, told.get("time", "")),
        int(told.get("number") or 0),
        (_LATE,) if told.get("late") else (),
    )


def _time(platform: str, told: str) -> datetime | None:
    if not told:
        return None
    try:
        return datetime.strptime(re.sub("[:.]", "", told), TIMES[platform]).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _student(
    platform: str, told: dict[str, str], beside: frozenset[str], roster: list[Student]
) -> Student:
    """Return the student that a `platform` names."""
    name, number = told["name"], told.get("id", "")
    if platform == "Blackboard":
        return _with_username(name, roster)
    if not roster:
        raise UnusableError(f"{platform} calls students by name, and there is no list.", NO_ROSTER)
    by_name = class_list.with_name(roster, name)
    if platform == "Moodle":
        return _one(by_name or _without_group(name, beside, roster), name, roster)
    by_number = [student for student in roster if student.lms_id == number]
    if by_number and by_name and by_number[0] not in by_name:
        raise UnusableError(
            f"Its name is that of {by_name[0]}, its number {number} that of {by_number[0]}.",
            "Correct lms_id in the roster.",
        )
    return _one(by_number or by_name, name, roster, number)


def _with_username(name: str, roster: list[Student]) -> Student:
    """Return whose username is at the end of `name`, after a title; either may hold ``_``."""
    words = name.split("_")
    logins = ["_".join(words[start:]) for start in range(1, len(words))]
    if not roster and len(logins) != 1:
        raise UnusableError(f"Where the username begins in “{name}” is not clear.", NO_ROSTER)
    found = {student for login in logins for student in class_list.with_login(roster, login)}
    return _one(sorted(found), logins[-1] if logins else name, roster)


def _without_group(name: str, beside: frozenset[str], roster: list[Student]) -> list[Student]:
    """Return who is `name` less its group, in a download where Moodle put one before every name."""
    everybody = {told[1].get("name", "") for other in beside if (told := _told(other))}
    grouped = len(everybody) > 1 and all("-" in other for other in everybody)
    if not grouped or any(class_list.with_name(roster, other) for other in everybody):
        return []
    words = name.split("-")
    tails = ("-".join(words[start:]) for start in range(1, len(words)))
    return next((found for tail in tails if (found := class_list.with_name(roster, tail))), [])


def _one(found: list[Student], name: str, roster: list[Student], number: str = "") -> Student:
    """Return the one student `found`; without a roster, the one whose student_id is `name`."""
    if len(found) == 1:
        return found[0]
    if found:
        raise UnusableError(
            f"“{name}” may be {' or '.join(map(str, found))}.",
            f"Put “{number}” into the column lms_id of the right one."
            if number
            else "Put it into a folder named with the right student_id, and collect that folder too.",
        )
    if roster:
        raise UnusableError(
            f"“{name}” is not on the roster.",
            f"Put {f'“{number}”' if number else 'what the platform calls the student'} into the column "
            "lms_id, or add a line. For a group, put a copy into a folder for each member, named with "
            "the student_id.",
        )
    if not class_list.is_folder_name(name):
        raise UnusableError(f"“{name}” cannot be a student_id.", NO_ROSTER)
    return Student(name)
