"""A session over real connections: what phones, stage and remote are told, and what nobody may do."""

from __future__ import annotations

import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from live.served import Facilitator, Person, Server, Visitor, new_key

from partners import library
from partners.live import app, names
from partners.live.limits import Rate
from partners.live.log import Log

if TYPE_CHECKING:
    from pathlib import Path

    from partners.scenario.model import RolePlay


@pytest.fixture
def lead(server: Server, small_talk: RolePlay) -> Facilitator:
    return server.session(small_talk)[0]


def people(lead: Facilitator, server: Server, count: int) -> list[Person]:
    return [Person(server.port, lead.code) for _ in range(count)]


def test_a_session_from_the_code_to_the_end(server: Server, lead: Facilitator) -> None:
    stage = Visitor(server.port, lead.code.lower())
    first, second, third = people(lead, server, 3)
    assert stage.until("room", phase="lobby", here=3)["beat"] is None
    lead.does("began", "vote_opened")
    assert first.say("voted", beat=1, reply="praise").status_code == 200
    assert second.say("voted", beat=1, reply="but").status_code == 200
    assert third.say("voted", beat=1, reply="but").status_code == 200
    assert third.say("voted", beat=1, reply="praise").status_code == 200
    assert first.until("you")["vote"] == "praise"
    assert lead.views()["back"]["tally"][0] == {"key": "praise", "votes": 2}
    assert stage.views()["room"]["beat"]["tally"] is None
    lead.does("revealed")
    assert lead.lead("chosen", reply="praise").status_code == 200
    time.sleep(0.2)
    beat = stage.views()["room"]["beat"]
    assert [row["votes"] for row in beat["tally"]] == [2, 1, 0]
    assert beat["answer"] == {"line": "She did?", "mood": "warm"}
    lead.does("went_on")
    assert lead.lead("chosen", reply="ask").status_code == 200
    lead.does("went_on", "debriefed")
    assert first.say("reflected", prompt=0, text="The <b>boots</b>").status_code == 200
    lead.does("ticketed")
    assert first.say("ticket", text="I will ask first.").status_code == 200
    assert first.until("you")["ticket"] == "I will ask first."
    lead.does("ended")
    assert stage.until("room", phase="over", here=3)
    assert first.say("ticket", text="Later").json() == {"why": "not_now"}
    assert Visitor(server.port, lead.code).post("join", {"key": new_key()}).json() == {"why": "over"}


def test_frames_come_when_something_happens_and_tell_only_what_is_new(
    server: Server, lead: Facilitator
) -> None:
    (person,) = people(lead, server, 1)
    frames = person.frames()
    assert [next(frames)[0] for _ in range(3)] == ["about", "room", "you"]
    lead.does("began")
    name, view = next(frames)
    assert (name, view["phase"]) == ("room", "talk")
    assert abs(view["now"] / 1000 - time.time()) < 1
    lead.does("vote_opened")
    assert next(frames)[1]["beat"]["vote"] == "open"
    person.say("voted", beat=1, reply="but")
    found = dict(next(frames) for _ in range(2))
    assert found["you"]["vote"] == "but"
    assert found["room"]["beat"]["votes"] == 1


def test_a_hundred_votes_at_once_are_ten_frames_a_second_at_most(
    own_server: Server, small_talk: RolePlay
) -> None:
    lead, _ = own_server.session(small_talk)
    own_server.limits.said = Rate(100, 0)
    (person,) = people(lead, own_server, 1)
    lead.does("began", "vote_opened")
    frames = Visitor(own_server.port, lead.code).frames()
    next(frames)
    with ThreadPoolExecutor(8) as hands:
        replies = ["praise", "but"] * 50
        answers = list(hands.map(lambda reply: person.say("voted", beat=1, reply=reply), replies))
    assert {answer.status_code for answer in answers} == {200}
    lead.does("revealed")
    sent = []
    for _, view in frames:
        sent.append(view["now"])
        if view["beat"] and view["beat"]["vote"] == "revealed":
            break
    assert view["beat"]["votes"] == 1
    assert min(after - before for before, after in pairwise(sent[1:])) >= 95


def test_a_poll_waits_for_news(server: Server, lead: Facilitator) -> None:
    (person,) = people(lead, server, 1)
    time.sleep(0.2)
    views = person.views()
    newest = max(view.get("v", 0) for view in views.values())
    with ThreadPoolExecutor(1) as hand:
        waiting = hand.submit(person.views, newest)
        time.sleep(0.1)
        assert not waiting.done()
        lead.does("began")
        assert list(waiting.result()) == ["room"]


