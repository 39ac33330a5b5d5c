"""Everybody who looks at a room, and when they are told that something is new.

A screen is one open stream or poll. It is woken and takes whatever is newer than what it has seen: a
slow one misses what was between, never what is. The public view is encoded once for all, and a stream
is written to at once, without a task that would have to wake first: there are thousands.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from typing import TYPE_CHECKING

from partners.live import views

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from starlette.types import Message, Send

    from partners.live.room import Room

QUICK = 0.1
"""Seconds between two frames at the least."""
MANY = 4_000
"""So many screens make a mere number wait a second longer."""
TURNS = 20
"""A stream shows that it lives at every so manieth tick, not all of them at the same."""
OF_ONE_SEAT = 4
OF_ONE_ADDRESS = 40
FRESH = 0.25
"""Seconds for which ``now`` may be used again."""


class Frame:
    """A view by its name, encoded once: as it stands in a stream (`event`), and alone (`data`)."""

    __slots__ = ("data", "event", "name")

    def __init__(self, name: bytes, data: bytes) -> None:
        self.name = name
        self.data = data
        self.event = b"event: %s\ndata: %s\n\n" % (name, data)


class Screen:
    """One that looks: a seat's, the facilitator's (`back`), or anybody's. This one waits to be woken."""

    __slots__ = ("_waits", "about", "address", "back", "closed", "room", "seat", "seen", "turn")
    streams = False

    def __init__(self, seat: int, back: bool, address: str, after: int = 0) -> None:
        self.seat = seat
        self.back = back
        self.address = address
        self.turn = 0
        self.about = after > 0
        self.room = after  # the newest of what was seen
        self.seen = (after, 0)
        self.closed = False
        self._waits: asyncio.Future[None] | None = None

    def wake(self) -> None:
        """Let it look whether something is new."""
        if self._waits and not self._waits.done():
            self._waits.set_result(None)

    async def woken(self) -> None:
        """Wait until there may be something new."""
        self._waits = asyncio.get_running_loop().create_future()
        await self._waits

    def beat(self) -> None:
        """Show that the connection lives."""

    def close(self) -> None:
        """Look no more."""
        self.closed = True
        self.wake()

    def forget(self) -> None:
        """Know that nobody looks any more."""


class Stream(Screen):
    """A screen at the end of a response that goes on."""

    __slots__ = ("_busy", "_catching_up", "_screens", "_send")
    streams = True

    def __init__(self, seat: int, back: bool, address: str, screens: Screens, send: Send) -> None:
        super().__init__(seat, back, address)
        self._screens = screens
        self._send = send
        self._busy = True  # the line is full, or the response has not begun
        self._catching_up: asyncio.Task[None] | None = None

    async def begin(self, start: Message) -> None:
        """Begin the response, and send what there is."""
        await self._send(start)
        self._go_on()

    def wake(self) -> None:
        """Send what is new."""
        if self._busy or self.closed:
            return
        news = self._screens.news(self)
        if news and not self._sends(_part(b"".join([frame.event for frame in news]))):
            self.about, self.room, self.seen = False, 0, (0, 0)  # all of it, as it is by then

    def beat(self) -> None:
        """Send something that means nothing."""
        if not self._busy and not self.closed:
            self._sends(_BEAT)

    def close(self) -> None:
        """End the response."""
        if not self.closed:
            self.closed = True
            if not self._busy:
                self._sends(_END)

    def forget(self) -> None:
        """Know that nobody looks any more."""
        self.closed = True
        if self._catching_up:
            self._catching_up.cancel()

    def _sends(self, message: Message) -> bool:
        """Send `message` if the line is free; if not, catch up when it is."""
        sending = self._send(message).__await__()
        try:
            next(sending)  # it waits for nothing but a line that is full
        except StopIteration:
            return True
        sending.close()
        self._busy = True
        self._catching_up = asyncio.create_task(self._catch_up())
        return False

    async def _catch_up(self) -> None:
        await self._send(_BEAT)
        self._go_on()

    def _go_on(self) -> None:
        self._busy = False
        if self.closed:
            self._sends(_END)
        else:
            self.wake()


def _part(body: bytes, more: bool = True) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": more}


_BEAT = _part(b": beat\n\n")
_END = _part(b"", more=False)


