"""A real Dask cluster on this machine, for one test, ended with it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from distributed import Client
from pipeline.small_class import PATIENCE, until
from pipeline.term import BIN

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipeline.term import Course

Server = subprocess.Popen[bytes]


@contextmanager
def dask(course: Course, folder: Path) -> Iterator[tuple[str, list[Server]]]:
    """Start a scheduler and two workers; give the address and the workers, each a group of processes."""
    told = folder / "scheduler.json"
    here = ["--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", str(told)]
    one = ["--nworkers", "1", "--nthreads", "1", "--local-directory", str(folder)]
    commands = [["scheduler", "--port", "0", *here], *[["worker", *one, *here]] * 2]
    servers = [
        _started([str(BIN / "dask"), *words], folder / f"dask-{number}.log", env=course.environment)
        for number, words in enumerate(commands)
    ]
    try:
        until(lambda: told.exists() and told.stat().st_size > 0)
        address = json.loads(told.read_text("utf-8"))["address"]
        with Client(address) as client:
            client.wait_for_workers(2, timeout=PATIENCE)
        yield address, servers[1:]
    finally:
        for server in servers:
            end(server)


def _started(command: list[str], log: Path, **options: Any) -> Server:
    with log.open("wb") as words:
        return subprocess.Popen(
            command,
            cwd=log.parent,
            stdout=words,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **options,
        )


def end(server: Server) -> None:
    """Kill a server and the processes of its group, as a machine does that loses its power."""
    if server.poll() is None:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait(PATIENCE)
