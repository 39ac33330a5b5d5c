"""A Python of IPython's that runs cells as it is told over a pipe, and says what came of each.

It has no sockets and no threads, so it is there in a moment: the place where cells are judged. It gets
``{"cell", "count", "asked", "told", "given"}`` as JSON and answers ``{"outputs"}``; in between it may
ask ``{"act"}``, and is answered with a text of ``remote.act``.
"""

from __future__ import annotations

import io
import json
import os
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ipykernel.jsonutil import encode_images, json_clean
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Type

from partners.kernels.app import settings
from partners.kernels.remote import Remote, take

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

MOST = 2_000_000
"""Characters of output of one cell, after which the rest is dropped."""
TOO_MUCH = "\n(The rest of this output was too long and is left out.)\n"


class _Outputs:
    """What a cell has shown so far, as a notebook holds it."""

    def __init__(self) -> None:
        self.found: list[dict[str, Any]] = []
        self.length = 0

    def add(self, kind: str, **content: Any) -> None:
        clean = json_clean(content)
        if self._fits(len(str(clean))):
            self.found.append({"output_type": kind, **clean})

    def _fits(self, length: int) -> bool:
        before, self.length = self.length, self.length + length
        if before <= MOST < self.length:
            self.found.append({"output_type": "stream", "name": "stdout", "text": TOO_MUCH})
        return self.length <= MOST

    def write(self, name: str, text: str) -> None:
        last = self.found[-1] if self.found else {}
        if not self._fits(len(text)):
            return
        if last.get("output_type") == "stream" and last.get("name") == name:
            last["text"] += text
        elif text:
            self.found.append({"output_type": "stream", "name": name, "text": text})


class _Stream(io.TextIOBase):
    def __init__(self, name: str, shell: ZMQInteractiveShell) -> None:
        self.name, self.shell = name, shell

    def write(self, text: str) -> int:
        self.shell.outputs.write(self.name, str(text))
        return len(text)

    def writable(self) -> bool:
        return True


class _Hook(DisplayHook):
    shell: Any

    def write_output_prompt(self) -> None:
        pass

    def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
        data, number = encode_images(format_dict), self.prompt_count
        self.shell.outputs.add(
            "execute_result", data=data, metadata=md_dict or {}, execution_count=number
        )


class _Publisher(DisplayPublisher):
    def publish(self, data: Any, metadata: Any = None, source: Any = None, **_: Any) -> None:
        self.shell.outputs.add("display_data", data=encode_images(data), metadata=metadata or {})

    def clear_output(self, wait: bool = False) -> None:
        self.shell.outputs.found.clear()


class ZMQInteractiveShell(InteractiveShell):
    """IPython's shell, which keeps what a cell shows.

    It has the name of the one in a kernel, by which pandas and others know that this is no terminal.
    """

    displayhook_class = Type(_Hook)
    display_pub_class = Type(_Publisher)
    colors_force = True
    autoindent = False

    def __init__(self, **options: Any) -> None:
        self.outputs = _Outputs()
        super().__init__(**options)  # type: ignore[no-untyped-call]

    def enable_gui(self, gui: Any = None) -> None:
        """Do without an event loop."""

    def _showtraceback(self, etype: Any, evalue: Any, stb: Any) -> None:
        self.outputs.add("error", ename=etype.__name__, evalue=str(evalue), traceback=stb)


def serve(line: Connection, words: list[str]) -> None:
    """Run the cells that come over `line` until nobody is there to send one.

    `words` are settings, as on the command line of a kernel.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    sys.path.insert(0, "")  # where the instructor's files lie
    shell = ZMQInteractiveShell.instance(config=settings(words))
    sys.stdout, sys.stderr = _Stream("stdout", shell), _Stream("stderr", shell)
    Remote.carry = staticmethod(lambda text: _answered(line, text))
    line.send_bytes(b"{}")
    while True:
        try:
            told = json.loads(line.recv_bytes())
        except EOFError:
            return
        shell.outputs = _Outputs()
        take(told["asked"], told["told"], told["given"], shell.user_ns)
        shell.execution_count = told["count"]
        _run(shell, told["cell"])
        line.send_bytes(json.dumps({"outputs": shell.outputs.found}).encode())


def _run(shell: ZMQInteractiveShell, cell: str) -> None:
    """Run a cell; only it can be interrupted, and not what takes its outputs away."""
    with suppress(KeyboardInterrupt):
        signal.signal(signal.SIGINT, signal.default_int_handler)
        shell.run_cell(cell, store_history=True)  # type: ignore[no-untyped-call]
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _answered(line: Connection, text: str) -> str:
    """Return the answer to an act; an interrupt waits, or the answer would be left on the line."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        line.send_bytes(json.dumps({"act": text}).encode())
        return line.recv_bytes().decode()
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