def test_the_same_request_twice_is_answered_as_the_first_time(server: Server, lead: Facilitator) -> None:
    (person,) = people(lead, server, 1)
    lead.does("began", "vote_opened")
    key = new_key()
    first = person.say("voted", key, beat=1, reply="praise")
    lead.does("revealed")
    again = person.say("voted", key, beat=1, reply="praise")
    assert (again.status_code, again.json()) == (200, first.json())
    assert person.say("voted", beat=1, reply="praise").json() == {"why": "closed"}
    same = Visitor(server.port, lead.code).post("join", {"key": person.join_key})
    assert same.json()["seat"] == person.seat
    assert lead.views()["room"]["here"] == 1


def test_a_server_that_was_stopped_goes_on_where_it_was(server: Server, lead: Facilitator) -> None:
    stage = Visitor(server.port, lead.code)
    persons = people(lead, server, 2)
    lead.does("began", "vote_opened")
    for person in persons:
        person.say("voted", beat=1, reply="but")
    time.sleep(0.7)
    before = [each.views() for each in (stage, lead, *persons)]
    open_stream = stage.frames()
    next(open_stream)
    server.stop()
    assert all(name in {"about", "room"} for name, _ in open_stream)  # it ends, so that pages come back
    server.start()
    after = [each.views() for each in (stage, lead, *persons)]
    for view in (*before, *after):
        view["room"].pop("now")
        view.get("back", {}).pop("connected", None)
    assert after == before
    assert persons[0].say("voted", beat=1, reply="praise").status_code == 200


def test_keys_and_tokens_open_only_their_own_door(server: Server, small_talk: RolePlay) -> None:
    lead, code = server.session(small_talk)
    other, other_code = server.session(small_talk)
    (person,) = people(lead, server, 1)
    order = {"key": new_key(), "kind": "began"}
    for shown in ("", new_key(), person.web.headers["Authorization"][7:], other.key):
        answer = Visitor(server.port, code, shown).post("lead", order)
        assert answer.status_code == 401
    vote = {"key": new_key(), "kind": "left"}
    for shown in ("", new_key(), lead.key):
        assert Visitor(server.port, code, shown).post("say", vote).status_code == 401
    assert person.post("say", order).json() == {"why": "bad_request"}
    assert lead.views()["room"]["phase"] == "lobby"
    assert lead.web.get("/lead/session").json() == {"code": code}
    assert person.web.get("/lead/session").status_code == 401
    assert Visitor(server.port, other_code, lead.key).post("lead", order).status_code == 401
    held = b"".join(file.read_bytes() for file in server.file.parent.iterdir())
    secrets = [lead.key, person.join_key, person.web.headers["Authorization"][7:]]
    assert not [secret for secret in secrets if secret.encode() in held]
    assert b"127.0.0.1" not in held
    assert b"httpx" not in held


def test_whoever_is_removed_is_told_so(server: Server, lead: Facilitator) -> None:
    (person,) = people(lead, server, 1)
    assert lead.lead("removed", seat=person.seat).status_code == 200
    answer = person.say("renamed", name="Me again")
    assert (answer.status_code, answer.json()) == (401, {"why": "removed"})
    assert person.until("you")["removed"] is True
    assert Visitor(server.port, lead.code).post("join", {"key": person.join_key}).status_code == 401


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{" * 5000, {}, 413),
        (b"[" * 4000, {}, 400),
        (b"null", {}, 400),
        (b'{"key": "short", "kind": "left"}', {}, 400),
        (b'{"key": "long-enough", "kind": "left"', {}, 400),
        (b'{"key": "long-enough", "kind": "left"}', {"content-type": "text/plain"}, 415),
        (b'{"key": "long-enough", "kind": "left"}', {"origin": "http://elsewhere.example"}, 403),
        (b'{"key": "long-enough", "kind": "left"}', {"sec-fetch-site": "cross-site"}, 403),
        (b'{"key": "long-enough", "kind": "left", "seat": 2}', {}, 400),
    ],
)
def test_what_no_page_of_ours_would_send_is_refused(
    server: Server, lead: Facilitator, body: bytes, headers: dict[str, str], status: int
) -> None:
    (person,) = people(lead, server, 1)
    kind = {"content-type": "application/json"}
    answer = person.web.post(f"/{lead.code}/say", content=body, headers=kind | headers)
    assert answer.status_code == status
    assert lead.views()["room"]["here"] == 1


def test_who_tries_codes_is_stopped_and_who_is_in_is_not(
    own_server: Server, small_talk: RolePlay
) -> None:
    lead, _ = own_server.session(small_talk)
    (person,) = people(lead, own_server, 1)
    assert all(person.web.get(path).status_code == 404 for path in ["/favicon.ico"] * 40)
    guesses = [Visitor(own_server.port, f"CDFGH{sign}") for sign in 2 * names.SIGNS][:34]
    found = [guess.web.get(f"/{guess.code}/poll").status_code for guess in guesses]
    assert found == [404] * 30 + [429] * 4
    assert Visitor(own_server.port, lead.code).post("join", {"key": new_key()}).status_code == 429
    assert person.say("renamed", name="Still here").status_code == 200


