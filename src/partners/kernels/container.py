"""A container of Docker's, for a machine that lets nobody but root make the namespaces of a sandbox.

It is made of nothing and downloads nothing: its folders are this machine's, at the same places, so that
Python, the packages and the course are there as outside, and what is written belongs to whoever asked.
It keeps nothing in by itself. What it has is the right to make namespaces, which ``sandbox`` uses in it.
"""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import tarfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterable

IMAGE = "partners-of-this-machine"
PATIENCE = 20
"""Seconds in which Docker answers."""
_DOCKERS_OWN = ("dev", "proc", "sys")
_RIGHT = "sys_admin"
_UNCONFINED = ("seccomp=unconfined", "apparmor=unconfined", "label=disable")
_LOOK = "from partners.kernels import container as c, sandbox; print(c.place(), *sandbox.layers())"


def layers() -> tuple[str, ...]:
    """Return the layers of a sandbox (see ``sandbox.layers``) in a container; none if there can be none.

    It is tried: Docker may be missing, stopped, not for this user, or at work on another machine.
    """
    try:
        where, *found = _said(_command([sys.executable, "-c", _LOOK])).split()
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(found) if where == place() else ()


def place() -> str:
    """Return what tells this package from every other, and its owner as seen from here."""
    found = os.stat(__file__)
    return f"{found.st_dev}:{found.st_ino}:{found.st_uid}"


def go_on() -> NoReturn:
    """Do the same as this process in a container, in place of this process."""
    words = [sys.executable, *sys.argv]
    name = "partners-" + hashlib.sha256("\0".join([os.getcwd(), *words]).encode()).hexdigest()[:16]
    # One that was killed outside may go on inside: its place is taken.
    with suppress(subprocess.CalledProcessError):
        _said(["docker", "rm", "--force", name])
    terminal = ["--tty", "--interactive"] if sys.stdin.isatty() and sys.stdout.isatty() else []
    command = _command(words, "--name", name, *terminal)
    sys.stdout.flush()
    os.execvp(command[0], command)  # noqa: S606 - no shell is asked for


def _command(words: Iterable[str], *options: str) -> list[str]:
    """Return the command that runs `words` in a container, as this user and in this folder."""
    groups = os.getgroups()
    become = [
        *("setpriv", f"--reuid={os.getuid()}", f"--regid={os.getgid()}"),
        f"--groups={','.join(map(str, groups))}" if groups else "--clear-groups",
        *(f"--inh-caps=+{_RIGHT}", f"--ambient-caps=+{_RIGHT}"),
    ]
    return [
        *("docker", "run", "--rm", "--network=host", "--pid=host", f"--cap-add={_RIGHT}"),
        *(f"--security-opt={way}" for way in _UNCONFINED),
        *(f"--mount=type=bind,source={top},target={top}" for top in folders()),
        *(f"--env={name}" for name in os.environ),
        *(f"--workdir={os.getcwd()}", *options, image(), *become, *words),
    ]


def image() -> str:
    """Return the name of an image, made if need be, that has only the links in this machine's root."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        for link in filter(Path.is_symlink, _top()):
            entry = tarfile.TarInfo(link.name)
            entry.type, entry.linkname = tarfile.SYMTYPE, os.readlink(link)
            archive.addfile(entry)
    name = f"{IMAGE}:{hashlib.sha256(held.getvalue()).hexdigest()[:16]}"
    try:
        _said(["docker", "image", "inspect", name])
    except subprocess.CalledProcessError:
        _said(["docker", "import", "-", name], held.getvalue())
    return name


def folders() -> list[Path]:
    """Return the folders in this machine's root that a container has at the same places."""
    return [path for path in _top() if not path.is_symlink()]


def _top() -> list[Path]:
    return sorted(p for p in Path("/").iterdir() if p.is_dir() and p.name not in _DOCKERS_OWN)


def _said(command: list[str], given: bytes = b"") -> str:
    ran = subprocess.run(  # noqa: S603 - no shell is asked for
        command, input=given, capture_output=True, check=True, timeout=PATIENCE
    )
    return ran.stdout.decode()
