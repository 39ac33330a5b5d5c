"""Phones before the hub's proxy: many at once, each with an address of its own."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

Json = dict[str, Any]

SHORTEST, LONGEST = 0.25, 2.0
"""Seconds between two tries; every one that a proxy refuses costs the hub a page."""


@dataclass
class Phone:
    """One of the loopback addresses, in the session at `address`."""

    address: str
    number: int
    token: str = ""
    seen: dict[str, Json] = field(default_factory=dict)
    late: list[float] = field(default_factory=list)
    """Seconds from the making of a frame of the room until it was here."""
    refused: list[int] = field(default_factory=list)

    async def join(self) -> None:
        """Take a seat."""
        status, answer = await self.post("join", key=secrets.token_urlsafe(16))
        assert status == 200, answer
        self.token = answer["token"]

    async def say(self, kind: str, **body: object) -> float:
        """Say something as often as it takes, as the page does; return the seconds until it was kept."""
        began, key = time.monotonic(), secrets.token_urlsafe(9)
        while True:
            with suppress(OSError, asyncio.IncompleteReadError):
                status, answer = await self.post("say", key=key, kind=kind, **body)
                if status == 200:
                    return time.monotonic() - began
                assert status == 503, answer
            await asyncio.sleep(0.25)

    async def post(self, path: str, **body: object) -> tuple[int, Json]:
        """Send JSON over a connection of its own."""
        sent = json.dumps(body)
        status, reader, writer = await self._ask(f"POST /{path}", sent)
        answer = b"".join([part async for part in _parts(reader)])
        writer.close()
        return status, json.loads(answer) if status < 500 else {}

    async def follow(self) -> None:
        """See what the stream brings; come back when it ends, as the page does: later each time."""
        pause = SHORTEST
        while True:
            with suppress(OSError, asyncio.IncompleteReadError):
                if await self._stream():
                    pause = SHORTEST
            await asyncio.sleep(pause)
            pause = min(LONGEST, 2 * pause)

    async def _stream(self) -> bool:
        """Say whether there was one, once it has ended."""
        status, reader, writer = await self._ask("GET /events")
        if status == 200:
            text = b""
            async for part in _parts(reader):
                *frames, text = (text + part).split(b"\n\n")
                for frame in frames:
                    self._see(frame.decode())
        else:
            self.refused.append(status)
        writer.close()
        return status == 200

    def _see(self, frame: str) -> None:
        head, _, data = frame.partition("\ndata: ")
        if data:
            name, view = head.removeprefix("event: "), json.loads(data)
            self.seen[name] = view
            if name == "room":
                self.late.append(time.time() - view["now"] / 1000)

    async def _ask(
        self, what: str, body: str = ""
    ) -> tuple[int, asyncio.StreamReader, asyncio.StreamWriter]:
        there = urlsplit(self.address)
        own = f"127.8.{self.number // 250}.{self.number % 250 + 1}"
        reader, writer = await asyncio.open_connection(there.hostname, there.port, local_addr=(own, 0))
        method, path = what.split()
        lines = [
            f"{method} {there.path}{path} HTTP/1.1",
            f"Host: {there.netloc}",
            f"Authorization: Bearer {self.token}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            "Connection: close",
        ]
        writer.write("\r\n".join([*lines, "", body]).encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        return int(head.split()[1]), reader, writer


async def _parts(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """Yield the chunks of an answer; what comes whole, until the connection ends, is one."""
    first = await reader.readline()
    try:
        size = int(first, 16)
    except ValueError:
        yield first + await reader.read()
        return
    while size:
        yield await reader.readexactly(size)
        await reader.readexactly(2)
        size = int(await reader.readline(), 16)
