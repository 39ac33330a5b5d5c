"""The keeper of a kernel: its parent, which watches what it uses and ends all that it started.

It talks with whoever orders kernels, one after the other, in packets over a socket: JSON with a handle
is an order, a number is a signal. When that one is gone, or the keeper itself, nothing of a kernel is
left.
"""

from __future__ import annotations

import json
import os
import re
import select
import signal
import time
import traceback
from contextlib import suppress
from pathlib import Path
from socket import recv_fds
from typing import TYPE_CHECKING, Any, NoReturn

from partners.kernels import linux
from partners.kernels.sandbox import MEGABYTE, Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from socket import socket

    _Run = Callable[[dict[str, Any], int], None]

LARGEST = 200_000
"""Bytes of a packet."""
LOOK = 0.1
"""Seconds between two looks."""
DISK_LOOK = 5
"""Looks between two looks at the folders, which take longer."""
LOG = "log"
"""The file, in a kernel's last folder, that holds what went wrong before it could tell it."""
BLOCK = 4096
MEMORY, DISK, TIME, PROCESSES = "memory", "disk", "time", "processes"


def keep(channel: socket, run: _Run) -> NoReturn:
    """Start a kernel with `run` for each order that comes over `channel`, and stay with it to its end.

    With an order comes the kernel's end of a line. The next one is taken when the kernel has ended.
    """
    try:
        linux.adopt_orphans()
        while came := _ordered(channel):
            _keep_one(channel, *came, run)
    except Exception:  # what ordered it is told by the closed channel
        traceback.print_exc()
    finally:
        os._exit(0)


def _ordered(channel: socket) -> tuple[dict[str, Any], int] | None:
    """Return the next order and its line, once it comes; None if nobody is there to send one."""
    while True:
        raw, handles, _, _ = recv_fds(channel, LARGEST, 1)
        if handles:
            return json.loads(raw), handles[0]
        if not raw:
            return None  # else a signal for a kernel that has ended


def _keep_one(channel: socket, order: dict[str, Any], line: int, run: _Run) -> None:
    sandbox = _sandbox(order)
    if sandbox:
        sandbox.leave()
    if not (kernel := os.fork()):
        channel.close()
        _be_kernel(line, order, run)
    os.close(line)
    _tell(channel, pid=kernel)
    why, status = _watched(channel, kernel, sandbox), _ended(kernel)
    stays = not sandbox or sandbox.come_back()
    _tell(channel, ended=status, why=why, stays=stays)
    if not stays:
        os._exit(0)


def _be_kernel(line: int, order: dict[str, Any], run: _Run) -> NoReturn:
    status = 1
    try:
        linux.end_with_parent(signal.SIGKILL)
        os.setsid()
        run(order, line)
        status = 0
    except BaseException:  # nothing else would say so: its output has gone elsewhere by now
        with suppress(OSError), open(_log(order), "a") as log:
            traceback.print_exc(file=log)
    finally:
        os._exit(status)


def _log(order: dict[str, Any]) -> str:
    return f"{order['sandbox']['folders'][-1]}/{LOG}" if order["sandbox"] else os.devnull


def become(order: dict[str, Any]) -> Sandbox | None:
    """Make this process the room of the kernel in `order`: folder, environment, sandbox."""
    if sandbox := _sandbox(order):
        sandbox.enter()
        linux.end_with_parent(signal.SIGKILL)  # which another user has to say again
        with open(os.devnull, "rb") as nothing, open(_log(order), "w+b") as log:
            for file, handle in ((nothing, 0), (log, 1), (log, 2)):
                os.dup2(file.fileno(), handle)
    os.chdir(order["cwd"])
    os.environ.clear()
    os.environ.update(order["env"])
    return sandbox


def _sandbox(order: dict[str, Any]) -> Sandbox | None:
    return Sandbox.from_data(order["sandbox"]) if order["sandbox"] else None


def _tell(channel: socket, **message: Any) -> None:
    with suppress(OSError):
        channel.send(json.dumps(message).encode())


def _watched(channel: socket, kernel: int, sandbox: Sandbox | None) -> str:
    """Pass signals on until the kernel ends or has used too much; return what it used, or nothing."""
    handle = os.pidfd_open(kernel)
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    poll.register(channel, select.POLLIN)
    watch = _Watch(kernel, sandbox) if sandbox else None
    while True:
        ready = [who for who, _ in poll.poll(LOOK * 1000 if watch else None)]
        if channel.fileno() in ready and not _passed_on(channel, kernel):
            return ""
        if handle in ready:
            return ""
        if watch and (why := watch.beyond()):
            return why


def _passed_on(channel: socket, kernel: int) -> bool:
    """Send a signal on that has come; say whether anybody is still there to send one."""
    try:
        came = channel.recv(LARGEST)
    except OSError:
        return False
    if came:
        with suppress(ProcessLookupError):
            os.killpg(kernel, int(came))
    return bool(came)


def _ended(kernel: int) -> int:
    """End the kernel and everything that it started; return its status as subprocess gives it."""
    status = 0
    while True:
        for pid in (kernel, *descendants(os.getpid())):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        try:
            while True:
                pid, how = os.waitpid(-1, 0)
                if pid == kernel:
                    status = os.waitstatus_to_exitcode(how)
                    break
        except ChildProcessError:
            return status


def descendants(pid: int) -> Iterator[int]:
    """Yield the processes that `pid` and its children have started and that still run."""
    tasks = f"/proc/{pid}/task"
    try:
        children = [
            int(child)
            for task in os.listdir(tasks)
            for child in Path(tasks, task, "children").read_text().split()
        ]
    except OSError:  # it has just ended
        return
    for child in children:
        yield child
        yield from descendants(child)


class _Watch:
    """Looks at what a kernel and its children use."""

    def __init__(self, kernel: int, sandbox: Sandbox) -> None:
        self.kernel, self.limits, self.folders = kernel, sandbox.limits, sandbox.folders
        self.until = time.monotonic() + self.limits.seconds
        self.looks = 0

    def beyond(self) -> str:
        """Return what more is used of than is allowed, or nothing."""
        self.looks += 1
        if time.monotonic() > self.until:
            return TIME
        pids = list(descendants(os.getpid()))
        if len(pids) > self.limits.processes:
            return PROCESSES
        most = self.limits.memory * MEGABYTE
        if sum(map(_memory, pids)) > most and sum(map(_share, pids)) > most:
            return MEMORY
        if self.looks % DISK_LOOK == 0 and self._disk() > self.limits.disk * MEGABYTE:
            return DISK
        return ""

    def _disk(self) -> int:
        """Return the bytes in the kernel's folders; a file counts as a block at the least."""
        size, waiting = 0, list(self.folders)
        while waiting and size <= self.limits.disk * MEGABYTE:
            with suppress(OSError), os.scandir(waiting.pop()) as found:
                for entry in found:
                    size += BLOCK + entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
        return size


def _memory(pid: int) -> int:
    """Return the bytes that a process has for itself."""
    try:
        fields = Path(f"/proc/{pid}/statm").read_text().split()
    except OSError:
        return 0
    return (int(fields[1]) - int(fields[2])) * os.sysconf("SC_PAGE_SIZE")


def _share(pid: int) -> int:
    """Return the bytes of a process; of those that it has in common with others, its share."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return _memory(pid)
    found = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) * 1024 if found else 0
