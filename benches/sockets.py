"""Phones of the rooms in `peers.py`, from raw asyncio as those of the tests: WebSocket and Socket.IO."""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar

from live import phones

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]

_MASK = b"\x00\x00\x00\x00"  # which leaves everything as it is
_TEXT, _PING, _PONG = 1, 9, 10
_HEADERS = phones.HEADERS.replace("Connection: keep-alive", "Connection: Upgrade")


class WebSocket(asyncio.Protocol):
    """Has a seat, and is told every view of the room as JSON, by `heard`."""

    path: ClassVar[str] = "/"

    def __init__(self, heard: Callable[[bytes], None]) -> None:
        loop = asyncio.get_running_loop()
        self.heard = heard
        self._came = b""
        self._up = False
        self._ready: asyncio.Future[None] = loop.create_future()
        self._asked: dict[str, asyncio.Future[None]] = {}
        self._numbers = count()
        self._transport: asyncio.Transport

    async def join(self) -> None:
        """Shake hands, and take a seat."""
        key = base64.b64encode(secrets.token_bytes(16)).decode()
        more = f"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
        self._transport.write(
            f"GET {self.path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{_HEADERS}{more}\r\n".encode()
        )
        await self._ready
        await self.ask("joined")

    async def ask(self, kind: str, **body: object) -> None:
        """Say something, and wait until it is acknowledged."""
        data = {"key": secrets.token_urlsafe(12), "kind": kind, **body}
        answer = asyncio.get_running_loop().create_future()
        name, text = self._named(data)
        self._asked[name] = answer
        self._write(_TEXT, text.encode())
        await answer

    def _named(self, data: Json) -> tuple[str, str]:
        """Return the name that its answer will have, and the text to send."""
        return data["key"], json.dumps(data)

    def _told(self, text: bytes) -> None:
        """Take a message: an answer, or a view."""
        if text.startswith(b'{"answer"'):
            self._answered(json.loads(text)["answer"])
        else:
            self.heard(text)

    def _answered(self, name: str) -> None:
        self._asked.pop(name).set_result(None)

    def close(self) -> None:
        """Go."""
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Have a line."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Let nobody wait for an answer any more."""
        for answer in (self._ready, *self._asked.values()):
            if not answer.done():
                answer.set_exception(ConnectionResetError("lost"))

    def data_received(self, data: bytes) -> None:
        """Take what came."""
        self._came += data
        if not self._up:
            head, found, rest = self._came.partition(b"\r\n\r\n")
            if not found:
                return
            assert head.startswith(b"HTTP/1.1 101"), head
            self._up, self._came = True, rest
            self._is_up()
        while self._takes():
            pass

    def _is_up(self) -> None:
        self._ready.set_result(None)

    def _takes(self) -> bool:
        """Read a message; say whether one was all there."""
        came = self._came
        if len(came) < 2:
            return False
        more = {126: 2, 127: 8}.get(came[1], 0)
        begin = 2 + more
        end = begin + (int.from_bytes(came[2:begin]) if more else came[1])
        if len(came) < max(begin, end):
            return False
        text, self._came = came[begin:end], came[end:]
        if came[0] & 15 == _TEXT:
            self._told(text)
        elif came[0] & 15 == _PING:
            self._write(_PONG, text)
        return True

    def _write(self, kind: int, text: bytes) -> None:
        size = len(text)
        length = bytes([128 | size]) if size < 126 else bytes([128 | 126]) + size.to_bytes(2)
        self._transport.write(bytes([128 | kind]) + length + _MASK + text)


class SocketIO(WebSocket):
    """The same with the words of Engine.IO and Socket.IO."""

    path = "/socket.io/?EIO=4&transport=websocket"

    def _is_up(self) -> None:
        """Wait until the other words were said, too."""

    def _named(self, data: Json) -> tuple[str, str]:
        name = str(next(self._numbers))
        return name, f"42{name}{json.dumps(['take', data])}"

    def _told(self, text: bytes) -> None:
        match text[:2]:
            case b"42":
                self.heard(text)
            case b"43":
                self._answered(text[2 : text.index(b"[")].decode())
            case b"40":
                self._ready.set_result(None)
            case b"2":
                self._write(_TEXT, b"3")
            case _:  # the opening
                self._write(_TEXT, b"40")
