"""Whether the best reply can be told from its looks: over the library, it must not be.

A classifier sees only the surface of replies (length, place, punctuation, stock words), learns on
all conversations but one and guesses in that one. It must do no better than chance.
"""

from __future__ import annotations

import re
from math import sqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from partners.scenario.graph import explore
from partners.scenario.learners import worth

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from partners.scenario.model import Reply, RolePlay

_COUNTED = {
    "question": r"\?",
    "comma": ",",
    "sentence": r"[.!?…]",
    "dash or ellipsis": "[…–—;:]",
    "number": r"\d|\b(one|two|three|four|five|ten|half)\b",
    "I": r"\bI\b|\bI’",
    "you": r"\byou\b|\byour\b",
    "we": r"\bwe\b|\bour\b|\blet’s\b",
    "sorry": r"\b(sorry|apolog\w+|my fault|mistake)\b",
    "thanks": r"\b(thank\w*|appreciate)\b",
    "hear": r"\b(hear|heard|understand|sounds like|tell me)\b",
    "but": r"\b(but|though|although|however|still)\b",
    "never or always": r"\b(never|always|every|nothing|everything|all)\b",
    "soft": r"\b(maybe|perhaps|might|could|would|just|a bit|a little)\b",
}
_PATTERNS = [re.compile(pattern, re.IGNORECASE) for pattern in _COUNTED.values()]


class Parity(NamedTuple):
    """How often the classifier finds the best reply, with its 95 % interval, beside chance.

    A scene counts once: where several sets of its replies can be offered, their mean counts.
    """

    accuracy: float
    low: float
    high: float
    chance: float
    scenes: int


class Choice(NamedTuple):
    """Replies that are offered together: their looks, a row each, and which of them are best."""

    looks: NDArray[np.float64]
    best: NDArray[np.float64]


Scene = list[Choice]


def parity(role_plays: Sequence[RolePlay]) -> Parity:
    """Return how well the looks of replies give the best away; needs two role-plays or more."""
    library = [list(_scenes(role_play)) for role_play in role_plays]
    hits: list[float] = []
    for held, scenes in enumerate(library):
        others = [scene for i, play in enumerate(library) if i != held for scene in play]
        weights = _learn(others)
        hits += [float(np.mean([_hit(choice, weights) for choice in scene])) for scene in scenes]
    chances = [np.mean([c.best.mean() for c in scene]) for play in library for scene in play]
    accuracy = float(np.mean(hits))
    low, high = _interval(accuracy, len(hits))
    return Parity(accuracy, low, high, float(np.mean(chances)), len(hits))


def _hit(choice: Choice, weights: NDArray[np.float64]) -> float:
    """Return 1 if the reply that looks best is the best; a share, if several look alike."""
    guess = choice.looks @ weights
    return float(choice.best[np.isclose(guess, guess.max())].mean())


def _scenes(role_play: RolePlay) -> Iterator[Scene]:
    """Yield the sets of replies that each scene can offer."""
    graph = explore(role_play)
    scenes: dict[str, dict[tuple[str, ...], Choice]] = {}
    for state, moves in graph.moves_from.items():
        replies = [graph.reply(move) for move in moves]
        keys = tuple(move.key for move in moves)
        if len(replies) > 1 and keys not in scenes.setdefault(state.at, {}):
            values = [worth(reply) for reply in replies]
            best = np.array([value == max(values) for value in values], dtype=float)
            scenes[state.at][keys] = Choice(_looks(replies), best)
    return (list(choices.values()) for choices in scenes.values())


def _looks(replies: list[Reply]) -> NDArray[np.float64]:
    """Return one row for each reply: its surface, less the mean of its scene."""
    rows = []
    for place, reply in enumerate(replies):
        counts = [len(pattern.findall(reply.say)) for pattern in _PATTERNS]
        places = [float(place == p) for p in range(4)]
        rows.append([len(reply.say) / 20, len(reply.say.split()) / 5, *counts, *places])
    looks = np.array(rows, dtype=float)
    longest = looks[:, 0] == looks[:, 0].max()
    shortest = looks[:, 0] == looks[:, 0].min()
    return np.column_stack([looks - looks.mean(axis=0), longest, shortest])


def _learn(scenes: list[Scene], ridge: float = 3.0) -> NDArray[np.float64]:
    """Fit a conditional logit: the chance of a reply grows with its looks among those offered."""
    choices = [choice for scene in scenes for choice in scene]
    sizes = [len(choice.best) for choice in choices]
    starts = np.cumsum([0, *sizes[:-1]])
    looks = np.vstack([choice.looks for choice in choices])
    wanted = np.concatenate([choice.best / choice.best.sum() for choice in choices])
    counts = np.repeat([1 / len(scene) for scene in scenes for _ in scene], sizes)
    weights = np.zeros(looks.shape[1])
    for _ in range(200):
        guess = looks @ weights
        scores = np.exp(guess - np.repeat(np.maximum.reduceat(guess, starts), sizes))
        scores /= np.repeat(np.add.reduceat(scores, starts), sizes)
        weights += 0.02 * (looks.T @ (counts * (wanted - scores)) - ridge * weights)
    return weights


def _interval(share: float, count: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of `share` among `count`."""
    z = 1.96
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return middle - half, middle + half
