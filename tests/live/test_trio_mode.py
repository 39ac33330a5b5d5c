"""A session in trios, as the people in it would tell it: who sits where, what is asked, who sees what."""

from __future__ import annotations

import json
import time
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from live.served import Person, Server, Visitor

from partners import library
from partners.course.course_map import course_map
from partners.live import events, views
from partners.live.events import Event
from partners.live.room import Room, fold
from partners.live.trio_views import LISTED

if TYPE_CHECKING:
    from partners.live.events import Body
    from partners.live.trio_debrief import Share
    from partners.scenario.model import RolePlay

CALL = library.role_play("first_call_home")
TRUE = [statement.true for statement in CALL.statements]
WHOLE = ["talk", "words", "statements", "compare"]


class Session:
    """A room of trios and the log that made it, one second between two events."""

    def __init__(self, people: int, role_play: RolePlay = CALL) -> None:
        self.room = Room("CDFGHJ", role_play)
        self.log: list[Event] = []
        self.do(events.Opened(role_play=role_play.id, hash="", mode="trio", language="en", seed=7))
        self.joins(people)

    def do(self, body: Body, seat: int = 0) -> str | None:
        """Let something happen; return why it does not count if it does not."""
        seq = len(self.log) + 1
        self.log.append(Event(seq, "CDFGHJ", seat, body, 1000 * seq))
        return self.room.apply(self.log[-1])

    def does(self, body: Body, seat: int = 0) -> None:
        assert self.do(body, seat) is None, body

    def joins(self, people: int = 1) -> int:
        """Let people come in; return the seat of the last."""
        for _ in range(people):
            self.does(events.Joined(token_hash=f"token {len(self.log)}"))
        return len(self.room.seats)

    def suggested(self) -> Body:
        """What the remote offers first."""
        can = views.backstage(self.room, 0)["can"][0]
        if can == "step":
            return events.asked(events.FACILITATOR, {"kind": can, "step": self.trio()["next"]})
        if can == "looked":
            return events.Looked(turn=self.room.looked + 1)
        return events.FACILITATOR[can]()

    def until(self, step: str, round_: int = 1) -> None:
        """Do what is suggested until the room is there."""
        while True:
            trio = views.public(self.room)["trio"]
            if trio and (trio["round"], trio["step"]) == (round_, step):
                return
            assert self.room.phase in {"lobby", "talk"}
            self.does(self.suggested())

    def trio(self) -> Any:
        trio = views.public(self.room)["trio"]
        assert trio
        return trio

    def back(self) -> Any:
        return views.backstage(self.room, 0)["trio"]

    def mine(self, seat: int) -> Any:
        return views.mine(self.room, seat)

    def roles(self) -> dict[int, str]:
        return {seat: self.mine(seat).get("role", "none") for seat in self.room.seats}

    def having(self, role: str) -> list[int]:
        return [seat for seat, had in self.roles().items() if had == role]

    def with_(self, seat: int) -> set[int]:
        """The seats of the trio that `seat` sees on its phone."""
        names = {person["name"] for person in self.mine(seat)["trio"]["people"]}
        return {other.number for other in self.room.seats.values() if other.name in names}

    def answer(self, seat: int, right: int) -> None:
        """Answer all statements, the first `right` of them rightly."""
        for number, true in enumerate(TRUE):
            said = true if number < right else not true
            self.does(events.Answered(round=self.room.round, statement=number, true=said), seat)

    def screens(self) -> list[object]:
        own = [views.mine(self.room, seat) for seat in self.room.seats]
        return [views.public(self.room), views.backstage(self.room, 0), own]


def counts(share: Share | None) -> tuple[int, int] | None:
    return (share["right"], share["of"]) if share else None


# The way through a session


@pytest.mark.parametrize(
    ("people", "steps", "rounds"), [(9, WHOLE, 3), (4, WHOLE, 3), (2, WHOLE, 2), (3, WHOLE[:2], 3)]
)
def test_the_remote_leads_through_rounds_until_everybody_had_every_role(
    small_talk: RolePlay, people: int, steps: list[str], rounds: int
) -> None:
    session = Session(people, CALL if steps == WHOLE else small_talk)
    did: list[str] = []
    while views.backstage(session.room, 0)["can"][0] != "back":
        body = session.suggested()
        session.does(body)
        did.append(getattr(body, "step", body.kind))
    stops = ["looked"] * (3 if steps == WHOLE else 2)
    assert did == ["began", *["round_began", *steps] * rounds, "debriefed", *stops, "ticketed", "ended"]


