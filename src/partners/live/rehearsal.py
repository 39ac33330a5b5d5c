"""A rehearsal: simulated people come to a real session, so that a facilitator can practice alone.

They sit at the desk that phones use, see what a seat sees, and send the same events. They vote as
declared learners do, each with a speed; some change their minds, some write, and one writes what should
not come to the stage; one comes late, one leaves and comes back. The facilitator can be simulated, too.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from contextlib import contextmanager, suppress
from functools import cache, partial
from itertools import cycle
from math import inf
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple

from partners.live import events, names, views
from partners.live.desk import Desk, GoneError, NotSavedError
from partners.live.screens import Screen
from partners.live.serve import Server
from partners.scenario.learners import LEARNERS

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Coroutine, Hashable, Iterator

    from partners.live.desk import Sitting, Taken
    from partners.live.events import Body
    from partners.live.log import Store
    from partners.live.room import Beat, Room
    from partners.live.serve import Doors
    from partners.scenario.model import RolePlay

PEOPLE = 60
"""More people show nothing more to somebody who practices."""
LATE, LEAVES, CARELESS = 0, 1, 2
"""Who comes late, who leaves and comes back, and who writes what should not come to the stage."""
UNDERSTANDS = {"parent": 0.95, "teacher": 0.65}
"""How often a role is right about the parent's situation."""


@cache
def _words(language: str) -> dict[str, Any]:
    """Return what simulated people say in `language`, or in English."""
    words = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))
    told: dict[str, Any] = words.get(language) or words["en"]
    return told


def titled(told: RolePlay) -> RolePlay:
    """Return the role-play with a title that says on every screen what this is."""
    return told.model_copy(update={"title": f"{_words(told.language)['rehearsal']}: {told.title}"})


class _Wish(NamedTuple):
    """Something to do once, some seconds after it can be done; `body` makes it at that time."""

    what: Hashable
    seconds: float
    body: Callable[[], Body]


class _Player:
    """Somebody simulated, in a hurry or not: a `pace` of 0.1 is ten times as fast."""

    def __init__(self, desk: Desk, sitting: Sitting, pace: float, random: Random) -> None:
        self._desk, self._sitting = desk, sitting
        self._pace, self._random = pace, random

    @property
    def room(self) -> Room:
        return self._sitting.room

    @property
    def place(self) -> int:
        """The beat or the round."""
        return self.room.round if self.room.mode == "trio" else self.room.beat.n

    async def wait(self, seconds: float) -> None:
        await asyncio.sleep(seconds * self._pace)

    async def until(self, so: Callable[[], bool], most: float = inf) -> None:
        """Wait until it is `so`, for `most` seconds whatever the pace, or until the session is over."""
        end = monotonic() + most
        while not so() and self.room.phase != "over" and monotonic() < end:
            await self.wait(0.5)

    async def does(self, body: Body, seat: int = 0, key: str | None = None) -> Taken:
        """Do something; as a page does, try until it is kept."""
        key = key or names.new_key()
        while True:
            try:
                return await self._desk.take(self._sitting, body, seat, key)
            except NotSavedError:
                await self.wait(1)


