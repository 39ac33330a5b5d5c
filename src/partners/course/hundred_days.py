"""A plan for a hundred days of contact with the families of a class: its minutes, and whom it misses.

The plan is what a student has typed, and is not trusted: what cannot be read counts as not there.
"""

from __future__ import annotations

import re
from itertools import zip_longest
from math import floor, isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

WEEKS = (*range(2, 10), *range(11, 14))
"""Those with minutes for families: not the first, nor those in which grades close, nor Thanksgiving."""

WAYS = "CITPO"
"""A call, one with an interpreter, a text, paper in the backpack, a question to the office."""

TIME = ("minutes a week", "reserve", "answering a week", "sentences a week", "more where needed")

FIRST, LATER = WEEKS[:4], WEEKS[4:]
"""Those of the first contacts, and those after."""

LOOK = 10
"""Minutes for one reading of the log."""

_ROW = re.compile(r"(?:week)?\s*([0-9]+)(.*)", re.IGNORECASE)
_BETWEEN = re.compile(r"[\s,;:/+&.–-]+")


class Card(NamedTuple):
    """What the card of a family asks of a plan.

    `homes` has the letters of the ways that will do, for each home; `why` is printed where something
    else is planned, and is empty for a family like most. An `early` one takes days to arrange.
    """

    homes: tuple[str, ...]
    why: str = ""
    early: bool = False


class Contact(NamedTuple):
    """A first contact: the week, and the way to each home of the family, a letter each."""

    week: int
    ways: str


class HundredDays:
    """A student’s plan: first contacts by family, minutes by way and in all, days to look again."""

    def __init__(self, calendar: Any, minutes: Any, time: Any, look_again: Any) -> None:
        rows = calendar if isinstance(calendar, dict) else {}
        read = ((str(family), _contact(row)) for family, row in rows.items())
        self.contacts = {family: contact for family, contact in read if contact}
        self.unread = [
            str(family)
            for family, row in rows.items()
            if isinstance(row, str) and row.strip() and not _contact(row)
        ]
        self._each = {way: _amount(minutes, way) for way in WAYS}
        self._weekly, self._reserve, self._answering, self._sentences, self._more = (
            _amount(time, name) for name in TIME
        )
        days = re.findall("[0-9]+", look_again) if isinstance(look_again, str) else look_again
        days = days if isinstance(days, list | tuple) else ()
        self._looks = {day for day in map(_number, days) if day and 14 <= day <= 100}

    def by_week(self) -> dict[int, float]:
        """Return the minutes that are needed in each week."""
        needed = dict.fromkeys(WEEKS, self._answering)
        for week, ways in self.contacts.values():
            needed[week] = needed.get(week, 0) + sum(self._each[way] for way in ways)
        for week in LATER:
            needed[week] += self._sentences * self._each["T"]
        return dict(sorted(needed.items()))

    def in_all(self) -> float:
        """Return the minutes that are needed in a hundred days."""
        return sum(self.by_week().values()) + self._more + LOOK * len(self._looks)

    def there_are(self, week: int = 0) -> float:
        """Return the minutes there are in a week, or in a hundred days with the reserve kept back."""
        if week:
            return self._weekly if week in WEEKS else 0
        return self._weekly * len(WEEKS) - self._reserve

    def too_full(self) -> list[int]:
        """Return the weeks that need more minutes than they have."""
        return [week for week, needed in self.by_week().items() if needed > self.there_are(week)]

    def points(self, cards: Mapping[str, Card]) -> tuple[float, list[str]]:
        """Return the points for this plan, and a sentence for each gap.

        Seven points are for the families like most, one for each home of the others, two for what
        has to be early. Nine are for the minutes, if at least three families in four are planned.
        """
        reached = {family: list(self._reached(family, card)) for family, card in cards.items()}
        plain = [family for family, card in cards.items() if not card.why]
        early = [family for family, card in cards.items() if card.early]
        late = [family for family in early if not self._within(WEEKS[:2], family)]
        missed, gaps = [], []
        for family in (name for name, homes in reached.items() if not all(homes)):
            if self._within(FIRST, family) and cards[family].why:
                gaps.append(f"{family}: {cards[family].why}")
            else:
                missed.append(family)
        if missed:
            gaps.append(f"No first contact in weeks 2 to 5: {', '.join(missed)}.")
        if late:
            gaps.append(f"Not in week 2 or 3, though it takes days to arrange: {', '.join(late)}.")
        points = _share(7, plain, missed) + _share(2, early, late)
        points += sum(sum(homes) for family, homes in reached.items() if cards[family].why)
        if 4 * sum(family in self.contacts for family in cards) < 3 * len(cards):
            return points, [*gaps, "Minutes count once three families in four have a week and a way."]
        for worth, right, gap in self._minutes(sum(len(card.homes) for card in cards.values())):
            points += worth if right else 0
            gaps += [] if right else [gap]
        return points, gaps

    def _within(self, weeks: Iterable[int], family: str) -> bool:
        return family in self.contacts and self.contacts[family].week in weeks

    def _reached(self, family: str, card: Card) -> Iterator[bool]:
        ways = self.contacts[family].ways if self._within(FIRST, family) else ""
        for home, way in zip_longest(card.homes, ways[: len(card.homes)], fillvalue=" "):
            yield way in home

    def _minutes(self, homes: int) -> Iterator[tuple[float, bool, str]]:
        if self._weekly and all(self._each.values()):
            over, full = self.in_all() - self.there_are(), ", ".join(map(str, self.too_full()))
            yield 3, over <= 0, f"In all the plan takes {over:.0f} minutes more than you say you have."
            yield 2, not full, f"By your own minutes there is too much in week {full}."
        else:
            yield 5, False, "The weeks cannot be added up while there is no number for each of the ways."
        call, interpreted, *short = self._each.values()
        steps_in = call >= 5 and interpreted >= 2 * call and min(short) >= 1
        yield 1, steps_in, "Tries that fail and a note belong to a call; an interpreter doubles it."
        kept = 0 < self._weekly <= 200 and self._reserve >= self._weekly * len(WEEKS) / 5
        yield 1, kept, "Take your minutes from a log, and keep back a fifth for what nobody foresees."
        again = self._answering >= 5 and self._sentences * len(LATER) >= homes
        yield 1, again, "After week 5 some home hears nothing more from you, or gets no answer."
        yield 1, len(self._looks) > 1, "Look again on at least two days between day 14 and day 100."


def _contact(row: Any) -> Contact | None:
    """Return a contact from “3 CT” or ``[3, "CT"]``; blanks, commas and small letters do no harm."""
    if isinstance(row, str):
        found = _ROW.fullmatch(row.strip())
        row = found.groups() if found else None
    if not isinstance(row, list | tuple) or len(row) != 2 or not isinstance(row[1], str):
        return None
    week, ways = _number(row[0]), _BETWEEN.sub("", row[1]).upper()
    if week not in range(1, 16) or not ways or not set(ways) <= set(WAYS):
        return None
    return Contact(int(week), ways)


def _number(given: Any) -> float:
    """Return `given` as a number that is not negative; 0 if it is none."""
    try:
        number = float(given)
    except (TypeError, ValueError, OverflowError):
        return 0
    return number if isfinite(number) and 0 <= number < 1e9 else 0


def _amount(given: Any, name: str) -> float:
    return _number(given.get(name)) if isinstance(given, dict) else 0


def _share(most: int, asked: list[str], without: list[str]) -> float:
    return floor(2 * most * len(set(asked) - set(without)) / len(asked)) / 2
