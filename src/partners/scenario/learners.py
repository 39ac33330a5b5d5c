"""Declared learners who play a conversation many times: what guessing reaches, and what skill does.

A learner is a rule that gives each offered reply a weight; nothing about it is trained. ``DEFEND``
and its like choose by the words of a reply, as somebody with one habit would.
"""

from __future__ import annotations

import random
import re
from bisect import bisect
from itertools import accumulate
from math import sqrt
from typing import TYPE_CHECKING, NamedTuple

from partners.scenario.graph import explore

if TYPE_CHECKING:
    from collections.abc import Callable

    from partners.scenario.graph import Graph
    from partners.scenario.model import Reply, RolePlay

AGREE = r"\b(yes|sure|of course|right|agree|absolutely|whatever|no problem|fair|thank|thanks|glad)\b"
DEFEND = r"\b(I|I’m|I’ve|I’d|me|my|we|our|policy|school|rule|rules|have to)\b"
BLAME = r"\b(he|she|they|him|her|them|doesn’t|didn’t|won’t|never|hasn’t|isn’t|but|lazy|missing|late)\b"


def worth(reply: Reply) -> int:
    """Return how good a reply is taken by itself: trust and points, repairs and missteps."""
    trust = reply.effects.get("trust", 0)
    slip = 3 if reply.misstep else 0
    return int(trust) + sum(reply.scores.values()) + 2 * len(reply.repairs) - slip


def _most(replies: list[Reply], measure: Callable[[Reply], float]) -> list[float]:
    values = [measure(reply) for reply in replies]
    return [float(value == max(values)) for value in values]


def _with_slips(slips: float) -> Callable[[list[Reply]], list[float]]:
    """Return a learner who sees the best reply, and slips to any of them this often."""

    def weigh(replies: list[Reply]) -> list[float]:
        best = _most(replies, worth)
        return [(1 - slips) * b / sum(best) + slips / len(replies) for b in best]

    return weigh


def _by_words(pattern: str) -> Callable[[list[Reply]], list[float]]:
    words = re.compile(pattern, re.IGNORECASE)
    return lambda replies: _most(replies, lambda reply: len(words.findall(reply.say)))


LEARNERS: dict[str, Callable[[list[Reply]], list[float]]] = {
    "uniform": lambda replies: [1.0] * len(replies),
    "longest reply": lambda replies: _most(replies, lambda reply: len(reply.say)),
    "always agree": _by_words(AGREE),
    "defend myself": _by_words(DEFEND),
    "blame the child": _by_words(BLAME),
    "novice with slips": _with_slips(0.35),
    "expert": _with_slips(0.02),
}


class Outcome(NamedTuple):
    """What many plays of one learner came to.

    `endings` holds the share of plays by kind of ending, from 0 to 1; `score` is the mean share of
    the points that could be earned, with the half width of its 95 % interval; `turns` is the mean
    number of replies.
    """

    endings: dict[str, float]
    score: float
    within: float
    turns: float


def simulate(role_play: RolePlay, name: str, plays: int = 10_000, seed: int = 1) -> Outcome:
    """Return what `plays` of the learner `name` come to; the same `seed` gives the same."""
    graph = explore(role_play)
    table = _table(graph, LEARNERS[name])
    draw = random.Random(seed).random  # noqa: S311 - a simulation keeps no secret
    ends: dict[str, int] = dict.fromkeys(("partnership", "progress", "polite", "breakdown"), 0)
    shares, turns = [], 0
    for _ in range(plays):
        at = earned = possible = 0
        while isinstance(row := table[at], tuple):
            cumulated, steps = row
            at, points, chances = steps[bisect(cumulated, draw() * cumulated[-1])]
            earned, possible, turns = earned + points, possible + chances, turns + 1
        ends[row] += 1
        shares.append(earned / possible if possible else 0.0)
    mean = sum(shares) / plays
    spread = sqrt(sum((share - mean) ** 2 for share in shares) / max(1, plays - 1))
    return Outcome(
        {kind: count / plays for kind, count in ends.items()},
        mean,
        1.96 * spread / sqrt(plays),
        turns / plays,
    )


Step = tuple[int, int, int]
"""Where a reply leads (a row of the table), the points it earns, and those it could earn."""


def _table(
    graph: Graph, learner: Callable[[list[Reply]], list[float]]
) -> list[tuple[list[float], list[Step]] | str]:
    """Return for each state either its weighted steps or, when it is over, the kind of ending."""
    number = {state: i for i, state in enumerate(graph.states)}
    endings = graph.role_play.endings
    table: list[tuple[list[float], list[Step]] | str] = []
    for state in graph.states:
        if state.at in endings:
            table.append(endings[state.at].kind)
            continue
        moves = graph.moves_from[state]
        replies = [graph.reply(move) for move in moves]
        steps = [
            (number[move.after], sum(reply.scores.values()), 2 * len(reply.scores))
            for move, reply in zip(moves, replies, strict=True)
        ]
        table.append((list(accumulate(learner(replies))), steps))
    return table
