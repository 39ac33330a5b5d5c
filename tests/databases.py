"""Real PostgreSQL and Redis on this machine, for one test, ended with it. They do not run as root."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hub import machine

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 30


@contextmanager
def postgres() -> Iterator[str]:
    """Start a PostgreSQL with an empty database; give its address."""
    programs = machine.postgres()
    assert programs, _lacks("PostgreSQL")
    with _folder("postgres") as (folder, person):
        made = [
            "-D",
            f"{folder}/data",
            "-U",
            "grader",
            "--auth",
            "trust",
            "--encoding",
            "UTF8",
            "--no-sync",
        ]
        subprocess.run(
            [programs / "initdb", *made], cwd=folder, check=True, stdout=subprocess.DEVNULL, **person
        )
        command = [str(programs / "postgres"), "-D", f"{folder}/data", "-k", folder, "-h", "", "-F"]
        with _running(command, folder, b"ready to accept connections", signal.SIGQUIT, **person):
            yield f"postgresql://grader@/postgres?host={folder}"


@contextmanager
def redis() -> Iterator[str]:
    """Start a Redis that keeps nothing; give its address."""
    program = machine.program(machine.REDIS)
    assert program, _lacks("Redis")
    with _folder("redis") as (folder, person):
        path = f"{folder}/redis.sock"
        command = [str(program), "--port", "0", "--unixsocket", path, "--unixsocketperm", "777"]
        options = ["--save", "", "--appendonly", "no", "--dir", folder]
        with _running([*command, *options], folder, b"accept connections", signal.SIGTERM, **person):
            yield f"unix://{path}"


def _lacks(what: str) -> str:
    return f"{what} is not here: run `python tests/hub/machine.py`, it says what to install."


@contextmanager
def _folder(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Make a folder with a short path, as a socket needs it; give it with who is to run there."""
    with tempfile.TemporaryDirectory(prefix=f"{name}.", ignore_cleanup_errors=True) as folder:
        if os.geteuid() != 0:
            yield folder, {}
            return
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        yield folder, {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


@contextmanager
def _running(
    command: list[str], folder: str, ready: bytes, end: signal.Signals, **person: Any
) -> Iterator[None]:
    log = Path(folder, "server.log")
    with log.open("wb") as words:
        server = subprocess.Popen(
            command,
            cwd=folder,
            stdout=words,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **person,
        )
    try:
        until = time.monotonic() + PATIENCE
        while ready not in log.read_bytes():
            if server.poll() is not None or time.monotonic() > until:
                raise AssertionError(log.read_text("utf-8"))
            time.sleep(0.02)
        yield
    finally:
        server.send_signal(end)
        server.wait(PATIENCE)
