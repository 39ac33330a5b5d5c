"""A process that has imported what kernels need, and forks one in a moment when it is asked.

Importing pandas and pyplot takes a second, forking a process that has done it some milliseconds. What
was imported lies ready; no name of it is in a kernel's namespace. The zygote ends with whoever started
it. Linux only: elsewhere `fork` after such imports is not safe.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import traceback
from contextlib import suppress
from typing import Any

from partners.kernels import keeper

LARGEST = 200_000
"""Bytes of an order."""
KERNEL = (
    "ipykernel.kernelapp", "ipykernel.ipkernel", "ipykernel.displayhook", "ipykernel.debugger",
    "ipykernel.iostream", "ipykernel.heartbeat", "ipykernel.control", "ipykernel.shellchannel",
    "IPython.core.completerlib", "IPython.core.pylabtools", "IPython.lib.pretty", "matplotlib_inline",
    "matplotlib_inline.config", "IPython.extensions.storemagic", "sqlite3", "pdb",
    "partners.kernels.plain",
)  # fmt: skip
"""What a kernel imports when it starts."""
_KEPT = ("PATH", "LANG", "LANGUAGE", "TZ", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
_KEPT_STARTS = ("LC_", "NBGRADER_", "MPL", "OMP_", "OPENBLAS_")


def environment(given: dict[str, str]) -> dict[str, str]:
    """Return what of an environment a submission may know: nothing that could be a password."""
    return {k: v for k, v in given.items() if k in _KEPT or k.startswith(_KEPT_STARTS)}


class Zygote:
    """The zygote of this process and of those that it forks.

    Parameters
    ----------
    preload
        Modules to import, such as ``"pandas"``; one that cannot be is left out.
    """

    def __init__(self, preload: tuple[str, ...]) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "partners.kernels.zygote", str(theirs.fileno()), *preload],
                env=environment(dict(os.environ)),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        self.orders = ours

    def fork(self, order: dict[str, Any]) -> socket.socket:
        """Order a kernel; return the socket on which its keeper tells how it goes."""
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self.orders, [json.dumps(order).encode()], [theirs.fileno()])
        return ours


_started: list[Zygote] = []


def start(*preload: str) -> Zygote:
    """Start the zygote of this process and of those that it forks from now on."""
    _started[:] = [Zygote(preload)]
    return _started[0]


def running() -> Zygote:
    """Return the zygote of this process; started if there is none."""
    return _started[0] if _started else start()


def main() -> None:
    """Import what was named, then fork a keeper and its kernel for each order until nobody is left."""
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    number, *preload = sys.argv[1:]
    for module in (*KERNEL, *preload):
        with suppress(Exception):
            importlib.import_module(module)
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    orders = socket.socket(fileno=int(number))
    while True:
        raw, handles, _, _ = socket.recv_fds(orders, LARGEST, 1)
        if not raw:
            return
        channel = socket.socket(fileno=handles[0])
        if os.fork():
            channel.close()
            continue
        orders.close()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        try:
            keeper.keep(channel, json.loads(raw), _run)
        except Exception:  # the process is not gone on with
            traceback.print_exc()
        finally:
            os._exit(0)


def _run(order: dict[str, Any]) -> None:
    """Be the kernel of `order`."""
    sandbox = keeper.become(order)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed()  # or all students would draw the same numbers
    from ipykernel.kernelapp import IPKernelApp  # noqa: PLC0415 - long imported

    app = IPKernelApp.instance()
    app.initialize(order["argv"])
    if sandbox:
        sandbox.close()
    app.start()


if __name__ == "__main__":
    main()
