"""Several nodes over one PostgreSQL, that wake one another by NOTIFY or by Redis: both real."""

from __future__ import annotations

import asyncio
import random
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import databases
import httpx
import psycopg
import pytest
from click.testing import CliRunner
from live.served import Facilitator, Person, Visitor, new_key, run

from partners import cli
from partners.live import app, events, names, postgres, serve
from partners.live.desk import Desk, Sitting
from partners.live.log import Draft, Log, LogError, Session, Store, log_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from partners.scenario.model import RolePlay

SERVE = [sys.executable, "-m", "partners.cli", "live", "serve", "--port", "0"]
OPENED = events.Opened(role_play="small_talk", hash="", mode="vote", language="en", seed=1)
PHONES, VOTES_EACH = 40, 5


class Node(NamedTuple):
    """A process that serves at `port`."""

    process: subprocess.Popen[str]
    port: int


@contextmanager
def running(where: str, count: int) -> Iterator[list[Node]]:
    """Start so many nodes at the same time; end those that nobody has ended before."""
    words = [*SERVE, "--data", where]
    processes = [subprocess.Popen(words, stdout=subprocess.PIPE, text=True) for _ in range(count)]
    try:
        yield [Node(process, _port(process)) for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.wait()
            assert process.stdout
            process.stdout.close()


def _port(process: subprocess.Popen[str]) -> int:
    assert process.stdout
    said = process.stdout.readline()
    found = re.search(r"at port (\d+)", said)
    assert found, said
    return int(found[1])


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with databases.postgres() as url:
        yield url


@pytest.fixture(scope="module", params=["notify", "redis"])
def where(request: pytest.FixtureRequest, address: str) -> Iterator[str]:
    """The address of the log, once for each way to wake nodes."""
    if request.param == "notify":
        yield address
    else:
        with databases.redis() as url:
            yield f"{address}&wake={url}"


@pytest.fixture(scope="module")
def nodes(where: str) -> Iterator[list[Node]]:
    with running(where, 2) as started:
        yield started


@pytest.fixture
def log(where: str) -> Iterator[Store]:
    opened = log_at(where)
    yield opened
    opened.close()


@pytest.fixture
def other(where: str) -> Iterator[Store]:
    opened = log_at(where)
    yield opened
    opened.close()


@pytest.fixture
def session(log: Store, small_talk: RolePlay) -> tuple[str, str]:
    """A new session: its code, and its facilitator's key."""
    return serve.open_session(log, small_talk, "vote", "en")


def end_connections(address: str) -> None:
    """End all connections to the database, as it does itself when it is restarted."""
    ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
    with psycopg.connect(address, autocommit=True) as admin:
        admin.execute(f"{ended} AND backend_type = 'client backend'")


def until(there: Callable[[], bool], patience: float) -> None:
    end = time.monotonic() + patience
    while not there():
        assert time.monotonic() < end
        time.sleep(0.01)


def shown(visitor: Visitor) -> dict[str, object]:
    """What shows, but for what differs between nodes: the clock, and who is connected to them."""
    views = visitor.views()
    views["room"].pop("now")
    views.get("back", {}).pop("connected", None)
    return views


# Over two nodes


def test_led_at_one_node_and_shown_at_the_other(nodes: list[Node], session: tuple[str, str]) -> None:
    (one, two), (code, key) = nodes, session
    lead, stage = Facilitator(one.port, code, key), Visitor(two.port, code)
    frames = stage.frames()
    next(frames)
    persons = [Person(node.port, code) for node in (one, two, one, two)]
    lead.does("began", "vote_opened")
    for person in persons:
        assert person.say("voted", beat=1, reply="but").status_code == 200
    for _, view in frames:
        if view["beat"] and view["beat"]["votes"] == 4:
            break
    lead.does("revealed")
    assert next(frames)[1]["beat"]["tally"][1] == {"key": "but", "votes": 4}
    moved = Facilitator(two.port, code, key)
    assert moved.lead("chosen", reply="but").status_code == 200
    moved.does("went_on")
    lead.does("back")
    everywhere = [[Visitor(node.port, code), Facilitator(node.port, code, key)] for node in nodes]
    time.sleep(0.2)
    assert [shown(each) for each in everywhere[0]] == [shown(each) for each in everywhere[1]]


def test_whoever_changes_the_node_is_known_there_at_once(
    nodes: list[Node], log: Store, session: tuple[str, str]
) -> None:
    (one, two), (code, key) = nodes, session
    lead = Facilitator(one.port, code, key)
    lead.does("began")
    Visitor(two.port, code).views()  # from here on it knows the room, and not who comes elsewhere
    for number in range(10):
        person = Person(one.port, code)
        lead.does("vote_opened")
        person.web.base_url = httpx.URL(f"http://127.0.0.1:{two.port}")
        assert person.say("voted", beat=1, reply="but").status_code == 200, number
        assert person.views()["you"]["vote"] == "but"
        lead.does("vote_closed")
        assert person.say("voted", beat=1, reply="praise").json() == {"why": "closed"}
    key_of_another = names.new_key()
    log.add_key(code, names.fingerprint(key_of_another))
    for node in nodes:
        assert Facilitator(node.port, code, key_of_another).lead("timer", seconds=60).status_code == 200


def test_a_node_that_is_killed_in_a_burst_of_votes_takes_none_with_it(
    where: str, nodes: list[Node], log: Store, session: tuple[str, str]
) -> None:
    code, key = session
    with running(where, 1) as (doomed,):
        phones = [Person(doomed.port, code) for _ in range(PHONES)]
        Facilitator(doomed.port, code, key).does("began", "vote_opened")
        acknowledged: list[str] = []
        enough = threading.Event()

        def vote(phone: Person) -> list[str]:
            replies = random.Random(phone.seat).choices(["praise", "but"], k=VOTES_EACH)
            for reply in replies:
                own = new_key()
                while not _sent(phone, own, reply):
                    phone.web.base_url = httpx.URL(f"http://127.0.0.1:{nodes[1].port}")
                acknowledged.append(own)
                if len(acknowledged) == PHONES:
                    enough.set()
            return replies

        with ThreadPoolExecutor(PHONES) as hands:
            voting = hands.map(vote, phones)
            enough.wait(10)
            doomed.process.kill()
            said = {phone.seat: replies for phone, replies in zip(phones, voting, strict=True)}
    assert len(acknowledged) == PHONES * VOTES_EACH
    assert nodes[1].port in {phone.web.base_url.port for phone in phones}
    kept: dict[int, list[str]] = {}
    for event in log.read(code):
        if isinstance(event.body, events.Voted):
            kept.setdefault(event.seat, []).append(event.body.reply)
    assert kept == said
    counted = Counter(replies[-1] for replies in said.values())
    time.sleep(0.2)
    for node in nodes:
        tally = Facilitator(node.port, code, key).views()["back"]["tally"]
        assert Counter({row["key"]: row["votes"] for row in tally}) == counted
        assert shown(Visitor(node.port, code)) == shown(Visitor(nodes[0].port, code))
        for phone in phones:
            phone.web.base_url = httpx.URL(f"http://127.0.0.1:{node.port}")
            assert phone.views()["you"]["vote"] == said[phone.seat][-1]


def _sent(phone: Person, key: str, reply: str) -> bool:
    try:
        answer = phone.say("voted", key, beat=1, reply=reply)
    except httpx.TransportError:
        return False
    assert answer.status_code == 200, answer.text
    return True


def test_erased_by_anybody_it_is_closed_at_every_node(
    where: str, nodes: list[Node], session: tuple[str, str]
) -> None:
    code, _ = session
    person = Person(nodes[0].port, code)
    streams = [Visitor(node.port, code).frames() for node in nodes]
    for stream in streams:
        next(stream)
    erased = CliRunner().invoke(cli.main, ["live", "erase", code, "--data", where])
    assert erased.output == f"{code} is erased.\n"
    for stream in streams:
        assert {name for name, _ in stream} <= {"room", "about"}  # and then it ends
    for node in nodes:
        assert Visitor(node.port, code).post("join", {"key": new_key()}).json() == {"why": "no_session"}
    assert person.say("renamed", name="Anybody").json() == {"why": "no_session"}


def test_behind_a_proxy_all_links_are_the_proxy_s(nodes: list[Node], where: str) -> None:
    words = ["live", "first_call_home", "--at", "https://live.example.org/"]
    told = CliRunner().invoke(cli.main, words, env={"PARTNERS_LIVE_DATA": where}).output
    (code,) = re.findall(r"^Everybody joins at https://live\.example\.org/(\w{6})$", told, re.MULTILINE)
    (key,) = re.findall(r"^To lead it: +https://live\.example\.org/lead#(\S+)$", told, re.MULTILINE)
    assert "127.0.0.1" not in told
    proxy = {"Host": "live.example.org", "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}
    for node in nodes:
        lead = Facilitator(node.port, code, key)
        drawn = lead.web.get(f"/{code}/qr.svg?link=0", headers=proxy).content
        assert drawn == app.qr(f"https://live.example.org/{code}")
        assert lead.web.get("/lead/session").json() == {"code": code}
        assert lead.views()["about"]["links"] == []


def test_when_the_database_ends_all_connections_it_goes_on(
    address: str, nodes: list[Node], session: tuple[str, str]
) -> None:
    code, key = session
    lead = Facilitator(nodes[0].port, code, key)
    person, stage = Person(nodes[0].port, code), Visitor(nodes[1].port, code)
    stage.views()
    end_connections(address)
    order = {"key": new_key(), "kind": "began"}
    until(lambda: lead.post("lead", order).status_code == 200, 2)
    until(lambda: stage.views()["room"]["phase"] == "talk", 1)
    assert person.views()["room"]["phase"] == "talk"


# The log itself


def test_what_others_write_is_told_and_what_one_writes_oneself_is_not(
    address: str, log: Store, other: Store, session: tuple[str, str]
) -> None:
    code, _ = session
    told: list[str] = []
    told_other: list[str] = []
    log.listen(told.append)
    other.listen(told_other.append)
    time.sleep(0.3)  # until both listen
    log.append([Draft(code, events.Began(), 0, 1, None)] * 3)
    until(lambda: told_other == [code], 2)
    end_connections(address)
    time.sleep(postgres.PAUSE + 0.3)
    with pytest.raises(OSError, match="terminating connection"):
        other.sessions()
    assert other.erase(code)
    until(lambda: told == [code], 2)
    assert told_other == [code]


def test_two_thousand_events_come_in_one_order_everywhere(
    where: str, log: Store, session: tuple[str, str]
) -> None:
    code, _ = session
    stopped = threading.Event()

    def follow() -> list[int]:
        """Read while others write: nothing may come later before what was read."""
        seen: list[int] = []
        while True:
            last = stopped.is_set()
            seen += [event.seq for event in log.read(code, len(seen))]
            if last:
                return seen

    async def join(desk: Desk, sitting: Sitting, who: str) -> int:
        await asyncio.sleep(random.random() / 2)
        return (await desk.take(sitting, events.Joined(token_hash=who), 0, who)).seq

    async def both() -> None:
        desks = [Desk(log_at(where)) for _ in range(2)]
        for desk in desks:
            desk.start()
        sittings = [sitting for desk in desks if (sitting := await desk.sitting(code))]
        at = list(enumerate(zip(desks, sittings, strict=True)))
        joining = (join(*each, f"{number} {n}") for n in range(1000) for number, each in at)
        taken = await asyncio.gather(*joining)
        for desk in desks:
            await desk.caught_up(code)
            await desk.stop()
        rooms = [sitting.room for sitting in sittings]
        assert [room.seq for room in rooms] == [2001, 2001]
        assert list(rooms[0].seat_of) == list(rooms[1].seat_of)
        assert sorted(taken) == list(range(2, 2002))
        came = [token_hash[0] for token_hash in rooms[0].seat_of]
        assert sum(one != other for one, other in pairwise(came)) > 1  # at the same time

    with ThreadPoolExecutor(1) as hand:
        following = hand.submit(follow)
        try:
            run(both())
        finally:
            stopped.set()
        assert following.result() == list(range(1, 2002))


def test_without_redis_votes_are_kept_and_show_a_moment_later(
    address: str, small_talk: RolePlay
) -> None:
    async def play(where: str, redis: ExitStack) -> None:
        desks = [Desk(log_at(where)) for _ in range(2)]
        code, _ = serve.open_session(log := log_at(where), small_talk, "vote", "en")
        for desk in desks:
            desk.start()
        one, two = [sitting for desk in desks if (sitting := await desk.sitting(code))]
        redis.close()
        for number in range(5):
            begun = time.monotonic()
            await desks[0].take(one, events.Joined(token_hash=str(number)), 0, str(number))
            assert time.monotonic() - begun < 1
            while two.room.here <= number:
                assert time.monotonic() - begun < 1.5
                await asyncio.sleep(0.01)
        for desk in desks:
            await desk.stop()
        log.close()

    with ExitStack() as stack:
        url = stack.enter_context(databases.redis())
        run(play(f"{address}&wake={url}", stack))


def test_it_answers_as_the_file_does(address: str, tmp_path: Path, small_talk: RolePlay) -> None:
    """The same done to both: a thousand times something else, with the same answer."""
    chance = random.Random(7)
    both: list[Store] = [Log(tmp_path / "live.db"), log_at(address)]
    for log in both:
        log.forget(before=10**15)
    codes = ["CDFGHJ", "KMNPQR", "TVWXYC"]

    def drafts() -> list[Draft]:
        keys = [*map(str, range(40)), None]
        return [
            Draft(
                chance.choice(codes),
                events.Wrote(beat=1, text="Grüße 🙂"),
                1,
                2**41,
                chance.choice(keys),
            )
            for _ in range(chance.randrange(9))
        ]

    def anything() -> tuple[str, tuple[object, ...]]:
        code, number = chance.choice(codes), chance.randrange(60)
        opening = (Session(code, small_talk, number), f"{code} {number} {chance.random()}", OPENED)
        return chance.choices(
            [
                ("append", (drafts(),)),
                ("open", opening),
                ("add_key", (code, f"{number}")),
                ("place", (code, str(number))),
                ("read", (code, number)),
                ("look", (codes[:2],)),
                ("session", (code,)),
                ("sessions", ()),
                ("led_by", (str(number),)),
                ("erase", (code,)),
                ("forget", (number // 4,)),
            ],
            [30, 5, 5, 9, 9, 9, 5, 5, 5, 1, 1],
        )[0]

    said: Counter[str] = Counter()
    for _ in range(1000):
        method, arguments = anything()
        answers = []
        for log in both:
            try:
                answers.append(getattr(log, method)(*arguments))
            except Exception:  # each has its own errors
                answers.append("refused")
        assert answers[0] == answers[1], (method, arguments)
        said[f"{method} {bool(answers[0])}"] += 1
    assert len(said) >= 18, said
    for log in both:
        log.close()


def test_what_is_not_there_is_named_with_the_way_out(address: str) -> None:
    with pytest.raises(LogError, match=r"PostgreSQL cannot be used.*postgresql://user@host/database"):
        log_at("postgresql://nobody:secret@127.0.0.1:9/none")
    with pytest.raises(LogError, match=r"Redis cannot be used.*wake=redis://host"):
        log_at(f"{address}&wake=redis://127.0.0.1:9")
    with psycopg.connect(address, autocommit=True) as admin:
        admin.execute("UPDATE partners_live.version SET number = 99")
        with pytest.raises(LogError, match="newer version"):
            log_at(address)
        admin.execute("UPDATE partners_live.version SET number = 1")
