"""A round of a trio session: who sits with whom, how far it is, and what its people have said.

Somebody who comes late is seated at once unless that would take two people out of groups that talk: then
they watch as a guest. Three guests are a group of their own while the others talk; later they wait for
the next round.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from partners.live.trios import Group, Role, Trios

Stage = Literal["find", "talk", "words", "statements", "compare"]
STAGES: tuple[Stage, ...] = ("find", "talk", "words", "statements", "compare")
"""In "find", people look for each other and read their cards."""


class Note(NamedTuple):
    """What an observer wrote for the own group; the report has it only if it may `quote` it."""

    text: str
    quote: bool


@dataclass(slots=True, eq=False)
class Round:
    """One round. An observer's ratings and notes are kept by the group that they are about."""

    trios: Trios
    stages: list[Stage] = field(default_factory=lambda: ["find"])
    guests: list[int] = field(default_factory=list)
    ratings: dict[tuple[int, int], dict[str, int]] = field(default_factory=dict)
    """By group and seat: points by dimension."""
    notes: dict[tuple[int, int], Note] = field(default_factory=dict)
    """By group and seat."""
    answers: dict[Role, dict[int, dict[int, bool]]] = field(default_factory=dict)
    """By role and seat: what is true, by statement."""

    @property
    def number(self) -> int:
        """The first round is 1."""
        return self.trios.round

    @property
    def stage(self) -> Stage:
        """How far the round is."""
        return self.stages[-1]

    @property
    def begun(self) -> bool:
        """Whether people have stopped looking for their places."""
        return self.stage != "find"

    @property
    def talked(self) -> bool:
        """Whether the talk is over."""
        return self.stage not in {"find", "talk"}

    def arrive(self, seat: int) -> None:
        """Seat a late comer, or let them watch."""
        if seat in self.trios.number_of or seat in self.guests:
            return
        if not self.begun or not self.trios.full:
            self.trios = self.trios.with_seat(seat)
            return
        self.guests.append(seat)
        if self.stage == "talk" and len(self.guests) == 3:
            self.trios = self.trios.with_group(self.guests)
            self.guests = []

    def leave(self, seat: int) -> None:
        """Repair the groups that somebody has left; a guest may take the place."""
        self.trios = self.trios.without(seat)
        guests, self.guests = self.guests, []
        for guest in guests:
            if guest != seat:
                self.arrive(guest)

    def settle(self, here: Sequence[int]) -> None:
        """Seat those who are here, and nobody else."""
        for seat in sorted({*self.trios.number_of, *self.guests} - {*here}):
            self.leave(seat)
        for seat in here:
            self.arrive(seat)

    def watched(self, guest: int) -> Group | None:
        """Return the group that a guest sits with."""
        groups = list(self.trios.groups.values())
        usual = [group for group in groups if len(group.seats) == 3] or groups
        return usual[guest % len(usual)] if usual else None

    def rate(self, observer: int, dimension: str, points: int) -> None:
        """Keep what an observer has seen."""
        self.ratings.setdefault(self.place(observer), {})[dimension] = points

    def note(self, observer: int, note: Note) -> None:
        """Keep what an observer has heard."""
        self.notes[self.place(observer)] = note

    def place(self, observer: int) -> tuple[int, int]:
        """Return the group and the seat under which an observer's words are kept."""
        return self.trios.number_of[observer], observer

    def answer(self, seat: int, statement: int, true: bool) -> None:
        """Keep what a teacher believes, or what a parent reads on the card."""
        if role := self.trios.role_of(seat):
            self.answers.setdefault(role, {}).setdefault(seat, {})[statement] = true

    def forget(self, seat: int) -> None:
        """Take out what `seat` has said."""
        for kept in (self.ratings, self.notes):
            for place in [place for place in kept if place[1] == seat]:
                del kept[place]
        for answers in self.answers.values():
            answers.pop(seat, None)
