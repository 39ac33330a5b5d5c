"""An old Linux within this machine, with an account that may use a real Docker.

What ordinary users get of a Linux before 5.13 that lets them make no namespaces: no Landlock, no sandbox
but a container's. As a script, it runs a command like that. Docker runs in a namespace of mounts of its
own, where that account reaches Python and this package, too.
"""

from __future__ import annotations

import ctypes
import os
import platform
import shlex
import struct
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hub import machine

from partners.kernels import container

if TYPE_CHECKING:
    from collections.abc import Iterator

PERSON = machine.PEOPLE[machine.INSTRUCTOR]
PATIENCE = 60
_LANDLOCK = 444
_MACHINES = {"x86_64": (0xC000003E, 272), "aarch64": (0xC00000B7, 97)}
"""The kernel's names of them, and their numbers of ``unshare``."""


class OldLinux(NamedTuple):
    """The first process of its Docker, and the socket at which that is called."""

    process: int
    socket: Path

    def before(self, folder: Path) -> tuple[str, ...]:
        """Return the words before a command, which then runs in `folder`, as that account."""
        return (
            *("nsenter", f"--target={self.process}", "--mount"),
            *("setpriv", f"--reuid={PERSON}", f"--regid={PERSON}", "--clear-groups"),
            *("env", f"--chdir={folder}", f"DOCKER_HOST=unix://{self.socket}"),
            *(sys.executable, __file__),
        )

    def within(self, folder: Path, environment: dict[str, str]) -> tuple[str, ...]:
        """Return the words before a command, which then runs as root in a container like any of Docker's."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DOCKER_HOST", f"unix://{self.socket}")
            image = container.image()
        return (
            *("docker", f"--host=unix://{self.socket}", "run", "--rm", "--network=none"),
            *(f"--volume={top}:{top}" for top in container.folders()),
            *(f"--env={name}={value}" for name, value in environment.items()),
            *(f"--workdir={folder}", image),
        )


@contextmanager
def old_linux() -> Iterator[OldLinux]:
    """Start a Docker of its own, with nothing in it; end it, and all that it runs."""
    with tempfile.TemporaryDirectory(prefix="docker.") as base:
        os.chmod(base, 0o711)
        socket, log = Path(base, "socket"), Path(base, "log")
        ways = [*map(shlex.join, machine.open_ways(Path(base))), 'exec "$@"']
        places = [f"--{name}={base}/{name}" for name in ("data-root", "exec-root", "pidfile")]
        command = [
            *("dockerd", *places, f"--host=unix://{socket}", f"--group={PERSON}"),
            *("--bridge=none", "--iptables=false", "--storage-driver=vfs"),
        ]
        own = ("unshare", "--mount", "--propagation=private", "sh", "-ec", "\n".join(ways), "sh")
        with log.open("wb") as words:
            running = subprocess.Popen([*own, *command], stdout=words, stderr=subprocess.STDOUT)
        try:
            until = time.monotonic() + PATIENCE
            while not socket.exists() or b"API listen" not in log.read_bytes():
                if running.poll() is not None or time.monotonic() > until:
                    raise AssertionError(log.read_text("utf-8"))
                time.sleep(0.05)
            yield OldLinux(running.pid, socket)
        finally:
            running.terminate()
            running.wait(PATIENCE)


def belongings(base: Path) -> dict[str, str]:
    """Make a home and a folder for a moment in `base`; give that and all in it to the account.

    Return the variables of the environment that name the two.
    """
    made = {name: base / name for name in ("HOME", "TMPDIR")}
    for folder in made.values():
        folder.mkdir()
    subprocess.run(["chown", "--recursive", f"{PERSON}:{PERSON}", base], check=True)
    return {name: str(folder) for name, folder in made.items()}


def why_not() -> str | None:
    """Say in words why it cannot run here, or None where it can."""
    if reason := machine.why_not():
        return reason
    return None if all(map(machine.program, machine.DOCKER)) else "Docker is not installed"


def _refuse_what_is_new() -> None:
    """Refuse Landlock and namespaces to this process and all that it starts, with seccomp."""
    libc = ctypes.CDLL(None, use_errno=True)
    architecture, unshare = _MACHINES[platform.machine()]
    load, equal, give_back, refuse, allow = 0x20, 0x15, 0x06, 0x00050001, 0x7FFF0000
    steps = [
        (load, 0, 0, 4),
        (equal, 0, 3, architecture),
        (load, 0, 0, 0),
        (equal, 2, 0, _LANDLOCK),
        (equal, 1, 0, unshare),
        (give_back, 0, 0, allow),
        (give_back, 0, 0, refuse),
    ]
    held = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in steps))
    program = struct.pack("@HxxxxxxP", len(steps), ctypes.addressof(held))
    no_new_rights, set_seccomp, filter_ = 38, 22, 2
    assert libc.prctl(no_new_rights, 1, 0, 0, 0) == 0
    assert libc.prctl(set_seccomp, filter_, program, 0, 0) == 0


if __name__ == "__main__":
    _refuse_what_is_new()
    os.execv(sys.argv[1], sys.argv[1:])
