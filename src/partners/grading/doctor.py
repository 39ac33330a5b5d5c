"""``partners doctor``: what keeps a submission in on this machine, tried out, and how to get more."""

from __future__ import annotations

import os
import platform
import socket
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from partners.grading.judge import Judge
from partners.kernels import linux, sandbox
from partners.kernels.sandbox import LANDLOCK, NAMESPACES, SECCOMP, Limits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

TRIES = {
    "Files: a submission reads nothing of yours": "open({outside!r}).read()",
    "Files: it writes only into its own folder": "open({outside!r} + '.new', 'w').close()",
    "Network: it reaches no machine, nor this one": "socket.create_connection(('127.0.0.1', {port}))",
    "Processes: it can end none but its own": "os.kill({process}, 0)",
    "Processes: it starts not too many": "[os.fork() or {nap} for _ in range({many})]; time.sleep(1)",
    "Memory: it has a bounded amount": "bytearray({large})",
    "Disk: a file has a bounded size": "open('large', 'wb').truncate({large})",
}
"""What a submission should not be able to do, and how it is tried."""
WHAT = {
    NAMESPACES: "it has a file system, a network and processes of its own",
    LANDLOCK: "Linux refuses it every file that is not named",
    SECCOMP: "Linux refuses it calls that reach a network or other processes",
}
MORE = {
    NAMESPACES: "Namespaces are refused here. On Ubuntu, as root: sysctl -w "
    "kernel.apparmor_restrict_unprivileged_userns=0. In a container they mostly stay refused; "
    "Landlock and seccomp do without them.",
    LANDLOCK: "Landlock needs Linux 5.13 or later, with “landlock” under lsm= of its command line.",
    SECCOMP: "Seccomp is known here on x86-64 and ARM 64 only.",
}
CONTAINER = (
    "Or let your account use Docker, which makes it as good as root: grading then goes on in a "
    "container by itself, and downloads nothing. Docker is there for you if this shows no error: "
    "docker ps"
)


class Found(NamedTuple):
    """What was tried, and whether it holds."""

    what: str
    holds: bool


def tried(layers: Iterable[str]) -> list[Found]:
    """Try, in a sandbox of `layers`, what a submission should not be able to do."""
    with (
        tempfile.TemporaryDirectory() as outside,
        tempfile.TemporaryDirectory() as room,
        _listening() as port,
    ):
        for folder in (outside, room):
            Path(folder).chmod(0o711)
        file = Path(outside, "gradebook.db")
        file.write_text("marks")
        file.chmod(0o666)
        limits = Limits(memory=600, disk=50, processes=20)
        values = {
            "outside": str(file),
            "port": port.getsockname()[1],
            "process": os.getpid(),
            "many": 2 * limits.processes,
            "nap": "time.sleep(9) or os._exit(0)",
            "large": 10 * limits.memory * sandbox.MEGABYTE,
        }
        return [
            Found(what, _refused(Path(room), limits, layers, code.format(**values)))
            for what, code in TRIES.items()
        ]


def _listening() -> socket.socket:
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    return listening


def _refused(room: Path, limits: Limits, layers: Iterable[str], code: str) -> bool:
    """Say whether `code` fails in a sandbox."""
    cell = (
        f"import os, socket, time\ntry:\n    {code}\n    print('done')\nexcept BaseException:\n    pass"
    )
    request = {"id": "try", "execute": {"code": cell, "silent": True}}
    said: list[dict[str, Any]] = []
    with Judge(room, sandbox.of([room], limits, layers), []) as judge:
        try:
            judge.run(request, str, said.append, 20)
        except Exception:  # it was ended
            return True
    return all(message["msg_type"] == "status" for message in said)


def in_words(layers: tuple[str, ...], found: list[Found]) -> Iterator[str]:
    """Yield the lines that ``partners doctor`` prints."""
    yield f"Linux {platform.release()}, {platform.machine()}. What keeps a submission in:"
    for layer, what in WHAT.items():
        yield f"  {'in force' if layer in layers else 'missing':8}  {layer}: {what}"
    yield ""
    yield "Tried just now:"
    for one in found:
        yield f"  {'holds' if one.holds else 'FAILS':8}  {one.what}"
    version = linux.landlock_version() if LANDLOCK in layers else 0
    ways = [MORE[layer] for layer in MORE if layer not in layers]
    if 0 < version < 6 and NAMESPACES not in layers:
        ways.append(
            f"Landlock has version {version} here; Linux 6.12 and later keep processes apart as well."
        )
    if sandbox.missing(layers):
        ways.append(CONTAINER)
    if ways:
        yield ""
        yield "How to get more:"
        yield from (f"  {way}" for way in ways)
