"""``partners grade`` is stopped in every way there is and goes on: nothing is lost, nothing is done twice."""

from __future__ import annotations

import fcntl
import os
import pty
import random
import shutil
import signal
import sqlite3
import termios
import time
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pipeline import small_class
from pipeline.small_class import (
    ALL,
    ANSWERS,
    AT_ONCE,
    KEPT,
    LATE,
    NAME,
    PATIENCE,
    assert_same,
    noted,
    until,
)
from pipeline.term import Course, plain

from partners.grading import progress

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

EVERYBODY = len(ANSWERS)


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Course]:
    with small_class.new_course(tmp_path_factory.mktemp("class")) as course:
        yield course


@pytest.fixture(scope="module")
def graded(handed_in: Course, tmp_path_factory: pytest.TempPathFactory) -> Course:
    return small_class.graded_in_one_go(handed_in, tmp_path_factory.mktemp("graded"))


@pytest.fixture
def course(handed_in: Course, tmp_path: Path) -> Iterator[Course]:
    """Copy the course in which everybody has handed in and nobody was graded."""
    made = small_class.copied(handed_in, tmp_path)
    yield made
    small_class.end(made)


@pytest.fixture
def again(graded: Course, tmp_path: Path) -> Course:
    """Copy the course in which everybody was graded."""
    return small_class.copied(graded, tmp_path)


def grade(course: Course, *words: str) -> tuple[str, set[str]]:
    """Run ``partners grade``; return its words, and whose graded notebook is another one by now."""
    before = written(course)
    said = course.run("partners", "grade", NAME, *words)
    return said, {student for student, when in written(course).items() if when != before.get(student)}


def written(course: Course) -> dict[str, int]:
    """Return when each one's graded notebook was written."""
    places = course.root.glob(f"autograded/*/{NAME}/{NAME}.ipynb")
    return {place.parts[-3]: place.stat().st_mtime_ns for place in places}


# --- Ctrl-C ---


