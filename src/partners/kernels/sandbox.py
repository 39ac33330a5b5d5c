"""A sandbox for a kernel: its own folder and the installed packages, no network, no other process.

Every layer that the machine allows is used: namespaces (an ordinary user may often make them), Landlock
and seccomp (Linux 5.13 and later, also inside a container) and limits. ``layers`` tells which; where
they are too few, ``container`` has more.
"""

from __future__ import annotations

import os
import resource
import site
import stat
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from partners.kernels import linux

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

NAMESPACES, LANDLOCK, SECCOMP = "namespaces", "Landlock", "seccomp"
_SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin")
_SETTINGS = ("ld.so.cache", "localtime", "fonts", "mime.types", "alternatives", "ssl/openssl.cnf")
_SCRATCH = ("tmp", "dev/shm", "proc")
_DEVICES = ("null", "zero", "full", "random", "urandom")
_CONTENT = (
    "case_studies",
    "course_map.yml",
    "evidence",
    "references.bib",
    "facilitation/run_sheets.yml",
)
"""What the course's own functions read; never `exercises`, which holds the answers."""
_USERS = range(61_000, 65_000)
"""Numbers of users that nobody has, for kernels that are started as root."""
MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Limits:
    """What a kernel and all that it starts may use: megabytes, seconds, numbers."""

    memory: int = 2_000
    disk: int = 200
    seconds: int = 600
    processes: int = 64
    files: int = 512

    def with_seconds(self, seconds: int) -> Limits:
        """Return these limits with other seconds."""
        return replace(self, seconds=seconds)


@dataclass(frozen=True)
class Sandbox:
    """The room of one kernel.

    `folders` are its own, the first of them where it works; `readable` what it may read besides;
    `layers` what keeps it there.
    """

    folders: tuple[str, ...]
    readable: tuple[str, ...]
    layers: tuple[str, ...]
    limits: Limits = field(default_factory=Limits)

    def with_folder(self, folder: str) -> Sandbox:
        """Return the sandbox with one more folder of its own."""
        return replace(self, folders=(*self.folders, folder))

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data, which ``Sandbox.from_data`` reads."""
        return asdict(self)

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Sandbox:
        """Return the sandbox in `data`."""
        lists = {name: tuple(data[name]) for name in ("folders", "readable", "layers")}
        return cls(**lists, limits=Limits(**data["limits"]))

    def leave(self) -> None:
        """Leave the machine's namespaces, in the process whose next child will be the kernel."""
        if NAMESPACES in self.layers:
            _leave()

    def come_back(self) -> bool:
        """Be as before ``leave``, so that another child can be a kernel; say whether that is allowed."""
        try:
            if NAMESPACES in self.layers:
                linux.come_back()
        except OSError:  # an ordinary user has left for good
            return False
        return True

    def enter(self) -> None:
        """Go in, in the process that will be the kernel, before it has a second thread."""
        user = _user() if self._can_change_user() else None
        if user:
            for folder in self.folders:
                _give(folder, user)
        if NAMESPACES in self.layers:
            _furnish(self)
        if user:
            os.setgroups([])
            os.setresgid(user, user, user)
            os.setresuid(user, user, user)
        self._limit()
        linux.renounce()
        if LANDLOCK in self.layers:
            devices = [f"/dev/{name}" for name in _DEVICES]
            scratch = [f"/{name}" for name in _SCRATCH] if NAMESPACES in self.layers else []
            linux.landlock(self.readable, [*self.folders, *devices, *scratch])

    def close(self) -> None:
        """Close it, once the kernel has made its sockets and before a submission's code runs."""
        if SECCOMP in self.layers:
            linux.seccomp()

    def _can_change_user(self) -> bool:
        """Say whether this is root, and another user would still reach the packages."""
        reached = NAMESPACES in self.layers or all(map(_open_to_all, self.readable))
        return os.geteuid() == 0 and reached and _are_users()

    def _limit(self) -> None:
        limits = self.limits
        for what, most in (
            (resource.RLIMIT_DATA, limits.memory * MEGABYTE),
            (resource.RLIMIT_FSIZE, limits.disk * MEGABYTE),
            (resource.RLIMIT_CPU, limits.seconds),
            (resource.RLIMIT_NPROC, limits.processes),
            (resource.RLIMIT_NOFILE, limits.files),
            (resource.RLIMIT_CORE, 0),
        ):
            _, hard = resource.getrlimit(what)
            bounds = [bound for bound in (most, hard) if bound != resource.RLIM_INFINITY]
            resource.setrlimit(what, (min(bounds), min(bounds)))


def of(folders: Iterable[Path], limits: Limits, only: Iterable[str] | None = None) -> Sandbox:
    """Return the sandbox for a kernel that owns `folders`, with every layer there is, or `only` some."""
    there = layers()
    chosen = tuple(layer for layer in there if only is None or layer in only)
    return Sandbox(tuple(map(str, folders)), readable(), chosen, limits)


@cache
def layers() -> tuple[str, ...]:
    """Return the layers that this machine allows; each is tried."""
    if not sys.platform.startswith("linux"):
        return ()
    found = {
        NAMESPACES: _works(_leave, inside=True),
        LANDLOCK: bool(linux.landlock_version()),
        SECCOMP: linux.knows_seccomp() and _works(linux.renounce, linux.seccomp),
    }
    return tuple(layer for layer, there in found.items() if there)


