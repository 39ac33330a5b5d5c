"""What a room that talked with one parent can look back at: pure functions of it.

The room's *way* are the beats that led to where it stands now, as far as something was said there. What
it said and took back, because somebody went back, stays with its beat.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, NamedTuple, TypedDict

from partners.course.course_map import course_map
from partners.course.small_groups import in_order
from partners.scenario import engine, whatif
from partners.scenario.graph import explore

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from partners.live.room import Beat, Room
    from partners.scenario.engine import Play, Turn
    from partners.scenario.model import RolePlay

FEWEST = 3
"""People in the smallest group whose guesses are shown."""
Stop = Literal["whole", "turn", "votes", "change", "principles", "questions"]
LAST: tuple[Stop, ...] = ("change", "principles", "questions")
"""What there is to look at after the whole and every exchange."""


class Option(TypedDict):
    """A reply that stood there: the votes for it, and how far it would have moved trust."""

    key: str
    say: str
    votes: int
    moves: int


class Taken(TypedDict):
    """A reply that the room said and took back, and how the parent took it."""

    said: str
    answer: str | None
    took: str | None
    trust: list[int]  # before and after


class Guessed(TypedDict):
    """People whose guess of the trust lies from `low` to `high`, three or more."""

    low: int
    high: int
    people: int


class Guesses(TypedDict):
    """How far people thought the parent trusts, and how far that `was` so; no groups of under three."""

    people: int
    was: int
    groups: list[Guessed]


class Exchange(TypedDict):
    """One exchange, looked at: `thinks` at the parent's line, `took` at the answer."""

    heard: str
    thinks: str | None
    said: str
    answer: str | None
    took: str | None
    coach: str
    principle: str
    trust: list[int]  # before and after
    votes: int
    options: list[Option]
    tried: list[Taken]
    guesses: Guesses | None


class Other(TypedDict):
    """Where the nearest partnership leaves the room's way: what was `said` there, what `would` do."""

    turn: int
    heard: str
    said: str
    would: str
    answer: str | None
    took: str | None


class Change(TypedDict):
    """The conversation nearest to the room's that ends in a partnership.

    `others` are the exchanges that the room had, and that differ; `further` counts the replies of it in
    scenes where the room has not been. Neither if the room's own ends in one.
    """

    trust: list[int]
    ending: str
    others: list[Other]
    further: int


class Moved(TypedDict):
    """A principle: the exchanges whose reply was about it, and how far they `moved` trust together."""

    principle: str
    turns: list[int]
    moved: int


class Debrief(TypedDict):
    """What the room looks back at: trust at the start and after each exchange, and one thing of these.

    `turn` is its place among the `stops`: the whole (`hidden`: what the parent had not said), of each
    `exchange` what was said and thought ("turn") and what else stood there ("votes"), the smallest
    `change` that would have begun a partnership (null if none would), the `principles`, the questions.
    `n` is the number of the exchange, from 1. `prompts` are the questions to answer (``reflected``,
    by their place from 0).
    """

    stop: Stop
    stops: list[Stop]
    turn: int
    n: int | None
    trust: list[int]
    ending: str | None  # the title, null if the room stopped before
    prompts: list[str]
    hidden: str | None
    exchange: Exchange | None
    change: Change | None
    principles: list[Moved] | None


class Said(NamedTuple):
    """What was said at a beat of the way, the `number`-th from 1, and the trust before and after."""

    number: int
    beat: Beat
    turn: Turn
    trust: tuple[int, int]


def view(room: Room) -> Debrief:
    """Return what everybody sees: of trios, who have talked themselves, only what was hidden."""
    play, exchanges, turn = room.beat.played, way(room), room.looked
    stop = stops(room)[turn] if room.mode == "vote" else "whole"
    n = (turn + 1) // 2 if stop in {"turn", "votes"} else None
    return {
        "stop": stop,
        "stops": stops(room),
        "turn": turn,
        "n": n,
        "trust": play.trust() if room.mode == "vote" else [],
        "ending": play.ending.title if play.ending else None,
        "prompts": play.role_play.reflect,
        "hidden": play.role_play.parent.hidden if stop == "whole" else None,
        "exchange": _exchange(exchanges[n - 1]) if n else None,
        "change": change(play) if stop == "change" else None,
        "principles": list(_principles(exchanges)) if stop == "principles" else None,
    }


def stops(room: Room) -> list[Stop]:
    """Return what there is to look at, in order."""
    exchange: list[Stop] = ["turn", "votes"]
    return ["whole", *exchange * len(room.beat.played.turns), *LAST]


def last_stop(room: Room) -> int:
    """Return the place of the last stop, from 0."""
    return len(stops(room)) - 1