def test_what_comes_out_of_turn_is_refused() -> None:
    session = Session(6)
    session.does(events.Began())
    assert session.do(events.Stepped(step="talk")) == "not_now"
    session.until("talk")
    assert session.do(events.Stepped(step="statements")) == "not_now"
    assert session.do(events.RoundBegan()) == "not_now"  # a slip of the thumb ends nobody's talk
    assert session.do(events.VoteOpened()) == "not_now"
    session.does(events.Stepped(step="words"))
    session.does(events.RoundBegan())  # without the statements: there is not always time
    assert (session.trio()["round"], session.trio()["step"]) == (2, "find")


def test_in_three_rounds_everybody_is_teacher_parent_and_observer() -> None:
    session = Session(9)
    had: list[set[str]] = [set() for _ in range(9)]
    for round_ in (1, 2, 3):
        session.until("find", round_)
        for seat, role in session.roles().items():
            had[seat - 1].add(role)
    assert had == [{"teacher", "parent", "observer"}] * 9


def test_a_timer_goes_with_its_step() -> None:
    session = Session(3)
    session.until("talk")
    session.does(events.Timed(seconds=240))
    session.does(events.Stepped(step="words"))
    assert views.public(session.room)["timer"] is None


# What each sees


def test_only_the_parent_sees_what_is_hidden_until_the_debrief() -> None:
    session = Session(6)
    for round_ in (1, 2):
        for step in ("find", *WHOLE):
            session.until(step, round_)
            for seat, role in session.roles().items():
                assert (CALL.parent.hidden in str(session.mine(seat))) == (role == "parent")
            assert CALL.parent.hidden not in str(views.public(session.room))
    session.does(events.Debriefed())
    assert CALL.parent.hidden in str(views.public(session.room))


def test_the_cards_say_what_the_printed_ones_say() -> None:
    session = Session(3)
    session.until("find")
    (parent,), (observer,) = session.having("parent"), session.having("observer")
    card = session.mine(parent)["card"]
    assert card["first"] == CALL.scenes["pick_up"].says[-1].line
    fixed = [scene.says[-1].line for scene in CALL.scenes.values() if scene.fixed]
    assert card["fixed"] == fixed
    strength = session.mine(observer)["rubric"][0]
    told = course_map().rubric["strength"]
    assert strength == {
        "id": "strength", "name": told.name, "points": [told.none, told.one, told.two],
    }  # fmt: skip


@pytest.mark.parametrize(("people", "told"), [(1, "alone"), (2, "no_observer"), (4, "two_observers")])
def test_who_is_not_in_a_group_of_three_is_told_so(people: int, told: str) -> None:
    session = Session(people)
    session.until("find")
    assert {session.mine(seat)["trio"]["told"] for seat in session.room.seats} == {told}


def test_the_stage_lists_a_dozen_trios_and_only_counts_more() -> None:
    session = Session(3 * LISTED)
    session.until("talk")
    frame = views.public(session.room)
    assert [len(trio["people"]) for trio in session.trio()["trios"]] == [3] * LISTED
    assert len(json.dumps(frame, separators=(",", ":"), ensure_ascii=False).encode()) < 2500
    last = session.joins(5)
    assert (session.trio()["trios"], session.trio()["count"]) == ([], LISTED + 1)
    assert session.mine(last)["trio"]["n"] == LISTED + 1


def test_another_name_shows_to_the_trio() -> None:
    session = Session(6)
    session.until("talk")
    before = {seat: session.mine(seat)["v"] for seat in session.room.seats}
    session.does(events.Renamed(name="Ms. Ito"), 1)
    assert "Ms. Ito" in str(session.trio())
    news = {seat for seat in session.room.seats if session.mine(seat)["v"] > before[seat]}
    assert news == session.with_(1)


