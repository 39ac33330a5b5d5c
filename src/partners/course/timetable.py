"""An evening of talks that a student has planned: whatever of it cannot be kept, in words.

``talks.csv`` says of each talk how long it is and what the family needs; ``booked.csv`` says when
rooms, interpreters and the siblings’ corner can be had. The plan itself is not trusted.
"""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RULES = {
    "times": "Times and break",
    "hours": "Each family’s hours",
    "languages": "Interpreters",
    "homes": "Two homes",
    "corner": "Siblings’ corner",
    "rooms": "Rooms",
}
APART = 20
"""Minutes between the talks of two homes that have asked not to meet."""

_CLOCK = re.compile(r"(?<![0-9])([0-9]{1,2})[:.]([0-5][0-9])(?![0-9])")
_FRIDAY = re.compile(r"\bfri(day)?\b", re.ASCII)
_DAY = 24 * 60


class Span(NamedTuple):
    """From one minute to another, counted from the midnight before Thursday."""

    start: int
    end: int

    def holds(self, other: Span) -> bool:
        """Say whether `other` lies wholly in here."""
        return self.start <= other.start and other.end <= self.end

    def meets(self, other: Span) -> bool:
        """Say whether the two have a minute in common."""
        return self.start < other.end and other.start < self.end

    def touches(self, other: Span) -> bool:
        """Say whether one begins as the other ends."""
        return self.start == other.end or other.start == self.end


class Talk(NamedTuple):
    """What a family needs, when it is planned, and what the plan says besides, in small letters."""

    name: str
    needs: dict[str, str]
    at: Span
    said: str


