"""``partners grade`` where it leans on others: a real Dask cluster, a real PostgreSQL, a real Docker."""

from __future__ import annotations

import os
import signal
import socket
import tempfile
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import containers
import databases
import pytest
from hub import machine
from pipeline import servers, small_class
from pipeline.small_class import (
    ALL,
    ANSWERS,
    AT_ONCE,
    KEPT,
    NAME,
    PATIENCE,
    SCORES,
    assert_same,
    noted,
    until,
)
from pipeline.term import Course

from partners.cli import IN_A_CONTAINER

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Course]:
    with small_class.new_course(tmp_path_factory.mktemp("class")) as course:
        yield course


@pytest.fixture(scope="module")
def graded(handed_in: Course, tmp_path_factory: pytest.TempPathFactory) -> Course:
    return small_class.graded_in_one_go(handed_in, tmp_path_factory.mktemp("graded"))


@pytest.fixture
def course(handed_in: Course, tmp_path: Path) -> Iterator[Course]:
    made = small_class.copied(handed_in, tmp_path)
    yield made
    small_class.end(made)


def _begun(course: Course, cluster: servers.Dask, machines: int) -> subprocess.Popen[bytes]:
    """Start grading on so many machines; return it once somebody is graded."""
    cluster.join(machines)
    grading = small_class.start(course, "--dask", cluster.address)
    until(lambda: bool(noted(course)))
    return grading


def test_a_cluster_that_loses_a_machine_grades_as_this_one_does(
    course: Course, graded: Course, tmp_path: Path
) -> None:
    with servers.dask(course, tmp_path) as cluster:
        grading = _begun(course, cluster, machines=2)
        servers.end(cluster.machines[0])
        assert len(noted(course)) < len(ANSWERS)
        said, _ = grading.communicate(timeout=PATIENCE)
        assert ALL in said.decode()
        assert grading.returncode == 0
    assert_same(course, graded)
    until(lambda: not small_class.running(course), AT_ONCE)


def test_a_machine_that_joins_needs_none_of_those_before_it(
    course: Course, graded: Course, tmp_path: Path
) -> None:
    with servers.dask(course, tmp_path) as cluster:
        grading = _begun(course, cluster, machines=1)
        os.killpg(cluster.machines[0].pid, signal.SIGSTOP)
        cluster.join(1)
        servers.end(cluster.machines[0])
        said, _ = grading.communicate(timeout=PATIENCE)
        assert ALL in said.decode()
    assert_same(course, graded)


def test_when_the_scheduler_is_gone_it_says_so_and_what_was_graded_is_kept(
    course: Course, graded: Course, tmp_path: Path
) -> None:
    with servers.dask(course, tmp_path) as cluster:
        grading = _begun(course, cluster, machines=1)
        servers.end(cluster.scheduler)
        said, _ = grading.communicate(timeout=PATIENCE)
    assert f"The Dask scheduler at {cluster.address} is gone. What was graded is kept" in said.decode()
    assert "Traceback" not in said.decode()
    assert grading.returncode == 1
    kept = len(noted(course))
    assert kept < len(ANSWERS)
    assert KEPT.format(kept) in course.run("partners", "grade", NAME)
    assert_same(course, graded)


def test_a_cluster_that_does_not_answer_is_named_with_the_way_out(course: Course) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    grading = small_class.start(course, "--dask", address)
    said, _ = grading.communicate(timeout=PATIENCE)
    assert f"No Dask scheduler answers at {address}. Start one with: dask scheduler" in said.decode()
    assert "Traceback" not in said.decode()
    assert grading.returncode == 1
    assert not noted(course)


if machine.postgres():  # elsewhere `make test` says that it is not run

    def test_a_gradebook_in_postgres_has_the_same_rows_also_after_a_kill(
        graded: Course, tmp_path: Path
    ) -> None:
        with _gradebook() as url, small_class.new_course(tmp_path, _kept_at(url)) as course:
            grading = small_class.start(course)
            until(lambda: bool(noted(course)))
            os.killpg(grading.pid, signal.SIGKILL)
            grading.wait(PATIENCE)
            kept = len(noted(course))
            assert kept < len(ANSWERS)
            assert KEPT.format(kept) in course.run("partners", "grade", NAME)
            assert small_class.scores(course) == SCORES
            assert small_class.rows(course, url) == small_class.rows(graded)
            assert small_class.autograded(course) == small_class.autograded(graded)
            assert not (course.root / "gradebook.db").exists()


if not containers.why_not():

    def test_in_a_container_it_is_stopped_and_gone_on_with_and_all_is_the_users(
        handed_in: Course, graded: Course
    ) -> None:
        with _of_an_account(handed_in) as course, containers.old_linux() as linux:
            before = linux.before(course.root)
            for how, status in ((signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)):
                done = noted(course)
                grading = small_class.start(course, before=before)
                until(partial(_more, course, done))
                grading.send_signal(how)
                said, _ = grading.communicate(timeout=PATIENCE)
                assert grading.returncode == status
                assert IN_A_CONTAINER.format("files outside its folder") in said.decode()
            grading = small_class.start(course, before=before)
            said, _ = grading.communicate(timeout=PATIENCE)
            assert ALL in said.decode()
            until(lambda: not small_class.running(course), AT_ONCE)
            assert small_class.left(course) == []
            assert_same(course, graded)
            assert {file.stat().st_uid for file in course.root.rglob("*")} == {containers.PERSON}


def _more(course: Course, done: set[str]) -> bool:
    return noted(course) > done


@contextmanager
def _of_an_account(course: Course) -> Iterator[Course]:
    """Give a copy of the course that belongs, with all that its commands need, to another account."""
    with tempfile.TemporaryDirectory(prefix="account.") as base:
        os.chmod(base, 0o711)
        made = small_class.copied(course, Path(base))
        yield Course(made.root, made.environment | containers.belongings(Path(base)))
        small_class.end(made)


@contextmanager
def _gradebook() -> Iterator[str]:
    """Start a PostgreSQL; give its address as nbgrader takes it."""
    with databases.postgres() as address:
        yield address.replace("postgresql:", "postgresql+psycopg:")


def _kept_at(url: str) -> str:
    return f"c.CourseDirectory.db_url = {url!r}\n"