def missing(chosen: Iterable[str]) -> list[str]:
    """Return in words what the layers `chosen` do not keep from a submission."""
    chosen, version = set(chosen), linux.landlock_version() if LANDLOCK in chosen else 0
    kept = {
        "files outside its folder": NAMESPACES in chosen or version > 0,
        "the network": bool({NAMESPACES, SECCOMP} & chosen),
        "other processes": bool({NAMESPACES, SECCOMP} & chosen),
    }
    return [what for what, safe in kept.items() if not safe]


@cache
def readable() -> tuple[str, ...]:
    """Return the folders and files of the system and the installed packages, without one in another.

    It does not go by ``sys.path``: nbgrader puts the course there.
    """
    from partners import library  # noqa: PLC0415 - the zygote need not know the course

    own = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    packages = [Path(p) for p in (sys.prefix, sys.base_prefix, *site.getsitepackages(), *own) if p]
    packages.append(Path(__file__).parents[2])  # this package, in a checkout
    content = [library.root() / name for name in _CONTENT]
    paths = [*map(Path, _SYSTEM), *(Path("/etc", name) for name in _SETTINGS), *packages, *content]
    there = sorted({str(path) for path in paths if path.exists()})
    return tuple(p for p in there if not any(Path(o) in Path(p).parents for o in there))


def _works(*steps: Callable[[], None], inside: bool = False) -> bool:
    """Say whether a child of this process can take `steps`, and a child of its own can run."""
    child = os.fork()
    if not child:
        try:
            for step in steps:
                step()
            grandchild = os.fork() if inside else -1
            if not grandchild:
                linux.unshare(linux.NEW_MOUNTS)
                linux.mount("", "/", flags=linux.PRIVATE | linux.RECURSIVE)
                linux.mount("tmpfs", f"/{_SCRATCH[0]}", "tmpfs")
                os._exit(0)
            os._exit(os.waitpid(grandchild, 0)[1] and 1 if inside else 0)
        except BaseException:
            os._exit(1)
    return os.waitpid(child, 0)[1] == 0


def _leave() -> None:
    kinds = linux.NEW_PIDS | linux.NEW_NETWORK | linux.NEW_IPC | linux.NEW_UTS
    user, group = os.geteuid(), os.getegid()
    try:
        linux.unshare(kinds)  # root may, and whom a container lends the right
    except PermissionError:
        linux.unshare(kinds | linux.NEW_USER)
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


def _furnish(sandbox: Sandbox) -> None:
    """Make a root that holds the sandbox's folders, what it may read, and nothing else; move there.

    The mounts are left here and not with the rest: moving the root moves everybody who shares them.
    """
    linux.unshare(linux.NEW_MOUNTS)
    linux.mount("", "/", flags=linux.PRIVATE | linux.RECURSIVE)
    root = f"{sandbox.folders[-1]}/root"
    os.mkdir(root)
    size = f"size={sandbox.limits.disk}m,mode=755"
    linux.mount("tmpfs", root, "tmpfs", linux.NO_SUID | linux.NO_DEVICES, size)
    for path in sandbox.readable:
        _bind(path, root, linux.RECURSIVE, linux.READ_ONLY | linux.NO_SUID)
    for path in (*sandbox.folders, *(f"/dev/{name}" for name in _DEVICES)):
        _bind(path, root, 0, linux.NO_SUID)
    for path in _SCRATCH:
        os.makedirs(f"{root}/{path}", exist_ok=True)
        os.chmod(f"{root}/{path}", 0o1777)  # noqa: S103 - as these folders are everywhere
    with suppress(OSError):  # within a container, whose own has covered parts
        linux.mount("proc", f"{root}/proc", "proc")
    linux.move_root(root)


def _bind(path: str, root: str, how: int, flags: int) -> None:
    """Show `path` below `root`, as the link that it is or bound, then made safe with `flags`."""
    place = root + path
    os.makedirs(os.path.dirname(place), exist_ok=True)
    if os.path.islink(path):
        os.symlink(os.readlink(path), place)
        return
    if os.path.isdir(path):
        os.makedirs(place, exist_ok=True)
    else:
        os.close(os.open(place, os.O_CREAT, 0o644))
    linux.mount(path, place, flags=linux.BIND | how)
    was = os.statvfs(place).f_flag  # flags that were set outside cannot be taken away
    linux.mount("", place, flags=linux.BIND | linux.REMOUNT | flags | (was & 0xF))


def _are_users() -> bool:
    """Say whether this machine, or the container that it is, has the numbers of ``_USERS``."""
    rows = (map(int, line.split()) for line in Path("/proc/self/uid_map").read_text().splitlines())
    return any(first <= _USERS[0] and _USERS[-1] < first + count for first, _, count in rows)


def _user() -> int:
    """Return a number of ``_USERS`` for this process: by its own, which no other has at this time."""
    number = int(os.readlink("/proc/self"))  # as it is outside its namespace
    return _USERS[number % len(_USERS)]


def _give(folder: str, user: int) -> None:
    for parent, _, names in os.walk(folder):
        for path in (parent, *(os.path.join(parent, name) for name in names)):
            os.chown(path, user, user, follow_symlinks=False)


def _open_to_all(path: str) -> bool:
    """Say whether every folder above `path` lets every user pass."""
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in Path(path).parents)
