"""``partners grade`` is stopped in every way there is, and goes on: nothing is lost, nothing is done twice."""

from __future__ import annotations

import fcntl
import os
import pty
import random
import signal
import socket
import sqlite3
import subprocess
import tempfile
import termios
import time
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pipeline import servers
from pipeline.small_class import (
    ANSWERS, HIDDEN, LEDGER, NAME, PATIENCE, RIGHT, SCORES,
    autograded, copied, hand_in, left_in, new_course, noted, release, rows, running, scores, start, until,
)  # fmt: skip
from pipeline.term import Course, plain

from partners.grading import progress

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


def assert_same(one: Course, other: Course) -> None:
    assert rows(one) == rows(other)
    assert autograded(one) == autograded(other)


def written(course: Course) -> dict[str, int]:
    """Return when each one's graded notebook was written."""
    places = course.root.glob(f"autograded/*/{NAME}/{NAME}.ipynb")
    return {place.parts[-3]: place.stat().st_mtime_ns for place in places}


def grade(course: Course, *words: str) -> tuple[str, set[str]]:
    """Run ``partners grade``; return its words, and who was graded by it."""
    before = written(course)
    said = course.run("partners", "grade", NAME, *words)
    return said, {student for student, when in written(course).items() if when != before.get(student)}


@contextmanager
def at_a_terminal(course: Course) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Start it in a terminal of its own; give the process, and the side of the one who types and reads."""
    screen, terminal = pty.openpty()
    grading = start(
        course,
        **dict.fromkeys(("stdin", "stdout", "stderr"), terminal),
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
    course: Course, graded: Course, scratch: Path, presses: int
) -> None:
    with at_a_terminal(course) as (grading, screen):
        shown(screen, lambda text: f"2/{len(ANSWERS)}" in text)
        assert len(running(course)) > 3  # itself, what starts kernels, and who grades
        for _ in range(presses):
            os.write(screen, b"\x03")
            time.sleep(0.05)
        since = time.monotonic()
        said = shown(screen)
        assert grading.wait(PATIENCE) == 130, said
        assert time.monotonic() - since < 5
    kept = len(noted(course))
    assert 2 <= kept < len(ANSWERS)
    assert progress.STOPPED.strip().format(kept, len(ANSWERS)) in plain(said)
    assert "Traceback" not in said
    assert (left_in(scratch), running(course)) == ([], {})

    said, now = grade(course)
    assert KEPT.format(kept) in said
    assert len(now) == len(ANSWERS) - kept
    assert_same(course, graded)


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
    assert_same(again, graded)


def test_all_is_graded_again_after_a_new_release(again: Course) -> None:
    release(again, f"{HIDDEN}\nassert isinstance(total([1, 2]), int)")
    said, now = grade(again)
    assert ("before" in said, now) == (False, set(ANSWERS))
    assert scores(again) == SCORES | {"fay": 2}


def changed(course: Course) -> set[tuple[str, int]]:
    """Return something that is another one as soon as anything of a grading was written."""
    places = [*course.root.glob("autograded/*"), *(course.root / LEDGER).glob("*")]
    found = set()
    for place in places:
        with suppress(FileNotFoundError):  # a draft, by now the file itself
            found.add((place.name, place.stat().st_mtime_ns))
    return found


def test_killed_at_any_moment_it_loses_nothing_and_does_nothing_twice(
    course: Course, graded: Course
) -> None:
    at_random, whole = random.Random(6), rows(graded)
    for number in range(6):
        words = ["--again"] if len(noted(course)) == len(ANSWERS) else []
        before = changed(course)
        grading = start(course, *words)
        # The first one is killed while it finds out what can be judged, the others while they write.
        until(lambda: changed(course) != before if number else len(running(course)) > 2)
        time.sleep(at_random.uniform(0, 0.4))
        (os.killpg if number % 2 else os.kill)(grading.pid, signal.SIGKILL)
        grading.wait(PATIENCE)
        until(lambda: not running(course), AT_ONCE)

        with closing(sqlite3.connect(course.root / "gradebook.db")) as gradebook:
            assert gradebook.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        found = rows(course)
        assert len({(row.student, row.part) for row in found}) == len(found)
        kept = noted(course)
        assert [r for r in found if r.student in kept] == [r for r in whole if r.student in kept]
        notebooks = autograded(course)
        assert {name: notebooks[name] for name in kept} == {n: autograded(graded)[n] for n in kept}
    grade(course)
    assert noted(course) == set(ANSWERS)
    assert_same(course, graded)
    assert scores(course) == SCORES


@pytest.mark.parametrize("moment", ["at work", "at rest"])
def test_the_submission_of_a_worker_that_is_killed_is_graded_all_the_same(
    course: Course, graded: Course, moment: str
) -> None:
    grading = start(course, stdout=subprocess.PIPE)
    until(lambda: len(noted(course)) > 0)
    if moment == "at rest":  # what it has found lies ready, and nobody gives it the next one
        grading.send_signal(signal.SIGSTOP)
        time.sleep(2)
    before = workers(grading.pid)
    os.kill(max(before), signal.SIGKILL)
    grading.send_signal(signal.SIGCONT)
    until(lambda: bool(workers(grading.pid) - before))
    said, _ = grading.communicate(timeout=PATIENCE)
    assert (ALL in said.decode(), grading.returncode) == (True, 0)
    assert_same(course, graded)


def workers(pid: int) -> set[int]:
    """Return who grades for a process: its children that are not what starts the kernels."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    return {int(one) for one in children if "zygote" not in Path(f"/proc/{one}/cmdline").read_text()}


def test_a_cluster_grades_as_one_machine_does_also_when_it_loses_one(
    course: Course, graded: Course, scratch: Path
) -> None:
    with servers.dask(course, scratch) as (address, machines):
        grading = start(course, "--dask", address, stdout=subprocess.PIPE)
        until(lambda: len(noted(course)) > 0)
        servers.end(machines[0])
        said, _ = grading.communicate(timeout=PATIENCE)
    assert (ALL in said.decode(), grading.returncode) == (True, 0)
    assert_same(course, graded)
    until(lambda: not running(course), AT_ONCE)


def test_a_cluster_that_does_not_answer_is_named_with_the_way_out(course: Course) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(AssertionError) as failed:
        course.run("partners", "grade", NAME, "--dask", address)
    assert f"No Dask scheduler answers at {address}. Start one with: dask scheduler" in plain(
        str(failed.value)
    )
    assert "Traceback" not in str(failed.value)
    assert not noted(course)
