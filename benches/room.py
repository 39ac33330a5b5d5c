"""What a live room costs with 200 and 2,000 phones, beside its limits and two other ways to run one.

`partners live` itself is started, and phones come to it over loopback: they join, follow the facilitator
through a conversation, and vote; then it is killed while they vote, and started again. The same is done,
as far as they go, with the rooms of `peers.py`, over Socket.IO and over one WebSocket for each. The ways
take turns. Nothing is printed unless every phone got every frame and every vote was counted once. On two
processors it takes 5 minutes; with `quick` as its argument, 200 phones and one round, half a minute.
"""

from __future__ import annotations

import asyncio
import gc
import os
import random
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
import sockets
from ways import BIN, ROLE_PLAY, Crowd, Json, Ours, Peer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from ways import Guest, Way

Figures = dict[str, float]

SAME = ("uvicorn", "starlette", "httptools")
"""Packages that the others have in the same version; `THEIRS` are none of ours."""
THEIRS = {"python-socketio": ">=5,<6", "websockets": ">=15,<18"}
ROUNDS = 3
STEPS = ("chosen", "went_on", "vote_opened", "revealed") * 5
"""What the facilitator does after the first vote, over five beats of the conversation."""
APART = 0.25
"""Seconds between two steps; the room shows ten a second at the most."""
BURST = 2.0
"""Seconds in which everybody votes."""
DOWN = 0.5
"""Seconds from the kill until the server is started again."""
PATIENCE = 180
"""Seconds for all that is done in a room; it takes 30."""


class Row(NamedTuple):
    """A figure: its name, unit and digits, and the limits for 200 and for 2,000 phones."""

    name: str
    unit: str
    digits: int = 1
    limits: tuple[int, ...] = ()


ROWS = (
    Row("broadcast, p50", "ms", 1, (10, 60)),
    Row("broadcast, p99", "ms", 1, (100, 500)),
    Row("broadcast, processor", "ms", 1, (5, 30)),
    Row("vote acknowledged, p50", "ms", 1),
    Row("vote acknowledged, p99", "ms", 1, (150, 1000)),
    Row("vote, processor", "ms", 2),
    Row("all have joined", "s", 2, (1, 3)),
    Row("join, processor", "ms", 2),
    Row("memory of a phone", "kB", 1, (15, 15)),
    Row("  when all have voted", "kB", 1),
    Row("killed, votes acknowledged before", "", 0),
    Row("  of these lost", "", 0, (0, 0)),
    Row("  of all counted twice", "", 0, (0, 0)),
    Row("  started again, all phones are back", "s", 2, (3, 3)),
    Row("  and all votes acknowledged", "s", 2),
)
SIZES = (200, 2_000)


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
        try:
            async with asyncio.timeout(PATIENCE):
                await self.way.open(folder)
                await self._measure()
        except TimeoutError:
            sys.exit(f"{self.way.name}: this has not come to an end in {PATIENCE} seconds.")
        finally:
            for guest in self.crowd.guests:
                guest.leave()
            await self.way.close()
        return self.found

    async def _measure(self) -> None:
        await self._join()
        for kind in ("began", "vote_opened"):
            await self._step(kind)
        await self._vote()
        await self._talk()
        if isinstance(self.way, Ours):
            await self._kill(self.way)

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
        self.found["  when all have voted"] = (server.memory() - self._without) / self.people
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
            gc.collect()
            with tempfile.TemporaryDirectory() as name:
                found[way.name].append(await Session(way, people, story).run(Path(name)))
    return found


def show(people: int, found: dict[str, list[Figures]]) -> None:
    """Print the table; a ratio is taken within a round."""
    ours, *others = found
    print(
        f"\n{f'{people:,} phones':36}{'limit':>9}{ours:>34}", *(f"{name:>22}" for name in others), sep=""
    )
    for row in ROWS:
        mine = [figures[row.name] for figures in found[ours]]
        limit = row.limits[SIZES.index(people)] if row.limits else None
        cells = [f"{row.name:36}", f"{'' if limit is None else f'{limit:,} {row.unit}'.strip():>9}"]
        over = limit is not None and statistics.median(mine) > limit
        cells.append(f"{spread(mine, row) + ' over' * over:>34}")
        for name in others:
            theirs = [figures.get(row.name, 0.0) for figures in found[name]]
            cells.append(f"{compared(theirs, mine, row) if any(theirs) else '':>22}")
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
    uv, python = str(BIN / "uv"), str(folder / "bin" / "python")
    packages = [f"{name}=={version(name)}" for name in SAME]
    packages += [f"{name}{wanted}" for name, wanted in THEIRS.items()]
    for command in (
        ["venv", "--python", sys.executable, str(folder)],
        ["pip", "install", "--python", python, "--compile-bytecode", *packages],
    ):
        subprocess.run([uv, "--quiet", *command], check=True)
    return Path(python)


def versions(python: Path) -> str:
    """Return in words what the others are made of."""
    command = [str(BIN / "uv"), "--quiet", "pip", "freeze", "--python", str(python)]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return ", ".join(
        line.replace("==", " ") for line in told if line.partition("==")[0] in {*SAME, *THEIRS}
    )


def main() -> None:
    """Print the tables."""
    rounds, sizes = (1, SIZES[:1]) if sys.argv[1:] == ["quick"] else (ROUNDS, SIZES)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    gc.disable()  # what it takes among the phones is no time of the server
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Stopped."))
    with tempfile.TemporaryDirectory() as name:
        try:
            python = environment(Path(name))
        except subprocess.CalledProcessError:
            sys.exit("The comparison could not install python-socketio. Is there a network?")
        busy = f"{os.cpu_count()} processors, of which {os.getloadavg()[0]:.1f} were busy before"
        print(f"{ROLE_PLAY}; {busy}; rounds: {rounds}\n{versions(python)}")
        ways = (
            Ours(),
            Peer("python-socketio", python, "socketio", sockets.SocketIO),
            Peer("a WebSocket each", python, "websocket", sockets.WebSocket),
        )
        for people in sizes:
            show(people, asyncio.run(measure(ways, people, rounds)))


if __name__ == "__main__":
    main()
