"""The rooms that one process keeps: takes events, has them kept, folds them, tells the screens.

One task appends what has come meanwhile, all of it with one commit, and folds it in the order of the
log. Whoever sent an event hears of it only after that. Another task reads what other processes have
written: when it is told so, when somebody would be refused without it, and twice a second.
"""

from __future__ import annotations

import asyncio
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from partners.live import names
from partners.live.events import FACILITATOR, Event
from partners.live.log import FAILURES, Draft
from partners.live.room import fold
from partners.live.screens import Screens
from partners.scenario.graph import explore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from partners.live.events import Body
    from partners.live.log import Kept, Store
    from partners.live.room import Room

T = TypeVar("T")
LOGGER = logging.getLogger(__name__)
TICK = 0.5
"""Seconds; see ``screens.TURNS``."""
HOUR = 7200
"""In ticks: so often is forgotten what is old."""
DAY = 24 * 3600 * 1000


class NotSavedError(Exception):
    """The log does not answer; what should be kept there can be sent again with the same key."""


class GoneError(Exception):
    """The session was erased."""


class Sitting(NamedTuple):
    """A session that is going on in this process."""

    room: Room
    screens: Screens
    keys: set[str]


class Taken(NamedTuple):
    """What became of an event: its place in the log, and why it does not count if it does not."""

    seq: int
    why: str | None


class _Asked(NamedTuple):
    sitting: Sitting
    draft: Draft
    answer: asyncio.Future[Taken]


