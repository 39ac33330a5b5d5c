"""Nobody can be known by counts of small groups, not even by somebody who knows how they are made."""

from __future__ import annotations

from collections import defaultdict
from itertools import product
from typing import TYPE_CHECKING

import pytest

from partners.course.small_groups import Lot, in_order, without_order

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

FEWEST = 3


def nobody_is_known(told: Iterable[tuple[Hashable, tuple[int, ...]]], most: int) -> bool:
    """Say whether what is told leaves open how many gave each answer that only one or two gave.

    `told` holds what is shown with the true counts; larger totals than `most` would need larger counts.
    """
    all_counts: dict[Hashable, list[tuple[int, ...]]] = defaultdict(list)
    for shown, counts in told:
        all_counts[shown].append(counts)
    enough = [possible for possible in all_counts.values() if sum(possible[0]) <= most]
    alone = (set(people) for possible in enough for people in zip(*possible, strict=True))
    return all(people not in ({1}, {2}) for people in alone)


@pytest.mark.parametrize(("answers", "most"), [(2, 12), (3, 10), (4, 7), (5, 5)])
def test_votes_for_replies(answers: int, most: int) -> None:
    told = []
    for counts in product(range(most + 1), repeat=answers):
        lots = without_order(dict(zip("abcde", counts, strict=False)), FEWEST)
        assert all(not 0 < lot.people < FEWEST for lot in lots)
        assert sum(lot.people for lot in lots) in {0, sum(counts)}
        told.append((lots, counts))
    assert nobody_is_known(told, most)


@pytest.mark.parametrize(("columns", "most"), [(2, 12), (3, 9), (4, 6)])
def test_guesses_on_a_scale(columns: int, most: int) -> None:
    told = []
    for counts in product(range(most + 1), repeat=columns):
        places = [place for place, people in enumerate(counts) for _ in range(people)]
        groups = in_order(places, FEWEST)
        assert all(group.people >= FEWEST for group in groups)
        assert sum(group.people for group in groups) in {0, sum(counts)}
        told.append((groups, counts))
    assert nobody_is_known(told, most)


def test_large_groups_stand_alone_and_small_ones_together() -> None:
    assert without_order({"a": 5, "b": 0, "c": 3}, 3) == (
        Lot(("a",), 5),
        Lot(("b",), 0),
        Lot(("c",), 3),
    )
    assert without_order({"a": 5, "b": 1, "c": 2, "d": 0}, 3) == (
        Lot(("a",), 5),
        Lot(("b", "c", "d"), 3),
    )
    assert without_order({"a": 4, "b": 9, "c": 1}, 3) == (Lot(("b",), 9), Lot(("a", "c"), 5))
    assert without_order({"a": 9, "b": 2, "c": 2, "d": 5}, 3) == (
        Lot(("a",), 9),
        Lot(("b", "c", "d"), 9),
    )
    assert without_order({"a": 1, "b": 1}, 3) == ()
    assert without_order({"a": 0, "b": 0}, 3) == (Lot(("a",), 0), Lot(("b",), 0))
