"""The connections themselves: one that keeps the server waiting, or sends what no page would, is cut.

A page that this happens to asks again; see ``pages/live.js``.
"""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from functools import cached_property

from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from partners.live.limits import BYTES_OF_A_REQUEST, LINES_OF_ONE_PLACE, PATIENCE, place

_UNHEARD = frozenset(
    b"accept accept-language cache-control dnt pragma priority referer sec-fetch-dest sec-fetch-mode"
    b" sec-gpc upgrade-insecure-requests user-agent".split()
)
"""Headers that nothing here reads: what device somebody has is nobody's business, and takes memory."""
_lines: Counter[str] = Counter()  # by place


class _Flow(FlowControl):
    """The same, without an event of 700 bytes for every line, which only a full one needs."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self.read_paused = self.write_paused = False

    @cached_property
    def _is_writable_event(self) -> asyncio.Event:  # type: ignore[override]
        return asyncio.Event()


class Line(HttpToolsProtocol):
    """A connection whose requests come in time and in size, one after the other."""

    __slots__ = ("_came", "_place", "_whole")

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        self.flow = _Flow(transport)
        self.pipeline = []  # type: ignore[assignment] # to ask before the answer came fails: no page does
        self._came = 0  # bytes of a request that is not all there
        self._whole = False
        self._place = place(self.client[0]) if self.client else ""
        _lines[self._place] += 1
        _notice_who_is_gone(transport)
        if _lines[self._place] > LINES_OF_ONE_PLACE and not self._is_a_proxy():
            transport.abort()
        else:
            self.timeout_keep_alive_task = self._patience()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        super().connection_lost(exc)
        self._unset_keepalive_if_required()
        _lines[self._place] -= 1
        if not _lines[self._place]:
            del _lines[self._place]

    def data_received(self, data: bytes) -> None:
        """Take a piece of a request; the clock runs until all of it is there, and from its answer on."""
        clock, self.timeout_keep_alive_task = self.timeout_keep_alive_task, None
        self._came += len(data)
        self._whole = False
        if self._came > BYTES_OF_A_REQUEST:
            self.transport.abort()
            return
        super().data_received(data)
        if not self._whole or self.cycle.response_complete:
            self.timeout_keep_alive_task = clock or self._patience()
        elif clock:
            clock.cancel()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Hear of a header."""
        if name.lower() not in _UNHEARD and not name.lower().startswith(b"sec-ch-"):
            super().on_header(name, value)

    def on_message_complete(self) -> None:
        """Know that a request is all there."""
        super().on_message_complete()
        self._came, self._whole = 0, True

    def _patience(self) -> asyncio.TimerHandle:
        return self.loop.call_later(PATIENCE, self.timeout_keep_alive_handler)

    def _is_a_proxy(self) -> bool:
        """Say whether whole rooms come over this line's other end."""
        trusted = getattr(self.config.loaded_app, "trusted_hosts", ())
        return self.client is None or self.client[0] in trusted


def _notice_who_is_gone(transport: asyncio.Transport) -> None:
    """Let the system give up a connection soon on which nothing is acknowledged: a phone that is off."""
    line = transport.get_extra_info("socket")
    if hasattr(socket, "TCP_USER_TIMEOUT") and line.family != getattr(socket, "AF_UNIX", None):
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(3 * PATIENCE * 1000))
