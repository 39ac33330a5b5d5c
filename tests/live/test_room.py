"""What a facilitator and the people in the room can rely on, whatever else happens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from partners.live import events, views
from partners.live.events import Event
from partners.live.room import Room, fold

if TYPE_CHECKING:
    from partners.live.events import Body
    from partners.scenario.model import RolePlay

SECOND = 1000


class Session:
    """A room and the log that made it, one second between two events."""

    def __init__(self, role_play: RolePlay) -> None:
        self.room = Room("CDFGHJ", role_play)
        self.log: list[Event] = []
        self.do(events.Opened(role_play="small_talk", hash="", mode="vote", language="en", seed=7))

    def do(self, body: Body | None, seat: int = 0) -> str | None:
        """Let something happen; return why it does not count if it does not."""
        seq = len(self.log) + 1
        self.log.append(Event(seq, "CDFGHJ", seat, body, seq * SECOND))
        return self.room.apply(self.log[-1])

    def does(self, *bodies: Body) -> None:
        for body in bodies:
            assert self.do(body) is None, body

    def joins(self, people: int) -> None:
        for _ in range(people):
            self.does(events.Joined(token_hash=f"token {len(self.room.seats)}"))

    def votes(self, *replies: str) -> None:
        """Seats 1, 2, 3 … vote."""
        for seat, reply in enumerate(replies, 1):
            assert self.do(events.Voted(beat=self.room.beat.n, reply=reply), seat) is None

    def beat(self) -> views.Beat:
        beat = views.public(self.room)["beat"]
        assert beat
        return beat

    def tally(self) -> dict[str, int] | None:
        tally = self.beat()["tally"]
        return None if tally is None else {row["key"]: row["votes"] for row in tally}

    def screens(self) -> list[object]:
        own = [views.mine(self.room, seat) for seat in self.room.seats]
        return [views.public(self.room), views.backstage(self.room, 0), own]


@pytest.fixture
def session(small_talk: RolePlay) -> Session:
    """Four people, and the vote on the first line is open."""
    new = Session(small_talk)
    new.joins(4)
    new.does(events.Began(), events.VoteOpened())
    return new


def test_one_vote_each_that_can_be_changed_until_the_vote_is_closed(session: Session) -> None:
    session.votes("praise", "praise", "but", "praise")
    session.votes("but")
    assert views.mine(session.room, 1).get("vote") == "but"
    session.does(events.VoteClosed())
    assert session.do(events.Voted(beat=1, reply="leave"), 2) == "closed"
    session.does(events.Revealed())
    assert session.tally() == {"praise": 2, "but": 2, "leave": 0}
    assert session.beat()["votes"] == 4


def test_the_result_is_hidden_until_it_is_revealed_but_not_from_the_facilitator(
    session: Session,
) -> None:
    session.votes("praise", "but", "but")
    for step in (None, events.VoteClosed()):
        if step:
            session.does(step)
        assert session.tally() is None
        assert session.beat()["votes"] == 3
    assert views.backstage(session.room, 0)["leading"] == "but"
    session.does(events.Revealed())
    assert session.tally() == {"praise": 1, "but": 2, "leave": 0}
    session.does(events.VoteOpened())  # after they have talked with their neighbors
    assert session.tally() is None
    session.votes("praise", "praise")
    session.does(events.Revealed())
    assert session.tally() == {"praise": 2, "but": 1, "leave": 0}


def test_the_parent_answers_as_in_the_book_and_shows_no_trust_before_the_debrief(
    session: Session,
) -> None:
    session.does(events.Chosen(reply="praise"))
    assert session.beat()["answer"] == {"line": "She did?", "mood": "warm"}
    session.does(events.WentOn())
    beat = session.beat()
    assert (beat["n"], beat["says"]["line"]) == (2, "She practises on my boots.")
    assert beat["before"] == {
        "said": "Ida tied four shoes today, none of them her own.",
        "answer": "She did?",
    }
    assert "trust" not in str(views.public(session.room))
    assert "have to go" not in str(views.public(session.room))
    session.does(events.Chosen(reply="ask"), events.WentOn())
    ending = session.beat()["ending"]
    assert ending
    assert ending["title"] == "A beginning"
    assert views.backstage(session.room, 0)["can"][0] == "debriefed"
    session.does(events.Debriefed(), events.Looked(turn=1))
    debrief = views.public(session.room)["debrief"]
    assert debrief
    assert debrief["trust"] == [4, 6, 8]
    assert debrief["exchange"]
    assert debrief["exchange"]["thinks"] == "I have to go."


def test_what_is_not_offered_is_refused_and_changes_nothing(session: Session) -> None:
    before = session.screens()
    assert session.room.refuses(events.Chosen(reply="sorry")) == "not_offered"
    assert session.do(events.Voted(beat=1, reply="sorry"), 1) == "not_offered"
    assert session.do(events.Chosen(reply="ask")) == "not_offered"
    assert session.do(events.WentOn()) == "not_now"
    assert session.do(events.Voted(beat=1, reply="praise"), 99) == "no_seat"
    assert session.do(events.Guessed(beat=1, trust=4), 1) == "not_asked"
    assert session.do(None) == "not_now"
    assert session.screens()[0] == before[0]
    assert session.screens()[2] == before[2]


def test_a_vote_that_comes_late_does_not_count_for_the_next_line(session: Session) -> None:
    session.does(events.Chosen(reply="praise"), events.WentOn(), events.VoteOpened())
    assert session.do(events.Voted(beat=1, reply="praise"), 1) == "moved_on"
    assert session.beat()["votes"] == 0


def test_going_back_loses_nothing(session: Session) -> None:
    session.votes("praise", "but", "but")
    session.does(events.Revealed(), events.Chosen(reply="praise"), events.WentOn(), events.VoteOpened())
    session.votes("ask", "tell", "tell", "tell")
    session.does(events.Back())  # by accident
    assert session.beat()["says"]["line"] == "Yes?"
    assert session.tally() == {"praise": 1, "but": 2, "leave": 0}
    assert views.mine(session.room, 1).get("vote") == "praise"
    session.does(events.Chosen(reply="praise"), events.WentOn())
    assert (session.beat()["n"], session.beat()["votes"]) == (2, 4)
    assert views.mine(session.room, 1).get("vote") == "ask"
    session.does(events.Back(), events.Chosen(reply="but"), events.WentOn())  # to see the other way
    assert (session.beat()["n"], session.beat()["votes"]) == (3, 0)
    session.does(events.Back())
    assert session.do(events.Back()) == "nothing_before"
    session.does(events.Debriefed(), events.Back())
    assert session.beat()["n"] == 1


def test_own_words_pass_the_facilitator_and_new_ones_pass_again(session: Session) -> None:
    assert session.do(events.Wrote(beat=1, text="Good morning, Mr. Brand"), 1) is None
    assert session.beat()["texts"] == []
    (waiting,) = views.backstage(session.room, 0)["texts"]
    session.does(events.Shown(text=waiting["id"]))
    assert [text["text"] for text in session.beat()["texts"]] == ["Good morning, Mr. Brand"]
    assert views.mine(session.room, 1).get("shown") is True
    assert session.do(events.Wrote(beat=1, text="something else"), 1) is None
    assert session.beat()["texts"] == []
    assert session.do(events.Shown(text=waiting["id"])) == "no_text"


def test_the_facilitator_reads_the_last_hundred_texts_of_a_hall_and_those_that_are_shown(
    session: Session,
) -> None:
    session.joins(146)
    for seat in range(1, 151):
        assert session.do(events.Wrote(beat=1, text=f"text {seat}"), seat) is None
        if seat == 1:
            session.does(events.Shown(text=session.room.seq))
    back = views.backstage(session.room, 0)
    assert [text["text"] for text in back["texts"]][:2] == ["text 1", "text 51"]
    assert (len(back["texts"]), back["unlisted"]) == (101, 49)


def test_whoever_is_removed_takes_votes_and_texts_along(session: Session) -> None:
    session.votes("but", "but", "praise")
    assert session.do(events.Wrote(beat=1, text="a nuisance"), 1) is None
    session.does(events.Shown(text=session.room.seq), events.Removed(seat=1), events.Revealed())
    assert session.tally() == {"praise": 1, "but": 1, "leave": 0}
    assert session.beat()["texts"] == []
    assert views.public(session.room)["here"] == 3
    assert session.do(events.Voted(beat=1, reply="but"), 1) == "removed"


def test_late_comers_come_in_unless_the_door_is_locked(session: Session) -> None:
    session.joins(1)
    session.votes("praise", "praise", "praise", "praise", "but")
    session.does(events.Locked())
    assert session.do(events.Joined(token_hash="late")) == "locked"
    session.does(events.Unlocked())
    session.joins(1)
    assert views.public(session.room)["here"] == 6
    assert len({seat.name for seat in session.room.seats.values()}) == 6


def test_who_wants_another_name_is_given_one_that_nobody_had(
    session: Session, small_talk: RolePlay
) -> None:
    had = {seat.name for seat in session.room.seats.values()}
    for seat in (1, 2, 1):
        assert session.do(events.Renamed(), seat) is None
        had.add(session.room.seats[seat].name)
    session.joins(1)
    now = [seat.name for seat in session.room.seats.values()]
    assert len(had | {*now}) == len(now) + 3
    again = fold("CDFGHJ", small_talk, session.log)
    assert [seat.name for seat in again.seats.values()] == now


def test_the_timer_stands_while_the_room_pauses(session: Session) -> None:
    session.does(events.Timed(seconds=60))
    began = session.log[-1].at
    assert views.public(session.room)["timer"] == {"ends": began + 60 * SECOND, "of": 60 * SECOND}
    session.does(events.Paused())
    assert session.do(events.Voted(beat=1, reply="praise"), 1) == "paused"
    assert views.public(session.room)["timer"] == {"left": 59 * SECOND, "of": 60 * SECOND}
    session.does(events.Extended(seconds=30), events.Resumed())
    again = session.log[-1].at
    assert views.public(session.room)["timer"] == {"ends": again + 89 * SECOND, "of": 90 * SECOND}


def test_folding_the_log_again_gives_the_same_screens(session: Session, small_talk: RolePlay) -> None:
    session.votes("praise", "but")
    assert session.do(events.Wrote(beat=1, text="Hello"), 3) is None
    session.does(
        events.Revealed(), events.Chosen(reply="but"), events.WentOn(), events.Timed(seconds=30)
    )
    assert session.do(events.Guessed(beat=2, trust=3), 4) is None
    assert session.do(events.Left(), 2) is None
    session.do(events.Chosen(reply="nothing_like_it"))
    before = session.screens()
    for event in session.log:  # all of it comes once more
        session.room.apply(event)
    assert session.screens() == before
    session.room = fold("CDFGHJ", small_talk, session.log)
    assert session.screens() == before


def test_a_session_goes_from_the_lobby_to_its_end_by_the_suggested_steps(small_talk: RolePlay) -> None:
    session = Session(small_talk)
    session.joins(3)
    did: list[str] = []
    while (can := views.backstage(session.room, 0)["can"])[0] != "back":
        body: Body
        match can[0]:
            case "chosen":
                body = events.Chosen(reply=views.backstage(session.room, 0)["leading"] or "")
            case "looked":
                body = events.Looked(turn=session.room.looked + 1)
            case kind:
                body = events.FACILITATOR[kind]()
        session.does(body)
        did.append(can[0])
        if can[0] == "vote_opened":
            session.votes(*list(session.room.beat.offers)[:1] * 3)
    line = ["vote_opened", "revealed", "chosen", "went_on"]
    # both exchanges and the votes there, the smallest change, the principles, the questions
    looks = ["looked"] * 7
    assert did == ["began", *line, *line, "debriefed", *looks, "ticketed", "ended"]
    assert session.do(events.Joined(token_hash="too late")) == "over"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  two\nlines\t", "two lines"),
        ("a\u202eb\u2066c\x00d\ufeff", "abcd"),
        ("👩\u200d🏫 <b>&amp;</b>", "👩\u200d🏫 <b>&amp;</b>"),
        ("é".encode().decode() + "e\u0301", "éé"),
    ],
)
def test_texts_come_out_as_one_clean_line(typed: str, kept: str) -> None:
    assert events.Wrote(beat=1, text=typed).text == kept


@pytest.mark.parametrize(
    "request_",
    [
        {"kind": "wrote", "beat": 1, "text": "\u200d \u202e"},
        {"kind": "wrote", "beat": 1, "text": "x" * 401},
        {"kind": "wrote", "beat": 1, "text": "\ud800"},
        {"kind": "voted", "beat": "1", "reply": "praise"},
        {"kind": "voted", "beat": 1, "reply": "praise\n"},
        {"kind": "voted", "beat": 10**30, "reply": "praise"},
        {"kind": "voted", "beat": 1, "reply": "praise", "seat": 2},
        {"kind": "ended"},
        {"kind": ["voted"]},
        {},
    ],
)
def test_a_request_that_is_not_what_a_person_may_send_is_none(request_: dict[str, object]) -> None:
    with pytest.raises(events.BodyError):
        events.asked(events.PERSON, request_)
