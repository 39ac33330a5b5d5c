"""A Python of IPython's that runs cells as it is told over a pipe, and says what came of each.

It has no sockets and no threads, so it is there in a moment: the place where cells are judged. It gets
``{"cell", "count", "asked", "told", "given"}`` as JSON and answers ``{"outputs"}``; in between it may
ask ``{"act"}``, and is answered with a text of ``remote.act``.
"""

from __future__ import annotations

import io
import json
import os
import sys
from typing import TYPE_CHECKING, Any

from ipykernel.jsonutil import encode_images, json_clean
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Type
from traitlets.config import Config

from partners.kernels.remote import Remote, take

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

MOST = 2_000_000
"""Characters of output of one cell, after which the rest is dropped."""


class _Outputs:
    """What a cell has shown so far, as a notebook holds it."""

    def __init__(self) -> None:
        self.found: list[dict[str, Any]] = []
        self.length = 0

    def add(self, kind: str, **content: Any) -> None:
        clean = json_clean(content)
        self.length += len(str(clean))
        if self.length <= MOST:
            self.found.append({"output_type": kind, **clean})

    def write(self, name: str, text: str) -> None:
        last = self.found[-1] if self.found else {}
        self.length += len(text)
        if self.length > MOST:
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


def serve(line: Connection, settings: dict[str, dict[str, Any]]) -> None:
    """Run the cells that come over `line` until nobody is there to send one."""
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    shell = ZMQInteractiveShell.instance(config=Config(settings))
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
        shell.run_cell(told["cell"], store_history=True)  # type: ignore[no-untyped-call]
        line.send_bytes(json.dumps({"outputs": shell.outputs.found}).encode())


def _answered(line: Connection, text: str) -> str:
    line.send_bytes(json.dumps({"act": text}).encode())
    return line.recv_bytes().decode()
