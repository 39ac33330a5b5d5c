"""``partners grade`` is stopped in every way there is, and goes on: nothing is lost, nothing is done twice."""

from __future__ import annotations

import fcntl
import os
import pty
import random
import re
import signal
import sqlite3
import subprocess
import tempfile
import termios
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pipeline.small_class import (
    ANSWERS, HIDDEN, NAME, PATIENCE, RIGHT, SCORES,
    autograded, copied, hand_in, left_in, new_course, noted, release, rows, running, scores, start, until,
)  # fmt: skip
from pipeline.term import Course, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEPT = "{} of them were graded before and have not changed since."
ALL = f"{len(ANSWERS)} submissions: {len(ANSWERS)} graded."
AT_ONCE = 2
"""Seconds in which everything ends that a process leaves behind."""


@pytest.fixture(scope="module")
def scratch() -> Iterator[Path]:
    """Make a folder for what is needed for a moment: the path of a socket must be short."""
    with tempfile.TemporaryDirectory(prefix="grade.") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory: pytest.TempPathFactory) -> Course:
    return new_course(tmp_path_factory.mktemp("class"))


@pytest.fixture(scope="module")
def graded(handed_in: Course, scratch: Path, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Grade everybody in one go."""
    course = copied(handed_in, tmp_path_factory.mktemp("graded"), scratch)
    said = course.run("partners", "grade", NAME)
    assert ALL in said
    assert "before" not in said
    assert scores(course) == SCORES
    assert (left_in(scratch), running(course)) == ([], {})
    return course


@pytest.fixture
def course(handed_in: Course, scratch: Path, tmp_path: Path) -> Course:
    """Copy the course in which everybody has handed in and nobody was graded."""
    return copied(handed_in, tmp_path, scratch)


@pytest.fixture
def again(graded: Course, scratch: Path, tmp_path: Path) -> Course:
    """Copy the course in which everybody was graded."""
    return copied(graded, tmp_path, scratch)


def same(one: Course, other: Course) -> bool:
    return rows(one) == rows(other) and autograded(one) == autograded(other)


def written(course: Course) -> dict[str, int]:
    """Return when each one's graded notebook was written."""
    places = course.root.glob(f"autograded/*/{NAME}/{NAME}.ipynb")
    return {place.parts[-3]: place.stat().st_mtime_ns for place in places}


def grade(course: Course, *words: str) -> tuple[str, set[str]]:
    """Run ``partners grade``; return its words, and who was graded by it."""
    before = written(course)
    said = course.run("partners", "grade", NAME, *words)
    return said, {student for student, when in written(course).items() if when != before.get(student)}


def shown(screen: int, enough: Callable[[str], bool] = lambda text: False) -> str:
    """Return what a program writes to its terminal, until it is enough or nobody is there."""
    text = b""
    with suppress(OSError):  # as Linux says that the other side is closed
        while not enough(text.decode("utf-8", "replace")) and (more := os.read(screen, 10_000)):
            text += more
    return text.decode("utf-8", "replace")


def test_ctrl_c_keeps_what_was_graded_and_the_same_command_goes_on(
    course: Course, graded: Course, scratch: Path
) -> None:
    screen, terminal = pty.openpty()
    running_one = start(
        course,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        preexec_fn=lambda: fcntl.ioctl(terminal, termios.TIOCSCTTY, 0),
    )
    os.close(terminal)
    shown(screen, lambda text: f"2/{len(ANSWERS)}" in text)
    assert len(running(course)) > 3  # itself, what starts kernels, and who grades
    os.write(screen, b"\x03")
    since = time.monotonic()
    said = plain(shown(screen))
    assert running_one.wait(PATIENCE) == 130
    assert time.monotonic() - since < 5
    os.close(screen)

    kept = len(noted(course))
    [(told, of)] = re.findall(r"Stopped\. Of (\d+) submissions (\d+) are graded and kept", said)[::-1]
    assert (int(told), of) == (len(ANSWERS), f"{kept}")
    assert 2 <= kept < len(ANSWERS)
    assert "To go on from there, give the same command again." in said
    assert "Traceback" not in said
    assert (left_in(scratch), running(course)) == ([], {})

    said, now = grade(course)
    assert KEPT.format(kept) in said
    assert len(now) == len(ANSWERS) - kept
    assert same(course, graded)


def test_only_what_has_changed_is_graded_again(again: Course, graded: Course) -> None:
    said, now = grade(again)
    assert (KEPT.format(len(ANSWERS)) in said, now) == (True, set())

    hand_in(again, "ben", RIGHT)
    said, now = grade(again)
    assert (KEPT.format(len(ANSWERS) - 1) in said, now) == (True, {"ben"})
    assert scores(again) == SCORES | {"ben": 4}
    others = [[row for row in rows(one) if row.student != "ben"] for one in (again, graded)]
    assert others[0] == others[1]


def test_all_is_graded_again_where_it_is_asked_for(again: Course, graded: Course) -> None:
    said, now = grade(again, "--again")
    assert ("before" in said, now) == (False, set(ANSWERS))
    assert same(again, graded)


def test_all_is_graded_again_after_a_new_release(again: Course) -> None:
    release(again, f"{HIDDEN}\nassert isinstance(total([1, 2]), int)")
    said, now = grade(again)
    assert ("before" in said, now) == (False, set(ANSWERS))
    assert scores(again) == SCORES | {"fay": 2}
