"""The rooms that one process keeps: takes events, has them kept, folds them, tells the screens.

One task appends what has come meanwhile, all of it with one commit, and folds it in the order of the
log. Whoever sent an event hears of it only after that.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from partners.live import names
from partners.live.events import FACILITATOR, Event
from partners.live.log import Draft
from partners.live.room import fold
from partners.live.screens import TURNS, Screens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from partners.live.events import Body
    from partners.live.log import Kept, Log
    from partners.live.room import Room

T = TypeVar("T")
TICK = 0.5
"""Seconds; see ``screens.TURNS``."""


class NotSavedError(Exception):
    """The event could not be written to disk; nothing has happened."""


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
    """Keeps rooms whose events are in `log`; `links` makes addresses for phones of a code."""

    def __init__(self, log: Log, links: Callable[[str], Sequence[str]] = lambda _: ()) -> None:
        self._log = log
        self.links = links
        self._hand = ThreadPoolExecutor(1, "log")  # the log is used by this thread alone
        self._sittings: dict[str, Sitting] = {}
        self._opening: dict[str, asyncio.Task[Sitting | None]] = {}
        self._asked: list[_Asked] = []
        self._work = asyncio.Event()
        self._stopping = False
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to take events."""
        self._tasks = [asyncio.create_task(self._write()), asyncio.create_task(self._keep_house())]

    async def stop(self) -> None:
        """End; what was asked for before is kept."""
        self.hang_up()
        self._stopping = True
        self._work.set()
        writer, house = self._tasks
        await writer
        house.cancel()
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
        code = await self._by_hand(self._log.led_by, names.fingerprint(key))
        return await self.sitting(code) if code else None

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
        code, client_key = sitting.room.code, f"{seat} {key}" if key else None
        if why := sitting.room.refuses(body, seat):
            seq = await self._by_hand(self._log.place, code, client_key)
            return Taken(seq, sitting.room.ignored.get(seq)) if seq else Taken(0, why)
        draft = Draft(code, body, seat, round(time.time() * 1000), client_key)
        answer: asyncio.Future[Taken] = asyncio.get_running_loop().create_future()
        self._asked.append(_Asked(sitting, draft, answer))
        self._work.set()
        return await answer

    async def _by_hand(self, do: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._hand, do, *arguments)

    async def _open(self, code: str) -> Sitting | None:
        found = await self._by_hand(self._log.session, code)
        if found is None:
            return None
        keys = await self._by_hand(self._log.keys, code)
        room = fold(code, found.role_play, await self._by_hand(self._log.read, code))
        sitting = Sitting(room, Screens(room, self.links(code)), keys)
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
            except (sqlite3.Error, OSError) as error:
                for each in asked:
                    _answer(each, NotSavedError(str(error)))
            else:
                await self._happen(asked, kept)

    async def _happen(self, asked: Sequence[_Asked], kept: Sequence[Kept | None]) -> None:
        happened: dict[str, list[Event]] = {}
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

    async def _keep_house(self) -> None:
        """Let streams show that they live, and close what was erased by another process."""
        number = 0
        while True:
            await asyncio.sleep(TICK)
            number += 1
            for code, sitting in list(self._sittings.items()):
                sitting.screens.tick(number)
                if number % TURNS == 0 and await self._is_gone(code):
                    self._close(code)

    async def _is_gone(self, code: str) -> bool:
        try:
            return not await self._by_hand(self._log.keys, code)
        except sqlite3.Error:  # the file is busy: ask again later
            return False

    def _close(self, code: str) -> None:
        if sitting := self._sittings.pop(code, None):
            sitting.screens.hang_up()


def _answer(asked: _Asked, answer: Taken | Exception) -> None:
    if asked.answer.done():
        return
    if isinstance(answer, Exception):
        asked.answer.set_exception(answer)
    else:
        asked.answer.set_result(answer)
