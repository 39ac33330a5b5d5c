"""The calls of Linux that Python has no name for: namespaces, mounts, Landlock, seccomp, capabilities.

Each raises OSError where the kernel refuses. Numbers are those of the kernel's own headers.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

NEW_MOUNTS, NEW_UTS, NEW_IPC, NEW_USER, NEW_PIDS, NEW_NETWORK = (
    0x00020000,
    0x04000000,
    0x08000000,
    0x10000000,
    0x20000000,
    0x40000000,
)
READ_ONLY, NO_SUID, NO_DEVICES, REMOUNT, BIND, RECURSIVE, PRIVATE = 1, 2, 4, 32, 4096, 16384, 1 << 18
DETACH = 2
_PDEATHSIG, _SUBREAPER, _NO_NEW_PRIVILEGES, _DROP_BOUNDING = 1, 36, 38, 24
_LAST_CAPABILITY = 63

_libc = ctypes.CDLL(None, use_errno=True)


def _done(result: int, what: object = None) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what)
    return result


def unshare(flags: int) -> None:
    """Leave the namespaces named by `flags` for new ones; that of processes is for children."""
    _done(_libc.unshare(flags))


def come_back() -> None:
    """Be, with the children to come, in the parent's namespaces again, after ``unshare`` of them."""
    for kind in ("pid", "net", "ipc", "uts"):
        with open(f"/proc/{os.getppid()}/ns/{kind}") as theirs:
            _done(_libc.setns(theirs.fileno(), 0))


def mount(source: str, target: str, kind: str = "", flags: int = 0, data: str = "") -> None:
    """Mount `source` on `target`."""
    texts = [text.encode() or None for text in (source, target, kind)]
    _done(_libc.mount(*texts, ctypes.c_ulong(flags), data.encode() or None), target)


def move_root(folder: str) -> None:
    """Make `folder`, a mount of its own, the root of this process, and let go of the old one."""
    os.chdir(folder)
    _done(_libc.syscall(_NUMBERS["pivot_root"], b".", b"."), folder)
    _done(_libc.umount2(b".", DETACH))
    os.chdir("/")


def adopt_orphans() -> None:
    """Become the parent of every descendant that loses its own."""
    _done(_libc.prctl(_SUBREAPER, 1, 0, 0, 0))


def end_with_parent(signal: int) -> None:
    """Let this process get `signal` when its parent ends."""
    _done(_libc.prctl(_PDEATHSIG, signal, 0, 0, 0))


def renounce() -> None:
    """Give up every capability, and the ways to get one back."""
    for number in range(_LAST_CAPABILITY + 1):
        _libc.prctl(_DROP_BOUNDING, number, 0, 0, 0)  # fails where there is none to drop
    header = struct.pack("=Ii", 0x20080522, 0)
    _done(_libc.capset(header, bytes(24)))
    _done(_libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0))


# --- Landlock: which files a process and its children may touch ---

_READ, _FILE_ONLY = 0b1101, 0b1100000000000111
_DEVICES = 0b100001000000
_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}
"""How many rights each version of Landlock knows; later ones know 16."""
_NETWORK, _SCOPE = 0b11, 0b11


def landlock_version() -> int:
    """Return the version of Landlock that the kernel offers; 0 where there is none."""
    return max(0, int(_libc.syscall(444, None, 0, 1)))


def landlock(readable: Iterable[str], writable: Iterable[str]) -> None:
    """Keep this process to these files and folders, off TCP, and off the processes outside.

    Needs ``renounce`` before. What is not there is left out. TCP needs version 4, processes 6.
    """
    version = landlock_version()
    every = (1 << _RIGHTS.get(version, 16)) - 1
    network, scope = _NETWORK * (version >= 4), _SCOPE * (version >= 6)
    attributes = struct.pack("=QQQ", every, network, scope)[
        : 24 if version >= 6 else 16 if version >= 4 else 8
    ]
    rules = _done(_libc.syscall(444, attributes, len(attributes), 0))
    for paths, rights in ((readable, _READ), (writable, every & ~_DEVICES)):
        for path in paths:
            _allow(rules, path, rights & every)
    _done(_libc.syscall(446, rules, 0))
    os.close(rules)