class Evening:
    """A plan beside the two tables that it must fit."""

    def __init__(self, plan: Any, folder: Path) -> None:
        self._plan = plan if isinstance(plan, dict) else {}
        rows = tables(folder)
        self._booked = {row["what"]: row for row in rows["booked"]}
        self._needs = {row["talk"]: row for row in rows["talks"]}
        placed = ((name, row, self._place(name, row)) for name, row in self._needs.items())
        found = [Talk(name, row, at, self._said(name)) for name, row, at in placed if at]
        self.talks = sorted(found, key=lambda talk: talk.at)
        extra = {name: self._place(name, self._booked[name]) for name in ("break", "corner")}
        self.extra = {name: at for name, at in extra.items() if at}

    def names(self) -> list[str]:
        """Return what needs a time: each talk, the break, the siblings’ corner."""
        return [*self._needs, "break", "corner"]

    def missing(self) -> list[str]:
        """Return what has no time that can be read."""
        placed = {talk.name for talk in self.talks} | set(self.extra)
        return [name for name in self.names() if name not in placed]

    def unread(self) -> list[str]:
        """Return what has something written for it, and no time that can be read."""
        return [name for name in self.missing() if self._said(name).strip()]

    def in_order(self) -> list[str]:
        """Return a line for each thing that has a time, in the order of the clock."""
        lines = [(talk.at, talk.name) for talk in self.talks]
        lines += [(at, name) for name, at in self.extra.items()]
        return [f"{_words(at)}  {name}" for at, name in sorted(lines)]

    def conflicts(self) -> dict[str, list[str]]:
        """Return by key of RULES the sentences that say what breaks it; what has no time breaks none."""
        return {rule: list(getattr(self, f"_{rule}")()) for rule in RULES}

    def points(self, each: float) -> float:
        """Return `each` points for every rule that is kept, half of them where it is broken once.

        What has no time breaks every rule that it comes under. A rule is not kept by leaving out
        all that it is about.
        """
        without, points = set(self.missing()), 0.0
        for rule, conflicts in self.conflicts().items():
            asked = self._asked(rule)
            left = [names for names in asked if without & set(names)]
            if len(left) < len(asked):
                points += each * max(0, 2 - len(conflicts) - len(left)) / 2
        return points

    def _asked(self, rule: str) -> list[tuple[str, ...]]:
        """Return what must have a time if `rule` is to be kept: of each tuple, all."""
        rows = self._needs.items()
        match rule:
            case "times":
                return [*((name,) for name in self._needs), ("break",)]
            case "hours":
                return [(name,) for name in self._needs]
            case "languages":
                return [(name,) for name, needs in rows if needs["interpreter"]]
            case "homes":
                return [(name, needs["apart_from"]) for name, needs in rows if needs["apart_from"]]
            case "corner":
                return [(name, "corner") for name, needs in rows if needs["corner"]]
            case _:
                return [(name,) for name, needs in rows if needs["room"]]

    def _said(self, name: str) -> str:
        said = self._plan.get(name)
        return said.lower() if isinstance(said, str) else ""

    def _place(self, name: str, row: dict[str, str]) -> Span | None:
        start = _minute(self._said(name))
        return None if start is None else Span(start, start + int(row["minutes"]))

    def _can_be_had(self, what: str, at: Span) -> bool:
        return any(span.holds(at) for span in _spans(self._booked[what]["when"]))

    def _times(self) -> Iterator[str]:
        for talk in self.talks:
            if not self._can_be_had("Thursday", talk.at) and not self._can_be_had("Friday", talk.at):
                yield f"{talk.name}: {_words(talk.at)} is outside the school’s hours for talks."
        for number, first in enumerate(self.talks):
            for second in self.talks[number + 1 :]:
                if first.at.meets(second.at):
                    yield f"{first.name} and {second.name} overlap."
        if pause := self.extra.get("break"):
            if not self._can_be_had("break", pause):
                yield f"The break: it has to lie somewhere in {self._booked['break']['when']}."
            taken = (talk.name for talk in self.talks if talk.at.meets(pause))
            yield from (f"The break: {name} is with you then." for name in taken)

    def _hours(self) -> Iterator[str]:
        for name, needs, at, _ in self.talks:
            if not any(span.holds(at) for span in _spans(needs["can"])):
                yield f"{name}: {_words(at)} is not in the hours they gave ({needs['can']})."
            if any(span.meets(at) for span in _spans(needs["busy"])):
                yield f"{name}: {_words(at)} runs into their other talk ({needs['busy']})."
            if not all(span.touches(at) for span in _spans(needs["next_to"])):
                yield f"{name}: {_words(at)} is not right beside their other talk ({needs['next_to']})."

    def _languages(self) -> Iterator[str]:
        for name, needs, at, said in self.talks:
            who = needs["interpreter"]
            if who and who.lower() not in said:
                yield f"{name}: no booked interpreter for their language is named."
            elif who and not self._can_be_had(who, at):
                yield f"{name}: {who} is booked {self._booked[who]['when']}, the talk is {_words(at)}."

    def _homes(self) -> Iterator[str]:
        planned = {talk.name: talk.at for talk in self.talks}
        for name, needs, at, _ in self.talks:
            if other := planned.get(needs["apart_from"]):
                first, second = sorted((at, other))
                if second.start - first.end < APART:
                    yield f"{needs['apart_from']} and {name}: fewer than {APART} minutes between them."

    def _corner(self) -> Iterator[str]:
        if not (there := self.extra.get("corner")):
            return
        if not self._can_be_had("corner", there):
            yield f"The corner: {_words(there)} is outside {self._booked['corner']['when']}."
        for name, needs, at, _ in self.talks:
            if needs["corner"] and not there.holds(at):
                yield f"{name}: small children come along, and the corner is open {_words(there)}."

    def _rooms(self) -> Iterator[str]:
        for name, needs, at, said in self.talks:
            if needs["room"] and needs["room"] not in said:
                yield f"{name}: room 12 is up the stairs."
            if "library" in said and not self._can_be_had("library", at):
                yield f"{name}: the library is free {self._booked['library']['when']} only."


def tables(folder: Path) -> dict[str, list[dict[str, str]]]:
    """Return the rows of the two tables in `folder`, by name; raises OSError where one is not there."""
    return {name: _table(folder / f"{name}.csv") for name in ("talks", "booked")}


def _table(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _minute(text: str) -> int | None:
    found = _CLOCK.search(text)
    if not found:
        return None
    hour, minute = int(found[1]), int(found[2])
    if _FRIDAY.search(text.lower()):
        return _DAY + 60 * hour + minute
    return 60 * (hour if hour >= 12 else hour + 12) + minute


def _spans(text: str) -> list[Span]:
    """Return the spans of text such as “Thu 7:10-7:30; Fri 7:10-7:30”."""
    spans = []
    for part in filter(None, text.split("; ")):
        day, times = part.split(" ")
        start, end = (_minute(f"{day} {time}") for time in times.split("-"))
        if start is not None and end is not None:
            spans.append(Span(start, end))
    return spans


def _words(span: Span) -> str:
    day = "Fri" if span.start >= _DAY else "Thu"
    start, end = (f"{(m // 60 - 1) % 12 + 1}:{m % 60:02}" for m in (span.start % _DAY, span.end % _DAY))
    return f"{day} {start}-{end}"
