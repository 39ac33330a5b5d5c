"""Processes that grade submissions side by side; one that dies takes nobody else's with it."""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import resource
import signal
import tempfile
import time
from contextlib import contextmanager, suppress
from multiprocessing.connection import wait
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import nbformat

from partners.grading.office import Office
from partners.kernels import linux, rooms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from multiprocessing.connection import Connection

    from partners.grading.brief import Brief

PATIENCE = 60
"""Seconds that a worker has besides those of the submission."""
MEMORY = 4_000_000_000
FOLDER = "partners-worker-"
_forked = multiprocessing.get_context("fork")
"""A forked process has imported already; this one has no threads that would be lost."""


class LostError(Exception):
    """The process that worked on a submission has ended, or was ended because it did not come back."""


class Task(NamedTuple):
    """What a worker is to do: a method of ``Office``, and what it is given."""

    do: str
    given: tuple[Any, ...]

    def done_by(self, office: Office) -> Any:
        """Return what comes of it."""
        return getattr(office, self.do)(*self.given)


class Workers:
    """`number` processes, each with an ``Office`` for `brief`; use it in a ``with``."""

    def __init__(self, brief: Brief, number: int) -> None:
        self.brief = brief
        _remove_left()
        empty = nbformat.v4.new_notebook()  # type: ignore[no-untyped-call]
        nbformat.validate(empty, relax_add_props=True)  # makes a validator for all
        self.workers = [_Worker(brief) for _ in range(number)]

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self.workers:
            worker.end()

    def run(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Any]]:
        """Yield each task with what came of it, as it comes: a value, or the error that there was."""
        waiting, free = iter(tasks), list(self.workers)
        busy: list[_Worker] = []
        while True:
            while free and (task := next(waiting, None)):
                free[-1].give(task)
                busy.append(free.pop())
            if not busy:
                return
            ready = wait([worker.line for worker in busy], timeout=1)
            for worker in [one for one in busy if one.line in ready or one.is_late()]:
                busy.remove(worker)
                found = worker.take(worker.line in ready)
                free.append(self._again(worker) if isinstance(found, LostError) else worker)
                yield worker.task, found

    def _again(self, worker: _Worker) -> _Worker:
        worker.end()
        new = _Worker(self.brief)
        self.workers[self.workers.index(worker)] = new
        return new


class _Worker:
    """A process, the line to it, and the task that it has."""

    def __init__(self, brief: Brief) -> None:
        self.patience = brief.limits.seconds + PATIENCE
        self.folder = rooms.make(FOLDER)
        self.hold = _hold(self.folder)
        self.line, theirs = _forked.Pipe()
        self.process = _forked.Process(target=_work, args=(theirs, brief, self.folder), daemon=True)
        with _undisturbed():
            self.process.start()
        theirs.close()

    def give(self, task: Task) -> None:
        self.task, self.since = task, time.monotonic()
        with suppress(OSError):  # it has ended: ``take`` will find out
            self.line.send(task)

    def is_late(self) -> bool:
        return time.monotonic() - self.since > self.patience

    def take(self, ready: bool) -> Any:
        """Return what the process sent, or a ``LostError``."""
        try:
            return self.line.recv() if ready else LostError()
        except (EOFError, OSError):
            return LostError()

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.line.close()
        rooms.remove(self.folder)
        os.close(self.hold)


def _hold(folder: Path) -> int:
    """Return a handle that holds `folder` until it is closed; raises OSError if it is held already."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise
    return handle


def _remove_left() -> None:
    """Remove the folders of gradings that were killed: nobody holds them."""
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER}*"):
        with suppress(OSError):  # held, or another user's
            handle = _hold(folder)
            rooms.remove(folder)
            os.close(handle)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Hold Ctrl-C back while a process is made, or there would be half of one."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(line: Connection, brief: Brief, folder: Path) -> None:
    """Do tasks until the process that gives them is gone."""
    linux.end_with_parent(signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who gives them
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))  # whatever a submission sends
    tempfile.tempdir = str(folder)
    course = folder / "course"
    course.mkdir()
    office = Office(brief, course)
    while True:
        try:
            task = line.recv()
        except EOFError:
            return
        try:
            found = task.done_by(office)
        except Exception as error:
            found = error
        line.send(found)