class Desk:
    """Keeps rooms whose events are in `log`; `links` makes addresses for phones of a code.

    It forgets sessions that are older than `keep_days`.
    """

    def __init__(
        self,
        log: Store,
        links: Callable[[str], Sequence[str]] = lambda _: (),
        keep_days: int | None = None,
    ) -> None:
        self._log = log
        self._keep_days = keep_days
        self.links = links
        self._hand = ThreadPoolExecutor(1, "log")  # the log is used by this thread alone
        self._sittings: dict[str, Sitting] = {}
        self._opening: dict[str, asyncio.Task[Sitting | None]] = {}
        self._asked: list[_Asked] = []
        self._work = asyncio.Event()
        self._behind: set[str] = set()
        self._heard = asyncio.Event()
        self._read: asyncio.Future[None] | None = None
        self._failing = False
        self._stopping = False
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to take events."""
        work = (self._write(), self._catch_up(), self._keep_house())
        self._tasks = [asyncio.create_task(each) for each in work]
        loop = asyncio.get_running_loop()
        self._log.listen(lambda code: loop.call_soon_threadsafe(self._hear, code))

    async def stop(self) -> None:
        """End; what was asked for before is kept."""
        self.hang_up()
        self._stopping = True
        self._work.set()
        writer, *others = self._tasks
        await writer
        for other in others:
            other.cancel()
        await self._by_hand(self._log.close)
        self._hand.shutdown()

    def hang_up(self) -> None:
        """End all streams."""
        for sitting in self._sittings.values():
            sitting.screens.hang_up()

    async def sitting(self, code: str) -> Sitting | None:
        """Return the session `code`, read from the log if it is not going on here yet."""
        if code in self._sittings:
            return self._sittings[code]
        opening = self._opening.get(code)
        if opening is None:
            opening = self._opening[code] = asyncio.create_task(self._open(code))
            opening.add_done_callback(lambda _: self._opening.pop(code, None))
        return await asyncio.shield(opening)

    async def led_by(self, key: str) -> Sitting | None:
        """Return the session that `key` leads."""
        key_hash = names.fingerprint(key)
        code = await self._by_hand(self._log.led_by, key_hash)
        sitting = await self.sitting(code) if code else None
        if sitting:
            sitting.keys.add(key_hash)
        return sitting

    async def take(self, sitting: Sitting, body: Body, seat: int = 0, key: str | None = None) -> Taken:
        """Keep an event of `seat`, or of the facilitator, and let it happen.

        The same `key` twice is one event, answered both times as the first time.

        Raises
        ------
        NotSavedError
            If it is not on disk.
        GoneError
            If the session was erased.
        """
        room, client_key = sitting.room, f"{seat} {key}" if key else None
        if room.refuses(body, seat):
            seq = await self._by_hand(self._log.place, room.code, client_key)
            if not seq or seq > room.seq:
                await self.caught_up(room.code)
            if seq:
                return Taken(seq, room.ignored.get(seq))
            if why := room.refuses(body, seat):
                return Taken(0, why)
        draft = Draft(room.code, body, seat, _now(), client_key)
        answer: asyncio.Future[Taken] = asyncio.get_running_loop().create_future()
        self._asked.append(_Asked(sitting, draft, answer))
        self._work.set()
        return await answer

    async def caught_up(self, code: str) -> None:
        """Wait until the room knows what is in the log by now.

        Raises
        ------
        NotSavedError
            If the log does not answer.
        """
        self._read = self._read or asyncio.get_running_loop().create_future()
        self._hear(code)
        await asyncio.shield(self._read)

    async def history(self, code: str) -> list[Event]:
        """Return everything that has happened in the session `code`."""
        return await self._by_hand(self._log.read, code)

    def _hear(self, code: str) -> None:
        """Know that something in the log may be new."""
        self._behind.add(code)
        self._heard.set()

    async def _by_hand(self, do: Callable[..., T], *arguments: object) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._hand, do, *arguments)
        except FAILURES as error:
            raise NotSavedError(str(error)) from error

    async def _open(self, code: str) -> Sitting | None:
        found = await self._by_hand(self._log.session, code)
        if found is None:
            return None
        state = (await self._by_hand(self._log.look, [code])).get(code)
        if state is None:
            return None
        room = fold(code, found.role_play, await self._by_hand(self._log.read, code))
        sitting = Sitting(room, Screens(room, self.links(code)), state.keys)
        # The debrief needs it, and by then nobody should have to wait for it.
        asyncio.get_running_loop().run_in_executor(None, explore, room.role_play)
        self._sittings[code] = sitting
        return sitting

    async def _write(self) -> None:
        """Append what has come while the last was being written, again and again."""
        while self._asked or not self._stopping:
            await self._work.wait()
            self._work.clear()
            asked, self._asked = self._asked, []
            try:
                kept = await self._by_hand(self._log.append, [each.draft for each in asked])
                await self._happen(asked, kept)
            except Exception as error:  # who has asked hears of it, and the next events are kept again
                for each in asked:
                    _answer(each, error)

    async def _happen(self, asked: Sequence[_Asked], kept: Sequence[Kept | None]) -> None:
        happened: dict[str, list[Event]] = {}
        try:
            for each, place in zip(asked, kept, strict=True):
                room = each.sitting.room
                if place is None:
                    self._close(room.code)
                    _answer(each, GoneError(room.code))
                    continue
                for event in await self._new_events(room, each.draft, place):
                    room.apply(event)
                    happened.setdefault(room.code, []).append(event)
                _answer(each, Taken(place.seq, room.ignored.get(place.seq)))
        finally:
            for code, log in happened.items():
                self._tell(code, log)

    async def _new_events(self, room: Room, draft: Draft, place: Kept) -> list[Event]:
        """Return what the room has not seen yet, up to the event at `place` at the least."""
        if place.seq <= room.seq:
            return []
        if place.fresh and place.seq == room.seq + 1:
            return [Event(place.seq, room.code, draft.seat, draft.body, draft.at)]
        return await self._by_hand(self._log.read, room.code, room.seq)  # others have written, too

    def _tell(self, code: str, log: Iterable[Event]) -> None:
        """Wake the screens for which the events of `log` are news."""
        if sitting := self._sittings.get(code):
            sitting.screens.tell({event.seat for event in log})
            led = any(event.body and event.body.kind in FACILITATOR for event in log)
            sitting.screens.announce(urgent=led)

    async def _catch_up(self) -> None:
        """Read what others have written, whenever there may be something."""
        while True:
            await self._heard.wait()
            self._heard.clear()
            (codes, self._behind), (waits, self._read) = (self._behind, set()), (self._read, None)
            try:
                await self._look(sorted(codes & self._sittings.keys()))
            except Exception as error:
                if not self._failing:
                    LOGGER.error("What others write cannot be read: %s", error)
                self._failing = True
                if waits:
                    waits.set_exception(error)
            else:
                self._failing = False
                if waits:
                    waits.set_result(None)

    async def _look(self, codes: Sequence[str]) -> None:
        """Fold what is new of sessions, and close those that were erased."""
        found = await self._by_hand(self._log.look, codes) if codes else {}
        for code in codes:
            sitting, state = self._sittings.get(code), found.get(code)
            if state is None:
                self._close(code)
            elif sitting:
                sitting.keys.update(state.keys)
                if sitting.room.seq < state.seq:
                    log = await self._by_hand(self._log.read, code, sitting.room.seq)
                    for event in log:
                        sitting.room.apply(event)
                    self._tell(code, log)

    async def _keep_house(self) -> None:
        """Let streams show that they live, and look for what nobody has told."""
        number = 0
        while True:
            await asyncio.sleep(TICK)
            number += 1
            for code, sitting in list(self._sittings.items()):
                sitting.screens.tick(number)
                self._hear(code)
            if number % HOUR == 1 and self._keep_days is not None:
                with suppress(NotSavedError):
                    await self._by_hand(self._log.forget, _now() - self._keep_days * DAY)

    def _close(self, code: str) -> None:
        if sitting := self._sittings.pop(code, None):
            sitting.screens.hang_up()


def _now() -> int:
    return round(time.time() * 1000)


def _answer(asked: _Asked, answer: Taken | Exception) -> None:
    if asked.answer.done():
        return
    if isinstance(answer, Exception):
        asked.answer.set_exception(answer)
    else:
        asked.answer.set_result(answer)
