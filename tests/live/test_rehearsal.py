"""Simulated people: what a facilitator who rehearses can count on."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from live.served import Facilitator, run

from partners import library
from partners.live import events, rehearsal, serve
from partners.live.desk import Desk
from partners.live.log import Log
from partners.live.rehearsal import Cast

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path

    from partners.live.events import Body, Event
    from partners.live.room import Room

UNFIT = "Ask whether it’s true what people say about the divorce."
QUICK = 0.01


class Session:
    """A session with simulated people, and whoever leads it."""

    def __init__(self, folder: Path, mode: events.Mode = "vote") -> None:
        self._file = folder / "live.db"
        self._log = Log(self._file)
        told = rehearsal.titled(library.role_play("first_call_home"))
        self._code, _ = serve.open_session(self._log, told, mode, "en")
        self.room: Room
        self.events: list[Event] = []

    def played(
        self, cast: Cast, lead: Callable[[Session], Coroutine[Any, Any, None]] | None = None
    ) -> Session:
        run(self._played(cast, lead))
        log = Log(self._file)
        self.events = log.read(self._code)
        log.close()
        return self

    async def _played(
        self, cast: Cast, lead: Callable[[Session], Coroutine[Any, Any, None]] | None
    ) -> None:
        self._desk = Desk(self._log)
        self._desk.start()
        sitting = await self._desk.sitting(self._code)
        assert sitting
        self._sitting, self.room = sitting, sitting.room
        async with asyncio.timeout(120), asyncio.TaskGroup() as group:
            group.create_task(rehearsal.play(self._desk, self._code, cast))
            if lead:
                group.create_task(lead(self))
        await self._desk.stop()

    async def does(self, *bodies: Body) -> None:
        for body in bodies:
            assert (await self._desk.take(self._sitting, body)).why is None, body

    async def until(self, so: Callable[[], bool]) -> None:
        while not so():
            await asyncio.sleep(0.01)

    def of(self, kind: str) -> list[tuple[Event, Any]]:
        return [(event, event.body) for event in self.events if event.body and event.body.kind == kind]


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """A session of twelve that goes by itself."""
    return Session(tmp_path_factory.mktemp("live")).played(Cast(12, by_itself=True, pace=QUICK))


def test_a_session_goes_by_itself_from_the_lobby_to_its_end(watched: Session) -> None:
    assert watched.room.phase == "over"
    assert watched.room.beat.play.ending
    assert len(watched.of("looked")) >= len(watched.room.beats) - 1
    assert len(watched.of("ticket")) == len(watched.of("reflected")) == 12


def test_people_vote_differently_and_some_change_their_minds(watched: Session) -> None:
    votes: dict[tuple[int, int], str] = {}
    changed = 0
    for event, voted in watched.of("voted"):
        before = votes.get((event.seat, voted.beat), voted.reply)
        changed += before != voted.reply
        votes[event.seat, voted.beat] = voted.reply
    assert changed
    for beat in watched.room.beats[:-1]:
        assert len(beat.votes) >= 10
        assert len({*beat.votes.values()}) > 1
    assert len({guessed.trust for _, guessed in watched.of("guessed")}) > 2


def test_what_should_not_come_to_the_stage_is_written_and_not_shown(watched: Session) -> None:
    texts = {event.seq: wrote.text for event, wrote in watched.of("wrote")}
    shown = [texts[body.text] for _, body in watched.of("shown")]
    assert UNFIT in texts.values()
    assert shown
    assert UNFIT not in shown


def test_one_comes_late_and_one_leaves_and_comes_back_to_the_same_seat(watched: Session) -> None:
    ((began, _),) = watched.of("began")
    assert sum(event.seq > began.seq for event, _ in watched.of("joined")) == 1
    ((left, _),) = watched.of("left")
    assert any(event.seat == left.seat and event.seq > left.seq for event in watched.events)
    assert watched.room.here == 12


def test_people_wait_for_whoever_leads(tmp_path: Path) -> None:
    session = Session(tmp_path)

    async def lead(session: Session) -> None:
        room = session.room
        await session.until(lambda: room.here == 4)
        await session.does(events.Locked(), events.Began())
        await asyncio.sleep(0.3)
        assert (room.here, room.beat.votes) == (4, {})  # no vote before its time; the late one waits
        await session.does(events.VoteOpened(), events.Paused())
        await asyncio.sleep(0.3)
        assert room.beat.votes == {}
        await session.does(events.Resumed(), events.Unlocked())
        await session.until(lambda: len(room.beat.votes) == 5)
        await session.does(events.Revealed(), events.VoteOpened())
        await session.does(events.Removed(seat=1), events.Ended())

    session.played(Cast(5, pace=QUICK), lead)
    assert session.room.here == 4
    assert all(not event.seat for event, _ in session.of("ended"))


def test_people_try_again_what_could_not_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, full = Session(tmp_path), [True]
    append = Log.append

    def fails_once(log: Log, drafts: Any) -> Any:
        if full and any(draft.body.kind == "voted" for draft in drafts):
            full.pop()
            raise OSError("no space left")
        return append(log, drafts)

    monkeypatch.setattr(Log, "append", fails_once)

    async def lead(session: Session) -> None:
        await session.until(lambda: session.room.here == 2)
        await session.does(events.Began(), events.VoteOpened())
        await session.until(lambda: len(session.room.beat.votes) == 3)
        await session.does(events.Ended())

    session.played(Cast(3, pace=QUICK), lead)
    assert not full


def test_somebody_thinks_again_when_a_vote_is_opened_again(tmp_path: Path) -> None:
    session = Session(tmp_path)

    async def lead(session: Session) -> None:
        await session.until(lambda: session.room.here == 4)
        await session.does(events.Began(), events.VoteOpened())
        await session.until(lambda: len(session.room.beat.votes) == 5)
        await session.does(events.Revealed())
        await asyncio.sleep(1)  # the result is on every phone
        await session.does(events.VoteOpened())
        seq = session.room.seq
        await session.until(lambda: session.room.seq > seq)
        await session.does(events.Ended())

    session.played(Cast(5, pace=QUICK), lead)
    again = session.of("vote_opened")[1][0].seq
    assert any(event.seq > again for event, _ in session.of("voted"))


def test_a_trio_talks_answers_and_rates_by_itself(tmp_path: Path) -> None:
    session = Session(tmp_path, "trio").played(Cast(7, by_itself=True, pace=QUICK))
    assert session.room.phase == "over"
    assert len(session.of("round_began")) == 3
    for number in (1, 2, 3):
        assert {body.statement for _, body in session.of("answered") if body.round == number} == {
            *range(len(session.room.role_play.statements))
        }
        assert any(body.round == number for _, body in session.of("rated"))
    assert session.of("noted")


def test_a_rehearsal_says_so_on_every_screen_and_leaves_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "partners.cli", "live", "rehearse", "first_call_home"]
    options = ["--by-itself", "--speed", "20", "--port", "0", "--host", "127.0.0.1", "--people", "3"]
    running = subprocess.Popen(
        [*command, *options],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data")},
    )
    assert running.stdout
    told = ""
    try:
        while "A rehearsal: 3 simulated people" not in told:
            told += (line := running.stdout.readline())
            assert line, told
        ((port, code),) = re.findall(r"127\.0\.0\.1:(\d+)/stage/(\w{6})", told)
        ((key),) = re.findall(r"/lead#(\S+)", told)[:1]
        remote = Facilitator(int(port), code, key)
        assert remote.views()["about"]["title"] == "Rehearsal: A first call, at ten after ten"
        while remote.views()["room"]["phase"] == "lobby":
            time.sleep(0.05)
        assert remote.views()["back"]["connected"] >= 2
        running.send_signal(signal.SIGINT)
        assert running.wait(5) == 0
    finally:
        running.kill()
        running.wait()
        running.stdout.close()
    assert list(tmp_path.iterdir()) == []