def test_a_guest_sees_another_name_too() -> None:
    session = Session(8)
    session.until("talk")
    guest = session.joins()
    (seat, *_) = session.with_(guest)
    before = session.mine(guest)["v"]
    session.does(events.Renamed(name="Ms. Ito"), seat)
    assert "Ms. Ito" in str(session.mine(guest))
    assert session.mine(guest)["v"] > before


# Late comers and leavers


def test_a_late_comer_watches_at_once_and_plays_in_the_next_round() -> None:
    session = Session(6)
    session.until("talk")
    before = session.roles()
    late = session.joins()
    assert session.mine(late)["role"] == "observer"
    assert session.mine(late)["trio"]["told"] == "two_observers"
    assert session.roles() == before | {late: "observer"}
    session.until("find", 2)
    assert session.mine(late)["role"] in {"teacher", "parent"}


def test_nobody_is_taken_out_of_a_talk_for_a_third_late_comer() -> None:
    session = Session(8)  # two groups of four
    session.until("talk")
    before = session.roles()
    late = session.joins()
    assert session.mine(late)["role"] == "guest"
    assert session.with_(late) in [session.with_(seat) for seat in before]
    assert session.roles() == before | {late: "guest"}
    assert session.back()["guests"] == 1
    session.until("find", 2)
    assert len(session.with_(late)) == 3
    assert session.mine(late)["role"] != "guest"


def test_three_guests_are_a_trio_while_the_others_talk() -> None:
    session = Session(8)
    session.until("talk")
    before = session.roles()
    session.joins(3)
    assert session.roles() == before | {9: "teacher", 10: "parent", 11: "observer"}
    session.joins(2)
    session.does(events.Stepped(step="words"))
    session.joins()
    assert [session.mine(seat)["role"] for seat in (12, 13, 14)] == ["guest"] * 3  # nothing to talk of


def test_a_guest_takes_the_place_of_somebody_who_leaves() -> None:
    session = Session(8)
    session.until("talk")
    late = session.joins()
    (leaver, *_) = session.having("observer")
    session.does(events.Left(), leaver)
    assert session.mine(late)["role"] == "observer"


def test_a_guest_can_leave() -> None:
    session = Session(8)
    session.until("talk")
    guest = session.joins()
    before = session.roles()
    session.does(events.Left(), guest)
    assert session.roles() == before | {guest: "none"}


def test_while_people_look_for_their_trio_a_late_comer_gets_a_whole_one() -> None:
    session = Session(8)
    session.until("find")
    session.joins()
    assert [len(trio["people"]) for trio in session.trio()["trios"]] == [3, 3, 3]


@pytest.mark.parametrize("how", ["left", "removed"])
@pytest.mark.parametrize("role", ["teacher", "parent"])
def test_for_a_teacher_or_parent_who_goes_the_observer_plays(role: str, how: str) -> None:
    session = Session(3)
    session.until("talk")
    (gone,), (observer,) = session.having(role), session.having("observer")
    before = session.mine(observer)["v"]
    session.does(events.Left(), gone) if how == "left" else session.does(events.Removed(seat=gone))
    assert session.mine(observer)["role"] == role
    assert session.mine(observer)["trio"]["told"] == "no_observer"
    assert session.mine(observer)["v"] > before
    assert "role" not in session.mine(gone)


def test_who_left_and_says_something_is_there_again() -> None:
    session = Session(6)
    session.until("talk")
    session.does(events.Left(), 1)
    assert views.public(session.room)["here"] == 5
    session.does(events.Renamed(name="Back again"), 1)
    assert "role" in session.mine(1)
    assert views.public(session.room)["here"] == 6


def test_who_leaves_twice_moves_nobody() -> None:
    session = Session(8)
    session.until("find")
    session.does(events.Left(), 1)
    session.joins()
    before = session.roles()
    session.does(events.Left(), 1)
    assert session.roles() == before
    assert views.public(session.room)["here"] == 8


# What observers say


