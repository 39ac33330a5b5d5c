"""ipykernel's kernel without its sockets and threads: what it hears and says goes over one line.

It is there in a moment and answers in a millisecond. All is JSON. A frame that comes asks
``{"id", "execute": {"code", "silent", …}}``, if need be after it was to ``{"take": …}``, or it asks for
what is in ``remote``: ``{"id", "ask": [name, …]}``. Frames that go, in lists, tell ``{"channel",
"kind", "parent", "content"}`` as Jupyter's messages do, and ``{"act": text}`` asks whoever listens for
the answer of another Python.
"""

from __future__ import annotations

import asyncio
import base64
import io
import json
import logging
import os
import signal
import sys
import threading
import time
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from ipykernel.ipkernel import IPythonKernel
from ipykernel.jsonutil import json_clean
from ipykernel.zmqshell import ZMQInteractiveShell
from IPython.core.ultratb import AutoFormattedTB
from jupyter_client.jsonutil import json_default
from jupyter_client.session import Session
from tornado.ioloop import IOLoop

from partners.kernels.app import settings
from partners.kernels.remote import ACT, ASKED, BUSY, IDLE, IOPUB, SHELL, Remote, take

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection

HISTORY = "--HistoryManager.hist_file=:memory:"
SOON = 0.2
"""Seconds that a printed word may wait for more."""
MOST_AT_ONCE, MOST_OF_PROGRAMS = 100_000, 2_000_000
"""Characters of printed words, and bytes that programs have printed, that go in one frame."""


class Interrupts:
    """Ctrl-C stops a cell, but never in the middle of a frame."""

    def __init__(self) -> None:
        self.held, self.came = 1, False

    def listen(self) -> None:
        """Take every Ctrl-C from now on; a cell may have changed who does."""
        self.held, self.came = 1, False
        signal.signal(signal.SIGINT, self._take)

    def _take(self, *_: object) -> None:
        if not self.held:
            raise KeyboardInterrupt
        self.came = True

    @contextmanager
    def allowed(self) -> Iterator[None]:
        """Let a Ctrl-C raise what it raises, in a cell."""
        self.held -= 1
        try:
            yield
        finally:
            self.held = 1

    @contextmanager
    def away(self) -> Iterator[None]:
        """Let it wait."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        self.held += 1
        try:
            yield
        finally:
            self.held -= 1
        if self.came and not self.held:
            self.came = False
            raise KeyboardInterrupt


class Line:
    """The kernel's end of the line, for all that its threads say."""

    def __init__(self, connection: Connection) -> None:
        self.connection, self.interrupts = connection, Interrupts()
        self.lock = threading.RLock()
        self.id = ""
        self._held: list[dict[str, Any]] = []
        self._printed: list[str] = []
        self._name, self._length, self._due = "", 0, 0.0
        self._told = os.fstat(1).st_size

    def heard(self) -> dict[str, Any]:
        """Return the next request, once it comes."""
        return dict(json.loads(self.connection.recv_bytes()))

    def ask(self, text: str) -> str:
        """Return the answer to an act; an interrupt waits, or the answer would be left on the line."""
        with self.interrupts.away(), self.lock:
            self._flush()
            self._send({ACT: text})
            return self.connection.recv_bytes().decode()

    def say(self, channel: str, kind: str, content: Any, parent: str = "", buffers: Any = None) -> None:
        """Send a message, after all that was printed before it."""
        with self.interrupts.away(), self.lock:
            self._flush()
            message = {"channel": channel, "kind": kind, "parent": parent or self.id, "content": content}
            if buffers:
                message["buffers"] = [base64.b64encode(one).decode() for one in buffers]
            self._send(message)

    def hold(self, channel: str, kind: str, content: Any) -> None:
        """Have a message go with the next one, which comes soon: whoever listens wakes up once."""
        with self.interrupts.away(), self.lock:
            self._flush()
            self._held.append({"channel": channel, "kind": kind, "parent": self.id, "content": content})

    def write(self, name: str, text: str) -> None:
        """Print on the stream `name`, soon."""
        with self.interrupts.away(), self.lock:
            if name != self._name or self._length > MOST_AT_ONCE or time.monotonic() > self._due:
                self._flush()
            self._name = name
            self._printed.append(text)
            self._length += len(text)

    def flush(self) -> None:
        """Send what was printed, here and by programs that were started from here."""
        with self.interrupts.away(), self.lock:
            self._flush()

    def _flush(self) -> None:
        text, self._printed, self._length = "".join(self._printed), [], 0
        self._due = time.monotonic() + SOON
        if text:
            self._send_printed(self._name, text)
        if self._told < (size := os.fstat(1).st_size):
            raw = os.pread(1, min(size - self._told, MOST_OF_PROGRAMS), self._told)
            self._told = size
            self._send_printed("stdout", raw.decode("utf-8", "replace"))

    def _send_printed(self, name: str, text: str) -> None:
        content = {"name": name, "text": text}
        self._send({"channel": IOPUB, "kind": "stream", "parent": self.id, "content": content})

    def _send(self, frame: dict[str, Any]) -> None:
        frames, self._held = [*self._held, frame], []
        text = json.dumps(frames, default=json_default, ensure_ascii=False)
        self.connection.send_bytes(text.encode("utf-8", "replace"))


