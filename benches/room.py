"""What a live room costs with 200 and 2,000 phones, beside its limits and two other ways to run one.

`partners live` itself is started, and phones come to it over loopback: they join, follow the facilitator
through a conversation, and vote; then it is killed while they vote, and started again. The same is done,
as far as they go, with the rooms of `peers.py`, over Socket.IO and over one WebSocket for each. The ways
take turns. Nothing is printed unless every phone got every frame and every vote was counted once. On two
processors it takes about 6 minutes; with `quick` as its argument, 200 phones and one round, about one.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import random
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections import Counter, defaultdict
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import psutil

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
import sockets
from live import phones

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

Json = dict[str, Any]
Figures = dict[str, float]
Ballots = list[tuple[int, str]]
"""Who voted for what."""

PEERS = ("python-socketio>=5,<6", "websockets>=15,<18")
ROUNDS = 3
BIN = Path(sys.executable).parent
ROLE_PLAY = "first_call_home"
STEPS = ("chosen", "went_on", "vote_opened", "revealed") * 5
"""What the facilitator does after the first vote, over five beats of the conversation."""
APART = 0.25
"""Seconds between two steps; the room shows ten a second at the most."""
BURST = 2.0
"""Seconds in which everybody votes."""
DOWN = 0.5
"""Seconds from the kill until the server is started again."""
PATIENCE = 30
ADDRESSES = 16
"""Of this machine, from which phones come: one alone may take 300 seats."""


class Row(NamedTuple):
    """A figure: its name, unit and digits, and the limits for 200 and for 2,000 phones."""

    name: str
    unit: str
    digits: int = 1
    limits: tuple[float, ...] = ()


ROWS = (
    Row("broadcast, p50", "ms", 1, (10, 60)),
    Row("broadcast, p99", "ms", 1, (100, 500)),
    Row("broadcast, processor", "ms", 1),
    Row("vote acknowledged, p50", "ms", 1),
    Row("vote acknowledged, p99", "ms", 1, (150, 1000)),
    Row("vote, processor", "ms", 2),
    Row("all have joined", "s", 2, (1, 3)),
    Row("join, processor", "ms", 2),
    Row("memory of a phone", "kB", 1, (15, 15)),
    Row("  when all have just voted", "kB", 1),
    Row("killed, votes acknowledged before", "", 0),
    Row("  of these lost", "", 0, (0, 0)),
    Row("  of all counted twice", "", 0, (0, 0)),
    Row("  started again, all phones are back", "s", 2, (3, 3)),
    Row("  and all votes acknowledged", "s", 2),
)
SIZES = (200, 2_000)


class Server:
    """A server in a process of its own."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process

    async def start(self, *words: str | Path) -> None:
        """Start it with a command."""
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(*words, stdout=pipe)

    async def says(self, before: str = "") -> str:
        """Return what it says after `before`, or on its next line."""
        assert self._process.stdout
        while line := (await self._process.stdout.readline()).decode():
            if line.startswith(before):
                return line.removeprefix(before).strip()
        sys.exit("The server has not started.")

    async def kill(self) -> None:
        """End it at once."""
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def stop(self) -> None:
        """End it."""
        self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), PATIENCE)
        finally:
            await self.kill()

    def memory(self) -> float:
        """Return the kilobytes that are its own."""
        return float(psutil.Process(self._process.pid).memory_full_info().uss / 1000)

    def computed(self) -> float:
        """Return for how many milliseconds it has used a processor."""
        tasks = Path(f"/proc/{self._process.pid}/task").glob("*/schedstat")
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
        """End the server."""
        await self.server.stop()


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

    async def open(self, folder: Path) -> None:
        """Open a session as a facilitator does."""
        self._file = folder / "live.db"
        await self._serve(0, ROLE_PLAY)

    async def go_on(self) -> None:
        """Start it again with the same session."""
        self._facilitator.sleep()
        await self._serve(self._port, "--resume", self._code)

    async def _serve(self, port: int, *what: str) -> None:
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
        body = {"reply": before["beat"]["replies"][0]["key"]} if kind == "chosen" else {}
        await self._facilitator.lead(kind, **body)

    def ballots(self) -> Ballots:
        """Read the log."""
        return phones.votes(self._file, self._code)

    async def close(self) -> None:
        """End all of it."""
        self._facilitator.sleep()
        await super().close()


class PeerGuest(Guest):
    """Somebody with a WebSocket."""

    def __init__(self, crowd: Crowd, port: int, kind: type[sockets.WebSocket], source: str) -> None:
        super().__init__(crowd)
        self._port, self._kind, self._source = port, kind, source

    async def enter(self) -> None:
        """Connect, and join."""
        self.line = await joined(self._port, self._kind, self._heard, self._source)

    async def vote(self, beat: int, reply: str) -> None:
        """Vote once; nothing gets lost here."""
        await self.line.ask("voted", beat=beat, reply=reply)

    def leave(self) -> None:
        """Go."""
        self.line.close()


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

    async def close(self) -> None:
        """End all of it."""
        self._facilitator.close()
        await super().close()


