"""What screens show of a trio session while it talks, as small plain JSON: pure functions of a room."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from partners.course import cards
from partners.course.course_map import course_map
from partners.live import trio_debrief

if TYPE_CHECKING:
    from partners.live.room import Room
    from partners.live.rounds import Round
    from partners.live.trio_debrief import Understood
    from partners.live.trios import Group, Role

LISTED = 12
"""So many trios can be read on a projected list."""
ROUNDS = 3
"""After these everybody in a group of three has had every role."""


class Member(TypedDict):
    """Somebody in a trio."""

    name: str
    role: Role


class Members(TypedDict):
    """A trio: `told` is "alone", "no_observer", "two_observers", or null if it has three people."""

    n: int
    told: str | None
    people: list[Member]  # teacher, parent, observers


class Trio(TypedDict):
    """Where a trio session stands, once a round has begun.

    `step` is "find" (people look for their trio and read their cards), "talk", "words", "statements" or
    "compare". `next` is what usually comes after it: a step, "round", or "debrief". `trios` is empty if
    there are more than can be listed, and in "compare", when there is `understood`.
    """

    round: int
    step: str
    next: str
    count: int
    trios: list[Members]
    understood: Understood | None


class ParentCard(TypedDict):
    """What only the parent knows: the `first` line, and those to say in own words whatever is heard."""

    hidden: str
    job: str
    first: str
    fixed: list[str]


class LookFor(TypedDict):
    """A dimension of the observer's checklist; `points` are the words for 0, 1 and 2."""

    id: str
    name: str
    points: list[str]


class Said(TypedDict):
    """What both said of each statement, by its place (as a string, for JSON)."""

    teacher: dict[str, bool]
    parent: dict[str, bool]


class MineInTrio(TypedDict, total=False):
    """A seat's own in a round; a "guest" watches `trio` until there is a place.

    The teacher's card is what ``about`` tells. `note` and `quote` are the observer's own, `heard` what
    the other observers of the trio wrote, once the talk is over. `statements` are asked in "statements";
    `said` is there in "compare".
    """

    round: int
    role: str  # "teacher" | "parent" | "observer" | "guest"
    trio: Members
    card: ParentCard
    rubric: list[LookFor]
    ratings: dict[str, int]
    note: str
    quote: bool
    heard: list[str]
    statements: list[str]
    answers: dict[str, bool]
    said: Said


class BackTrio(TypedDict):
    """How far people are: of `observers` how many rated and noted, of the `asked` how many answered."""

    observers: int
    rated: int
    noted: int
    asked: int
    answered: int  # all statements
    guests: int


def trio(room: Room) -> Trio | None:
    """Return what everybody sees of the round."""
    now = room.current
    if room.phase != "talk" or now is None:
        return None
    groups, compares = now.trios.groups.values(), now.stage == "compare"
    listed = not compares and len(groups) <= LISTED
    return {
        "round": now.number,
        "step": now.stage,
        "next": suggested(room),
        "count": len(groups),
        "trios": [_members(room, group) for group in groups] if listed else [],
        "understood": trio_debrief.understood(room, now.number) if compares else None,
    }


def suggested(room: Room) -> str:
    """Return what comes next: a step, "round" until everybody has had every role, then "debrief"."""
    now = room.current
    if now is None:
        return "round"
    largest = max(map(len, (group.seats for group in now.trios.groups.values())), default=0)
    return room.next_stage or ("round" if now.number < min(ROUNDS, largest) else "debrief")


def _members(room: Room, group: Group) -> Members:
    people: list[Member] = [
        {"name": room.seats[seat].name, "role": role}
        for role in ("teacher", "parent", "observer")
        for seat in group.having(role)
    ]
    return {"n": group.number, "told": group.unusual, "people": people}


def mine(room: Room, seat: int) -> MineInTrio:
    """Return what the seat sees alone."""
    now = room.current
    if room.phase != "talk" or now is None:
        return {}
    group = now.trios.group_of(seat)
    if group is None:
        watched = now.watched(seat) if seat in now.guests else None
        guest: MineInTrio = {"round": now.number, "role": "guest"}
        return guest | {"trio": _members(room, watched)} if watched else {}
    view: MineInTrio = {"round": now.number, "role": group.cast[seat], "trio": _members(room, group)}
    match group.cast[seat]:
        case "parent":
            view |= {"card": _parent_card(room)}
        case "observer":
            view |= _observing(room, now, seat)
    return view | _afterwards(room, now, group, seat)


def _parent_card(room: Room) -> ParentCard:
    told = room.role_play
    return {
        "hidden": told.parent.hidden,
        "job": told.parent.job,
        "first": cards.first_line(told),
        "fixed": cards.fixed_lines(told),
    }


def _observing(room: Room, now: Round, seat: int) -> MineInTrio:
    rubric, place = course_map().rubric, now.place(seat)
    looked_for = [(key, rubric[key]) for key in room.role_play.practises]
    view: MineInTrio = {
        "rubric": [
            {"id": key, "name": each.name, "points": [each.none, each.one, each.two]}
            for key, each in looked_for
        ],
        "ratings": now.ratings.get(place, {}),
    }
    if note := now.notes.get(place):
        view |= {"note": note.text, "quote": note.quote}
    return view


def _afterwards(room: Room, now: Round, group: Group, seat: int) -> MineInTrio:
    view: MineInTrio = {}
    if now.talked and (others := [other for other in group.having("observer") if other != seat]):
        notes = (now.notes.get((group.number, other)) for other in others)
        view["heard"] = [note.text for note in notes if note]
    role = group.cast[seat]
    if now.stage == "statements" and role != "observer":
        view["statements"] = [statement.say for statement in room.role_play.statements]
        view["answers"] = _answers(now, role, seat)
    if now.stage == "compare":
        view["said"] = {"teacher": _of(now, group, "teacher"), "parent": _of(now, group, "parent")}
    return view


def _of(now: Round, group: Group, role: Role) -> dict[str, bool]:
    return next((_answers(now, role, seat) for seat in group.having(role)), {})


def _answers(now: Round, role: Role, seat: int) -> dict[str, bool]:
    return {str(number): true for number, true in now.answers.get(role, {}).get(seat, {}).items()}


def backstage(room: Room) -> BackTrio | None:
    """Return what only the facilitator sees of the round."""
    now = room.current
    if room.phase != "talk" or now is None:
        return None
    groups = [group.seats for group in now.trios.groups.values()]
    all_statements = len(room.role_play.statements)
    answers = (each for role in now.answers.values() for each in role.values())
    return {
        "observers": sum(max(0, len(seats) - 2) for seats in groups),
        "rated": len(now.ratings),
        "noted": len(now.notes),
        "asked": sum(min(2, len(seats)) for seats in groups),
        "answered": sum(len(each) == all_statements for each in answers),
        "guests": len(now.guests),
    }