def test_only_the_observer_rates_and_only_what_is_practised() -> None:
    session = Session(3)
    session.until("talk")
    (observer,) = session.having("observer")
    session.does(events.Rated(round=1, dimension="emotion", points=1), observer)
    session.does(events.Rated(round=1, dimension="emotion", points=2), observer)
    assert session.mine(observer)["ratings"] == {"emotion": 2}
    assert session.do(events.Rated(round=1, dimension="greeting", points=2), observer) == "not_asked"
    assert session.do(events.Rated(round=2, dimension="emotion", points=2), observer) == "not_asked"
    for other in session.having("teacher") + session.having("parent"):
        assert session.do(events.Rated(round=1, dimension="emotion", points=0), other) == "not_asked"
    assert session.back() == {
        "observers": 1, "rated": 1, "noted": 0, "asked": 2, "answered": 0, "guests": 0,
    }  # fmt: skip


def test_a_rating_that_comes_late_counts_for_its_own_round() -> None:
    session = Session(3)
    session.until("find", 2)
    first = session.room.rounds[0].trios.groups[1].having("observer")[0]
    session.does(events.Rated(round=1, dimension="plan", points=2), first)
    assert session.room.rounds[0].ratings == {(1, first): {"plan": 2}}
    assert "ratings" not in session.mine(first)
    (observer,) = session.having("observer")
    assert session.mine(observer)["ratings"] == {}


def test_an_observer_who_is_moved_to_another_trio_begins_a_new_sheet() -> None:
    session = Session(7)
    session.until("talk")
    four = next(trio for trio in session.trio()["trios"] if trio["told"])
    (other,) = [n for n in session.room.rounds[0].trios.groups if n != four["n"]]
    group = session.room.rounds[0].trios.groups[four["n"]]
    second = max(group.having("observer"))
    session.does(events.Rated(round=1, dimension="plan", points=0), second)
    session.does(events.Left(), session.room.rounds[0].trios.groups[other].having("parent")[0])
    assert session.mine(second)["trio"]["n"] == other
    assert session.mine(second)["ratings"] == {}
    session.does(events.Rated(round=1, dimension="plan", points=2), second)
    assert sorted(session.room.rounds[0].ratings.values(), key=str) == [{"plan": 0}, {"plan": 2}]


def test_an_observer_s_words_are_for_the_own_trio_once_it_has_talked() -> None:
    session = Session(6)
    session.until("talk")
    one, _ = session.having("observer")
    trio = session.with_(one)
    session.does(events.Noted(round=1, text="“You don’t need to come.”"), one)
    seen = {seat for seat in session.room.seats if "need to come" in str(session.mine(seat))}
    assert seen == {one}
    session.does(events.Stepped(step="words"))
    before = {seat: session.mine(seat)["v"] for seat in trio}
    session.does(events.Noted(round=1, text="“Don’t leave your job.”", quote=True), one)
    seen = {seat for seat in session.room.seats if "leave your job" in str(session.mine(seat))}
    assert seen == trio
    assert all(session.mine(seat)["v"] > before[seat] for seat in trio)
    assert session.mine(one)["quote"] is True
    for step in ("statements", "compare"):
        session.until(step)
        assert "leave your job" not in str(views.public(session.room))
        assert "leave your job" not in str(views.backstage(session.room, 0))
    session.does(events.Debriefed())
    assert "leave your job" not in str(session.screens())


# Statements


def test_teacher_and_parent_answer_and_then_see_what_both_said() -> None:
    session = Session(3)
    session.until("words")
    (teacher,), (parent,), (observer,) = map(session.having, ("teacher", "parent", "observer"))
    assert session.do(events.Answered(round=1, statement=0, true=True), teacher) == "moved_on"
    session.does(events.Stepped(step="statements"))
    assert session.mine(teacher)["statements"] == [each.say for each in CALL.statements]
    assert "statements" not in session.mine(observer)
    assert session.do(events.Answered(round=1, statement=0, true=True), observer) == "not_asked"
    assert session.do(events.Answered(round=1, statement=6, true=True), teacher) == "not_asked"
    session.does(events.Answered(round=1, statement=0, true=False), teacher)
    session.does(events.Answered(round=1, statement=0, true=True), parent)
    assert session.mine(teacher)["answers"] == {"0": False}
    assert "said" not in str(session.screens())
    session.does(events.Stepped(step="compare"))
    for seat in (teacher, parent, observer):
        assert session.mine(seat)["said"] == {"teacher": {"0": False}, "parent": {"0": True}}
    late = session.do(events.Answered(round=1, statement=1, true=True), teacher)
    assert late == "moved_on"  # after the others have shown their answers it is no belief