def test_a_flood_of_one_is_held_back(own_server: Server, small_talk: RolePlay) -> None:
    lead, _ = own_server.session(small_talk)
    own_server.limits.said = Rate(5, 60)
    own_server.limits.seats_of_one_address = 2
    one, two = people(lead, own_server, 2)
    said = [one.say("renamed", name=f"Name {i}").status_code for i in range(7)]
    assert said == [200] * 5 + [429] * 2
    assert two.say("renamed", name="Another").status_code == 200
    assert Visitor(own_server.port, lead.code).post("join", {"key": new_key()}).status_code == 429


def test_every_answer_tells_the_browser_to_be_strict(server: Server, lead: Facilitator) -> None:
    paths = ["/", f"/{lead.code}", f"/{lead.code}/qr.svg", "/lead", "/nothing/here", "/lead/session"]
    for answer in map(lead.web.get, paths):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "server" not in answer.headers


def test_pages_are_there_and_load_once(server: Server, lead: Facilitator) -> None:
    for path in ("/", f"/{lead.code}", f"/stage/{lead.code}", "/lead", "/pages/live.js"):
        answer = lead.web.get(path)
        assert answer.status_code == 200
        again = lead.web.get(path, headers={"if-none-match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    wrong = lead.web.get("/KMNPQR")
    assert wrong.status_code == 404
    assert wrong.headers["content-type"].startswith("text/html")
    assert lead.web.get("/pages/../app.py").status_code == 404
    assert lead.web.get("/pages/%2e%2e/app.py").status_code == 404


def test_the_portrait_is_the_case_s_own(server: Server) -> None:
    lead, code = server.session(library.role_play("first_call_home"))
    drawing = lead.web.get(f"/{code}/{lead.views()['about']['parent']['portrait']}")
    assert drawing.headers["content-type"] == "image/svg+xml"
    assert drawing.text.startswith("<svg")


def test_what_cannot_be_saved_is_not_acknowledged_and_did_not_happen(
    server: Server, lead: Facilitator
) -> None:
    (person,) = people(lead, server, 1)
    lead.does("began", "vote_opened")
    with sqlite3.connect(server.file) as other:
        other.execute(
            "CREATE TRIGGER full BEFORE INSERT ON event BEGIN SELECT raise(FAIL, 'disk full'); END"
        )
    answer = person.say("voted", beat=1, reply="praise")
    assert (answer.status_code, answer.json()) == (503, {"why": "not_saved"})
    assert lead.views()["back"]["tally"][0]["votes"] == 0
    with sqlite3.connect(server.file) as other:
        other.execute("DROP TRIGGER full")
    assert person.say("voted", beat=1, reply="praise").status_code == 200


def test_an_erased_session_is_gone_at_once_for_who_says_something(
    server: Server, lead: Facilitator
) -> None:
    (person,) = people(lead, server, 1)
    log = Log(server.file)
    assert log.erase(lead.code)
    log.close()
    assert person.say("renamed", name="Anybody").json() == {"why": "no_session"}
    assert person.web.get(f"/{lead.code}").status_code == 404


def test_two_servers_over_one_file_show_the_same(server: Server, lead: Facilitator) -> None:
    another = Server(server.file)
    another.start()
    stage = Visitor(another.port, lead.code)
    stage.views()
    (person,) = people(lead, server, 1)
    lead.does("began", "vote_opened")
    person.say("voted", beat=1, reply="but")
    moved = Visitor(another.port, lead.code, person.web.headers["Authorization"][7:])
    assert moved.views()["you"]["vote"] == "but"
    lead.does("revealed")
    begun = time.monotonic()
    stage.until("room", here=1, phase="talk")
    while stage.views()["room"]["beat"]["vote"] != "revealed":
        assert time.monotonic() < begun + 2
        time.sleep(0.05)
    another.stop()


def test_below_a_prefix_the_code_leads_there_too(tmp_path: Path, small_talk: RolePlay) -> None:
    server = Server(tmp_path / "live.db", prefix="/services/live")
    server.start()
    lead, code = server.session(small_talk)
    assert lead.web.get(f"/{code}").status_code == 200
    drawn = [lead.web.get(f"/{code}/qr.svg{which}").content for which in ("", "?link=0")]
    server.stop()
    links = [f"http://127.0.0.1:{server.port}/services/live/{code}", f"http://192.0.2.7/{code}"]
    assert drawn == [app.qr(link) for link in links]
    assert drawn[0] != drawn[1]
