"""Two hundred phones that sleep, reload, lose the link or come late: in the end all show the same.

And the server that is killed while they vote: what it has acknowledged is there, once.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import secrets
import signal
import time
from collections import defaultdict
from typing import TYPE_CHECKING

import pytest
from live.phones import Phone, Serving, pause, until, votes
from live.served import run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from partners.scenario.model import RolePlay

PEOPLE = 200
REPLIES = ("praise", "but", "leave")
REFUSED = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    running = Serving(tmp_path / "live.db")
    running.start()
    yield running
    running.stop()
    assert running.complaints() == ""


class Proxy:
    """Stands before a server; while it is `down` it cuts every line and answers 503."""

    def __init__(self, port: int) -> None:
        self._behind = port
        self._down = False
        self._lines: set[asyncio.StreamWriter] = set()

    async def listen(self) -> int:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=PEOPLE)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def down(self, seconds: float) -> None:
        self._down = True
        self._cut()
        await asyncio.sleep(seconds)
        self._down = False

    def close(self) -> None:
        self._server.close()
        self._cut()

    def _cut(self) -> None:
        for line in self._lines:
            line.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._down:
            writer.write(REFUSED)
            writer.close()
            return
        there, back = await asyncio.open_connection("127.0.0.1", self._behind)
        lines = {writer, back}
        self._lines |= lines
        await asyncio.gather(_pass_on(reader, back), _pass_on(there, writer))
        self._lines -= lines


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while part := await reader.read(65536):
            writer.write(part)
    writer.close()


class Person:
    """Somebody whose phone does what phones do, and who votes all the same."""

    def __init__(self, port: int, code: str, number: int) -> None:
        self.phone = Phone(port, code)
        self.said: list[str] = []
        self.late = number % 10 == 0
        self._polls = number % 7 == 0
        self._chance = random.Random(number)

    async def comes(self) -> None:
        if self.late:
            await asyncio.sleep(self._chance.uniform(1, 3))
        await self.phone.join()
        self.phone.follow(self._polls)

    async def votes(
        self, beat: int, times: int, seconds: float, replies: Sequence[str] = REPLIES
    ) -> None:
        """Vote `times` times; the page keeps what was not acknowledged, and sends it again."""
        for _ in range(times):
            await asyncio.sleep(self._chance.uniform(0, seconds / times))
            reply = self._chance.choice(replies)
            vote = {"key": secrets.token_urlsafe(12), "kind": "voted", "beat": beat, "reply": reply}
            tries = 0
            while not (answer := await self.phone.post_once("say", vote)):
                await pause(tries)
                tries += 1
            assert answer.status == 200, answer
            self.said.append(reply)

    async def mishaps(self, seconds: float) -> None:
        """Sleep, reload, lose the link, go over to polls: something every second or so."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            await asyncio.sleep(self._chance.uniform(0.3, 1.5))
            match self._chance.randrange(4):
                case 0:
                    self.phone.sleep()
                    await asyncio.sleep(self._chance.uniform(0.1, 1))
                    self.phone.follow(self._polls)
                case 1:
                    self._reload()
                case 2:
                    self.phone.lose()
                case _:
                    self._polls = not self._polls
                    self._reload()

    def _reload(self) -> None:
        old = self.phone
        old.sleep()
        self.phone = Phone(old.port, old.code, token=old.token)
        self.phone.seat = old.seat
        self.phone.follow(self._polls)


def kept(serving: Serving, code: str) -> dict[int, list[str]]:
    """What is on disk: each seat's votes, in their order."""
    found = defaultdict(list)
    for seat, reply in votes(serving.where, code):
        found[seat].append(reply)
    return found