def _allow(rules: int, path: str, rights: int) -> None:
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    if not os.path.isdir(path):
        rights &= _FILE_ONLY
    _done(_libc.syscall(445, rules, 1, struct.pack("=Qi", rights, handle), 0), path)
    os.close(handle)


# --- seccomp: which calls a process and its children may make ---

_X86 = {
    "pivot_root": 155, "seccomp": 317, "socket": 41, "connect": 42, "kill": 62, "tkill": 200,
    "tgkill": 234, "ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311, "unshare": 272,
    "setns": 308, "mount": 165, "bpf": 321, "perf_event_open": 298, "add_key": 248, "request_key": 249,
    "keyctl": 250, "pidfd_send_signal": 424, "io_uring_setup": 425, "pidfd_getfd": 438,
    "userfaultfd": 323,
}  # fmt: skip
_ARM = {
    "pivot_root": 41, "seccomp": 277, "socket": 198, "connect": 203, "kill": 129, "tkill": 130,
    "tgkill": 131, "ptrace": 117, "process_vm_readv": 270, "process_vm_writev": 271, "unshare": 97,
    "setns": 268, "mount": 40, "bpf": 280, "perf_event_open": 241, "add_key": 217, "request_key": 218,
    "keyctl": 219, "pidfd_send_signal": 424, "io_uring_setup": 425, "pidfd_getfd": 438,
    "userfaultfd": 282,
}  # fmt: skip
_MACHINES = {"x86_64": (_X86, 0xC000003E), "aarch64": (_ARM, 0xC00000B7)}
_NUMBERS, _ARCHITECTURE = _MACHINES.get(platform.machine(), ({}, 0))
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050001
_FAMILY_UNIX = 1
_TO_ONESELF = ("kill", "tgkill")
_ONLY_UNIX = "socket"


def knows_seccomp() -> bool:
    """Say whether the numbers of this machine's calls are known."""
    return bool(_ARCHITECTURE)


def seccomp() -> None:
    """Refuse every network, every other process, and what reaches round a sandbox, to every thread.

    Needs ``renounce`` before. Sockets can be made of the kind that joins processes, and not connected.
    """
    program = [
        (_LOAD, 0, 0, 4),
        (_EQUAL, 1, 0, _ARCHITECTURE),
        (_RETURN, 0, 0, _REFUSE),
        (_LOAD, 0, 0, 0),
        (_AT_LEAST, 0, 1, 0x40000000),  # the same calls under other numbers
        (_RETURN, 0, 0, _REFUSE),
    ]
    for name, only in [(_ONLY_UNIX, _FAMILY_UNIX), *((name, os.getpid()) for name in _TO_ONESELF)]:
        program += [
            (_EQUAL, 0, 4, _NUMBERS[name]),
            (_LOAD, 0, 0, 16),  # its first argument
            (_EQUAL, 0, 1, only),
            (_RETURN, 0, 0, _ALLOW),
            (_RETURN, 0, 0, _REFUSE),
        ]
    for name in _NUMBERS.keys() - {_ONLY_UNIX, *_TO_ONESELF}:
        program += [(_EQUAL, 0, 1, _NUMBERS[name]), (_RETURN, 0, 0, _REFUSE)]
    program.append((_RETURN, 0, 0, _ALLOW))
    code = b"".join(struct.pack("=HBBI", *step) for step in program)
    held = ctypes.create_string_buffer(code)
    filter_ = struct.pack("@HxxxxxxP", len(program), ctypes.addressof(held))
    _done(_libc.syscall(_NUMBERS["seccomp"], 1, 1, filter_))
