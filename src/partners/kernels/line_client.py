"""The other end of a ``line_kernel``: a kernel's process, and what nbclient needs of a client."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import signal
import struct
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count
from queue import Empty
from typing import TYPE_CHECKING, Any

from partners.kernels import rooms, zygote
from partners.kernels.keeper import LOG
from partners.kernels.provisioner import Kept, kept_in
from partners.kernels.remote import ACT, IOPUB, SHELL

if TYPE_CHECKING:
    from pathlib import Path

    from partners.kernels.sandbox import Sandbox

LONGEST = 50_000_000
"""Bytes of a frame."""
LONGEST_WORDS = 2_000
LOOK = 1.0
"""Seconds between two looks at whether a kernel that says nothing is still there."""


class Process:
    """A kernel forked from the zygote, its line, and a folder for what it needs besides its room.

    Parameters
    ----------
    cwd
        Where it works.
    sandbox
        Its room; without one it is started free.
    words
        Settings, as on the command line of a kernel.
    """

    def __init__(self, cwd: Path, sandbox: Sandbox | None, words: list[str]) -> None:
        self.folder, env = rooms.make("partners-kernel-"), dict(os.environ)
        order = {"words": words, "cwd": str(cwd), "env": env, "sandbox": None}
        if sandbox:
            order |= kept_in(sandbox, str(self.folder), env)
        channel, self.line = zygote.zygote().fork(order)
        self.kept = Kept(channel)

    def is_alive(self) -> bool:
        """Say whether it is still there."""
        return self.kept.poll() is None

    def last_words(self) -> str:
        """Return how it ended, and what went wrong before it could tell it."""
        log = self.folder / LOG
        said = log.read_text("utf-8", "replace")[-LONGEST_WORDS:] if log.exists() else ""
        return f"Status {self.kept.poll()}, {self.kept.why or 'within its limits'}. {said}".strip()

    def end(self) -> None:
        """End it, with all that it started, and remove its folder."""
        self.line.close()
        self.kept.end()
        rooms.remove(self.folder)


class Manager:
    """What nbclient calls of a kernel manager."""

    has_kernel = True

    def __init__(self, process: Process) -> None:
        self.process = process
        self.is_alive = process.is_alive

    def client(self) -> Client:
        """Return the client that speaks with the kernel."""
        return Client(self.process)

    def interrupt_kernel(self) -> None:
        """Stop the cell that runs."""
        self.process.kept.send_signal(signal.SIGINT)

    def shutdown_kernel(self, now: bool) -> None:
        """Do nothing yet: a kernel has nothing that it would have to save."""

    def cleanup_resources(self) -> None:
        """End the kernel and what it has started."""
        self.process.end()


class Channel:
    """Messages of one kind, in the order in which they came."""

    def __init__(self) -> None:
        self.messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def get_msg(self, timeout: float | None = None) -> dict[str, Any]:
        """Return the next message; raises Empty if none comes in `timeout` seconds."""
        with suppress(asyncio.QueueEmpty):
            return self.messages.get_nowait()
        try:
            return await asyncio.wait_for(self.messages.get(), timeout)
        except TimeoutError:
            raise Empty from None


class Client:
    """What nbclient calls of a kernel client."""

    allow_stdin = False

    def __init__(self, process: Process) -> None:
        self.process, self.numbers = process, count(1)
        self.is_alive = process.is_alive
        self.shell_channel, self.iopub_channel = Channel(), Channel()
        self.info: Any = {}

    async def start_channels(self) -> None:
        """Begin to listen."""
        line = self.process.line
        self._reader, self._writer = await asyncio.open_connection(sock=line, limit=LONGEST)
        self._listening = asyncio.ensure_future(self._listen())

    def stop_channels(self) -> None:
        """Stop listening."""
        self._listening.cancel()
        self._writer.close()

    async def wait_for_ready(self, timeout: float) -> None:
        """Wait until the kernel has told what it is.

        Raises
        ------
        RuntimeError
            If it ends before.
        """
        while self.is_alive():
            with suppress(Empty):
                self.info = (await self.shell_channel.get_msg(min(LOOK, timeout)))["content"]
                return
        msg = f"The kernel ended before it was ready. {self.process.last_words()}"
        raise RuntimeError(msg)

    def kernel_info(self) -> str:
        """Have the kernel's own description come as a reply; return the id that it has."""
        number = str(next(self.numbers))
        self.shell_channel.messages.put_nowait(message("kernel_info_reply", number, self.info, []))
        return number

    def execute(
        self,
        code: str,
        silent: bool = False,
        store_history: bool = True,
        **_: Any,
    ) -> str:
        """Send a cell; return the id that is told with all that comes of it."""
        cell = {"code": code, "silent": silent, "store_history": store_history and not silent}
        return self._send({"execute": cell})

    def ask(self, name: str, *given: Any, after: str = "") -> str:
        """Ask for what ``remote`` calls `name`, if need be after a silent cell; return the id."""
        cell = {"execute": {"code": after, "silent": True}} if after else {}
        return self._send(cell | {"ask": [name, *given]})

    def _send(self, request: dict[str, Any]) -> str:
        number = str(next(self.numbers))
        raw = json.dumps({"id": number} | request).encode()
        self._writer.write(struct.pack("!i", len(raw)) + raw)
        return number

    async def _listen(self) -> None:
        channels = {SHELL: self.shell_channel, IOPUB: self.iopub_channel}
        with suppress(asyncio.IncompleteReadError, OSError):  # it has ended
            while 0 <= (size := struct.unpack("!i", await self._reader.readexactly(4))[0]) <= LONGEST:
                for channel, told in read(await self._reader.readexactly(size)):
                    if channel in channels:
                        channels[channel].messages.put_nowait(told)


def read(raw: bytes) -> list[tuple[str, dict[str, Any]]]:
    """Return what frames tell, each a channel and its message; what is none is left out.

    What is asked of another Python is on the channel ``act``.
    """
    try:
        return [_told(frame) for frame in json.loads(raw)]
    except (ValueError, RecursionError, LookupError, TypeError):
        return []


def _told(frame: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    if ACT in frame:
        return ACT, frame
    channel, kind, parent, content = (frame[key] for key in ("channel", "kind", "parent", "content"))
    if not (isinstance(channel, str) and isinstance(kind, str) and isinstance(content, dict)):
        raise TypeError
    buffers = [base64.b64decode(one) for one in frame.get("buffers", ())]
    return channel, message(kind, parent, content, buffers)


def message(kind: str, parent: str, content: dict[str, Any], buffers: list[bytes]) -> dict[str, Any]:
    """Return a message as jupyter_client has it."""
    return {
        "header": {"msg_type": kind, "date": datetime.now(UTC)},
        "msg_type": kind,
        "parent_header": {"msg_id": parent},
        "metadata": {},
        "content": content,
        "buffers": buffers,
    }