class Session:
    """A room that is measured from the first phone to the last vote; `found` is what it took.

    `story` holds what everybody saw after each step of the facilitator: the first way tells it, and
    the others are told.
    """

    def __init__(self, way: Way, people: int, story: list[Json]) -> None:
        self.way, self.people, self.story = way, people, story
        self.crowd = Crowd()
        self.found: Figures = {}
        self._random = random.Random(people)
        self._steps = 0
        self._said: list[str] = []
        self._counted = 0

    async def run(self, folder: Path) -> Figures:
        """Measure everything."""
        await self.way.open(folder)
        try:
            await self._join()
            for kind in ("began", "vote_opened"):
                await self._step(kind)
            await self._vote()
            await self._talk()
            if isinstance(self.way, Ours):
                await self._kill(self.way)
        finally:
            for guest in self.crowd.guests:
                guest.leave()
            await self.way.close()
        return self.found

    async def _join(self) -> None:
        """Let everybody in; one came before, so that nothing is done for the first time."""
        server, crowd = self.way.server, self.crowd
        crowd.guests = [first := self.way.guest(crowd, 0)]
        await self._all_enter()
        await server.idle()
        self._without, computed, event = server.memory(), server.computed(), crowd.newest
        crowd.guests = [self.way.guest(crowd, number) for number in range(self.people)]
        began = time.perf_counter()
        self.found["all have joined"] = max(await self._all_enter()) - began
        crowd.expect(event + self.people)
        await crowd.all_there()
        self.found["join, processor"] = (server.computed() - computed) / self.people
        first.leave()
        await server.idle()
        self.found["memory of a phone"] = (server.memory() - self._without) / self.people

    async def _all_enter(self) -> list[float]:
        self.crowd.expect_any()
        await asyncio.gather(*(guest.enter() for guest in self.crowd.guests))
        return await self.crowd.all_there()

    async def _step(self, kind: str) -> list[float]:
        """Let the facilitator do something; return after how many milliseconds each phone showed it."""
        crowd, known = self.crowd, self._steps < len(self.story)
        before, after = crowd.view, self.story[self._steps] if known else {}
        self._steps += 1
        crowd.expect(crowd.newest + 1)
        began = time.perf_counter()
        await self.way.lead(kind, before, after)
        moments = await crowd.all_there()
        if not known:
            self.story.append(crowd.view)
        return [1000 * (moment - began) for moment in moments]

    async def _vote(self) -> None:
        """Let everybody vote, until everybody sees that all have."""
        server, crowd = self.way.server, self.crowd
        crowd.expect(crowd.newest + self.people)
        computed = server.computed()
        votes = await asyncio.gather(*self._votes())
        await crowd.all_there()
        self.found["vote, processor"] = (server.computed() - computed) / self.people
        self.found["  when all have just voted"] = (server.memory() - self._without) / self.people
        self._note("vote acknowledged", [waited for _, waited in votes])
        await self._step("revealed")
        self._check()

    def _votes(self) -> list[Awaitable[tuple[float, float]]]:
        """Return everybody's vote: the moment it is acknowledged, and after how many milliseconds."""
        beat = self.crowd.view["beat"]
        self._said = self._random.choices([reply["key"] for reply in beat["replies"]], k=self.people)

        async def vote(guest: Guest, reply: str) -> tuple[float, float]:
            await asyncio.sleep(self._random.uniform(0, BURST))
            began = time.perf_counter()
            await guest.vote(beat["n"], reply)
            moment = time.perf_counter()
            return moment, 1000 * (moment - began)

        return [vote(*each) for each in zip(self.crowd.guests, self._said, strict=True)]

    def _check(self) -> None:
        """End the bench unless the last votes of all are on disk, and on the screens, once."""
        kept = self.way.ballots()[self._counted :]
        self._counted += len(kept)
        seats, said = {seat for seat, _ in kept}, Counter(self._said)
        lost, twice = self.people - len(seats), len(kept) - len(seats)
        shown = {count["key"]: count["votes"] for count in self.crowd.view["beat"]["tally"]}
        if lost or twice or Counter(reply for _, reply in kept) != said or Counter(shown) != said:
            sys.exit(
                f"{self.way.name}: {lost} votes lost, {twice} twice on disk; {said} shows as {shown}."
            )

    async def _talk(self) -> None:
        """Let the facilitator go on, step by step."""
        waited: list[float] = []
        spent = 0.0
        for kind in STEPS:
            await asyncio.sleep(APART)
            computed = self.way.server.computed()
            waited += await self._step(kind)
            spent += self.way.server.computed() - computed
        self.found["broadcast, processor"] = spent / len(STEPS)
        self._note("broadcast", waited)

    def _note(self, name: str, waited: list[float]) -> None:
        waited.sort()
        for percent in (50, 99):
            self.found[f"{name}, p{percent}"] = waited[len(waited) * percent // 100]

    async def _kill(self, way: Ours) -> None:
        """Kill the server while everybody votes, and start it again."""
        await self._step("vote_opened")
        event = self.crowd.newest + self.people
        votes = asyncio.gather(*self._votes())
        await asyncio.sleep(BURST / 2)
        await way.server.kill()
        killed = time.perf_counter()
        await asyncio.sleep(DOWN)
        self.crowd.expect_any()
        began = time.perf_counter()
        await way.go_on()
        back = await self.crowd.all_there()
        acknowledged = [moment for moment, _ in await votes]
        self.crowd.expect(event)
        await self.crowd.all_there()
        await self._step("revealed")
        self._check()
        self.found |= {
            "killed, votes acknowledged before": sum(moment < killed for moment in acknowledged),
            "  of these lost": 0,  # or else the check would have ended this
            "  of all counted twice": 0,
            "  started again, all phones are back": max(back) - began,
            "  and all votes acknowledged": max(acknowledged) - began,
        }


async def measure(ways: Sequence[Way], people: int, rounds: int) -> dict[str, list[Figures]]:
    """Let the ways take turns; return what each found."""
    found: dict[str, list[Figures]] = defaultdict(list)
    for _ in range(rounds):
        story: list[Json] = []
        for way in ways:
            with tempfile.TemporaryDirectory() as name:
                found[way.name].append(await Session(way, people, story).run(Path(name)))
    return found


def show(people: int, found: dict[str, list[Figures]]) -> None:
    """Print the table; a ratio is taken within a round."""
    ours, *others = found
    print(f"\n{f'{people:,} phones':36}{'limit':>9}{ours:>26}", *(f"{name:>26}" for name in others))
    for row in ROWS:
        mine = [figures[row.name] for figures in found[ours]]
        limit = row.limits[SIZES.index(people)] if row.limits else None
        cells = [f"{row.name:36}", f"{'' if limit is None else f'{limit:g} {row.unit}':>9}"]
        over = limit is not None and statistics.median(mine) > limit
        cells.append(f"{spread(mine, row) + ' over' * over:>26}")
        for name in others:
            theirs = [figures.get(row.name, 0.0) for figures in found[name]]
            cells.append(f"{compared(theirs, mine, row) if any(theirs) else '':>26}")
        print("".join(cells).rstrip())


def spread(values: list[float], row: Row) -> str:
    """Return the median in words, with the smallest and the largest."""
    middle, least, most = (
        f"{value:.{row.digits}f}" for value in (statistics.median(values), min(values), max(values))
    )
    return " ".join([middle, *[f"({least}–{most})"] * (len(values) > 1), row.unit]).strip()


def compared(theirs: list[float], mine: list[float], row: Row) -> str:
    """Return a median in words, and how many times ours it is."""
    ratio = statistics.median(other / one for other, one in zip(theirs, mine, strict=True))
    return f"{statistics.median(theirs):.{row.digits}f} {row.unit} ×{ratio:5.1f}"


def environment(folder: Path) -> Path:
    """Make an environment for `peers.py` in `folder`, as near to ours as can be; return its Python."""
    uv, python = str(BIN / "uv"), folder / "bin" / "python"
    same = [f"{name}=={version(name)}" for name in ("uvicorn", "starlette", "httptools")]
    for command in (
        ["venv", "--python", sys.executable, str(folder)],
        ["pip", "install", "--python", str(python), "--compile-bytecode", *PEERS, *same],
    ):
        subprocess.run([uv, "--quiet", *command], check=True)
    return python


def main() -> None:
    """Print the tables."""
    quick = sys.argv[1:] == ["quick"]
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    gc.disable()  # what phones take is no time of the server
    with tempfile.TemporaryDirectory() as name:
        try:
            python = environment(Path(name))
        except subprocess.CalledProcessError:
            sys.exit("The comparison could not install python-socketio. Is there a network?")
        ways = (
            Ours(),
            Peer("python-socketio", python, "socketio", sockets.SocketIO),
            Peer("a WebSocket each", python, "websocket", sockets.WebSocket),
        )
        rounds, sizes = (1, SIZES[:1]) if quick else (ROUNDS, SIZES)
        busy = f"{os.cpu_count()} processors, of which {os.getloadavg()[0]:.1f} were busy before"
        print(f"{ROLE_PLAY}; {busy}; rounds: {rounds}")
        for people in sizes:
            show(people, asyncio.run(measure(ways, people, rounds)))


if __name__ == "__main__":
    main()