class Screens:
    """All screens of a room."""

    def __init__(self, room: Room, links: Sequence[str]) -> None:
        self._room = room
        self._about = Frame(b"about", encoded(views.about(room, list(links))))
        self._all: set[Screen] = set()
        self._of_seat: dict[int, list[Screen]] = {}
        self._of_address: Counter[str] = Counter()
        self._changed: set[int] = set()
        self._step = False
        self._turn = 0
        self._published = self._told = -1
        self._last = 0.0
        self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._public = b""
        self._frame = Frame(b"room", b"")
        self._encode()

    def __len__(self) -> int:
        return len(self._all)

    def add(self, screen: Screen) -> bool:
        """Let a screen look; say no if somebody without a seat has too many."""
        if screen.seat:
            others = self._of_seat.setdefault(screen.seat, [])
            self._hang_up(others[: 1 - OF_ONE_SEAT])
            others.append(screen)
        elif not screen.back:
            if self._of_address[screen.address] >= OF_ONE_ADDRESS:
                return False
            self._of_address[screen.address] += 1
        self._turn = screen.turn = (self._turn + 1) % TURNS
        self._all.add(screen)
        self.announce(urgent=False)
        return True

    def remove(self, screen: Screen) -> None:
        """Forget a screen."""
        screen.forget()
        self._all.discard(screen)
        if screen.seat:
            others = self._of_seat[screen.seat]
            others.remove(screen)
            if not others:
                del self._of_seat[screen.seat]
        elif not screen.back:
            self._of_address[screen.address] -= 1
            if not self._of_address[screen.address]:
                del self._of_address[screen.address]
        self.announce(urgent=False)

    def hang_up(self) -> None:
        """End all streams."""
        self._hang_up(self._all)

    def _hang_up(self, screens: Iterable[Screen]) -> None:
        for screen in screens:
            screen.close()

    def tick(self, number: int) -> None:
        """Let those streams whose turn it is show that they live."""
        for screen in self._all:
            if screen.turn == number % TURNS:
                screen.beat()

    def tell(self, seats: Iterable[int]) -> None:
        """Let those whose own view has changed see it with what is published next."""
        self._changed.update(seats)

    def announce(self, urgent: bool) -> None:
        """Publish what is new, soon: a step of the session sooner than a number that grows."""
        self._step = self._step or urgent
        loop = asyncio.get_running_loop()
        wait = QUICK if urgent else QUICK + len(self._all) / MANY
        due = max(loop.time(), self._last + wait)
        if self._timer and self._due <= due:
            return
        if self._timer:
            self._timer.cancel()
        self._due, self._timer = due, loop.call_at(due, self._publish)

    def _publish(self) -> None:
        self._timer = None
        self._last = asyncio.get_running_loop().time()
        self._bring_up_to_date()
        self._step = False
        everybody, self._told = self._told < self._published, self._published
        seats, self._changed = self._changed, set()
        for screen in self._all:
            if everybody or screen.back or screen.seat in seats:
                screen.wake()

    def _bring_up_to_date(self) -> None:
        if self._published < self._room.changed:
            self._encode()

    def _encode(self) -> None:
        self._published = self._room.changed
        self._public = encoded(views.public(self._room))
        self._stamp(time.time())

    def _stamp(self, now: float) -> None:
        self._stamped = now
        self._frame = Frame(b"room", b'{"now":%d,%s' % (now * 1000, self._public[1:]))

    def news(self, screen: Screen) -> list[Frame]:
        """Return what `screen` has not seen yet; from now on it has.

        Whoever opens a stream sees a step of the session that is about to be published. A poll asks by
        one number for all views, so they must be of one moment; and it is not answered for a mere number
        of screens, which its own coming and going changes.
        """
        frames = []
        if self._step or not screen.streams:
            self._bring_up_to_date()
        if not screen.about:
            screen.about = True
            frames.append(self._about)
        if screen.room < self._published:
            screen.room = self._published
            if abs((now := time.time()) - self._stamped) > FRESH:
                self._stamp(now)
            frames.append(self._frame)
        if screen.seat:
            changed = max(self._room.seats[screen.seat].changed, self._room.all_changed)
            if screen.seen[0] < changed:
                screen.seen = (changed, 0)
                frames.append(Frame(b"you", encoded(views.mine(self._room, screen.seat))))
        elif screen.back and screen.seen != (state := self._state(screen)):
            screen.seen = state
            frames.append(Frame(b"back", encoded(views.backstage(self._room, len(self._all)))))
        return frames

    def _state(self, screen: Screen) -> tuple[int, int]:
        return self._room.seq, len(self._all) if screen.streams else 0


def encoded(view: Mapping[str, object]) -> bytes:
    """Return a view as compact JSON."""
    return json.dumps(view, ensure_ascii=False, separators=(",", ":")).encode()
