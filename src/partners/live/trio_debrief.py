"""What a room of trios can look back at: what observers saw, and what teachers understood.

No number is shown where fewer than three people answered. In the first round nobody has seen the card
but the parent; from the second on a teacher may have: what they understood then is told apart.
"""

from __future__ import annotations

from collections import Counter
from statistics import median
from typing import TYPE_CHECKING, Literal, TypedDict

from partners.course.course_map import course_map
from partners.course.small_groups import in_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from partners.live.room import Room
    from partners.live.rounds import Round
    from partners.live.trios import Role
    from partners.scenario.model import Statement

FEWEST = 3
Stop = Literal["ratings", "hidden", "understood", "questions"]


class Share(TypedDict):
    """How many were right, of how many."""

    right: int
    of: int


class Points(TypedDict):
    """How many ratings lie from `low` to `high` points."""

    low: int
    high: int
    ratings: int


class Dimension(TypedDict):
    """What observers saw of a dimension; `two` is what two points look like.

    `points` has no groups of fewer than three, and none if there are fewer in all.
    """

    name: str
    two: str
    ratings: int | None
    median: float | None
    points: list[Points]


class Believed(TypedDict):
    """A statement about the parent, and who had it right: null if fewer than three have answered."""

    say: str
    true: bool
    teachers: Share | None
    parents: Share | None


class InRounds(TypedDict):
    """Answers of the rounds from `first` to `last`; they are `clean` if no teacher can have known."""

    first: int
    last: int
    clean: bool
    people: int  # teachers
    teachers: Share  # answers
    parents: Share | None


class Understood(TypedDict):
    """What teachers believed about the parent, and what parents read on the card.

    `shown` are the rounds that `statements` count, null while fewer than three teachers have answered.
    """

    shown: InRounds | None
    statements: list[Believed]
    rounds: list[InRounds]


class Seen(TypedDict):
    """The debrief of trios, at one stop: the other parts are null; ``debrief`` has what was `hidden`."""

    stop: Stop
    stops: list[Stop]
    dimensions: list[Dimension] | None
    understood: Understood | None


def stops(room: Room) -> list[Stop]:
    """Return what there is to look at, in order."""
    understood: list[Stop] = ["understood"] if room.role_play.statements else []
    return ["ratings", "hidden", *understood, "questions"]


def last_stop(room: Room) -> int:
    """Return the place of the last stop, from 0."""
    return len(stops(room)) - 1


def seen(room: Room) -> Seen:
    """Return what everybody sees in the debrief."""
    stop = stops(room)[room.looked]
    return {
        "stop": stop,
        "stops": stops(room),
        "dimensions": dimensions(room) if stop == "ratings" else None,
        "understood": understood(room, 1) if stop == "understood" else None,
    }


def dimensions(room: Room) -> list[Dimension]:
    """Return the observers' ratings of all rounds by dimension."""
    rubric = course_map().rubric
    return [_dimension(room, key, rubric[key].name, rubric[key].two) for key in room.role_play.practises]


def _dimension(room: Room, key: str, name: str, two: str) -> Dimension:
    rated = [points for now in room.rounds for points in now.ratings.values()]
    given = [points[key] for points in rated if key in points]
    groups = in_order(given, FEWEST)
    return {
        "name": name,
        "two": two,
        "ratings": len(given) if groups else None,
        "median": median(given) if groups else None,
        "points": [{"low": g.first, "high": g.last, "ratings": g.people} for g in groups],
    }


def understood(room: Room, number: int) -> Understood:
    """Return what was understood in the rounds so far, and by statement in the round `number`.

    A round in which too few teachers answered is counted with another; the first stays clean.
    """
    so_far = room.rounds[: room.round]
    teachers = [now.number for now in so_far for _ in now.answers.get("teacher", ())]
    clean = in_order([each for each in teachers if each == 1], FEWEST)
    later = in_order([each for each in teachers if each > 1 or not clean], FEWEST)
    rounds = [_in_rounds(room, group.first, group.last, group.people) for group in clean + later]
    shown = next((some for some in rounds if some["first"] <= number <= some["last"]), None)
    said = room.rounds[shown["first"] - 1 : shown["last"]] if shown else []
    return {
        "shown": shown,
        "statements": [_believed(said, i, each) for i, each in enumerate(room.role_play.statements)],
        "rounds": rounds,
    }


def _in_rounds(room: Room, first: int, last: int, people: int) -> InRounds:
    said, told = room.rounds[first - 1 : last], room.role_play.statements
    teachers, parents = _all(said, "teacher"), _all(said, "parent")
    return {
        "first": first,
        "last": last,
        "clean": last == 1,
        "people": people,
        "teachers": _share(told, teachers),
        "parents": _share(told, parents) if len(parents) >= FEWEST else None,
    }


def _believed(said: Sequence[Round], number: int, statement: Statement) -> Believed:
    return {
        "say": statement.say,
        "true": statement.true,
        "teachers": _of_statement(said, "teacher", number, statement.true),
        "parents": _of_statement(said, "parent", number, statement.true),
    }


def _of_statement(said: Sequence[Round], role: Role, number: int, true: bool) -> Share | None:
    counts = Counter(answers[number] for answers in _all(said, role) if number in answers)
    return {"right": counts[true], "of": counts.total()} if counts.total() >= FEWEST else None


def _all(said: Iterable[Round], role: Role) -> list[dict[int, bool]]:
    return [answers for now in said for answers in now.answers.get(role, {}).values()]


def _share(told: Sequence[Statement], people: Iterable[dict[int, bool]]) -> Share:
    right = [told[number].true is true for answers in people for number, true in answers.items()]
    return {"right": sum(right), "of": len(right)}
