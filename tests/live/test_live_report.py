"""What is left of a session: the debrief, the report in three files, and the replay. Nobody is named in it."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from bs4 import BeautifulSoup
from live.served import Person, Server, Visitor

from partners import library
from partners.course.small_groups import Count, Lot
from partners.live import events, replay, replay_player, report, report_files, views
from partners.live.events import Event
from partners.live.log import Log
from partners.live.report import Texts, Votes
from partners.live.report_page import page
from partners.live.room import Room

if TYPE_CHECKING:
    from pathlib import Path

    from partners.live.debrief import Debrief
    from partners.live.events import Body
    from partners.scenario.model import RolePlay

CODE = "CDFGHJ"
NAMED = "Ms. Ruth Ostrander"


class Session:
    """A room and its log, ten seconds between two events."""

    def __init__(
        self, told: RolePlay, people: int, mode: events.Mode = "vote", language: events.Language = "en"
    ) -> None:
        self.room = Room(CODE, told)
        self.log: list[Event] = []
        self.does(events.Opened(role_play=told.id, hash=told.hash, mode=mode, language=language, seed=7))
        for seat in range(people):
            self.does(events.Joined(token_hash=f"secret {seat}"))
        self.does(events.Began())

    def does(self, *bodies: Body, seat: int = 0) -> None:
        for body in bodies:
            self.log.append(Event(len(self.log) + 1, CODE, seat, body, 10_000 * len(self.log)))
            assert self.room.apply(self.log[-1]) is None, body

    def votes(self, counts: dict[str, int]) -> None:
        """Open a vote, and let so many people choose each reply."""
        self.does(events.VoteOpened())
        chosen = [reply for reply, people in counts.items() for _ in range(people)]
        for seat, reply in enumerate(chosen, 1):
            self.does(events.Voted(beat=self.room.beat.n, reply=reply), seat=seat)

    def says(self, reply: str) -> None:
        self.does(events.Chosen(reply=reply), events.WentOn())

    def looks(self, turn: int) -> Debrief:
        self.does(events.Looked(turn=turn))
        shown = views.public(self.room)["debrief"]
        assert shown
        return shown

    def report(self) -> report.Report:
        return report.report(self.room)

    def recorded(self) -> str:
        return replay.recorded(CODE, self.room.role_play, self.log)


@pytest.fixture
def session(small_talk: RolePlay) -> Session:
    """Nine people have said something kind with a “but”, after they had tried something else."""
    new = Session(small_talk, 9)
    new.votes({"praise": 3, "but": 5, "leave": 1})
    new.does(events.Revealed())
    new.says("praise")
    new.does(events.Back())
    new.says("but")
    new.votes({"ask": 4, "tell": 4})
    for seat, trust in enumerate((2, 3, 3, 4, 7, 8), 1):
        new.does(events.Guessed(beat=3, trust=trust), seat=seat)
    for seat in (1, 2):
        new.does(events.Wrote(beat=3, text=f"Is she loud at home, too? {seat}"), seat=seat)
    new.does(events.Shown(text=new.room.seq))
    new.says("ask")
    new.votes({"sorry": 1, "joke": 8})
    new.says("joke")
    new.does(events.Debriefed())
    return new


def whole_session(told: RolePlay, people: int) -> Session:
    """One of a real conversation, to its end."""
    new = Session(told, people)
    while offers := list(new.room.beat.offers):
        rest = people
        votes = {}
        for number, reply in enumerate(offers):
            votes[reply] = (
                rest if number == len(offers) - 1 else min(rest, (new.room.beat.n + number) % 5)
            )
            rest -= votes[reply]
        new.votes(votes)
        if scene := new.room.beat.scene:
            for seat in range(1, people * scene.guess):
                new.does(events.Guessed(beat=new.room.beat.n, trust=seat % 9), seat=seat)
        new.says(max(votes, key=lambda reply: votes[reply]))
    return new


# The debrief in the room


def test_the_room_looks_at_the_whole_at_each_reply_and_at_what_would_have_changed_it(
    session: Session,
) -> None:
    shown = session.looks(0)
    assert shown["stops"] == ["whole", *["turn", "votes"] * 3, "change", "principles", "questions"]
    assert (shown["trust"], shown["ending"]) == ([4, 3, 5, 4], "Polite")
    assert shown["hidden"] == "He has been up since two."
    assert [(session.looks(turn)["stop"], session.looks(turn)["n"]) for turn in range(5)] == [
        ("whole", None),
        ("turn", 1),
        ("votes", 1),
        ("turn", 2),
        ("votes", 2),
    ]
    exchange = session.looks(2)["exchange"]
    assert exchange
    assert exchange == session.looks(1)["exchange"]
    options = [(row["key"], row["votes"], row["moves"]) for row in exchange["options"]]
    assert options == [("praise", 3, 2), ("but", 5, -1), ("leave", 1, -4)]
    assert (exchange["said"], exchange["thinks"]) == ("Ida is lovely, but loud.", "I have to go.")
    assert exchange["principle"] == "Praise that names what the child did, where and when."
    assert [(taken["answer"], taken["trust"]) for taken in exchange["tried"]] == [("She did?", [4, 6])]
    change = session.looks(7)["change"]
    assert change
    assert [(other["turn"], other["would"]) for other in change["others"]] == [
        (3, "I said that badly. She sings when she works, and I like it.")
    ]
    assert (change["trust"], change["ending"], change["further"]) == ([4, 3, 5, 8], "A beginning", 0)
    moved = session.looks(8)["principles"]
    assert moved
    assert [(row["turns"], row["moved"]) for row in moved] == [([2], 2), ([1], -1), ([3], -1)]
    assert session.looks(9)["prompts"] == ["What moved him?"]
    assert session.room.refuses(events.Looked(turn=10)) == "not_asked"


def test_guesses_are_told_in_groups_and_not_at_all_if_fewer_than_three_made_one(
    session: Session,
) -> None:
    exchange = session.looks(3)["exchange"]
    assert exchange
    assert exchange["guesses"] == {
        "people": 6,
        "was": 3,
        "groups": [{"low": 2, "high": 3, "people": 3}, {"low": 4, "high": 8, "people": 3}],
    }
    for seat in (1, 2, 3, 4):
        session.does(events.Removed(seat=seat))
    exchange = session.looks(3)["exchange"]
    assert exchange
    assert exchange["guesses"]
    assert exchange["guesses"]["groups"] == []


def test_a_way_that_is_shorter_after_going_back_is_looked_at_from_its_beginning(
    session: Session,
) -> None:
    session.does(events.Looked(turn=9), events.Back(), events.Back(), events.Back(), events.Debriefed())
    shown = views.public(session.room)["debrief"]
    assert shown
    assert (shown["turn"], shown["stop"], len(shown["stops"])) == (0, "whole", 6)


def test_a_room_that_stopped_on_its_way_or_arrived_is_told_so(small_talk: RolePlay) -> None:
    session = Session(small_talk, 3)
    session.says("praise")
    session.does(events.Debriefed())
    change = session.looks(3)["change"]
    assert change
    assert (change["others"], change["further"]) == ([], 1)
    assert "1 more reply leads to “A beginning”" in page(session.report())
    session.does(events.Back())
    session.says("ask")
    session.does(events.Debriefed())
    change = session.looks(5)["change"]
    assert change
    assert (change["others"], change["further"]) == ([], 0)
    assert "Nothing needs to change" in page(session.report())


# The report: what it says


def test_votes_are_told_by_reply_and_too_few_together(session: Session) -> None:
    first, left, second, third = session.report().places
    assert first.votes == Votes(9, (Lot(("but",), 5), Lot(("praise", "leave"), 4)))
    assert second.votes == Votes(8, (Lot(("ask",), 4), Lot(("tell",), 4)))
    assert third.votes == Votes(9, (Lot(("sorry", "joke"), 9),))
    assert [place.turn for place in (first, left, second, third)] == [1, 0, 2, 3]
    assert (left.said, left.votes.people, first.tried) == ("", 0, ("praise",))


def test_sums_by_principle_and_dimension_tell_no_more_than_the_counts_they_are_made_of(
    session: Session,
) -> None:
    found = session.report()
    assert {each.id: (each.turns, each.moved, each.votes) for each in found.principles} == {
        "ask-before-telling": ((2,), 2, {"up": 4, "same": 4}),
        "specific-strength": ((1,), -1, {"down": 5, "untold": 4}),
        "mend-it": ((3,), -1, {"untold": 9}),
        "good-news-first": ((), 0, {"untold": 4}),
    }
    assert {each.id: (each.earned, each.possible, each.votes) for each in found.dimensions} == {
        "strength": (0, 2, {"0": 5, "untold": 4}),
        "elicits": (2, 2, {"2": 4, "0": 4}),
    }


@pytest.mark.parametrize("people", [1, 2, 3, 5, 8, 30])
@pytest.mark.parametrize("name", ["first_call_home", "angry_email"])
def test_no_count_of_votes_or_guesses_is_of_one_or_two_people(name: str, people: int) -> None:
    session = whole_session(library.role_play(name), people)
    for row in csv.DictReader(io.StringIO(report.as_csv(session.report()))):
        if row["what"] in {"votes", "votes by trust", "votes by points", "guesses"}:
            assert int(row["count"] or 0) not in {1, 2}, row
    text = BeautifulSoup(page(session.report()), "html.parser").get_text(" ")
    assert ("Fewer than three voted here" in text) is (people < 3)


def test_in_all_three_files_stand_the_same_figures() -> None:
    session = whole_session(library.role_play("first_call_home"), 23)
    session.does(events.Debriefed(), events.Ticketed())
    for seat in range(1, 5):
        session.does(events.Ticket(text=f"Hello {seat}"), seat=seat)
    found = session.report()
    data = json.loads(report.as_json(found))
    rows = list(csv.DictReader(io.StringIO(report.as_csv(found))))
    tables = tables_of(page(found))

    def counts(what: str, **where: object) -> list[int]:
        return [int(row["count"]) for row in rows if row["what"] == what and matches(row, where)]

    for place in data["places"]:
        lots = [lot["people"] for lot in place["votes"]["lots"]]
        assert lots == counts("votes", beat=place["beat"])
        assert lots == [int(row[2]) for row in next(tables["Votes, and"])]
        if place["guesses"] and place["guesses"]["groups"]:
            groups = [group["people"] for group in place["guesses"]["groups"]]
            shown = [int(row[1]) for row in next(tables["Guesses of"])]
            assert groups == counts("guesses", beat=place["beat"]) == shown[:-1]
            assert shown[-1] == place["guesses"]["was"]
    trust = [int(row[1]) for row in next(tables["Trust after"])]
    assert data["trust"] == counts("trust after reply") == trust
    for each, row in zip(data["principles"], next(tables["What each"]), strict=True):
        votes = [each["votes"].get(name, 0) for name in ("up", "same", "down", "untold")]
        assert [n for n in votes if n] == [int(n) for n in re.findall(r"\d+", row[3])]
        assert sorted(each["votes"].values()) == sorted(counts("votes by trust", principle=each["id"]))
    for each, row in zip(data["dimensions"], next(tables["Points of"]), strict=True):
        where = {"dimension": each["id"]}
        points = counts("points earned", **where) + counts("points possible", **where)
        assert [n for n in (each["earned"], each["possible"]) if each["possible"]] == points
        assert row[1] == (f"{points[0]} of {points[1]}" if points else "–")
        assert sorted(each["votes"].values()) == sorted(counts("votes by points", **where))
    assert data["people"] == counts("people")[0] == 23
    assert data["tickets"]["people"] == counts("tickets")[0] == len(data["tickets"]["texts"]) == 4


def tables_of(html: str) -> dict[str, Any]:
    """The rows of all tables, by the first two words of their captions, one table after the other."""
    found: dict[str, list[list[list[str]]]] = {}
    for table in BeautifulSoup(html, "html.parser").find_all("table"):
        caption = " ".join(table.get_text(" ").split()[:2])
        body = [
            [cell.get_text() for cell in row.find_all(["th", "td"])] for row in table.select("tbody tr")
        ]
        found.setdefault(caption, []).append(body)
    return {caption: iter(tables) for caption, tables in found.items()}


def matches(row: dict[str, str], where: dict[str, object]) -> bool:
    return all(row[name] == str(value) for name, value in where.items())


# The report: what it does not say, and when it is there


def everything(session: Session) -> str:
    found = session.report()
    return "".join([*(made(found) for made in report_files.KINDS.values()), session.recorded()])


def test_nobody_is_named_and_only_words_that_were_let_pass_are_quoted(session: Session) -> None:
    session.does(events.Renamed(name=NAMED), seat=3)
    for seat in range(1, 5):
        session.does(events.Reflected(prompt=0, text=f"Her boots & his <i>{seat}</i>"), seat=seat)
    session.does(events.Ticketed())
    for seat in range(1, 3):
        session.does(events.Ticket(text="I will call tonight"), seat=seat)
    kept = everything(session)
    names = [seat.name for seat in session.room.seats.values()]
    assert [name for name in (*names, "secret", "Is she loud at home, too? 1") if name in kept] == []
    assert "Is she loud at home, too? 2" in kept
    assert "I will call tonight" not in kept  # of two people
    html = page(session.report())
    assert "Her boots &amp; his &lt;i&gt;3&lt;/i&gt;" in html
    assert "Take out what names a person" in html
    assert "Her boots" not in session.recorded()


def test_whoever_is_removed_leaves_nothing_in_the_report(session: Session) -> None:
    session.does(events.Removed(seat=2))
    found = session.report()
    assert (found.people, found.places[0].votes.people, found.places[2].words.texts) == (8, 8, ())


def test_it_is_there_at_any_time_and_an_open_vote_is_not_in_it(small_talk: RolePlay) -> None:
    session = Session(small_talk, 9)
    assert "nothing was said yet" in page(session.report())
    session.votes({"praise": 4, "but": 5})
    found = session.report()
    assert (found.places[0].votes.withheld, found.places[0].votes.people) == ("open", 0)
    assert "withheld: still open" in report.as_csv(found)
    assert "Here the room stands now." in page(found)
    session.says("praise")
    html = page(session.report())
    assert "The session still goes on" in html
    assert "9 voted: praise" not in html
    assert "9 voted: A 4; B 5; C 0." in html
    session.does(events.Ended())
    assert "The session still goes on" not in page(session.report())


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("people", [0, 2, 9])
def test_every_figure_has_its_words_and_the_page_is_all_there_is(
    language: events.Language, people: int
) -> None:
    session = whole_session(library.role_play("first_call_home"), people)
    session.does(events.Spoken(language=language), events.Debriefed())
    html = BeautifulSoup(page(session.report()), "html.parser")
    assert html.html
    assert html.html["lang"] == language
    for shown in html.select(".shown"):
        assert shown.svg
        assert shown.svg["aria-label"]
        assert shown.table
        assert shown.p
    assert len(html.select(".shown")) > 2
    assert not html.select("script, link, img, [src], [href]")
    assert html.main
    assert "{" not in html.main.get_text()
    assert bool(html.select('tbody[lang="en"]')) is (language == "es")


def test_a_report_of_trios_tells_what_observers_saw_and_teachers_understood() -> None:
    told = library.role_play("first_call_home")
    session = Session(told, 12, "trio")
    for _ in range(2):
        one_round(session)
    found = session.report()
    strength = found.observed[0]
    assert (strength.id, strength.ratings) == (told.practises[0], 8)
    assert strength.points == ({"low": 0, "high": 0, "ratings": 4}, {"low": 2, "high": 2, "ratings": 4})
    assert not found.observed[1].ratings
    first = found.understood[0]
    assert first.teachers == Count(1, 2, 4)  # one was right, which would tell who
    assert first.parents == Count(4, 4, 4)
    assert found.quotes == Texts(8, ("“What do you see at home?”",) * 2)
    html = page(found)
    assert "1 to 2 of 4" in html
    assert "In later rounds" in html
    assert "kept among us" not in everything(session)
    assert report.as_csv(found).count("between 1 and 2") >= 2
    assert json.loads(report.as_json(found))["understood"][0]["teachers"] == {
        "low": 1,
        "high": 2,
        "of": 4,
    }


def one_round(session: Session) -> None:
    """Four trios: half of the observers are content, and one teacher understands the first statement."""
    session.does(events.RoundBegan())
    for step in ("talk", "words"):
        session.does(events.Stepped(step=step))
    now = session.room.current
    assert now
    key, statements = session.room.role_play.practises[0], session.room.role_play.statements
    groups = list(now.trios.groups.values())
    for number, group in enumerate(groups):
        (observer,) = group.having("observer")
        rated = events.Rated(round=now.number, dimension=key, points=2 * (number % 2))
        quote = number == 0
        text = "“What do you see at home?”" if quote else "kept among us"
        noted = events.Noted(round=now.number, text=text, quote=quote)
        session.does(rated, noted, seat=observer)
    session.does(events.Stepped(step="statements"))
    for number, group in enumerate(groups):
        for role in ("teacher", "parent"):
            (seat,) = group.having(role)
            right = role == "parent" or number == 0
            said = statements[0].true is right
            session.does(events.Answered(round=now.number, statement=0, true=said), seat=seat)
    session.does(events.Stepped(step="compare"))


# The replay


def test_played_again_everybody_sees_the_same_at_every_step(session: Session) -> None:
    session.does(events.Timed(seconds=60), events.Ticketed())
    recording = replay.read(session.recorded().encode())
    then = Room(CODE, session.room.role_play)
    for event, again in zip(session.log, recording.log, strict=True):
        then.apply(event)
        now = recording.room(again.seq)
        assert views.public(now) == views.public(then)
        own = [without_words(views.mine(room, seat)) for room in (now, then) for seat in room.seats]
        assert own[: len(now.seats)] == own[len(now.seats) :]
    assert [event.at for event in recording.log] == [10_000 * n for n in range(len(session.log))]


def without_words(view: Any) -> dict[str, Any]:
    return {name: value for name, value in view.items() if name != "text"}


def test_trios_are_played_again_without_the_names_that_people_chose() -> None:
    session = Session(library.role_play("first_call_home"), 6, "trio")
    session.does(events.Renamed(name=NAMED), seat=3)
    one_trio = session.recorded()
    one_round(session)
    assert NAMED not in one_trio + session.recorded()
    recording = replay.read(session.recorded().encode())
    seen, then = (views.public(room)["trio"] for room in (recording.room(99), session.room))
    assert seen
    assert then
    assert seen["understood"] == then["understood"]


def changed(text: str, **parts: object) -> bytes:
    return json.dumps({**json.loads(text), **parts}).encode()


def test_a_file_that_is_damaged_edited_or_no_replay_is_told_so(session: Session) -> None:
    text = session.recorded()
    kinds = json.loads(text)["events"]
    kinds[12] = ["voted", 4, {"beat": 1, "reply": "praise"}, 0]
    words = {
        text.encode()[:-40]: "cut short or damaged",
        b"\xff\xfe\x00": "cut short or damaged",
        b"[" * 100_000: "cut short or damaged",
        b"[]": "not the replay of a live session",
        changed(text, format="partners-transcript/1"): "not the replay of a live session",
        changed(text, format="partners-live-replay/2"): "reads partners-live-replay/1",
        changed(text, events=kinds): "changed after it was saved",
        changed(text, check="0" * 32): "changed after it was saved",
    }
    for file, told in words.items():
        with pytest.raises(replay.ReplayError, match=told):
            replay.read(file)


@pytest.mark.parametrize(
    "parts", [{"role_play": {}}, {"role_play": None}, {"events": [[]]}, {"events": 3}, {"session": None}]
)
def test_a_file_with_a_right_check_and_nothing_right_in_it_is_told_so(
    session: Session, parts: dict[str, object]
) -> None:
    data = {**json.loads(session.recorded()), **parts}
    del data["check"]
    with pytest.raises(replay.ReplayError, match="another version of the course"):
        replay.read(json.dumps({**data, "check": replay.check(data)}).encode())


class Player:
    """The page of a replay, asked without a browser."""

    def __init__(self, recording: replay.Recording) -> None:
        self._way = httpx.ASGITransport(replay_player.player(recording))

    def get(self, path: str) -> httpx.Response:
        async def got() -> httpx.Response:
            async with httpx.AsyncClient(transport=self._way, base_url="http://player") as web:
                return await web.get(path)

        with ThreadPoolExecutor(1) as hand:  # this thread may have a loop: a browser's
            return hand.submit(asyncio.run, got()).result()


def test_the_player_shows_what_the_stage_has_shown_and_lets_nobody_in(session: Session) -> None:
    recording = replay.read(session.recorded().encode())
    client = Player(recording)
    steps = client.get("/steps").json()
    assert [kind for _, _, kind in steps["steps"]][:4] == ["began", "vote_opened", "revealed", "chosen"]
    assert steps["moments"][-1] == [len(session.log), 10_000 * (len(session.log) - 1)]
    for seq, at, _ in steps["steps"]:
        shown = client.get(f"/at/{seq}").json()["room"]
        assert shown == {"now": at, **views.public(recording.room(seq))}
    back = client.get(f"/at/{steps['steps'][0][0]}").json()["room"]
    assert back["beat"]["vote"] == "waiting"
    home = client.get("/")
    assert "replay.js" in home.text
    assert home.headers["content-security-policy"].startswith("default-src 'none'")
    assert client.get("/pages/stage.js").status_code == 200
    assert client.get(f"/{CODE}").status_code == 404
    assert client.get("/pages/../app.py").status_code == 404


def test_a_timer_stands_still_in_the_player(small_talk: RolePlay) -> None:
    session = Session(small_talk, 1)
    session.does(events.Timed(seconds=60), events.VoteOpened())
    recording = replay.read(session.recorded().encode())
    client = Player(recording)
    shown = client.get(f"/at/{len(session.log)}").json()["room"]
    assert shown["timer"] == {"left": 50_000, "of": 60_000}


# From a server, and from the file of the sessions


def test_only_the_facilitator_gets_the_files(server: Server, small_talk: RolePlay) -> None:
    lead, code = server.session(small_talk)
    people = [Person(server.port, code) for _ in range(4)]
    lead.does("began", "vote_opened")
    for person in people:
        assert person.say("voted", beat=1, reply="praise").status_code == 200
    assert lead.lead("chosen", reply="praise").status_code == 200
    got = {}
    for name in ("report.html", "report.csv", "report.json", "replay.json"):
        for other in (Visitor(server.port, code), people[0]):
            assert other.web.get(f"/{code}/{name}").json() == {"why": "unknown_key"}
        answer = lead.web.get(f"/{code}/{name}")
        assert answer.status_code == 200
        assert answer.headers["content-disposition"] == f'attachment; filename="{code}.{name}"'
        got[name] = answer.text
    assert lead.web.get(f"/{code}/report.pdf").status_code == 404
    assert json.loads(got["report.json"])["places"][0]["votes"]["people"] == 4
    assert "4 voted: A 4; B 0; C 0." in got["report.html"]
    assert "votes,praise,4," in got["report.csv"]
    recording = replay.read(got["replay.json"].encode())
    seen = lead.views()["room"]
    again: dict[str, Any] = {**views.public(recording.room(99))}
    assert {name: seen[name] for name in ("phase", "here", "beat")} == {
        name: again[name] for name in ("phase", "here", "beat")
    }


def test_a_session_that_never_began_is_told_so(small_talk: RolePlay) -> None:
    lobby = Session(small_talk, 3).log[:4]
    with pytest.raises(replay.ReplayError, match="never began"):
        replay.read(replay.recorded(CODE, small_talk, lobby).encode())


def test_the_files_are_written_from_the_log_by_the_code(server: Server, tmp_path: Path) -> None:
    lead, code = server.session(library.role_play("first_call_home"))
    lead.does("began", "vote_opened")
    log = Log(server.file)
    made = report_files.write(log, code, tmp_path / "new")
    kinds = ["report.html", "report.csv", "report.json", "replay.json"]
    assert [file.name for file in made] == [f"{code}.{kind}" for kind in kinds]
    assert replay.read(made[-1].read_bytes()).code == code
    with pytest.raises(LookupError, match=rf"There is no session KMNPQR\. There are: .*{code}"):
        report_files.write(log, "KMNPQR", tmp_path)
    log.close()