def test_whatever_happens_to_a_phone_it_ends_with_the_same_screen(
    serving: Serving, small_talk: RolePlay
) -> None:
    async def main() -> None:
        code, key = serving.session(small_talk)
        lead = Phone(serving.port, code, token=key)
        lead.follow()
        proxy = Proxy(serving.port)
        ports = (serving.port, await proxy.listen())
        people = [Person(ports[number % 2], code, number) for number in range(PEOPLE)]
        await lead.lead("began")
        await lead.lead("vote_opened")

        async def first_beat(person: Person) -> None:
            await person.comes()
            await asyncio.gather(person.votes(1, 2, 5), person.mishaps(5))

        out = asyncio.create_task(cut(proxy))
        await asyncio.gather(*(first_beat(person) for person in people))
        await out
        for kind, body in (
            ("revealed", {}),
            ("chosen", {"reply": "praise"}),
            ("went_on", {}),
            ("vote_opened", {}),
        ):
            await lead.lead(kind, **body)
        await until(lambda: lead.view("room")["beat"]["n"] == 2)
        replies = [reply["key"] for reply in lead.view("room")["beat"]["replies"]]
        await asyncio.gather(*(person.votes(2, 1, 1, replies) for person in people))
        await lead.lead("revealed")

        def same(phone: Phone) -> bool:
            return "room" in phone.views and phone.view("room") == lead.view("room")

        await until(lambda: bool(lead.view("room")["beat"]["tally"]))
        await until(lambda: all(same(person.phone) for person in people))
        assert lead.view("room")["here"] == PEOPLE
        assert {person.phone.seat for person in people} == set(range(1, PEOPLE + 1))
        said = {person.phone.seat: person.said for person in people}
        assert kept(serving, code) == said
        tally = {row["key"]: row["votes"] for row in lead.view("room")["beat"]["tally"]}
        last = [replies[-1] for replies in said.values()]
        assert tally == {reply: last.count(reply) for reply in tally}
        for person in people:
            assert person.phone.view("you")["vote"] == person.said[-1]
            person.phone.sleep()
        lead.sleep()
        proxy.close()

    run(main())


async def cut(proxy: Proxy) -> None:
    await asyncio.sleep(1)
    await proxy.down(5)


def test_a_server_that_is_killed_while_all_vote_has_lost_nothing_and_all_are_back_soon(
    serving: Serving, small_talk: RolePlay
) -> None:
    async def main() -> None:
        code, key = serving.session(small_talk)
        lead = Phone(serving.port, code, token=key)
        phones = [Phone(serving.port, code) for _ in range(PEOPLE)]
        await asyncio.gather(*(phone.join() for phone in phones))
        for phone in phones:
            phone.follow()
        await lead.lead("began")
        await lead.lead("vote_opened")
        await until(lambda: all(shows(phone, "open") for phone in phones))
        said: dict[int, str] = {}

        async def vote(phone: Phone) -> None:
            await asyncio.sleep(random.uniform(0, 1))
            reply = random.choice(REPLIES)
            assert (await phone.say("voted", beat=1, reply=reply)).status == 200
            said[phone.seat] = reply

        voting = asyncio.gather(*(vote(phone) for phone in phones))
        await asyncio.sleep(0.5)
        serving.stop(signal.SIGKILL)
        before = dict(said)
        assert 0 < len(before) < PEOPLE
        assert {seat: kept(serving, code)[seat] for seat in before} == {
            seat: [reply] for seat, reply in before.items()
        }
        for phone in phones:
            phone.views.clear()
        await asyncio.sleep(0.5)
        await asyncio.to_thread(serving.start)
        began = time.monotonic()
        await until(lambda: all(shows(phone, "open") for phone in phones))
        await voting
        assert time.monotonic() - began < 3
        assert kept(serving, code) == {seat: [reply] for seat, reply in said.items()}
        await lead.lead("revealed")
        await until(lambda: all(shows(phone, "revealed") for phone in phones))
        assert sum(row["votes"] for row in phones[0].view("room")["beat"]["tally"]) == PEOPLE
        for phone in phones:
            phone.sleep()

    run(main())


def shows(phone: Phone, vote: str) -> bool:
    beat = phone.view("room")["beat"] if "room" in phone.views else None
    return beat is not None and beat["vote"] == vote
