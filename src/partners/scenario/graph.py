"""Every state a conversation can reach, the moves between them, and the ways that lead there."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from partners.scenario import engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from partners.scenario.engine import State
    from partners.scenario.model import Reply, RolePlay


class Move(NamedTuple):
    """A reply that takes one state to another."""

    before: State
    key: str
    after: State


@dataclass
class Graph:
    """All reachable states in the order they were found, the moves, and the shortest way to each."""

    role_play: RolePlay
    states: list[State] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    found_by: dict[State, Move | None] = field(default_factory=dict)

    def way_to(self, state: State) -> list[str]:
        """Return the fewest replies that lead to `state`."""
        keys: list[str] = []
        move = self.found_by[state]
        while move:
            keys.append(move.key)
            move = self.found_by[move.before]
        return keys[::-1]

    def reply(self, move: Move) -> Reply:
        """Return the reply that was said in `move`."""
        return self.role_play.scenes[move.before.at].replies[move.key]

    @cached_property
    def moves_from(self) -> dict[State, list[Move]]:
        """The moves that leave each state; none for an ending."""
        leaving: dict[State, list[Move]] = defaultdict(list)
        for move in self.moves:
            leaving[move.before].append(move)
        return leaving

    @cached_property
    def moves_to(self) -> dict[State, list[Move]]:
        """The moves that lead to each state; none for the start."""
        leading: dict[State, list[Move]] = defaultdict(list)
        for move in self.moves:
            leading[move.after].append(move)
        return leading

    def steps_to(self, goals: Iterable[State]) -> dict[State, int]:
        """Return the fewest replies from each state to one of `goals`, where there is a way."""
        steps = dict.fromkeys(goals, 0)
        ahead = deque(steps)
        while ahead:
            state = ahead.popleft()
            for move in self.moves_to[state]:
                if move.before not in steps:
                    steps[move.before] = steps[state] + 1
                    ahead.append(move.before)
        return steps

    def way(
        self,
        start: State,
        goal: Callable[[State], bool],
        avoided: Callable[[State], bool] = lambda _: False,
    ) -> list[str] | None:
        """Return the fewest replies from `start` to a goal, past all avoided states, or None."""
        ways: dict[State, list[str]] = {} if avoided(start) else {start: []}
        ahead = deque(ways)
        while ahead:
            state = ahead.popleft()
            if goal(state):
                return ways[state]
            for move in self.moves_from[state]:
                if move.after not in ways and not avoided(move.after):
                    ways[move.after] = [*ways[state], move.key]
                    ahead.append(move.after)
        return None

    def endings(self, kind: str) -> list[State]:
        """Return the states in which the conversation has come to an ending of `kind`."""
        endings = self.role_play.endings
        return [s for s in self.states if s.at in endings and endings[s.at].kind == kind]


@lru_cache(maxsize=64)
def explore(role_play: RolePlay) -> Graph:
    """Walk every reply from the start, breadth first; linear in the number of moves.

    What was found is kept for the next who asks, so nobody may change it.
    """
    first = engine.start(role_play)
    graph = Graph(role_play, found_by={first: None})
    ahead = deque([first])
    while ahead:
        state = ahead.popleft()
        graph.states.append(state)
        for key in engine.offers(role_play, state):
            move = Move(state, key, engine.choose(role_play, state, key))
            graph.moves.append(move)
            if move.after not in graph.found_by:
                graph.found_by[move.after] = move
                ahead.append(move.after)
    return graph
