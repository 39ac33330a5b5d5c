"""Grading on a Dask cluster: submissions go out as data, results come back to the one who writes."""

from __future__ import annotations

import atexit
import logging
from concurrent.futures import CancelledError
from threading import Lock
from typing import TYPE_CHECKING, Any

from distributed import Client, KilledWorker, WorkerPlugin, as_completed
from distributed.client import ClosedClientError
from distributed.comm.core import CommClosedError

from partners.grading.brief import GradingError
from partners.grading.office import Office
from partners.grading.workers import LostError, Task
from partners.kernels import rooms, sandbox
from partners.kernels.zygote import zygote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from partners.grading.brief import Brief

AHEAD = 2
"""Submissions that are sent for each thread of the cluster, so that none waits for the next."""
PATIENCE = 10
"""Seconds in which a scheduler answers, and a worker is there."""
SILENT = "No Dask scheduler answers at {}. Start one with: dask scheduler"
IDLE = "No worker is there. On each machine: dask worker {} --nworkers 2 --nthreads 1"
GONE = (
    "The Dask scheduler at {} is gone. What was graded is kept: start a scheduler and its workers "
    "again, or leave --dask out, and go on with the same command."
)
OPEN = "On a machine of the cluster nothing keeps a submission from {}. Run there: partners doctor"

_briefs: dict[str, Brief] = {}
_offices: dict[str, Office] = {}
_one_at_a_time = Lock()
"""nbgrader goes into the folder of the course, which a process can do once."""


class Cluster:
    """The Dask cluster at `address`; use it in a ``with``."""

    def __init__(self, brief: Brief, address: str) -> None:
        logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # it is told in other words
        try:
            self.client: Any = Client(address, timeout=PATIENCE)
        except (OSError, ValueError):
            raise GradingError(SILENT.format(address)) from None
        try:
            self.client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError:
            self.client.close()
            raise GradingError(IDLE.format(address)) from None
        self.address, self.name = address, brief.print
        self.client.register_plugin(_Briefing(brief), self.name)

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: object) -> None:
        if self.client.status == "running":
            self.client.unregister_worker_plugin(self.name)
        self.client.close()

    def run(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Any]]:
        """Yield each task with what came of it, as it comes: a value, or the error that there was.

        Raises
        ------
        GradingError
            If the scheduler is lost.
        """
        try:
            yield from self._run(tasks)
        except (CancelledError, ClosedClientError, CommClosedError):
            raise GradingError(GONE.format(self.address)) from None

    def _run(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Any]]:
        waiting, sent = iter(tasks), dict[str, Task]()
        room = AHEAD * max(1, sum(self.client.nthreads().values()))
        done = as_completed()
        for task in waiting:
            self._send(task, sent, done)
            if len(sent) >= room:
                yield self._next(sent, done)
        while sent:
            yield self._next(sent, done)

    def _send(self, task: Task, sent: dict[str, Task], done: Any) -> None:
        future = self.client.submit(_done, self.name, task, pure=False)
        sent[future.key] = task
        done.add(future)

    def _next(self, sent: dict[str, Task], done: Any) -> tuple[Task, Any]:
        future = next(done)
        error = future.exception()
        found = LostError() if isinstance(error, KilledWorker) else error or future.result()
        return sent.pop(future.key), found


class _Briefing(WorkerPlugin):
    """Gives the brief to each machine, also to one that comes later.

    As data of the cluster it would be gone with the last machine that happens to have it.
    """

    def __init__(self, brief: Brief) -> None:
        self.brief = brief

    def setup(self, worker: object) -> None:
        _briefs[self.brief.print] = self.brief

    def teardown(self, worker: object) -> None:
        _briefs.pop(self.brief.print, None)


def _done(name: str, task: Task) -> Any:
    """Do a task in a worker of the cluster, whose office for the assignment stays."""
    with _one_at_a_time:
        if name not in _offices:
            _offices[name] = _office(_briefs[name])
        return task.done_by(_offices[name])


def _office(brief: Brief) -> Office:
    if brief.layers and (lacking := sandbox.missing(set(brief.layers) & set(sandbox.layers()))):
        raise GradingError(OPEN.format(", ".join(lacking)))
    zygote().preload(**brief.preload())
    folder = rooms.make("partners-")
    atexit.register(rooms.remove, folder)
    return Office(brief, folder)
