"""Who talks with whom: groups of three for a talk aloud, with a teacher, a parent and an observer.

The groups are a value. What happens in the room (a round, somebody late, somebody gone) gives the next
one, so that the same events always give the same groups. Their sizes follow from how many people are
there, which keeps every repair small:

===================  =====================================================
people               groups
===================  =====================================================
a multiple of 3      all of three
one more             one of four: teacher, parent and two observers
two more             two of four, or one pair that somebody has left
only 1, 2, 4 or 5    one alone; a pair; one of four; one of three and a pair
===================  =====================================================

A seat is a number, higher for those who came later.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

Role = Literal["teacher", "parent", "observer"]

_TURNS: tuple[tuple[Role, ...], ...] = (
    (),
    ("teacher",),
    ("teacher", "parent"),
    ("teacher", "parent", "observer"),
    ("teacher", "observer", "parent", "observer"),
)
"""For each size of a group the roles that somebody has one after the other, and then from the start.

The teacher has just watched one, nobody watches twice running, and whatever happened before, three
rounds (or four, among four people) give everybody every role.
"""


class Group(NamedTuple):
    """People who talk together, each one turn ahead of the next; no other group gets its number."""

    number: int
    seats: tuple[int, ...]

    @property
    def cast(self) -> dict[int, Role]:
        """Everybody's role."""
        return dict(zip(self.seats, _TURNS[len(self.seats)], strict=True))

    def having(self, role: Role) -> list[int]:
        """Return the seats of those who have `role`."""
        return [seat for seat, had in self.cast.items() if had == role]

    @property
    def unusual(self) -> Literal["alone", "no_observer", "two_observers"] | None:
        """What a group must be told that is not one of three."""
        match len(self.seats):
            case 1:
                return "alone"
            case 2:
                return "no_observer"
            case 4:
                return "two_observers"
        return None


@dataclass(frozen=True)
class Trios:
    """All groups of a round."""

    groups: dict[int, Group]
    """By number, in the order of the numbers."""
    number_of: dict[int, int]
    """The number of each seat's group."""
    round: int = 1
    made: int = 0
    """The highest number that a group has had."""

    @classmethod
    def begin(cls, seats: Iterable[int], seed: int) -> Trios:
        """Return the groups of the first round; `seed` mixes those who came in together.

        It mixes by a hash, because that is the same in every version of Python.
        """
        mixed = sorted(set(seats), key=lambda seat: sha256(f"{seed} {seat}".encode()).digest())
        count = 2 if len(mixed) == 5 else max(1, len(mixed) // 3)
        dealt = (tuple(mixed[first::count]) for first in range(count))
        return cls({}, {})._with(*(Group(number, some) for number, some in enumerate(dealt, 1)))

    def group_of(self, seat: int) -> Group | None:
        """Return the group of `seat`, or None if it has none."""
        return self.groups.get(self.number_of.get(seat, 0))

    def role_of(self, seat: int) -> Role | None:
        """Return the role of `seat`, or None if it has none."""
        group = self.group_of(seat)
        return group.cast[seat] if group else None

    def rotated(self) -> Trios:
        """Return the next round: the same groups with other roles."""
        turned = (Group(number, (*seats[-1:], *seats[:-1])) for number, seats in self.groups.values())
        return replace(self._with(*turned), round=self.round + 1)

    def with_seat(self, seat: int) -> Trios:
        """Return the groups with a late comer, who goes where one is missing, or else watches.

        Second observers are never more than two: with one more late comer they are a group of their own.
        """
        if seat in self.number_of:
            return self
        fours = self._of(4)
        if short := self._of(1) or self._of(2) or (self._of(3) if len(fours) < 2 else []):
            return self._with(_joined(short[0], seat))
        watching = [_second_observer(four) for four in fours]
        left = map(_left, fours, watching)
        return self._with(*left, Group(self.made + 1, (*watching, seat)))

    @property
    def full(self) -> bool:
        """Whether a late comer takes second observers out of their groups."""
        return len(self._of(4)) == 2

    def with_group(self, seats: Iterable[int]) -> Trios:
        """Return the groups with another one, of three late comers."""
        return self._with(Group(self.made + 1, tuple(seats)))

    def without(self, seat: int) -> Trios:
        """Return the groups after somebody has gone.

        Two who are left get the second observer of another group, or watch another pair; one who is left
        watches a group of three. If there is none of these they stay as they are.
        """
        group = self.group_of(seat)
        if group is None:
            return self
        left = _left(group, seat)
        number_of = {other: number for other, number in self.number_of.items() if other != seat}
        there = replace(self, number_of=number_of)._with(left)
        match len(left.seats):
            case 2 if fours := there._of(4):
                second = _second_observer(fours[-1])
                return there._with(_left(fours[-1], second), _joined(left, second))
            case 2 if len(pairs := there._of(2)) == 2:
                other = pairs[0] if pairs[1] == left else pairs[1]
                return there._with(left._replace(seats=()), _joined(other, *reversed(left.seats)))
            case 1 if trios := there._of(3):
                return there._with(left._replace(seats=()), _joined(trios[0], *left.seats))
        return there

    def _of(self, size: int) -> list[Group]:
        return [group for group in self.groups.values() if len(group.seats) == size]

    def _with(self, *changed: Group) -> Trios:
        """Return these groups with those that `changed`; one without people is no more."""
        groups, number_of = dict(self.groups), dict(self.number_of)
        for group in changed:
            groups[group.number] = group
            number_of.update(dict.fromkeys(group.seats, group.number))
            if not group.seats:
                del groups[group.number]
        made = max((self.made, *(group.number for group in changed)))
        return replace(self, groups=groups, number_of=number_of, made=made)


def _joined(group: Group, *joining: int) -> Group:
    """Return `group` with others: who is there keeps the role, and the first observer teaches next."""
    seats = group.seats
    for seat in joining:
        teacher, *others = seats
        seats = (teacher, seat, *others) if len(seats) == 3 else (*seats, seat)
    return group._replace(seats=seats)


def _left(group: Group, seat: int) -> Group:
    """Return `group` without `seat`: for a teacher or parent comes the observer whose turn is next."""
    cast = group.cast
    observers = group.having("observer")
    lost = cast.pop(seat)
    if lost != "observer" and observers:
        heir = observers[-1] if lost == "teacher" else observers[0]
        cast[heir] = lost
    order = _TURNS[3].index
    return group._replace(seats=tuple(sorted(cast, key=lambda other: order(cast[other]))))


def _second_observer(four: Group) -> int:
    """Return the one of two observers who came last."""
    return max(four.having("observer"))