class _Person(_Player):
    """Somebody with a phone."""

    def __init__(
        self, desk: Desk, sitting: Sitting, pace: float, number: int, texts: Iterator[str]
    ) -> None:
        super().__init__(desk, sitting, pace, Random(f"{sitting.room.seed} {number}"))  # noqa: S311
        self._number, self._texts = number, texts
        self._learner = list(LEARNERS.values())[number % len(LEARNERS)]
        self._speed = self._random.uniform(2, 9)
        self._words = _words(sitting.room.role_play.language)
        self._seat = 0
        self._done: set[Hashable] = set()

    async def comes(self) -> None:
        """Come in, stay to the end."""
        await self.wait(self._random.uniform(0.5, 8))
        if self._number == LATE:
            await self.until(lambda: self.room.phase != "lobby")
            await self.wait(10)
        with suppress(GoneError):  # erased meanwhile
            await self._sits_down()
            await self._looks(until=2 if self._number == LEAVES else None)
            if self._number == LEAVES and self.room.phase == "talk":
                await self.does(events.Left(), self._seat)
                place = self.place
                await self.until(lambda: self.place != place or self.room.phase != "talk")
                await self._looks()

    async def _sits_down(self) -> None:
        token_hash = names.fingerprint(names.new_key())
        while (await self.does(events.Joined(token_hash=token_hash), key=f"join {token_hash}")).why:
            if self.room.phase == "over":
                return
            await self.wait(3)  # the door is closed, perhaps not for long
        self._seat = self.room.seat_of[token_hash].number

    async def _looks(self, until: int | None = None) -> None:
        """Look at the screen and do what it asks for, up to the place `until`."""
        if not self._seat:
            return
        screen = Screen(self._seat, False, "", 0)
        self._sitting.screens.add(screen)
        try:
            while not screen.closed and self._stays(until):
                wish = next((wish for wish in self._wishes() if wish.what not in self._done), None)
                if wish is None:
                    await screen.woken()
                    continue
                await self.wait(wish.seconds)
                taken = await self.does(wish.body(), self._seat)
                if taken.why != "paused":
                    self._done.add(wish.what)
        finally:
            self._sitting.screens.remove(screen)

    def _stays(self, until: int | None) -> bool:
        if self.room.phase == "over" or self.room.seats[self._seat].removed:
            return False
        return not (until and self.room.phase == "talk" and self.place >= until)

    def _wishes(self) -> Iterator[_Wish]:
        """Yield what there is to do now, whether or not it has been done."""
        room, number, words = self.room, self._number, self._words
        if room.paused:
            return
        match room.phase:
            case "talk" if room.mode == "vote":
                yield from self._in_a_vote(room.beat)
            case "talk":
                yield from self._in_a_trio()
            case "debrief":
                prompt, text = number % len(room.role_play.reflect), self._one_of(words["reflections"])
                yield _Wish("reflected", 12, lambda: events.Reflected(prompt=prompt, text=text))
            case "ticket":
                yield _Wish("ticket", 8, lambda: events.Ticket(text=self._one_of(words["tickets"])))

    def _one_of(self, texts: list[str]) -> str:
        return texts[self._number % len(texts)]

    def _in_a_vote(self, beat: Beat) -> Iterator[_Wish]:
        n, wavers = beat.n, self._number % 3 == 0
        if beat.vote == "revealed" and wavers:
            self._done.discard((n, "vote"))  # and will think again if it is opened again
        if beat.vote != "open":
            return
        if (self._number + n) % 4 == 0:
            yield _Wish((n, "words"), self._speed, lambda: events.Wrote(beat=n, text=self._text(beat)))
        yield _Wish((n, "vote"), self._speed, lambda: self._vote(beat))
        if wavers:
            yield _Wish((n, "vote again"), self._speed, lambda: self._vote(beat))
        if beat.scene and beat.scene.guess:
            yield _Wish((n, "guess"), 2, lambda: events.Guessed(beat=n, trust=self._guess(beat)))

    def _vote(self, beat: Beat) -> Body:
        weights = self._learner(list(beat.offers.values()))
        (reply,) = self._random.choices(list(beat.offers), weights)
        return events.Voted(beat=beat.n, reply=reply)

    def _text(self, beat: Beat) -> str:
        if self._number == CARELESS and beat.n == CARELESS:
            return str(self._words["unfit"])
        asked = beat.scene.own_words if beat.scene else None
        return (asked.two, asked.one, asked.none)[self._number // 4 % 3] if asked else next(self._texts)

    def _guess(self, beat: Beat) -> int:
        meter = self.room.role_play.meters["trust"]
        guess = beat.play.trust()[-1] + self._random.randint(-2, 2)
        return min(meter.high, max(meter.low, guess))

    def _in_a_trio(self) -> Iterator[_Wish]:
        mine = views.mine(self.room, self._seat)
        number, role = self.room.round, mine.get("role")
        if role == "observer" and self.room.current and self.room.current.begun:
            yield _Wish((number, "note"), self._speed, partial(self._note, number))
            for row in mine["rubric"]:
                yield _Wish((number, row["id"]), 2, partial(self._rate, number, row["id"]))
        elif role:
            for place, _ in enumerate(mine.get("statements", [])):
                yield _Wish((number, role, place), 2, partial(self._answer, number, place, role))

    def _note(self, number: int) -> Body:
        text = self._one_of(self._words["notes"])
        return events.Noted(round=number, text=text, quote=self._number % 2 == 0)

    def _rate(self, number: int, dimension: str) -> Body:
        points = self._random.choice([0, 1, 1, 2, 2])
        return events.Rated(round=number, dimension=dimension, points=points)

    def _answer(self, number: int, place: int, role: str) -> Body:
        right = self._random.random() < UNDERSTANDS[role]
        true = self.room.role_play.statements[place].true == right
        return events.Answered(round=number, statement=place, true=true)


class _Leader(_Player):
    """Whoever leads: takes the next step that the remote suggests, when people have had their time."""

    async def leads(self, people: int) -> None:
        """Lead the session from the lobby to its end."""
        with suppress(GoneError):
            await self.until(lambda: self.room.here >= people - 1, most=20)
            while self.room.phase != "over":
                kind = views.backstage(self.room, 0)["can"][0]
                await self._gives_time(kind)
                if kind == "revealed":
                    await self._shows_texts()
                await self.does(self._body(kind))

    async def _shows_texts(self) -> None:
        unfit = _words(self.room.role_play.language)["unfit"]
        fit = [key for key, written in self.room.beat.texts.items() if written.text != unfit]
        for text in fit[:2]:
            await self.does(events.Shown(text=text))

    async def _gives_time(self, kind: str) -> None:
        room, now = self.room, self.room.current
        await self.wait(20 if now and now.stage == "talk" else 6)
        if kind == "revealed":
            await self.until(lambda: len(room.beat.votes) >= room.here, most=20)
        elif now and now.stage == "statements":
            await self.until(lambda: not self._unanswered(), most=20)
        elif kind == "ended":
            await self.until(lambda: len(room.tickets) >= room.here, most=30)

    def _unanswered(self) -> int:
        trio = views.backstage(self.room, 0)["trio"]
        return trio["asked"] - trio["answered"] if trio else 0

    def _body(self, kind: str) -> Body:
        room = self.room
        match kind:
            case "chosen":
                return events.Chosen(reply=views.backstage(room, 0)["leading"] or "")
            case "looked":
                return events.Looked(turn=room.looked + 1)
            case "step":
                return events.asked(events.FACILITATOR, {"kind": kind, "step": room.next_stage})
        return events.FACILITATOR[kind]()


class Cast(NamedTuple):
    """How many `people` there are, whether the facilitator is simulated, too, and their `pace`."""

    people: int
    by_itself: bool = False
    pace: float = 1.0


async def play(desk: Desk, code: str, cast: Cast) -> None:
    """Let simulated people come to a session of `desk`, until it is over."""
    sitting = await desk.sitting(code)
    if sitting is None:
        raise LookupError(code)
    words = _words(sitting.room.role_play.language)
    texts = cycle(words["words"])
    async with asyncio.TaskGroup() as group:
        for number in range(cast.people):
            group.create_task(_Person(desk, sitting, cast.pace, number, texts).comes())
        if cast.by_itself:
            leader = _Leader(desk, sitting, cast.pace, Random(0))  # noqa: S311
            group.create_task(leader.leads(cast.people))


def serve(log: Store, listening: socket.socket, doors: Doors, code: str, cast: Cast) -> None:
    """Serve the session `code` and those simulated in it, until Ctrl-C."""
    desk = Desk(log, doors.links)
    asyncio.run(_served(Server(desk), listening, play(desk, code, cast)))


async def _served(server: Server, listening: socket.socket, playing: Coroutine[Any, Any, None]) -> None:
    company = asyncio.create_task(playing)

    def stop_if_it_failed(task: asyncio.Task[None]) -> None:
        server.should_exit |= not task.cancelled() and task.exception() is not None

    company.add_done_callback(stop_if_it_failed)
    await server.serve(sockets=[listening])
    company.cancel()
    with suppress(asyncio.CancelledError):
        await company


@contextmanager
def shelf() -> Iterator[Path]:
    """Lend a file for sessions that is gone afterwards, also when the window is closed meanwhile."""
    for name in {"SIGTERM", "SIGHUP"} & {*dir(signal)}:
        signal.signal(signal.Signals[name], lambda *_: sys.exit())
    with TemporaryDirectory(prefix="partners-rehearsal-", ignore_cleanup_errors=True) as folder:
        yield Path(folder) / "live.db"