def test_the_room_sees_how_many_teachers_believed_rightly() -> None:
    session = Session(9)
    session.until("statements")
    for right, seat in enumerate(session.having("teacher"), 4):
        session.answer(seat, right)
    for seat in session.having("parent")[:2]:
        session.answer(seat, 6)
    assert session.trio()["understood"] is None
    assert session.back()["answered"] == 5
    session.does(events.Stepped(step="compare"))
    understood = session.trio()["understood"]
    assert [counts(row["teachers"]) for row in understood["statements"]] == [
        (3, 3), (3, 3), (3, 3), (3, 3), (2, 3), (1, 3),
    ]  # fmt: skip
    assert [row["parents"] for row in understood["statements"]] == [None] * 6  # two would be known
    assert [row["true"] for row in understood["statements"]] == TRUE
    assert session.trio()["trios"] == []
    (first,) = understood["rounds"]
    assert first["parents"] is None
    assert (first["clean"], first["people"], counts(first["teachers"])) == (True, 3, (15, 18))
    session.until("statements", 2)
    for seat in session.having("teacher"):
        session.answer(seat, 6)
    session.does(events.Stepped(step="compare"))
    told = session.trio()["understood"]
    assert [(row["first"], row["clean"], counts(row["teachers"])) for row in told["rounds"]] == [
        (1, True, (15, 18)), (2, False, (18, 18)),
    ]  # fmt: skip
    assert told["shown"] == told["rounds"][1]
    assert counts(told["statements"][5]["teachers"]) == (3, 3)


def test_of_fewer_than_three_teachers_nothing_is_shown_until_there_are_more() -> None:
    session = Session(6)
    session.until("statements")
    for seat in session.having("teacher"):
        session.answer(seat, 0)
    session.does(events.Stepped(step="compare"))
    understood = session.trio()["understood"]
    assert (understood["shown"], understood["rounds"]) == (None, [])
    assert {row["teachers"] for row in understood["statements"]} == {None}
    session.until("statements", 2)
    for seat in session.having("teacher"):
        session.answer(seat, 6)
    session.does(events.Stepped(step="compare"))
    (both,) = session.trio()["understood"]["rounds"]
    assert (both["first"], both["last"], both["clean"], both["people"]) == (1, 2, False, 4)
    assert counts(both["teachers"]) == (12, 24)


def test_the_clean_round_is_not_mixed_with_a_later_one_of_few() -> None:
    session = Session(9)
    for round_, people in ((1, 3), (2, 2), (3, 1)):
        session.until("statements", round_)
        for seat in session.having("teacher")[:people]:
            session.answer(seat, 6)
        session.until("compare", round_)
        rounds = session.trio()["understood"]["rounds"]
        told = [(row["first"], row["last"], row["people"]) for row in rounds]
        assert told == ([(1, 1, 3)] if round_ < 3 else [(1, 1, 3), (2, 3, 3)])
        assert (session.trio()["understood"]["shown"] is None) == (round_ == 2)


# Back, and taken out


def test_going_back_loses_nothing() -> None:
    session = Session(6)
    session.until("talk")
    first = session.roles()
    (observer, _), teacher = session.having("observer"), session.having("teacher")[0]
    session.does(events.Rated(round=1, dimension="plan", points=1), observer)
    session.until("statements")
    session.answer(teacher, 6)
    session.until("talk", 2)
    second = session.roles()
    assert second != first
    seen = []
    while session.do(events.Back()) is None:
        trio = views.public(session.room)["trio"]
        seen.append((trio["round"], trio["step"]) if trio else None)
    assert seen == [
        (2, "find"), (1, "compare"), (1, "statements"), (1, "words"), (1, "talk"), (1, "find"), None,
    ]  # fmt: skip
    session.until("talk")
    assert session.roles() == first
    assert session.mine(observer)["ratings"] == {"plan": 1}
    session.until("statements")
    assert len(session.mine(teacher)["answers"]) == 6
    session.until("talk", 2)
    assert session.roles() == second
    assert len(session.room.rounds) == 2