def way(room: Room) -> list[Said]:
    """Return what was said on the room's way."""
    beats: list[Beat] = []
    beat: Beat | None = room.beat if room.beat.chosen else room.beat.before
    while beat:
        beats.append(beat)
        beat = beat.before
    play = room.beat.played
    trust = play.trust()
    steps = zip(reversed(beats), play.turns, pairwise(trust), strict=True)
    return [Said(number, *step) for number, step in enumerate(steps, 1)]


def moves(beat: Beat, reply: str) -> tuple[int, int]:
    """Return the trust at `beat`, and what it is after `reply`."""
    before, after = beat.play.choose(reply).trust()[-2:]
    return before, after


def _exchange(said: Said) -> Exchange:
    _, beat, turn, trust = said
    heard = engine.said(beat.play.role_play, turn.before)
    answer = engine.answer(beat.play.role_play, turn.after, turn.reply)
    return {
        "heard": heard.line,
        "thinks": heard.thinks,
        "said": turn.reply.say,
        "answer": answer.line if answer else None,
        "took": answer.thinks if answer else None,
        "coach": turn.reply.coach,
        "principle": principle(turn.reply.why.principle),
        "trust": list(trust),
        "votes": len(beat.votes),
        "options": list(_options(beat)),
        "tried": [_taken(beat, key) for key in beat.tried if key != turn.key],
        "guesses": _guesses(beat) if beat.guesses else None,
    }


def _options(beat: Beat) -> Iterator[Option]:
    for key, reply in beat.offers.items():
        before, after = moves(beat, key)
        votes = beat.tally.get(key, 0)
        yield {"key": key, "say": reply.say, "votes": votes, "moves": after - before}


def _taken(beat: Beat, key: str) -> Taken:
    turn = beat.play.choose(key).turns[-1]
    answer = engine.answer(beat.play.role_play, turn.after, turn.reply)
    return {
        "said": turn.reply.say,
        "answer": answer.line if answer else None,
        "took": answer.thinks if answer else None,
        "trust": list(moves(beat, key)),
    }


def _guesses(beat: Beat) -> Guesses:
    return {
        "people": len(beat.guesses),
        "was": beat.play.trust()[-1],
        "groups": guessed(beat),
    }


def guessed(beat: Beat) -> list[Guessed]:
    """Return the guesses of trust at `beat` in groups, none if too few have made one."""
    groups = in_order(beat.guesses.values(), FEWEST)
    return [{"low": group.first, "high": group.last, "people": group.people} for group in groups]


def principle(key: str) -> str:
    """Return a principle of the course map in words; one that an author has made up, as it is."""
    return course_map().principles.get(key, key)


def by_principle(exchanges: Iterable[Said]) -> dict[str, tuple[list[int], int]]:
    """Return which replies were about a principle and how far they moved trust, the furthest first."""
    found: dict[str, tuple[list[int], int]] = {}
    for said in exchanges:
        turns, moved = found.get(said.turn.reply.why.principle, ([], 0))
        by = said.trust[1] - said.trust[0]
        found[said.turn.reply.why.principle] = ([*turns, said.number], moved + by)
    return dict(sorted(found.items(), key=lambda item: -item[1][1]))


def _principles(exchanges: Iterable[Said]) -> Iterator[Moved]:
    for key, (turns, moved) in by_principle(exchanges).items():
        yield {"principle": principle(key), "turns": turns, "moved": moved}


def change(play: Play) -> Change | None:
    """Return how the conversation nearest to `play` that ends in a partnership differs from it."""
    other = nearest(play)
    if other is None or other.ending is None:
        return None
    mine = {turn.before.at: number for number, turn in enumerate(play.turns, 1)}
    changed = whatif.changed(play, other)
    others = [_other(play, mine[turn.before.at], turn) for turn in changed if turn.before.at in mine]
    return {
        "trust": other.trust(),
        "ending": other.ending.title,
        "others": others,
        "further": len(changed) - len(others),
    }


def _other(play: Play, number: int, would: Turn) -> Other:
    answer = engine.answer(play.role_play, would.after, would.reply)
    return {
        "turn": number,
        "heard": engine.said(play.role_play, would.before).line,
        "said": play.turns[number - 1].reply.say,
        "would": would.reply.say,
        "answer": answer.line if answer else None,
        "took": answer.thinks if answer else None,
    }


def nearest(play: Play) -> Play | None:
    """Return the conversation nearest to `play` that ends in a partnership, None if there is none."""
    return _nearest(play.role_play, tuple(turn.key for turn in play.turns))


@lru_cache(maxsize=64)
def _nearest(role_play: RolePlay, keys: tuple[str, ...]) -> Play | None:
    return whatif.nearest(explore(role_play), engine.play(role_play, keys))
