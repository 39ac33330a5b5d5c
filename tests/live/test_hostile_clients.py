"""Somebody in the room means ill, and nobody else notices: votes, screens and the time they take.

Who means ill comes from an address of their own. All is bounded: some hundred requests each.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections import Counter
from contextlib import asynccontextmanager
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

import pytest
from live.phones import Caller, Json, Phone, Serving, head, post, until, votes
from live.served import run

from partners.live import names

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator

    from partners.scenario.model import RolePlay

ADDRESSES = (f"127.0.0.{number}" for number in count(66))
SETUP = """
lines.PATIENCE = serve.PATIENCE = 1
app.SLOWED = 1
lines.LINES_OF_ONE_PLACE = 150
limits.seats_of_one_address = 60
limits.asked = Rate(1_000, 0.02)
"""
TIMES, AT_LEAST = 10, 0.25
"""How much slower the slowest votes may get, and what is no matter in any case (in seconds)."""
REPLIES = ("praise", "but")


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    running = Serving(tmp_path_factory.mktemp("live") / "live.db", SETUP)
    running.start()
    yield running
    running.stop()
    assert running.complaints() == ""


class Room:
    """Twenty people who vote, and who leads them."""

    def __init__(self, serving: Serving, role_play: RolePlay) -> None:
        self.serving = serving
        self.port = serving.port
        self.ill = next(ADDRESSES)  # where somebody is who means ill
        self.code, self.key = serving.session(role_play)
        self.lead = Phone(self.port, self.code, token=self.key)
        self.people = [Phone(self.port, self.code) for _ in range(20)]
        self.voted: dict[int, str] = {}
        self._number = count()

    async def comes_in(self) -> None:
        await self.lead.lead("began")
        await self.lead.lead("vote_opened")
        self.lead.follow()
        for person in self.people:
            await person.join()
            person.follow()

    async def vote(self, done: Callable[[], bool]) -> list[float]:
        """Let everybody vote now and then until it is `done`; return how long each took, sorted."""
        took: list[float] = []

        async def votes(person: Phone, number: int) -> None:
            await asyncio.sleep(number / len(self.people) * 0.25)
            while not done():
                began, reply = time.monotonic(), REPLIES[next(self._number) % 2]
                data = {"key": secrets.token_urlsafe(12), "kind": "voted", "beat": 1, "reply": reply}
                answer = await person.ask(post(f"/{self.code}/say", person.token, data))
                assert answer.status == 200, answer
                took.append(time.monotonic() - began)
                self.voted[person.seat] = reply
                await asyncio.sleep(0.25)

        await asyncio.gather(*(votes(person, number) for number, person in enumerate(self.people)))
        return sorted(took)

    async def unmoved_by(self, deed: Callable[[], Coroutine[None, None, None]]) -> None:
        """Let people vote while somebody does `deed`: each vote is taken, soon, and on all screens."""
        calm_until = time.monotonic() + 0.7
        calm = await self.vote(lambda: time.monotonic() > calm_until)
        doing = asyncio.create_task(deed())
        busy = await self.vote(doing.done)
        await doing
        slowest = [took[len(took) * 99 // 100] for took in (calm, busy)]
        assert slowest[1] <= max(TIMES * slowest[0], AT_LEAST), slowest
        await self.shows_the_same()

    async def shows_the_same(self) -> None:
        await self.lead.lead("revealed")
        tally = Counter(self.voted.values())
        screens = [*self.people, self.lead]

        wanted: Json = {key: tally[key] for key in ("praise", "but", "leave")}

        def shown(phone: Phone) -> Json | None:
            beat = phone.view("room")["beat"] if "room" in phone.views else {}
            return {row["key"]: row["votes"] for row in beat.get("tally") or ()}

        await until(lambda: all(shown(phone) == wanted for phone in screens))
        await until(lambda: len({phone.views["room"].partition(b",")[2] for phone in screens}) == 1)
        for person in self.people:
            assert person.view("you").get("vote") == self.voted.get(person.seat)
        kept = dict(votes(self.serving.where, self.code))
        assert {seat: kept[seat] for seat in self.voted} == self.voted

    def goes(self) -> None:
        for phone in (*self.people, self.lead):
            phone.sleep()


@asynccontextmanager
async def room_of(serving: Serving, role_play: RolePlay) -> AsyncIterator[Room]:
    room = Room(serving, role_play)
    await room.comes_in()
    try:
        yield room
    finally:
        room.goes()


async def ill_phone(room: Room) -> Phone:
    """Somebody with a seat who means ill."""
    phone = Phone(room.port, room.code, room.ill)
    await phone.join()
    return phone


def say(room: Room, token: str, **data: object) -> bytes:
    return post(f"/{room.code}/say", token, {"key": secrets.token_urlsafe(12), **data})


async def raw(room: Room, *pieces: bytes, wait: float = 0) -> tuple[bytes, float]:
    """Send `pieces`, one after the other; return all that came when the other side ended it, and when."""
    reader, writer = await asyncio.open_connection("127.0.0.1", room.port, local_addr=(room.ill, 0))
    came, began = b"", time.monotonic()

    async def send() -> None:
        for piece in pieces:
            writer.write(piece)
            await asyncio.sleep(wait)

    sending = asyncio.create_task(send())
    with contextlib.suppress(ConnectionError):
        async with asyncio.timeout(8):  # then it is an error
            while part := await reader.read(65536):
                came += part
    sending.cancel()
    writer.close()
    return came, time.monotonic() - began


class Bad(NamedTuple):
    """A request no page would send, and how it is answered; {code} and {token} are those of a seat."""

    what: str
    body: str = '{{"key": "long-enough", "kind": "left"}}'
    status: int = 400
    more: str = "Content-Type: application/json\r\n"
    path: str = "/{code}/say"
    method: str = "POST"


SAID = '{{"key": "long-enough", "kind": "voted", "beat": 1, "reply": "but"'
BAD = [
    Bad("nothing", ""),
    Bad("no JSON", "beat=1&reply=but"),
    Bad("half an object", SAID),
    Bad("a list", "[]"),
    Bad("null", "null"),
    Bad("a number without end", "9" * 4000),
    Bad("nested", "[" * 2000 + "]" * 2000),
    Bad("nested objects", '{{"a":' * 500 + "1" + "}}" * 500),
    Bad("bytes that are no text", "\udcff\udcfe"),
    Bad("no key", '{{"kind": "left"}}'),
    Bad("a short key", '{{"key": "short", "kind": "left"}}'),
    Bad("a long key", f'{{{{"key": "{"k" * 65}", "kind": "left"}}}}'),
    Bad("a key with signs", '{{"key": "../../etc/passwd", "kind": "left"}}'),
    Bad("a key that is a number", '{{"key": 12345678, "kind": "left"}}'),
    Bad("no kind", '{{"key": "long-enough"}}'),
    Bad("an unknown kind", '{{"key": "long-enough", "kind": "danced"}}'),
    Bad("a kind of the server", '{{"key": "long-enough", "kind": "joined", "token_hash": "a"}}'),
    Bad("a kind of the facilitator", '{{"key": "long-enough", "kind": "revealed"}}'),
    Bad("a kind that is a list", '{{"key": "long-enough", "kind": ["left"]}}'),
    Bad("somebody else's seat", f'{SAID}, "seat": 1}}}}'),
    Bad("a time of its own", f'{SAID}, "at": 1}}}}'),
    Bad("a huge beat", '{{"key": "long-enough", "kind": "voted", "beat": 1e400, "reply": "but"}}'),
    Bad("a beat of 300 digits", f'{{{{"key": "long-enough", "kind": "wrote", "beat": 1{"0" * 300}, "text": "a"}}}}'),
    Bad("not a number", '{{"key": "long-enough", "kind": "voted", "beat": NaN, "reply": "but"}}'),
    Bad("below zero", '{{"key": "long-enough", "kind": "voted", "beat": -1, "reply": "but"}}'),
    Bad("a beat that is true", '{{"key": "long-enough", "kind": "voted", "beat": true, "reply": "but"}}'),
    Bad("a reply that is code", '{{"key": "long-enough", "kind": "voted", "beat": 1, "reply": "<script>"}}'),
    Bad("half a sign", '{{"key": "long-enough", "kind": "renamed", "name": "\\ud800"}}'),
    Bad("nothing to read", '{{"key": "long-enough", "kind": "renamed", "name": "\\u202e\\u200d \\u0007"}}'),
    Bad("a long name", f'{{{{"key": "long-enough", "kind": "renamed", "name": "{"n" * 25}"}}}}'),
    Bad("a long text", f'{{{{"key": "long-enough", "kind": "wrote", "beat": 1, "text": "{"t" * 401}"}}}}'),
    Bad("a long body", '{{"key": "long-enough", "kind": "left"' + " " * 5000 + "}}", 413),
    Bad("another phase", '{{"key": "long-enough", "kind": "ticket", "text": "early"}}', 409),
    Bad("a beat to come", '{{"key": "long-enough", "kind": "voted", "beat": 7, "reply": "but"}}', 409),
    Bad("no reply of these", '{{"key": "long-enough", "kind": "voted", "beat": 1, "reply": "shout"}}', 409),
    Bad("trio in a vote", '{{"key": "long-enough", "kind": "rated", "round": 1, "dimension": "elicits", "points": 2}}', 409),
    Bad("another kind of content", status=415, more="Content-Type: text/plain\r\n"),
    Bad("a form", status=415, more="Content-Type: application/x-www-form-urlencoded\r\n"),
    Bad("no kind of content", status=415, more=""),
    Bad("another site", status=403, more="Sec-Fetch-Site: cross-site\r\nContent-Type: application/json\r\n"),
    Bad("a site beside", status=403, more="Sec-Fetch-Site: same-site\r\nContent-Type: application/json\r\n"),
    Bad("another origin", status=403, more="Sec-Fetch-Site:\r\nOrigin: http://evil.example\r\nContent-Type: application/json\r\n"),
    Bad("an origin of none", status=403, more="Sec-Fetch-Site:\r\nOrigin: null\r\nContent-Type: application/json\r\n"),
    Bad("an origin that is broken", status=403, more="Sec-Fetch-Site:\r\nOrigin: http://[\r\nContent-Type: application/json\r\n"),
    Bad("put", status=404, method="PUT"),
    Bad("delete", status=405, path="/{code}", method="DELETE"),
    Bad("post to a stream", status=404, path="/{code}/events"),
    Bad("options", status=405, path="/{code}", method="OPTIONS"),
    Bad("trace", status=405, path="/", method="TRACE"),
    Bad("up and away", "", 404, "", "/pages/../../limits.py", "GET"),
    Bad("up, in disguise", "", 404, "", "/pages/%2e%2e/%2e%2e/limits.py", "GET"),
    Bad("up, twice in disguise", "", 404, "", "/pages/%252e%252e%252flimits.py", "GET"),
    Bad("up, from a room", "", 404, "", "/{code}/..%2f..%2fetc/passwd", "GET"),
    Bad("a path with a zero", "", 404, "", "/{code}%00", "GET"),
    Bad("a path that is no text", "", 404, "", "/%ff%fe", "GET"),
    Bad("another line in the path", "", 404, "", "/%0d%0aSet-Cookie:%20a=b", "GET"),
    Bad("after, without end", "", 400, "", "/{code}/poll?after=" + "9" * 5000, "GET"),
    Bad("after, below zero", "", 400, "", "/{code}/poll?after=-1", "GET"),
    Bad("after, in words", "", 400, "", "/{code}/poll?after=now", "GET"),
    Bad("a link without end", "", 200, "", "/{code}/qr.svg?link=" + "9" * 5000, "GET"),
    Bad("somewhere else", "", 400, "Host: evil.example/<script>\r\n", "/{code}/qr.svg", "GET"),
    Bad("a long somewhere", "", 400, "Host: " + "a" * 5000 + "\r\n", "/{code}/qr.svg", "GET"),
]  # fmt: skip


async def sent(room: Room, bad: Bad, token: str) -> tuple[bytes, float]:
    body = bad.body.format(code=room.code, token=token).encode("utf-8", "surrogateescape")
    lines = [
        f"{bad.method} {bad.path.format(code=room.code)} HTTP/1.1",
        f"Authorization: Bearer {token}",
    ]
    if "Host:" not in bad.more:
        lines.append(f"Host: 127.0.0.1:{room.port}")
    if "Sec-Fetch-Site" not in bad.more:
        lines.append("Sec-Fetch-Site: same-origin")
    first = "\r\n".join([*lines, f"Content-Length: {len(body)}", "Connection: close", bad.more, ""])
    return await raw(room, first.replace("Sec-Fetch-Site:\r\n", "").encode() + body)


def test_what_no_page_would_send_is_refused_and_leaves_no_trace(
    serving: Serving, small_talk: RolePlay
) -> None:
    async def main() -> None:
        async with room_of(serving, small_talk) as room:
            seats = [await ill_phone(room) for _ in range(3)]
            wrong = []

            async def deed() -> None:
                for number, bad in enumerate(BAD):
                    answer, _ = await sent(room, bad, seats[number // 25].token)
                    told = answer.partition(b"\r\n\r\n")[0].lower()
                    if not answer.startswith(b"HTTP/1.1 %d " % bad.status):
                        wrong.append((bad.what, answer[:60]))
                    assert b"set-cookie" not in told, bad
                    assert b"x-content-type-options: nosniff" in told, bad
                    await asyncio.sleep(0.01)

            await room.unmoved_by(deed)
            assert wrong == []
            assert not {seat.seat for seat in seats} & dict(votes(serving.where, room.code)).keys()
            for seat in seats:
                await seat.open()
                await shows(seat, "you", seat=seat.seat)
                assert set(seat.view("you")) == {"v", "seat", "name", "beat"}
                seat.lose()

    run(main())


def test_who_is_no_facilitator_and_no_seat_gets_nowhere(serving: Serving, small_talk: RolePlay) -> None:
    """Forged and foreign keys and tokens, and codes that are guessed, with and without a token."""

    async def main() -> None:
        async with room_of(serving, small_talk) as room, room_of(serving, small_talk) as other:
            caller = Caller(room.port, room.ill)
            seat = other.people[0].token
            end = {"key": secrets.token_urlsafe(12), "kind": "ended"}

            async def deed() -> None:
                for shown in ("", "0" * 43, seat, other.key, room.people[0].token, room.code):
                    answer = await caller.ask(post(f"/{room.code}/lead", shown, end))
                    assert answer.status == 401, shown
                for shown in ("", "0" * 43, seat, room.key, other.key):
                    answer = await caller.ask(say(room, shown, kind="left"))
                    assert answer.status == 401, shown
                guesses = [f"CDFGH{sign}" for sign in 2 * names.SIGNS]
                paths = [f"/{guess}{path}" for guess in guesses for path in ("", "/poll")]
                codes = [(await caller.ask(head("GET", path))).status for path in paths]
                assert codes == sorted(codes)
                assert codes[-1] == 429
                assert codes.count(404) <= 30
                right, wrong = f"/{room.code}/poll", "/CDFGHJ/poll"  # and now nothing tells them apart
                for path in (right, wrong):
                    for shown in ("", "0" * 43):
                        assert (await caller.ask(head("GET", path, shown))).status == 429
                assert (
                    await caller.ask(post(f"/{room.code}/join", "", {"key": "k" * 22}))
                ).status == 429
                late = Phone(room.port, room.code)
                await late.join()

            await room.unmoved_by(deed)
            await other.shows_the_same()

    run(main())


def test_the_same_request_again_is_the_same_event_and_anothers_key_is_not_mine(
    serving: Serving, small_talk: RolePlay
) -> None:
    async def main() -> None:
        async with room_of(serving, small_talk) as room:
            phone, stranger = await ill_phone(room), await ill_phone(room)
            vote = {"key": "the-same-key", "kind": "voted", "beat": 1, "reply": "leave"}
            request = post(f"/{room.code}/say", phone.token, vote)
            room.voted |= {phone.seat: "praise", stranger.seat: "but"}

            async def deed() -> None:
                answers = [await phone.ask(request) for _ in range(10)]
                await phone.say("voted", beat=1, reply="praise")
                answers += [await phone.ask(request) for _ in range(10)]
                assert len({answer.body for answer in answers}) == 1
                again = post(f"/{room.code}/say", stranger.token, {**vote, "reply": "but"})
                assert (await stranger.ask(again)).body != answers[0].body
                assert (await stranger.ask(request)).body == answers[0].body

            await room.unmoved_by(deed)
            said = votes(serving.where, room.code)
            assert [reply for seat, reply in said if seat == phone.seat] == ["leave", "praise"]
            assert [reply for seat, reply in said if seat == stranger.seat] == ["but"]

    run(main())


WORDS = {
    "<script>alert(1)</script>": "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>": "<img src=x onerror=alert(1)>",
    "&lt;b&gt; \" ' ` ${x} {{x}}": "&lt;b&gt; \" ' ` ${x} {{x}}",
    "\u202eedoc live\u202c \u2066here\u2069": "edoc live here",
    "one\r\ntwo\tthree\u2028four\u0000five\u001b[31m": "one two three fourfive[31m",
    "event: room\ndata: {}\n\nevent: you": "event: room data: {} event: you",
    "Q\u0353\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u200d\u0308\u0309o": "Q\u0353\u0301\u0302\u0303o",
    "\u200b\ufeff\u00adhi\ue000\U000e0041": "hi",
    "می\u200cخواهم 👩\u200d🏫": "می\u200cخواهم 👩\u200d🏫",
}


def test_words_come_out_as_words_on_every_screen(serving: Serving, small_talk: RolePlay) -> None:
    """One line of what can be read: no control, direction or invisible signs, no towers of accents."""

    async def main() -> None:
        async with room_of(serving, small_talk) as room:
            phone = await ill_phone(room)
            phone.follow()

            async def deed() -> None:
                for sent, shown in WORDS.items():
                    text = {
                        "id": (await phone.say("wrote", beat=1, text=sent)).json()["seq"],
                        "text": shown,
                    }
                    await shows(room.lead, "back", texts=[{**text, "shown": False}])
                    await room.lead.lead("shown", text=text["id"])
                    await shows(phone, "you", text=shown, shown=True)
                    assert phone.view("room")["beat"]["texts"] == [text]
                for sent in filter(lambda words: len(words) <= 24, WORDS):
                    await phone.say("renamed", name=sent)
                    await shows(phone, "you", name=WORDS[sent])

            await room.unmoved_by(deed)
            await room.lead.lead("debriefed")
            for sent, shown in WORDS.items():
                await phone.say("reflected", prompt=0, text=sent)
                await shows(phone, "you", reflections={"0": shown})
            await room.lead.lead("ticketed")
            for sent, shown in WORDS.items():
                await phone.say("ticket", text=sent)
                await shows(phone, "you", ticket=shown)
            phone.sleep()

    run(main())


async def shows(phone: Phone, view: str, /, **wanted: object) -> None:
    """Wait until the view has all that is wanted."""

    def found() -> Json:
        has = phone.view(view) if view in phone.views else {}
        return {key: has.get(key) for key in wanted}

    with contextlib.suppress(AssertionError):
        await until(lambda: found() == wanted)
    assert found() == wanted


def test_a_flood_from_one_seat_or_one_address_is_held_back(
    serving: Serving, small_talk: RolePlay
) -> None:
    async def main() -> None:
        async with room_of(serving, small_talk) as room:
            phone = await ill_phone(room)
            found: dict[str, Counter[int]] = {}

            async def many(what: str, times: int, request: Callable[[], bytes]) -> list[Caller]:
                callers = [Caller(room.port, room.ill) for _ in range(times)]
                answers = await asyncio.gather(*(caller.ask(request()) for caller in callers))
                found[what] = Counter(answer.status for answer in answers)
                for caller in callers:
                    caller.hang_up()
                return callers

            async def deed() -> None:
                vote = {"kind": "voted", "beat": 1, "reply": "leave"}
                await many("say", 100, lambda: say(room, phone.token, **vote))
                room.voted[phone.seat] = "leave"
                await many(
                    "join",
                    100,
                    lambda: post(f"/{room.code}/join", "", {"key": secrets.token_urlsafe(16)}),
                )

            await room.unmoved_by(deed)
            assert 30 <= found["say"][200] <= 34
            assert found["say"][200] + found["say"][429] == 100
            assert found["join"] == {200: 59, 429: 41}
            late = Phone(room.port, room.code)
            await late.join()

    run(main())


def test_many_streams_of_one_are_ended_and_the_others_go_on(
    serving: Serving, small_talk: RolePlay
) -> None:
    async def main() -> None:
        async with room_of(serving, small_talk) as room:
            stages = [Phone(room.port, room.code, room.ill) for _ in range(60)]
            seat = await ill_phone(room)
            tabs = [Phone(room.port, room.code, room.ill, seat.token) for _ in range(10)]
            open_ones = []

            async def deed() -> None:
                for phone in (*stages, *tabs):
                    await phone.open()
                await asyncio.sleep(1)
                for phones in (stages, tabs):
                    open_ones.append(
                        [phone.views.keys() >= {"room"} and phone.streams for phone in phones]
                    )

            await room.unmoved_by(deed)
            assert open_ones == [[True] * 40 + [False] * 20, [False] * 6 + [True] * 4]
            for phone in (*stages, *tabs):
                phone.sleep()

    run(main())


def test_who_keeps_the_server_waiting_is_cut_off(serving: Serving, small_talk: RolePlay) -> None:
    """Idle lines, heads and bodies that come by the byte or never end, more lines than a class has."""

    async def main() -> None:
        async with room_of(serving, small_talk) as room:
            seat = await ill_phone(room)
            seat.hang_up()
            vote = say(room, seat.token, kind="left")
            json = "Content-Type: application/json\r\nContent-Length: "
            endless = head("POST", f"/{room.code}/say", seat.token, f"{json}999999999\r\n")
            refused = head("POST", f"/{room.code}/say", "", f"{json}5\r\n")
            slow: dict[str, list[bytes]] = {
                "idle": [],
                "slow head": [vote[i : i + 1] for i in range(len(vote))],
                "half a body": [vote[:-3]],
                "empty lines": [b"\r\n"] * 100,
                "endless head": [b"GET / HTTP/1.1\r\nX: ", *[b"a" * 1000] * 60],
                "endless heads": [b"GET / HTTP/1.1\r\n", *[b"X: y\r\n" * 200] * 60],
                "endless address": [b"GET /", *[b"a" * 1000] * 60],
                "endless body": [endless, *[b" " * 1000] * 60],
                "a body after its answer": [refused, b"", b"", b"", b"hello"],
                "lines after an answer": [head("GET", "/"), *[b"\r\n"] * 100],
                "one after the other": [head("GET", "/pages/live.js") * 60],
                "no page": [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"\x00" * 40],
                "another protocol": [
                    b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
                ],
            }
            ended: dict[str, list[float]] = {}

            async def deed() -> None:
                async def one(name: str) -> None:
                    _, seconds = await raw(room, *slow[name], wait=0.05)
                    ended.setdefault(name, []).append(seconds)

                await asyncio.gather(*(one(name) for name in slow for _ in range(10)))
                crowd = await asyncio.gather(*(raw(room) for _ in range(200)))
                ended["crowd"] = sorted(seconds for _, seconds in crowd)

            await room.unmoved_by(deed)
            assert max(max(seconds) for seconds in ended.values()) < 3.5
            assert ended["crowd"][49] < 0.7 < ended["crowd"][50]
            await seat.say("voted", beat=1, reply="leave")

    run(main())


def test_who_asks_without_end_waits_for_each_answer(serving: Serving, small_talk: RolePlay) -> None:
    async def main() -> None:
        async with room_of(serving, small_talk) as room:
            took: list[float] = []

            async def deed() -> None:
                async def ask() -> None:
                    caller = Caller(room.port, room.ill)
                    for path in ["/nothing/here", f"/{room.code}/say", "/pages/live.js", "/"] * 12:
                        began = time.monotonic()
                        answer = await caller.ask(head("GET", path))
                        if answer.status == 429:
                            took.append(time.monotonic() - began)
                    caller.hang_up()

                await asyncio.gather(*(ask() for _ in range(25)))

            await room.unmoved_by(deed)
            assert len(took) > 50
            assert min(took) >= 1

    run(main())