def test_who_came_or_went_meanwhile_has_a_place_after_going_back() -> None:
    session = Session(6)
    session.until("find", 2)
    late = session.joins()
    session.does(events.Left(), 1)
    session.does(events.Back())
    assert "none" not in {role for seat, role in session.roles().items() if seat != 1}
    assert session.roles()[1] == "none"
    session.until("compare", 3)
    session.does(events.Debriefed())
    later = session.joins()
    session.does(events.Left(), 2)
    session.does(events.Back())
    assert session.roles()[2] == "none"
    assert {session.roles()[seat] for seat in (late, later)} <= {"teacher", "parent", "observer"}


def test_who_is_removed_takes_ratings_notes_and_answers_along() -> None:
    session = Session(3)
    session.until("statements")
    (observer,), (teacher,) = session.having("observer"), session.having("teacher")
    session.does(events.Rated(round=1, dimension="plan", points=1), observer)
    session.does(events.Noted(round=1, text="a nuisance"), observer)
    session.answer(teacher, 6)
    session.until("find", 2)
    session.does(events.Removed(seat=observer))
    session.does(events.Removed(seat=teacher))
    (first, _) = session.room.rounds
    assert (first.ratings, first.notes, first.answers["teacher"]) == ({}, {}, {})


def test_nothing_is_lost_in_a_pause() -> None:
    session = Session(3)
    session.until("statements")
    (observer,), (teacher,) = session.having("observer"), session.having("teacher")
    session.does(events.Paused())
    session.does(events.Rated(round=1, dimension="plan", points=1), observer)
    session.answer(teacher, 6)


# Looking back


def test_the_debrief_tells_what_was_seen_without_telling_of_anybody() -> None:
    session = Session(15)
    session.until("talk")
    given = {"plan": [0, 1, 2, 2, 2], "emotion": [1, 1, 1, 2, 2], "strength": [2, 2]}
    for dimension, points in given.items():
        for seat, each in zip(session.having("observer"), points, strict=False):
            session.does(events.Rated(round=1, dimension=dimension, points=each), seat)
    session.does(events.Debriefed())
    seen = views.public(session.room)["seen"]
    assert seen
    assert seen["dimensions"]
    rows = {row["name"]: row for row in seen["dimensions"]}
    name = {key: course_map().rubric[key].name for key in given}
    told = {
        key: [(points["low"], points["high"], points["ratings"]) for points in rows[name[key]]["points"]]
        for key in given
    }
    assert told == {"plan": [(0, 2, 5)], "emotion": [(1, 2, 5)], "strength": []}
    assert [rows[name[key]]["median"] for key in given] == [2, 1, None]


def test_the_debrief_goes_from_the_ratings_to_what_was_hidden_and_understood_to_the_questions() -> None:
    session = Session(9)
    session.until("compare")
    session.does(events.Debriefed())
    stops = []
    for turn in range(4):
        session.does(events.Looked(turn=turn))
        seen = views.public(session.room)["seen"]
        assert seen
        stops.append((seen["stop"], bool(seen["dimensions"]), bool(seen["understood"])))
    assert stops == [
        ("ratings", True, False),
        ("hidden", False, False),
        ("understood", False, True),
        ("questions", False, False),
    ]
    assert session.do(events.Looked(turn=4)) == "not_asked"
    debrief = views.public(session.room)["debrief"]
    assert debrief
    assert debrief["prompts"] == CALL.reflect


# Whatever happens

SEATS = st.integers(1, 12)
HAPPENINGS = st.lists(
    st.one_of(
        st.sampled_from(["join", "join", "next", "next", "back", "round"]),
        st.tuples(st.sampled_from(["left", "removed", "renamed", "rated", "answered"]), SEATS),
    ),
    max_size=40,
)


