"""Two hundred phones in a live room for ten minutes: they vote, lose the link, reload, go over to polls.

``python benches/soak.py [MINUTES]`` prints the server's own memory and time every minute. It fails if
the memory grows in the second half, if a screen shows something else in the end, or if a vote is not
there once.
"""

from __future__ import annotations

import asyncio
import random
import secrets
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from partners import library

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from live.phones import Phone, Serving, pause, until, votes

TESTS = Path(__file__).parents[1] / "tests"
PEOPLE = 200
GROWTH = 1.03
"""As much of what it was at half-time; until then the log's file grows to as much as is kept of it."""


class Soak:
    """A room, and what its people have said."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving
        self._code, key = serving.session(library.read_role_play(TESTS / "small_talk.yaml"))
        self._lead = Phone(serving.port, self._code, token=key)
        self._phones = [Phone(serving.port, self._code) for _ in range(PEOPLE)]
        self._said: list[list[str]] = [[] for _ in self._phones]
        self._back = 0
        self._open = asyncio.Event()

    async def run(self, minutes: int) -> None:
        """Let it go on for so long."""
        await asyncio.gather(*(phone.join() for phone in self._phones))
        for phone in (self._lead, *self._phones):
            phone.follow()
        await self._lead.lead("began")
        ways = [
            self._leads(),
            *map(self._votes, range(PEOPLE)),
            *map(self._comes_and_goes, range(PEOPLE)),
        ]
        doing = [asyncio.create_task(way) for way in ways]
        memory = []
        for minute in range(minutes + 1):
            await asyncio.sleep(20 if minute == 0 else 60)
            memory.append(self._serving.memory())
            done = f"{sum(map(len, self._said)):6,} votes, {self._back:5,} times back"
            took = f"{self._serving.seconds():5.1f} s computed"
            print(f"minute {minute:2}  {memory[-1] / 1e6:5.1f} MB  {took}  {done}", flush=True)
        self._open.clear()
        for each in doing:
            each.cancel()
        await asyncio.gather(*doing, return_exceptions=True)
        await self._ends()
        if memory[-1] > GROWTH * memory[minutes // 2]:
            sys.exit(f"The memory grew: {', '.join(f'{each / 1e6:.1f}' for each in memory)} MB.")

    async def _leads(self) -> None:
        while True:
            await self._lead.lead("vote_opened")
            self._open.set()
            await asyncio.sleep(20)
            self._open.clear()
            await asyncio.sleep(3)  # what is on its way arrives
            await self._lead.lead("revealed")
            await asyncio.sleep(3)

    async def _votes(self, number: int) -> None:
        while True:
            await asyncio.sleep(random.uniform(2, 10))
            await self._open.wait()
            await asyncio.shield(self._vote(number, random.choice(("praise", "but", "leave"))))

    async def _vote(self, number: int, reply: str) -> None:
        vote = {"key": secrets.token_urlsafe(12), "kind": "voted", "beat": 1, "reply": reply}
        tries = 0
        while not (answer := await self._phones[number].post_once("say", vote)):
            await pause(tries)
            tries += 1
        if answer.status != 200:
            sys.exit(f"A vote was refused: {answer}")
        self._said[number].append(reply)

    async def _comes_and_goes(self, number: int) -> None:
        polls = False
        while True:
            await asyncio.sleep(random.expovariate(1 / 30))
            match random.randrange(3):
                case 0:
                    self._phones[number].lose()
                case 1:
                    polls = not polls
                    self._reload(number, polls)
                case _:
                    self._reload(number, polls)
            self._back += 1

    def _reload(self, number: int, polls: bool) -> None:
        old = self._phones[number]
        old.sleep()
        self._phones[number] = Phone(old.port, old.code, token=old.token)
        self._phones[number].seat = old.seat
        self._phones[number].follow(polls)

    async def _ends(self) -> None:
        await asyncio.sleep(10)
        await self._lead.lead("debriefed")
        await until(lambda: "room" in self._lead.views and self._lead.view("room")["phase"] == "debrief")
        same = self._lead.view("room")
        await until(
            lambda: all("room" in phone.views and phone.view("room") == same for phone in self._phones)
        )
        kept: dict[int, list[str]] = defaultdict(list)
        for seat, reply in votes(self._serving.where, self._code):
            kept[seat].append(reply)
        if [kept[phone.seat] for phone in self._phones] != self._said:
            sys.exit("What is on disk is not what was acknowledged.")
        print(f"All {PEOPLE} screens show the same; every vote is there once.")


async def main(minutes: int) -> None:
    """Run it in a folder that goes away."""
    with tempfile.TemporaryDirectory() as folder:
        serving = Serving(Path(folder) / "live.db")
        serving.start()
        began = time.monotonic()
        try:
            await Soak(serving).run(minutes)
        finally:
            serving.stop()
        print(f"{time.monotonic() - began:.0f} s; complaints: {serving.complaints() or 'none'}")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10))
