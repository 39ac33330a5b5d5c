"""What a slow line misses, and that nobody misses anything else; how much one address may ask for."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from live.served import run

from partners.live import events, limits, views
from partners.live.events import Event
from partners.live.limits import Rate
from partners.live.room import Room
from partners.live.screens import Screen, Screens, Stream

if TYPE_CHECKING:
    from starlette.types import Message

    from partners.live.events import Body
    from partners.scenario.model import RolePlay


class Line:
    """A connection: what went over it, and whether it is full."""

    def __init__(self) -> None:
        self.free = asyncio.Event()
        self.free.set()
        self.went = b""
        self.ended = False

    async def send(self, message: Message) -> None:
        await self.free.wait()
        assert not self.ended
        self.went += message.get("body", b"")
        self.ended = not message.get("more_body", True)

    def frames(self, name: str) -> list[Any]:
        parts = [
            part.removeprefix(f"event: {name}\ndata: ") for part in self.went.decode().split("\n\n")
        ]
        return [json.loads(part) for part in parts if part.startswith("{")]


class Session:
    """A room with a seat, and its screens."""

    def __init__(self, role_play: RolePlay) -> None:
        self.room = Room("CDFGHJ", role_play)
        self.do(events.Opened(role_play="small_talk", hash="", mode="vote", language="en", seed=7))
        self.do(events.Joined(token_hash="a"))
        self.screens = Screens(self.room, [])

    def do(self, body: Body, seat: int = 0) -> None:
        assert self.room.apply(Event(self.room.seq + 1, "CDFGHJ", seat, body, 1000)) is None

    async def publish(self, *bodies: Body) -> None:
        for body in bodies:
            self.do(body)
            self.screens.announce(urgent=True)
            await asyncio.sleep(0.12)

    async def stream(self, line: Line, seat: int = 0) -> Stream:
        stream = Stream(seat, False, "", self.screens, line.send)
        assert self.screens.add(stream)
        await stream.begin({"type": "http.response.start", "status": 200, "headers": []})
        return stream


def test_a_full_line_shows_the_newest_when_it_is_free_and_holds_nobody_up(small_talk: RolePlay) -> None:
    async def main() -> None:
        session, full, other = Session(small_talk), Line(), Line()
        slow = await session.stream(full, seat=1)
        await session.stream(other)
        full.free.clear()
        await session.publish(events.Began(), events.VoteOpened(), events.Revealed())
        session.do(events.Renamed(name="Ida"), 1)
        slow.beat()
        assert [view["phase"] for view in other.frames("room")] == ["lobby", "talk", "talk", "talk"]
        assert [view["phase"] for view in full.frames("room")] == ["lobby"]
        full.free.set()
        await asyncio.sleep(0.01)
        assert [view["beat"] and view["beat"]["vote"] for view in full.frames("room")] == [
            None,
            "revealed",
        ]
        assert full.frames("you")[-1]["name"] == "Ida"
        await session.publish(events.Paused())
        assert full.frames("room")[-1]["paused"]

    run(main())


def test_a_stream_that_is_ended_while_its_line_is_full_ends(small_talk: RolePlay) -> None:
    async def main() -> None:
        session, full, gone = Session(small_talk), Line(), Line()
        streams = [await session.stream(line) for line in (full, gone)]
        for line in (full, gone):
            line.free.clear()
        await session.publish(events.Began())
        session.screens.hang_up()
        session.screens.remove(streams[1])
        for line in (full, gone):
            line.free.set()
        await asyncio.sleep(0.01)
        assert full.ended
        assert not gone.ended
        assert len(session.screens) == 1

    run(main())


def test_who_comes_between_two_frames_sees_the_step_that_was_just_done(small_talk: RolePlay) -> None:
    async def main() -> None:
        session, line = Session(small_talk), Line()
        await session.publish(events.Began())
        for body in (events.VoteOpened(), events.Revealed()):
            session.do(body)
            session.screens.announce(urgent=True)
        await session.stream(line, seat=1)
        assert [view["beat"]["vote"] for view in line.frames("room")] == ["revealed"]
        await asyncio.sleep(0.12)
        assert len(line.frames("room")) == 1

    run(main())


def test_a_poll_by_the_number_of_ones_own_view_misses_nothing_of_the_room(small_talk: RolePlay) -> None:
    """What others did just before is not published yet when one's own, newer vote is shown."""

    async def main() -> None:
        session = Session(small_talk)
        await session.publish(events.Began(), events.VoteOpened())
        session.do(events.Joined(token_hash="b"))
        session.do(events.Wrote(beat=1, text="Hello"), 1)
        poll = Screen(1, False, "", after=0)
        frames = {frame.name: json.loads(frame.data) for frame in session.screens.news(poll)}
        assert frames[b"you"]["v"] > frames[b"room"]["v"]
        assert frames[b"room"]["here"] == 2
        again = Screen(1, False, "", after=frames[b"you"]["v"])
        assert session.screens.news(again) == []
        session.do(events.Joined(token_hash="c"))
        assert [frame.name for frame in session.screens.news(again)] == [b"room"]

    run(main())


def test_a_remote_that_polls_is_not_answered_because_it_polls(small_talk: RolePlay) -> None:
    async def main() -> None:
        session = Session(small_talk)
        seq = views.backstage(session.room, 0)["v"]
        poll = Screen(0, True, "", after=seq)
        session.screens.add(poll)
        assert session.screens.news(poll) == []
        await session.stream(Line(), seat=1)
        assert session.screens.news(poll) == []
        session.do(events.Locked())
        assert [frame.name for frame in session.screens.news(poll)] == [b"room", b"back"]

    run(main())


@pytest.mark.parametrize(
    ("address", "other", "same"),
    [
        ("192.0.2.7", "192.0.2.8", False),
        ("192.0.2.7", "::ffff:192.0.2.7", True),
        ("2001:db8:1:2::7", "2001:db8:1:2:ffff::8", True),
        ("2001:db8:1:2::7", "2001:db8:1:3::7", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("no address", "neither", False),
    ],
)
def test_who_has_a_whole_network_counts_once(address: str, other: str, same: bool) -> None:
    assert (limits.place(address) == limits.place(other)) is same


def test_a_rate_lets_so_many_through_and_knows_each_of_a_crowd() -> None:
    rate = Rate(3, 60)
    for who in ("a", *range(25_000), "a", "a"):
        assert rate.allows(who)
        rate.count(who)
    assert not rate.allows("a")
    assert rate.allows(24_999)
