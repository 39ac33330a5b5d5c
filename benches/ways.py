"""Ways to run a room: how its server is started, and what its phones and its facilitator do.

Ours is `partners live` as a facilitator starts it, and the phones are those of the tests; the others are
the rooms of `peers.py`, and the phones of `sockets.py`.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
import time
from abc import ABC, abstractmethod
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
from live import phones

if TYPE_CHECKING:
    from collections.abc import Callable

    import sockets

Json = dict[str, Any]
Ballots = list[tuple[int, str]]
"""Who voted for what."""

BIN = Path(sys.executable).parent
ROLE_PLAY = "first_call_home"
ADDRESSES = 16
"""Of this machine, from which phones come: one alone may take 300 seats."""
PATIENCE = 30
"""Seconds in which every phone shows what it should."""


class Server:
    """A server in a process of its own."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, *words: str | Path) -> None:
        """Start it with a command."""
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(*words, stdout=pipe)

    async def says(self, before: str = "") -> str:
        """Return what it says after `before`, or on its next line."""
        assert self._process
        assert self._process.stdout
        while line := (await self._process.stdout.readline()).decode():
            if line.startswith(before):
                return line.removeprefix(before).strip()
        sys.exit("The server has not started.")

    async def kill(self) -> None:
        """End it at once."""
        if self._process and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    @property
    def pid(self) -> int:
        """Its number."""
        assert self._process
        return self._process.pid

    def memory(self) -> float:
        """Return the kilobytes that are its own."""
        return float(psutil.Process(self.pid).memory_full_info().uss / 1000)

    def computed(self) -> float:
        """Return for how many milliseconds it has used a processor."""
        tasks = Path(f"/proc/{self.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e6

    async def idle(self) -> None:
        """Wait until it has nothing to do."""
        while True:
            before = self.computed()
            await asyncio.sleep(0.5)
            if self.computed() - before < 10:
                return


class Guest(ABC):
    """Somebody with a phone, which shows `view`, and tells the crowd of every new one."""

    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd
        self.view = b""

    @property
    def newest(self) -> int:
        """The number of the last event that it shows, -1 if it shows nothing."""
        begin = self.view.find(b'"v":') + 4
        return int(self.view[begin : self.view.index(b",", begin)]) if self.view else -1

    def _heard(self, view: bytes) -> None:
        self.view = view
        self._crowd.hear(self)

    @abstractmethod
    async def enter(self) -> None:
        """Join, and see what there is."""

    @abstractmethod
    async def vote(self, beat: int, reply: str) -> None:
        """Vote, and wait until it is acknowledged."""

    @abstractmethod
    def leave(self) -> None:
        """Go."""


class Crowd:
    """Everybody; it knows when all of them show what is expected."""

    def __init__(self) -> None:
        self.guests: list[Guest] = []
        self._waiting: set[Guest] = set()
        self._event = 0
        self._moments: list[float] = []
        self._there = asyncio.Event()

    def expect(self, event: int) -> None:
        """Wait from now on for views that show the `event`-th event."""
        self._waiting = {guest for guest in self.guests if guest.newest < event}
        self._event, self._moments = event, []
        self._there.clear()
        if not self._waiting:
            self._there.set()

    def expect_any(self) -> None:
        """Wait from now on for another view, whatever it shows."""
        for guest in self.guests:
            guest.view = b""
        self.expect(0)

    def hear(self, guest: Guest) -> None:
        """Know that `guest` shows something else."""
        if guest in self._waiting and guest.newest >= self._event:
            self._moments.append(time.perf_counter())
            self._waiting.remove(guest)
            if not self._waiting:
                self._there.set()

    async def all_there(self) -> list[float]:
        """Wait for all, and return the moments at which each came."""
        try:
            await asyncio.wait_for(self._there.wait(), PATIENCE)
        except TimeoutError:
            sys.exit(f"{len(self._waiting)} of {len(self.guests)} phones do not show what they should.")
        return self._moments

    @property
    def newest(self) -> int:
        """The last event that the first of them shows."""
        return self.guests[0].newest

    @property
    def view(self) -> Json:
        """What all of them show."""
        views = {guest.view.partition(b'"v":')[2] for guest in self.guests}
        if len(views) > 1:
            sys.exit(f"{len(self.guests)} phones show {len(views)} different things.")
        view: Json = json.loads(self.guests[0].view.removeprefix(b'42["room",').removesuffix(b"]"))
        return view


class Way(ABC):
    """A way to run a room."""

    name: str

    def __init__(self) -> None:
        self.server = Server()

    @abstractmethod
    async def open(self, folder: Path) -> None:
        """Start a server that keeps its file in `folder`, and open a room."""

    @abstractmethod
    def guest(self, crowd: Crowd, number: int) -> Guest:
        """Return somebody who is about to enter."""

    @abstractmethod
    async def lead(self, kind: str, before: Json, after: Json) -> None:
        """Do a step as the facilitator: how the room is, and will be if somebody knows that already."""

    @abstractmethod
    def ballots(self) -> Ballots:
        """Return who voted for what, in the order in which it is on disk."""

    async def close(self) -> None:
        """End the server; nothing in it is needed any more."""
        await self.server.kill()


def address(number: int) -> str:
    """Return from where the `number`-th phone comes."""
    return f"127.0.0.{2 + number % ADDRESSES}"


class OurGuest(Guest):
    """Somebody with a phone as in the tests."""

    def __init__(self, crowd: Crowd, port: int, code: str, source: str) -> None:
        super().__init__(crowd)
        self._phone = phones.Phone(port, code, source)
        self._phone.heard = self._shows

    def _shows(self, phone: phones.Phone, name: str) -> None:
        if name == "room":
            self._heard(phone.views[name])

    async def enter(self) -> None:
        """Join, and follow."""
        await self._phone.join()
        self._phone.follow()

    async def vote(self, beat: int, reply: str) -> None:
        """Vote until it is acknowledged."""
        answer = await self._phone.say("voted", beat=beat, reply=reply)
        assert answer.status == 200, answer

    def leave(self) -> None:
        """Go."""
        self._phone.sleep()


class Ours(Way):
    """`partners live`."""

    name = "partners live"

    def __init__(self) -> None:
        super().__init__()
        self._facilitator: phones.Phone | None = None

    async def open(self, folder: Path) -> None:
        """Open a session as a facilitator does."""
        self._file = folder / "live.db"
        await self._serve(0, ROLE_PLAY)

    async def go_on(self) -> None:
        """Start it again with the same session."""
        await self._serve(self._port, "--resume", self._code)

    async def _serve(self, port: int, *what: str) -> None:
        self._close_remote()
        where = ("--host", "127.0.0.1", "--port", str(port), "--data", str(self._file))
        await self.server.start(BIN / "partners", "live", "open", *what, *where)
        self._code = await self.server.says("Session ")
        door, _, key = (await self.server.says("To lead it:")).partition("/lead#")
        self._port = int(door.rpartition(":")[2])
        self._facilitator = phones.Phone(self._port, self._code, token=key)
        self._facilitator.follow()

    def guest(self, crowd: Crowd, number: int) -> OurGuest:
        """Return somebody with a phone."""
        return OurGuest(crowd, self._port, self._code, address(number))

    async def lead(self, kind: str, before: Json, after: Json) -> None:
        """Do it."""
        assert self._facilitator
        body = {"reply": before["beat"]["replies"][0]["key"]} if kind == "chosen" else {}
        await self._facilitator.lead(kind, **body)

    def ballots(self) -> Ballots:
        """Read the log."""
        return phones.votes(self._file, self._code)

    async def close(self) -> None:
        """End all of it."""
        self._close_remote()
        await super().close()

    def _close_remote(self) -> None:
        if self._facilitator:
            self._facilitator.sleep()


class PeerGuest(Guest):
    """Somebody with a WebSocket."""

    def __init__(self, crowd: Crowd, port: int, kind: type[sockets.WebSocket], source: str) -> None:
        super().__init__(crowd)
        self._port, self._kind, self._source = port, kind, source
        self._line: sockets.WebSocket | None = None

    async def enter(self) -> None:
        """Connect, and join."""
        self._line = await joined(self._port, self._kind, self._heard, self._source)

    async def vote(self, beat: int, reply: str) -> None:
        """Vote once; nothing gets lost here."""
        assert self._line
        await self._line.ask("voted", beat=beat, reply=reply)

    def leave(self) -> None:
        """Go."""
        if self._line:
            self._line.close()


async def joined(
    port: int, kind: type[sockets.WebSocket], heard: Callable[[bytes], None], source: str
) -> sockets.WebSocket:
    """Return a line over which somebody has joined."""
    loop = asyncio.get_running_loop()
    _, line = await loop.create_connection(
        lambda: kind(heard), "127.0.0.1", port, local_addr=(source, 0)
    )
    await line.join()
    return line


class Peer(Way):
    """A room of `peers.py`, run by another Python."""

    def __init__(self, name: str, python: Path, kind: str, line: type[sockets.WebSocket]) -> None:
        super().__init__()
        self.name = name
        self._python, self._kind, self._line = python, kind, line

    async def open(self, folder: Path) -> None:
        """Start it, and let the facilitator in."""
        self._file = folder / "room.db"
        script = Path(__file__).with_name("peers.py")
        await self.server.start(self._python, script, self._kind, self._file)
        self._port = int(await self.server.says())
        self._facilitator = await joined(self._port, self._line, lambda _: None, "127.0.0.1")

    def guest(self, crowd: Crowd, number: int) -> PeerGuest:
        """Return somebody who is about to connect."""
        return PeerGuest(crowd, self._port, self._line, address(number))

    async def lead(self, kind: str, before: Json, after: Json) -> None:
        """Bring along what everybody shall see."""
        await self._facilitator.ask(kind, view=after)

    def ballots(self) -> Ballots:
        """Read its file."""
        asked = "SELECT seat, body ->> 'reply' FROM event WHERE kind = 'voted' ORDER BY seq"
        with closing(sqlite3.connect(self._file)) as db:
            return db.execute(asked).fetchall()
