"""A real Dask cluster on this machine, for one test, ended with it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from distributed import Client
from pipeline.small_class import PATIENCE, until
from pipeline.term import BIN

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipeline.term import Course

Server = subprocess.Popen[bytes]


class Dask:
    """A scheduler, and its `machines`: workers, each a group of processes."""

    def __init__(self, course: Course, folder: Path) -> None:
        self.course, self.folder = course, folder
        self.machines: list[Server] = []
        self.told = folder / "scheduler.json"
        self.scheduler = self._started("scheduler", "--port", "0")

    @cached_property
    def address(self) -> str:
        """Where the scheduler answers, once it says so."""
        until(lambda: self.told.exists() and self.told.stat().st_size > 0)
        return str(json.loads(self.told.read_text("utf-8"))["address"])

    def join(self, number: int) -> None:
        """Let so many more machines join."""
        one = ["--nworkers", "1", "--nthreads", "1", "--local-directory", str(self.folder)]
        self.machines += [self._started("worker", *one) for _ in range(number)]
        with Client(self.address) as client:
            client.wait_for_workers(len(self.machines), timeout=PATIENCE)

    def _started(self, *words: str) -> Server:
        here = ["--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", str(self.told)]
        with (self.folder / f"dask-{len(self.machines)}-{words[0]}.log").open("wb") as log:
            return subprocess.Popen(
                [str(BIN / "dask"), *words, *here],
                cwd=self.folder,
                env=self.course.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )


@contextmanager
def dask(course: Course, folder: Path) -> Iterator[Dask]:
    """Start a cluster without machines; end it and them."""
    cluster = Dask(course, folder)
    try:
        yield cluster
    finally:
        for server in (*cluster.machines, cluster.scheduler):
            end(server)


def end(server: Server) -> None:
    """Kill a server and the processes of its group, as a machine does that loses its power."""
    if server.poll() is None:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait(PATIENCE)
