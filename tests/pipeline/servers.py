"""Real servers on this machine, for one test: a Dask cluster and a PostgreSQL, ended with it."""

from __future__ import annotations

import json
import os
import pwd
import signal
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from distributed import Client
from hub import machine
from pipeline.small_class import PATIENCE, until
from pipeline.term import BIN

if TYPE_CHECKING:
    from collections.abc import Iterator

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


@contextmanager
def postgres() -> Iterator[str]:
    """Start a PostgreSQL with an empty database; give the address of that for nbgrader.

    It does not run as root: then it is nobody's.
    """
    programs = machine.postgres()
    assert programs, (
        "PostgreSQL is not here: run `python tests/hub/machine.py`, it says what to install."
    )
    person: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="postgres.", ignore_cleanup_errors=True) as folder:
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
            person = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        data, log = f"{folder}/data", Path(folder, "server.log")
        made = ["-D", data, "-U", "grader", "--auth", "trust", "--encoding", "UTF8", "--no-sync"]
        subprocess.run(
            [programs / "initdb", *made], cwd=folder, check=True, stdout=subprocess.DEVNULL, **person
        )
        command = [str(programs / "postgres"), "-D", data, "-k", folder, "-h", "", "-F"]
        server = _started(command, log, **person)
        try:
            until(lambda: b"ready to accept connections" in log.read_bytes())
            yield f"postgresql+psycopg2://grader@/postgres?host={folder}"
        finally:
            server.send_signal(signal.SIGQUIT)
            server.wait(PATIENCE)


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