def happen(session: Session, what: Any) -> None:
    """Let it happen, or be refused."""
    match what:
        case "join":
            session.joins()
        case "next":
            session.do(session.suggested())
        case "back":
            session.do(events.Back())
        case "round":
            session.do(events.RoundBegan())
        case "left", seat:
            session.do(events.Left(), seat)
        case "removed", seat:
            session.do(events.Removed(seat=seat))
        case "renamed", seat:
            session.do(events.Renamed(name="Somebody"), seat)
        case "rated", seat:
            session.do(events.Rated(round=session.room.round, dimension="plan", points=1), seat)
        case "answered", seat:
            session.do(events.Answered(round=session.room.round, statement=0, true=True), seat)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 9), HAPPENINGS)
def test_whatever_happens_everybody_who_is_there_has_one_place(
    people: int, happenings: list[Any]
) -> None:
    session = Session(people)
    for what in happenings:
        if session.room.phase in {"lobby", "talk"}:
            happen(session, what)
        now = session.room.current
        if now and session.room.phase == "talk":
            placed = [seat for group in now.trios.groups.values() for seat in group.seats]
            here = [seat.number for seat in session.room.seats.values() if seat.here]
            assert sorted(placed + now.guests) == here
            assert len(now.guests) < 3 or now.talked
    again = fold("CDFGHJ", CALL, session.log)
    assert [views.public(again), views.backstage(again, 0)] == session.screens()[:2]
    assert [views.mine(again, seat) for seat in again.seats] == session.screens()[2]


def test_a_phone_is_told_when_its_own_screen_changes() -> None:
    """What a seat sees never changes behind its back: every change raises the number it is known by."""
    session = Session(8)
    happenings: list[Any] = [
        "next", "next", "next", "join", ("left", 3), "join", ("renamed", 5), ("rated", 2), "next", "join",
        "next", ("answered", 1), ("removed", 4), "next", "back", "next", "round", "join", "next",
    ]  # fmt: skip
    told = [[session.mine(seat) for seat in session.room.seats]]
    for what in happenings:
        happen(session, what)
        told.append([session.mine(seat) for seat in session.room.seats])
    for before, after in pairwise(told):
        for one, other in zip(before, after, strict=False):
            assert one == other or one["v"] < other["v"]


def test_a_large_room_is_seated_and_shown_in_no_time() -> None:
    session = Session(2000)
    session.does(events.Began())
    begun = time.perf_counter()
    session.does(events.RoundBegan())
    session.does(events.Stepped(step="talk"))
    session.joins(2)
    session.does(events.Left(), 7)
    views.public(session.room)
    for seat in session.room.seats:
        views.mine(session.room, seat)
    assert time.perf_counter() - begun < 1.0


# Over real connections


def test_a_trio_with_its_phones(server: Server) -> None:
    lead, code = server.session(CALL, "trio")
    people = {person.seat: person for person in (Person(server.port, code) for _ in range(3))}
    stage = Visitor(server.port, code)
    lead.does("began", "round_began")
    cards = {person.until("you", round=1)["role"]: person for person in people.values()}
    assert set(cards) == {"teacher", "parent", "observer"}
    assert len(stage.until("room", phase="talk")["trio"]["trios"]) == 1
    assert lead.lead("step", step="talk").status_code == 200
    observer = cards["observer"]
    assert observer.say("rated", round=1, dimension="emotion", points=2).status_code == 200
    assert observer.say("noted", round=1, text="“Is now good?”").status_code == 200
    assert cards["teacher"].say("rated", round=1, dimension="emotion", points=2).status_code == 409
    assert lead.lead("step", step="words").status_code == 200
    assert cards["teacher"].until("you", heard=["“Is now good?”"])
    assert lead.lead("step", step="statements").status_code == 200
    assert cards["parent"].say("answered", round=1, statement=0, true=True).status_code == 200
    assert lead.views()["back"]["trio"]["rated"] == 1
    assert lead.lead("step", step="compare").status_code == 200
    assert cards["observer"].until("you", said={"teacher": {}, "parent": {"0": True}})
    lead.does("debriefed")
    room = stage.until("room", phase="debrief")
    assert room["seen"]["stop"] == "ratings"
    assert "Is now good" not in str(room)
