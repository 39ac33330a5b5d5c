"""How a conversation goes: pure functions from a state and a reply to the next state.

``player/engine.js`` is the same engine in JavaScript; ``tests/player`` holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from partners.scenario.model import END, Ending, Line, Reply, RolePlay, holds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class NotOfferedError(ValueError):
    """The reply does not stand there, or its guard does not hold."""


class State(NamedTuple):
    """Where the conversation stands.

    `at` is the id of a scene, or of an ending once it is over; `values` holds one integer for each
    of ``RolePlay.variables``.
    """

    at: str
    values: tuple[int, ...]


class Tally(NamedTuple):
    """Rubric points earned, of those that could be earned on the path that was taken."""

    earned: int
    possible: int


def start(role_play: RolePlay) -> State:
    """Return the state before the first word."""
    return State(role_play.opening, tuple(v.start for v in role_play.variables))


def named(role_play: RolePlay, state: State) -> dict[str, int]:
    """Return the values of `state` by variable name."""
    return dict(zip((v.name for v in role_play.variables), state.values, strict=True))


def ending(role_play: RolePlay, state: State) -> Ending | None:
    """Return the ending that `state` has reached, or None while it goes on."""
    return role_play.endings.get(state.at)


def said(role_play: RolePlay, state: State) -> Line:
    """Return what the parent says in `state`: the scene's line, or the ending's."""
    over = ending(role_play, state)
    return over.says if over else _first(role_play.scenes[state.at].says, role_play, state)


def offers(role_play: RolePlay, state: State) -> dict[str, Reply]:
    """Return the replies the teacher can choose in `state`, by id; none when it is over."""
    if state.at in role_play.endings:
        return {}
    values = named(role_play, state)
    replies = role_play.scenes[state.at].replies
    return {key: reply for key, reply in replies.items() if holds(reply.guard, values)}


def choose(role_play: RolePlay, state: State, key: str) -> State:
    """Return the state after the reply `key`.

    Raises
    ------
    NotOfferedError
        If `key` is not among the offers of `state`.
    """
    reply = offers(role_play, state).get(key)
    if reply is None:
        msg = f'the reply "{key}" is not offered at "{state.at}"'
        raise NotOfferedError(msg)
    moved = State(state.at, _moved(role_play, state.values, reply))
    return State(_next(role_play, moved, reply), moved.values)


def answer(role_play: RolePlay, after: State, reply: Reply) -> Line | None:
    """Return how the parent takes `reply`, in the state that follows it."""
    return _first(reply.answer, role_play, after) if reply.answer else None


def _moved(role_play: RolePlay, values: tuple[int, ...], reply: Reply) -> tuple[int, ...]:
    switched = dict.fromkeys(reply.repairs, False) | ({reply.misstep: True} if reply.misstep else {})
    changes = reply.effects | switched
    return tuple(
        _change(value, changes.get(variable.name, 0), variable.low, variable.high)
        for value, variable in zip(values, role_play.variables, strict=True)
    )


def _change(value: int, change: bool | int, low: int, high: int) -> int:
    return int(change) if isinstance(change, bool) else min(high, max(low, value + change))


def _next(role_play: RolePlay, state: State, reply: Reply) -> str:
    values = named(role_play, state)
    for key, end in role_play.endings.items():
        if end.at_once and holds(end.guard, values):
            return key
    to = next(branch.to for branch in reply.goto if holds(branch.guard, values))
    if to != END:
        return to
    return next(key for key, end in role_play.endings.items() if holds(end.guard, values))


def _first(lines: list[Line], role_play: RolePlay, state: State) -> Line:
    values = named(role_play, state)
    return next(line for line in lines if holds(line.guard, values))


@dataclass(frozen=True)
class Turn:
    """One exchange: where it stood, what was chosen, where it led."""

    before: State
    key: str
    reply: Reply
    after: State


@dataclass(frozen=True)
class Play:
    """A conversation so far. Every step returns a new one, so going back loses nothing."""

    role_play: RolePlay
    turns: tuple[Turn, ...] = ()

    @property
    def state(self) -> State:
        """Where it stands now."""
        return self.turns[-1].after if self.turns else start(self.role_play)

    @property
    def ending(self) -> Ending | None:
        """The ending, or None while it goes on."""
        return ending(self.role_play, self.state)

    def offers(self) -> dict[str, Reply]:
        """Return the replies that can be chosen now, by id."""
        return offers(self.role_play, self.state)

    def choose(self, key: str) -> Play:
        """Say the reply `key`; raises NotOfferedError if it is not offered."""
        before = self.state
        after = choose(self.role_play, before, key)
        turn = Turn(before, key, self.role_play.scenes[before.at].replies[key], after)
        return Play(self.role_play, (*self.turns, turn))

    def back(self) -> Play:
        """Take the last reply back; at the start nothing changes."""
        return Play(self.role_play, self.turns[:-1])

    def score(self) -> dict[str, Tally]:
        """Return the tally of each rubric dimension that was scored on this path."""
        tallies: dict[str, Tally] = {}
        for dimension, points in self._points():
            earned, possible = tallies.get(dimension, Tally(0, 0))
            tallies[dimension] = Tally(earned + points, possible + 2)
        return tallies

    def trust(self) -> list[int]:
        """Return the trust at the start and after each reply."""
        states = [start(self.role_play), *(turn.after for turn in self.turns)]
        return [named(self.role_play, state)["trust"] for state in states]

    def _points(self) -> Iterator[tuple[str, int]]:
        for turn in self.turns:
            yield from turn.reply.scores.items()


def play(role_play: RolePlay, keys: Iterable[str]) -> Play:
    """Play the replies `keys` from the start; raises NotOfferedError at the first impossible one."""
    so_far = Play(role_play)
    for key in keys:
        so_far = so_far.choose(key)
    return so_far
