"""The smallest change: what of a conversation would have had to be otherwise to begin a partnership.

``player/debrief.js`` makes the same search in the page; ``tests/player`` holds the two together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from partners.scenario import engine

if TYPE_CHECKING:
    from partners.scenario.engine import Play, State
    from partners.scenario.graph import Graph, Move


def nearest(graph: Graph, play: Play) -> Play | None:
    """Return the conversation nearest to `play` that ends in a partnership, or None if there is none.

    Nearest is the one with the fewest replies that differ; of several, one that leaves what was
    played as late as can be. A reply does not differ if `play` gave it at the same scene. Each move
    costs at most one change, so that the search goes in rounds of one change more, and is linear in
    the moves of `graph`.
    """
    given = {(turn.before.at, turn.key) for turn in play.turns}
    goals = {key for key, end in play.role_play.endings.items() if end.kind == "partnership"}
    came_by: dict[State, Move | None] = {}

    def along(state: State, move: Move | None) -> list[State]:
        """Return `state` and all that the given replies lead to from there, the furthest first."""
        came_by[state] = move
        way, ahead = [], [state]
        while ahead:
            here = ahead.pop()
            way.append(here)
            for step in graph.moves_from.get(here, ()):
                if (here.at, step.key) in given and step.after not in came_by:
                    came_by[step.after] = step
                    ahead.append(step.after)
        return way[::-1]

    # Each round holds the states that one change more can reach, the latest first change first.
    states = along(engine.start(play.role_play), None)
    while states:
        for state in states:
            if state.at in goals:
                return engine.play(play.role_play, _keys(came_by, state))
        steps = (step for state in states for step in graph.moves_from.get(state, ()))
        states = [
            state for step in steps if step.after not in came_by for state in along(step.after, step)
        ]
    return None


def changed(play: Play, other: Play) -> list[engine.Turn]:
    """Return the turns of `other` whose reply `play` did not give at that scene."""
    given = {(turn.before.at, turn.key) for turn in play.turns}
    return [turn for turn in other.turns if (turn.before.at, turn.key) not in given]


def _keys(came_by: dict[State, Move | None], state: State) -> list[str]:
    keys = []
    while move := came_by[state]:
        keys.append(move.key)
        state = move.before
    return keys[::-1]
