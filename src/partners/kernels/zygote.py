"""A process that has imported what kernels need, and forks one in a moment when it is asked.

Importing pandas and pyplot takes a second, forking a process that has done it some milliseconds. What
was imported lies ready; no name of it is in a kernel's namespace. The zygote ends with whoever started
it. Linux only: elsewhere `fork` after such imports is not safe.
"""

from __future__ import annotations

import builtins
import gc
import importlib
import json
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from functools import cache
from multiprocessing.connection import Connection
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NoReturn

from partners.kernels import keeper

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

KERNEL = (
    "ipykernel.kernelapp", "ipykernel.ipkernel", "ipykernel.displayhook", "ipykernel.debugger",
    "ipykernel.iostream", "ipykernel.heartbeat", "ipykernel.control", "ipykernel.shellchannel",
    "IPython.core.completerlib", "IPython.core.pylabtools", "IPython.lib.pretty",
    "IPython.core.debugger", "IPython.core.oinspect", "tornado.platform.asyncio", "sqlite3", "pdb",
    "partners.kernels.app", "partners.kernels.line_kernel",
)  # fmt: skip
"""What a kernel imports when it starts."""
LATER = {
    "pandas": ("pandas.io.formats.html", "pandas.io.formats.string"),
    "matplotlib.pyplot": (
        "matplotlib.backends.backend_agg", "PIL.BmpImagePlugin", "PIL.GifImagePlugin",
        "PIL.JpegImagePlugin", "PIL.PngImagePlugin", "PIL.PpmImagePlugin",
    ),
}  # fmt: skip
"""What a module imports only when a table is shown, or a figure."""
_IMPORT = re.compile(r"^\s*(?:import|from) ([A-Za-z_][\w.]*)(?: import (\w+))?", re.MULTILINE)
_KEPT = ("PATH", "PYTHONPATH", "LANG", "LANGUAGE", "TZ", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
_KEPT_STARTS = ("LC_", "NBGRADER_", "MPL", "OMP_", "OPENBLAS_")


def environment(given: dict[str, str]) -> dict[str, str]:
    """Return what of an environment a submission may know: nothing that could be a password."""
    return {k: v for k, v in given.items() if k in _KEPT or k.startswith(_KEPT_STARTS)}


class Zygote:
    """The zygote of this process and of those that it forks."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self.process = subprocess.Popen(  # noqa: S603 - this module itself
                [sys.executable, "-m", __name__, str(theirs.fileno())],
                env=environment(dict(os.environ))
                | {"PYDEVD_DISABLE_FILE_VALIDATION": "1"},  # no debugger
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                cwd="/",  # or what lies here could be imported
                start_new_session=True,
            )
        self.orders = ours
        self.keepers: set[socket.socket] = set()
        self.idle: list[socket.socket] = []
        os.register_at_fork(after_in_child=self._dismiss)

    def preload(self, modules: Iterable[str], text: str = "", words: list[str] | None = None) -> None:
        """Let it import `modules`, such as ``"pandas"``; one that cannot be imported is left out.

        With `words`, settings as on a kernel's command line, all that is forked has a kernel ready; see
        ``line_kernel``.

        A module may have a function ``warm_up``, which is called with `text`: that of the cells to come,
        as students have them, for what is here can be found in the memory of every kernel.
        """
        order = {"modules": list(modules), "text": text[: keeper.LARGEST // 4], "words": words}
        self.orders.send(json.dumps(order).encode())
        self._dismiss()

    def fork(self, order: dict[str, Any]) -> tuple[socket.socket, socket.socket]:
        """Order a kernel; return the socket on which its keeper tells how it goes, and a line to it.

        Give that socket back with ``release`` when the kernel has ended: a keeper that is there is
        quicker than a new one.
        """
        raw = json.dumps(order).encode()
        line, its = socket.socketpair()
        with its:
            while True:
                channel = self.idle.pop() if self.idle else self._keeper()
                try:
                    socket.send_fds(channel, [raw], [its.fileno()])
                except BrokenPipeError:  # somebody has ended it
                    self.release(channel, stays=False)
                else:
                    return channel, line

    def release(self, channel: socket.socket, stays: bool) -> None:
        """Take a keeper back whose kernel has ended, if it `stays` and knows the last preload."""
        if stays and channel in self.keepers:
            self.idle.append(channel)
        else:
            self.keepers.discard(channel)
            channel.close()

    def _keeper(self) -> socket.socket:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            socket.send_fds(self.orders, [b"{}"], [theirs.fileno()])
        self.keepers.add(ours)
        return ours

    def _dismiss(self) -> None:
        """Let the keepers go that know an older preload, or that another process has."""
        for channel in self.idle:
            channel.close()
        self.keepers, self.idle = set(), []


def glanced_at(folder: Path) -> dict[str, Any]:
    """Return what to preload for the notebooks in `folder`, as far as a glance can tell."""
    text = "\n".join(map(_code, folder.glob("*.ipynb")))
    found = _IMPORT.findall(text)
    modules = {f"{module}.{name}" if name else module for module, name in found}
    return {"modules": sorted(modules | {module for module, _ in found}), "text": text}


def _code(file: Path) -> str:
    """Return the text of the cells of code in a notebook; nothing if it is none."""
    with suppress(OSError, ValueError, LookupError, TypeError):
        cells = json.loads(file.read_bytes())["cells"]
        return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    return ""


@cache
def zygote() -> Zygote:
    """Return the zygote of this process; started when it is first asked for."""
    return Zygote()


def main(number: str, *told: str) -> None:
    """Import what is named, and fork a keeper for each socket that comes, until nobody is left.

    `number` is the socket's; `told` is an order to do first and modules to avoid, see ``_preload``.
    """
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    sys.path.remove("/")
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    gc.disable()  # nothing of what is imported is garbage, and looking for it takes its time
    sys.modules["debugpy"] = None  # type: ignore[assignment]  # a third of a kernel's start
    _import(KERNEL)
    del sys.modules["debugpy"]
    _freeze()
    orders = socket.socket(fileno=int(number))
    preloaded, *avoid = told or ("",)
    if preloaded:
        _preload(orders, avoid, preloaded)
    while True:
        raw, handles, _, _ = socket.recv_fds(orders, keeper.LARGEST, 1)
        if not raw:
            return
        if handles:
            _fork_keeper(orders, handles[0])
        elif (text := raw.decode()) != preloaded:
            if _has_shell():  # what is imported now would find it
                _start_again(orders, text, avoid)
            _preload(orders, avoid, preloaded := text)


def _fork_keeper(orders: socket.socket, handle: int) -> None:
    if os.fork():
        os.close(handle)
        return
    orders.close()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    keeper.keep(socket.socket(fileno=handle), _run)


def _preload(orders: socket.socket, avoid: list[str], raw: str) -> None:
    """Import the modules of an order but those to `avoid`.

    A module that does something to IPython's shell, or starts a thread, has to be imported by each
    kernel itself. The zygote is of no use then, so it starts once more and avoids it.
    """
    order = json.loads(raw)
    for name in order["modules"]:
        if name not in avoid:
            _import([name], order["text"])
            if _has_shell() or threading.active_count() > 1:
                _start_again(orders, raw, [*avoid, name])
    for name, later in LATER.items():
        if name in sys.modules:
            _import(later)
    from partners.kernels import line_kernel  # noqa: PLC0415 - as in _run

    line_kernel.tell_an_error()
    if order["words"] is not None:
        line_kernel.prepare(order["words"])
    _freeze()


def _has_shell() -> bool:
    from IPython.core.interactiveshell import InteractiveShell  # noqa: PLC0415 - not for the client

    return InteractiveShell.initialized()


def _start_again(orders: socket.socket, raw: str, avoid: list[str]) -> NoReturn:
    words = ["-m", __spec__.name, str(orders.fileno()), raw, *avoid]
    os.execv(sys.executable, [sys.executable, *words])  # noqa: S606 - this module itself


def _import(modules: Iterable[str], text: str = "") -> None:
    vars(builtins)["get_ipython"] = lambda: SimpleNamespace(
        kernel=None
    )  # pandas asks if it is a terminal
    for name in modules:
        with suppress(Exception):
            module = importlib.import_module(name)
            getattr(module, "warm_up", str)(text)
    del vars(builtins)["get_ipython"]


def _freeze() -> None:
    """Leave alone what there is, or looking for garbage would copy the pages of every kernel."""
    gc.freeze()


def _run(order: dict[str, Any], line: int) -> None:
    """Be the kernel of `order`: on sockets, or over `line`."""
    sandbox = keeper.become(order)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    gc.enable()
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed()  # or all students would draw the same numbers
    if sandbox:
        sandbox.close()
    from partners.kernels import app as kernel_app  # noqa: PLC0415 - long imported; the client need not
    from partners.kernels import line_kernel  # noqa: PLC0415

    if "words" in order:
        if not sandbox:
            _print_apart()
        line_kernel.serve(Connection(line), order["words"])
        return
    os.close(line)
    line_kernel.clear()
    app = kernel_app.KernelApp.instance(log_level=logging.CRITICAL)  # or it tells how to connect
    app.initialize(order["argv"])  # type: ignore[no-untyped-call]
    app.start()  # type: ignore[no-untyped-call]


def _print_apart() -> None:
    """Let what programs print go where it is found, and not onto the terminal."""
    handle = os.memfd_create("printed")
    os.dup2(handle, 1)
    os.dup2(handle, 2)


if __name__ == "__main__":
    main(*sys.argv[1:])