class _Session(Session):
    """Sends what a kernel says over the line."""

    line: Line

    def send(  # noqa: PLR0913, PLR0917 - as jupyter_client has it
        self,
        stream: Any,
        msg_or_type: Any,
        content: Any = None,
        parent: Any = None,
        ident: Any = None,
        buffers: Any = None,
        track: bool = False,
        header: Any = None,
        metadata: Any = None,
    ) -> Any:
        message = msg_or_type
        if not isinstance(message, dict):
            message = self.msg(msg_or_type, content, parent, header, metadata)
        about = message["parent_header"].get("msg_id", "")
        self.line.say(IOPUB, message["msg_type"], message["content"], about, buffers)
        return message


class _Stream(io.TextIOBase):
    """Standard output or error of a cell."""

    encoding = "UTF-8"

    def __init__(self, name: str, number: int, line: Line) -> None:
        self.name, self._number, self._line = name, number, line

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            msg = f"write() argument must be str, not {type(text)}"
            raise TypeError(msg)
        self._line.write(self.name, text)
        return len(text)

    def flush(self) -> None:
        self._line.flush()

    def fileno(self) -> int:
        return self._number

    def writable(self) -> bool:
        return True


def serve(connection: Connection, words: list[str]) -> None:
    """Run the cells that come over `connection` until nobody is there to send one.

    `words` are settings, as on the command line of a kernel.
    """
    line = Line(connection)
    line.interrupts.listen()
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    if "" not in sys.path:
        sys.path.insert(0, "")  # where the files of the course lie
    sys.stdout, sys.stderr = _Stream("stdout", 1, line), _Stream("stderr", 2, line)
    Remote.carry = staticmethod(line.ask)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    kernel: Any = _ready.get(tuple(words)) or _kernel(words)
    kernel.session.line = line
    kernel.io_loop = IOLoop.current()
    kernel.shell.init_environment()
    loop.run_until_complete(_serve(line, kernel))


_ready: dict[tuple[str, ...], IPythonKernel] = {}


def prepare(words: list[str]) -> None:
    """Have a kernel ready for all processes that are forked from this one."""
    _ready[tuple(words)] = _kernel(words)


def tell_an_error() -> None:
    """Put an error into words, unseen: the first one takes five times as long as the next."""
    try:
        raise NameError
    except NameError:
        AutoFormattedTB("Context").structured_traceback(*sys.exc_info())


def clear() -> None:
    """Make room for a kernel with other settings, or on sockets, where one is ready."""
    for kind in (IPythonKernel, ZMQInteractiveShell):
        kind.clear_instance()


def _kernel(words: list[str]) -> IPythonKernel:
    clear()
    log = logging.getLogger("kernel")
    log.setLevel(logging.CRITICAL)  # or every error of a cell is told twice
    kernel = IPythonKernel.instance(
        session=_Session(key=b"none"), iopub_socket=IOPUB, log=log, config=settings([*words, HISTORY])
    )
    # do_execute asks in which thread it is
    kernel.shell_channel_thread = SimpleNamespace(parent_thread=threading.main_thread())
    return kernel


async def _serve(line: Line, kernel: IPythonKernel) -> None:
    shell: Any = kernel.shell
    line.say(SHELL, "kernel_info_reply", kernel.kernel_info)
    while True:
        try:
            told = line.heard()
        except EOFError:
            return
        line.id = told["id"]
        kernel.set_parent([], {"header": {"msg_id": line.id, "msg_type": "execute_request"}})
        line.hold(IOPUB, "status", BUSY)
        if taken := told.get("take"):
            take(taken["asked"], taken["told"], taken["given"], shell.user_ns)
            shell.execution_count = taken["count"]
        reply = await _executed(line, kernel, told["execute"]) if "execute" in told else {}
        if "ask" in told:
            reply["told"] = _answered(line, shell, *told["ask"])
        line.hold(SHELL, "execute_reply", reply)
        line.say(IOPUB, "status", IDLE)


async def _executed(line: Line, kernel: IPythonKernel, cell: dict[str, Any]) -> Any:
    """Run a cell; only it can be interrupted, and not what takes its outputs away."""
    if not cell["silent"]:
        number = {"code": cell["code"], "execution_count": kernel.execution_count}
        line.say(IOPUB, "execute_input", number)
    line.interrupts.listen()
    try:
        with line.interrupts.allowed():
            return json_clean(await kernel.do_execute(**cell))
    except KeyboardInterrupt:  # just before the cell, or just after it
        return {"status": "error", "ename": "KeyboardInterrupt", "evalue": "", "traceback": []}
    finally:
        line.interrupts.listen()


def _answered(line: Line, shell: Any, name: str, *given: Any) -> str:
    """Return what is asked for in ``remote``; nothing if it cannot be told."""
    line.interrupts.listen()
    try:
        with line.interrupts.allowed():
            try:
                return str(ASKED[name](shell, *given))
            finally:
                shell.events.trigger("post_execute")  # a figure is no part of the next cell
    except BaseException:  # whatever the submission does
        return ""
    finally:
        line.interrupts.listen()
