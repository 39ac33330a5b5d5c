"""Counts of people, shown so that nobody is known by them, nor by taking one from another.

A group that is too small is merged with others; none is left out beside a total that would tell it.
Whatever else is shown of the same people (a sum by principle, say) must be made from these groups.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Count(NamedTuple):
    """How many of a group, as exactly as may be said: from `low` to `high` of `of` people."""

    low: int
    high: int
    of: int

    def __str__(self) -> str:
        if self.low == self.high:
            return f"{self.low} of {self.of}"
        return f"{self.low} to {self.high} of {self.of}"


class Group(NamedTuple):
    """People in the columns from `first` to `last`, counted from 0."""

    first: int
    last: int
    people: int


class Lot(NamedTuple):
    """People who gave one of these `answers`."""

    answers: tuple[str, ...]
    people: int


def counted(people: int, of: int, fewest: int) -> Count:
    """Return a count that tells neither `people` nor the rest exactly where they are below `fewest`."""
    if 0 < people < min(fewest, of):
        return Count(1, min(fewest, of) - 1, of)
    if 0 < of - people < fewest:
        return Count(of - fewest + 1, of - 1, of)
    return Count(people, people, of)


def in_order(places: Iterable[int], fewest: int) -> tuple[Group, ...]:
    """Return groups of people, each in one of some ordered columns, with none of fewer than `fewest`.

    The smallest group goes to the smaller of its neighbors until none is too small. Columns in which
    nobody is stay out, unless they lie inside a merged group. There are no groups if all people
    together are too few.
    """
    counts = Counter(places)
    groups = [Group(place, place, counts[place]) for place in sorted(counts)]
    while len(groups) > 1 and (small := min(groups, key=lambda group: group.people)).people < fewest:
        at = groups.index(small)
        beside = [i for i in (at - 1, at + 1) if 0 <= i < len(groups)]
        left, right = sorted((at, min(beside, key=lambda i: groups[i].people)))
        people = groups[left].people + groups[right].people
        groups[left : right + 1] = [Group(groups[left].first, groups[right].last, people)]
    return tuple(groups) if counts.total() >= fewest else ()


def without_order(counts: Mapping[str, int], fewest: int) -> tuple[Lot, ...]:
    """Return the people by answer, those of answers that too few gave in one lot.

    There are no lots if all people together are too few. What nobody answered is among the few, and the
    lot takes in the next larger answers, those with as many people together, until it has enough people,
    two answers, and more than one way to share its people out: nobody is known to those either who know
    this rule.
    """
    if 0 < sum(counts.values()) < fewest:
        return ()
    if not any(0 < people < fewest for people in counts.values()):
        return tuple(Lot((answer,), people) for answer, people in counts.items())
    few = {answer: people for answer, people in counts.items() if people < fewest}
    known = sum(few.values()) == (fewest - 1) * len(few)
    merged = few
    while sum(merged.values()) < fewest or len(merged) < 2 or (known and merged is few):
        larger = [people for answer, people in counts.items() if answer not in merged]
        if not larger:
            break
        merged = {answer: people for answer, people in counts.items() if people <= min(larger)}
    lots = [Lot((answer,), people) for answer, people in counts.items() if answer not in merged]
    return (*lots, Lot(tuple(merged), sum(merged.values())))