@contextmanager
def at_a_terminal(course: Course) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Start it in a terminal of its own; give the process, and the side of the one who types and reads."""
    screen, terminal = pty.openpty()
    streams: Any = dict.fromkeys(("stdin", "stdout", "stderr"), terminal)
    grading = small_class.start(
        course,
        **streams,
        preexec_fn=lambda: fcntl.ioctl(terminal, termios.TIOCSCTTY, 0),
    )
    os.close(terminal)
    try:
        yield grading, screen
    finally:
        os.close(screen)
        grading.kill()
        grading.wait(PATIENCE)


def shown(screen: int, enough: Callable[[str], bool] = lambda text: False) -> str:
    """Return what a program writes to its terminal, until it is enough or the program has ended."""
    text = b""
    with suppress(OSError):  # so Linux says that the other side is closed
        while not enough(text.decode("utf-8", "replace")) and (more := os.read(screen, 10_000)):
            text += more
    return text.decode("utf-8", "replace")


@pytest.mark.parametrize("presses", [1, 3])
def test_ctrl_c_keeps_what_was_graded_and_the_same_command_goes_on(
    course: Course, graded: Course, presses: int
) -> None:
    with at_a_terminal(course) as (grading, screen):
        shown(screen, lambda text: f"1/{EVERYBODY}" in text)
        assert len(small_class.running(course)) > 3  # itself, what starts kernels, and who grades
        for _ in range(presses):
            os.write(screen, b"\x03")
            time.sleep(0.05)
        since = time.monotonic()
        said = shown(screen)
        assert grading.wait(PATIENCE) == 130, said
        assert time.monotonic() - since < 5
    kept = len(noted(course))
    assert 1 <= kept < EVERYBODY
    assert progress.STOPPED.strip().format(kept, EVERYBODY) in plain(said)
    assert "Traceback" not in said
    assert (small_class.left(course), small_class.running(course)) == ([], {})

    said, now = grade(course)
    assert KEPT.format(kept) in said
    assert len(now) == EVERYBODY - kept
    assert_same(course, graded)


# --- What is graded again ---


def test_only_what_has_changed_is_graded_again(again: Course, graded: Course) -> None:
    said, now = grade(again)
    assert (KEPT.format(EVERYBODY) in said, now) == (True, set())

    small_class.hand_in(again, "ben", small_class.RIGHT)
    said, now = grade(again)
    assert (KEPT.format(EVERYBODY - 1) in said, now) == (True, {"ben"})
    assert small_class.scores(again) == small_class.SCORES | {"ben": 4}
    others = [[row for row in small_class.rows(one) if row.student != "ben"] for one in (again, graded)]
    assert others[0] == others[1]


def test_all_is_graded_again_where_it_is_asked_for(again: Course, graded: Course) -> None:
    said, now = grade(again, "--again")
    assert ("before" in said, now) == (False, set(ANSWERS))
    assert_same(again, graded)


def test_all_is_graded_again_after_a_new_release(again: Course) -> None:
    small_class.release(again, f"{small_class.HIDDEN}\nassert isinstance(total([1, 2]), int)")
    said, now = grade(again)
    assert ("before" in said, now) == (False, set(ANSWERS))
    assert small_class.scores(again) == small_class.SCORES | {"fay": 2}


# --- SIGKILL ---


def test_killed_at_any_moment_it_loses_nothing_and_does_nothing_twice(
    course: Course, graded: Course
) -> None:
    at_random = random.Random(6)
    for number in range(6):
        kill(course, number, after=at_random.uniform(0, 0.3))
        until(lambda: not small_class.running(course), AT_ONCE)
        assert_sound(course, graded)
    grade(course)
    assert noted(course) == set(ANSWERS)
    assert_same(course, graded)
    assert small_class.scores(course) == small_class.SCORES
    assert small_class.left(course) == []


def kill(course: Course, number: int, after: float) -> None:
    """Kill a grading: first while it finds out what can be judged, then some time after it writes.

    By turns it is the main process alone, and the group.
    """
    words = ["--again"] if len(noted(course)) > EVERYBODY // 3 else []
    with small_class.start(course, *words) as grading:
        begun = writes(course) if number else lambda: len(small_class.running(course)) > 2
        until(lambda: begun() or grading.poll() is not None)
        assert grading.returncode is None, grading.communicate()
        time.sleep(after)
        (os.killpg if number % 2 else os.kill)(grading.pid, signal.SIGKILL)
    assert grading.returncode == -signal.SIGKILL


def writes(course: Course) -> Callable[[], bool]:
    """Return whether anything was written, for anybody, since now: to be asked again and again."""

    def times() -> set[int]:
        places = [*course.root.glob("autograded/*"), course.root / small_class.LEDGER]
        return {place.stat().st_mtime_ns for place in places if place.exists()}

    before = times()
    return lambda: times() != before


def assert_sound(course: Course, whole: Course) -> None:
    """See that all is whole that was kept, as it is in a course that was graded in one go."""
    with closing(sqlite3.connect(course.root / "gradebook.db")) as gradebook:
        assert gradebook.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    found, kept = small_class.rows(course), noted(course)
    assert len({(row.student, row.part) for row in found}) == len(found)
    assert [row for row in found if row.student in kept] == [
        row for row in small_class.rows(whole) if row.student in kept
    ]
    ours, theirs = small_class.autograded(course), small_class.autograded(whole)
    assert {student: ours[student] for student in kept} == {student: theirs[student] for student in kept}


@pytest.mark.parametrize("at_rest", [False, True])
def test_when_a_worker_is_killed_everybody_is_graded_all_the_same(
    course: Course, graded: Course, at_rest: bool
) -> None:
    grading = small_class.start(course)
    until(lambda: bool(noted(course)))
    if at_rest:  # what was found lies ready, and nobody gives out the next submission
        grading.send_signal(signal.SIGSTOP)
        [zygote] = children(grading.pid, "zygote")
        until(lambda: not any(map(children, children(zygote))))
        time.sleep(0.5)
    worker = max(children(grading.pid, "grade"))
    os.kill(worker, signal.SIGKILL)
    if at_rest:
        until(lambda: ") Z " in Path(f"/proc/{worker}/stat").read_text("ascii"))
        grading.send_signal(signal.SIGCONT)
    said, _ = grading.communicate(timeout=PATIENCE)
    assert ALL in said.decode()
    assert grading.returncode == 0
    assert_same(course, graded)


def test_a_kernel_does_not_outlive_who_looks_after_it(course: Course) -> None:
    kept: dict[int, set[int]] = {}

    def all_at_work() -> bool:
        kept.clear()
        kept.update({keeper: children(keeper) for keeper in children(zygote)})
        return sum(map(bool, kept.values())) > 2  # more than those that judge for two workers

    with small_class.start(course) as grading:
        until(lambda: bool(noted(course)))
        [zygote] = children(grading.pid, "zygote")
        until(all_at_work)
        for keeper in kept:
            with suppress(ProcessLookupError):
                os.kill(keeper, signal.SIGKILL)
        kernels = set().union(*kept.values())
        until(lambda: not kernels & small_class.running(course).keys(), AT_ONCE)
        os.killpg(grading.pid, signal.SIGKILL)


def test_a_notebook_more_than_was_asked_for_earns_nothing_and_stops_nothing(
    course: Course, graded: Course
) -> None:
    place = course.root / "submitted" / LATE / NAME
    shutil.copy(place / f"{NAME}.ipynb", place / "notes.ipynb")
    said, _ = grade(course)
    assert "“notes.ipynb” lies beside the notebook and was not graded." in said
    assert small_class.rows(course) == small_class.rows(graded)


def children(pid: int, word: str = "") -> set[int]:
    """Return the children of a process that run, and have a word in their command line."""
    found = set[int]()
    with suppress(OSError):  # it has just ended
        for one in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split():
            with suppress(OSError):
                if f"{word}\0" in Path(f"/proc/{one}/cmdline").read_text("utf-8"):
                    found.add(int(one))
    return found
