"""Two other ways to run a room, beside which ours is measured: Socket.IO, and a WebSocket for each.

For phones they do the same: a seat, every view whole, votes on disk (with one commit for all that have
come meanwhile) before they are acknowledged, and numbers that grow on all screens, as seldom as ours.
They do less behind it: the facilitator brings each view along, nobody has a view of their own, and
little is checked. ``python peers.py socketio|websocket FILE``, in another environment, prints its port.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sqlite3
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import uvicorn

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

Json = dict[str, Any]
Row = tuple[str, int, str, str]
"""An event: its kind, who, what, and the key that makes two of it one."""

QUICK, MANY = 0.1, 4_000
"""As in ``partners.live.screens``: seconds between two views, and screens that make it a second more."""
_TABLE = (
    "CREATE TABLE event (seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, seat INTEGER NOT NULL,"
    " body TEXT NOT NULL, client_key TEXT NOT NULL UNIQUE)"
)
_APPEND = "INSERT INTO event (kind, seat, body, client_key) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"


class Log:
    """Events in a file; those that wait at the same time are kept with one commit."""

    def __init__(self, file: str) -> None:
        self._db = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", _TABLE):
            self._db.execute(statement)
        self._hand = ThreadPoolExecutor(1)
        self._asked: list[tuple[Row, asyncio.Future[bool]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def keep(self, row: Row) -> bool:
        """Return when it is on disk; say whether it is new."""
        fresh: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._asked.append((row, fresh))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        return await fresh

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        while self._asked:
            asked, self._asked = self._asked, []
            rows = [row for row, _ in asked]
            kept = await loop.run_in_executor(self._hand, self._commit, rows)
            for (_, fresh), new in zip(asked, kept, strict=True):
                fresh.set_result(new)
        self._writing = None

    def _commit(self, rows: Sequence[Row]) -> list[bool]:
        self._db.execute("BEGIN IMMEDIATE")
        kept = [self._db.execute(_APPEND, row).rowcount == 1 for row in rows]
        self._db.execute("COMMIT")
        return kept


class Room:
    """What happens in a room, and the view that everybody gets through `send`."""

    def __init__(self, log: Log, send: Callable[[Json], Awaitable[None]]) -> None:
        self._log = log
        self._send = send
        self._view: Json = {"now": 0, "v": 0, "phase": "lobby", "beat": None}
        self._v = 0
        self._seats: dict[str, int] = {}
        self._votes: dict[int, str] = {}
        self._last = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._sending: set[asyncio.Future[None]] = set()

    def view(self) -> Json:
        """Return what everybody sees now."""
        return {**self._view, "now": round(time.time() * 1000), "v": self._v}

    async def take(self, seat: int, asked: Json) -> int:
        """Keep what `seat` asks for, let it happen, and return the seat, which may be a new one."""
        kind, said = asked["kind"], {name: asked[name] for name in asked if name not in {"key", "view"}}
        if await self._log.keep((kind, seat, json.dumps(said), f"{seat} {asked['key']}")):
            self._v += 1
            many = QUICK + len(self._seats) / MANY
            if kind == "joined":
                seat = self._seats[asked["key"]] = len(self._seats) + 1
                self._view["here"] = seat
            elif kind == "voted":
                self._votes[seat] = asked["reply"]
                self._view["beat"]["votes"] = len(self._votes)
            else:
                self._step(asked["view"])
            self._announce(many if kind in {"joined", "voted"} else QUICK)
        return self._seats[asked["key"]] if kind == "joined" else seat

    def _step(self, view: Json) -> None:
        """Show what the facilitator brings, with the numbers of this room."""
        before, beat = self._view["beat"], view["beat"]
        self._view = {**view, "here": len(self._seats)}
        if beat and not (before and before["n"] == beat["n"]):
            self._votes = {}
        if beat:
            beat["votes"] = len(self._votes)
        if beat and beat["tally"]:
            votes = Counter(self._votes.values())
            beat["tally"] = [{"key": each["key"], "votes": votes[each["key"]]} for each in beat["tally"]]

    def _announce(self, wait: float) -> None:
        loop = asyncio.get_running_loop()
        due = max(loop.time(), self._last + wait)
        if self._timer and self._timer.when() <= due:
            return
        if self._timer:
            self._timer.cancel()
        self._timer = loop.call_at(due, self._publish)

    def _publish(self) -> None:
        self._timer, self._last = None, asyncio.get_running_loop().time()
        sending = asyncio.ensure_future(self._send(self.view()))
        self._sending.add(sending)
        sending.add_done_callback(self._sending.discard)


def socketio(log: Log) -> Any:
    """Return the room over Socket.IO, whose clients may use the WebSocket from the start."""
    from socketio import ASGIApp, AsyncServer  # type: ignore[import-not-found]  # noqa: PLC0415

    server = AsyncServer(async_mode="asgi")
    room = Room(log, lambda view: server.emit("room", view))
    seats: dict[str, int] = {}

    async def take(sid: str, asked: Json) -> int:
        new = sid not in seats
        seats[sid] = await room.take(seats.get(sid, 0), asked)
        if new:
            await server.emit("room", room.view(), to=sid)
        return seats[sid]

    server.on("take", take)
    return ASGIApp(server)


def websocket(log: Log) -> Any:
    """Return the room over a WebSocket for each phone, written to in turn, as manuals show it."""
    from starlette.applications import Starlette  # noqa: PLC0415
    from starlette.routing import WebSocketRoute  # noqa: PLC0415
    from starlette.websockets import WebSocket, WebSocketDisconnect  # noqa: PLC0415

    lines: set[WebSocket] = set()

    async def send(view: Json) -> None:
        text = json.dumps(view)
        for line in list(lines):
            try:
                await line.send_text(text)
            except (WebSocketDisconnect, RuntimeError):
                lines.discard(line)

    room = Room(log, send)

    async def take(line: WebSocket) -> None:
        await line.accept()
        seat = 0
        try:
            async for asked in line.iter_json():
                seat = await room.take(seat, asked)
                await line.send_json({"answer": asked["key"], "seat": seat})
                if line not in lines:
                    lines.add(line)
                    await line.send_json(room.view())
        finally:
            lines.discard(line)

    return Starlette(routes=[WebSocketRoute("/", take)])


def main() -> None:
    """Serve until told to stop, with the settings of ours and the newest of uvicorn's WebSockets."""
    kind, file = sys.argv[1:]
    # Only where the protocol is named does asyncio let nothing wait (TCP_NODELAY).
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    listening.listen(4096)
    print(listening.getsockname()[1], flush=True)
    config = uvicorn.Config(
        {"socketio": socketio, "websocket": websocket}[kind](Log(file)),
        access_log=False,
        backlog=4096,
        http="httptools",
        log_level="error",
        timeout_graceful_shutdown=1,
        ws="websockets-sansio",
        ws_per_message_deflate=False,
    )
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
