"""What an assignment tells its instructor: what was learned, and where the assignment is to blame.

It is made from ``coursework``. A group of fewer than five people is merged with its neighbor, so that
nobody can be found out; who is missing or unmarked is only counted.
"""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass
from statistics import fmean, median
from typing import TYPE_CHECKING, NamedTuple

from partners import library
from partners.course.course_map import course_map
from partners.course.pages import sections
from partners.course.small_groups import counted, in_order
from partners.grading import coursework
from partners.grading.marks import GradebookError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from partners.course.course_map import Outcome
    from partners.course.small_groups import Count, Group
    from partners.grading.coursework import Asked, Attempt, Cell, Coursework, Transcripts

FEWEST, FEW = 5, "five"
"""People in the smallest group that is shown."""

SHARES = ("none", "some", "most", "all")
"""Of a part’s points: none, less than half, half or more, all."""
KINDS = ("breakdown", "polite", "progress", "partnership")
MINUTES = ("under 5", "5 to 10", "10 to 20", "20 to 40", "40 or more")


class Spread(NamedTuple):
    """How `people` spread over ordered columns; no groups where they are too few to show."""

    columns: tuple[str, ...]
    groups: tuple[Group, ...]
    people: int

    def label(self, group: Group) -> str:
        """Return the name of a group, such as “some or most”."""
        *before, last = self.columns[group.first : group.last + 1]
        if before and self.columns == MINUTES:
            return _from_to(before[0], last)
        return f"{', '.join(before)} or {last}" if before else last

    def __str__(self) -> str:
        if not self.groups:
            return f"fewer than {FEW} people" if self.people else "nobody yet"
        return ", ".join(f"{self.label(group)} ({group.people})" for group in self.groups)


def _from_to(first: str, last: str) -> str:
    """Return the name of neighboring columns of minutes: “5 to 20” from “5 to 10” to “10 to 20”."""
    if first == MINUTES[0]:
        return "any time" if last == MINUTES[-1] else f"under {last.rpartition(' ')[2]}"
    start, end = first.partition(" ")[0], last.partition(" ")[2]
    return f"{start} {end}"


class Item(NamedTuple):
    """One thing that a test asks for, who had it right, and the `hint` that the others read."""

    name: str
    hint: str
    right: Count


@dataclass(frozen=True)
class Part:
    """One graded cell of the notebook, and the outcomes that it assesses.

    `mean` is the share of its points, from 0 to 1; `scored` counts those who have points,
    `unmarked` those whose text waits for a mark, and `not_judged` those of whom its test could judge
    no item: all was left open, or an error stopped it.
    """

    key: str
    title: str
    points: float
    outcomes: tuple[Outcome, ...]
    scored: int
    unmarked: int
    mean: float | None
    spread: Spread
    not_judged: int
    items: tuple[Item, ...]

    def of_items(self, *, nobody: bool) -> list[Item]:
        """Return the items that nobody has right, or those that everybody has."""
        return [item for item in self.items if item.right.low == (0 if nobody else item.right.of)]

    def same_for_all(self) -> str:
        """Return “none” or “all” if that is what everybody has of its points; else nothing."""
        if self.unmarked or len(self.spread.groups) != 1:
            return ""
        label = self.spread.label(self.spread.groups[0])
        return label if label in (SHARES[0], SHARES[-1]) else ""

    def can(self) -> str:
        """Return its outcomes in words; empty if it assesses none of the course map."""
        first, *more = [outcome.can for outcome in self.outcomes] or [""]
        return "; ".join([first, *(can[:1].lower() + can[1:] for can in more)])

    def taught(self) -> list[str]:
        """Return where its outcomes are taught, such as “Frameworks”, section “What is missing?”."""
        return list(dict.fromkeys(map(_place, self.outcomes)))


class Dimension(NamedTuple):
    """Shares of the points on one dimension of the rubric, from 0 to 1, by attempt; None if too few."""

    name: str
    shares: tuple[float | None, ...]


class Change(NamedTuple):
    """How far the share on a dimension moved, first to last attempt, for `people` with two or more."""

    dimension: str
    by: float
    people: int


@dataclass(frozen=True)
class Talk:
    """What the transcripts of one conversation show.

    `attempts` names the attempts that are told apart; `endings` and the shares of each dimension
    follow their order. People who `finished`, `unfinished`, `refused` and `missing` are everybody.
    `minutes` are of all finished attempts of a person together; `median` is of those that are known.
    """

    name: str
    title: str
    finished: int
    unfinished: int
    refused: int
    missing: int
    attempts: tuple[str, ...]
    endings: tuple[Spread, ...]
    dimensions: tuple[Dimension, ...]
    changes: tuple[Change, ...]
    minutes: Spread
    median: float | None


@dataclass(frozen=True)
class Report:
    """All findings for one assignment; everything that is shown is made from it.

    `listed` counts the people in the gradebook, `handed_in` those of whom there is a submission,
    `graded` those with an autograded notebook that can be read. `people` has name, points so far and
    remarks of everybody, where names are asked for.
    """

    assignment: str
    title: str
    listed: int
    handed_in: int
    graded: int
    unmarked: int
    parts: tuple[Part, ...]
    talks: tuple[Talk, ...]
    people: tuple[tuple[str, str, str], ...]

    def telling(self) -> list[str]:
        """Return the three to five most telling findings, the most telling first."""
        return [line for line in self._told() if line][:5]

    def _told(self) -> Iterator[str]:
        yield self._extreme(nobody=True)
        if self.unmarked:
            yield f"{self.unmarked} of {self.graded} have written parts that are not marked yet."
        if ungraded := self.handed_in - self.graded:
            yield f"{ungraded} of {self.handed_in} hand-ins are not graded; nbgrader’s log says why."
        scored = [part for part in self.parts if part.mean is not None]
        if scored:
            hardest = min(scored, key=lambda part: part.mean or 0)
            yield f"Hardest: “{hardest.title}”, with {percent(hardest.mean)} of the points on average."
        for talk in self.talks:
            yield talk_in_words(talk)
        yield self._extreme(nobody=False)
        yield f"{self.handed_in} of the {self.listed} on the list have handed in."

    def _extreme(self, *, nobody: bool) -> str:
        items = [item.name for part in self.parts for item in part.of_items(nobody=nobody)]
        who, points, share = ("Nobody", "any", "none") if nobody else ("Everybody", "all", "all")
        whole = [p.title for p in self.parts if not p.items and p.same_for_all() == share]
        told = [f"{who} got {_some(items)} right."] if items else []
        told += [f"{who} has {points} points of {_some(whole)}."] if whole else []
        return " ".join(told)


def findings(course: Path, assignment: str, *, names: bool = False) -> Report:
    """Return what the nbgrader course folder `course` tells about `assignment`.

    Parameters
    ----------
    course
        The folder with ``gradebook.db`` and ``autograded``.
    assignment
        Its name in nbgrader.
    names
        Whether people are named. Only then are groups of fewer than five shown.

    Raises
    ------
    GradebookError
        If the folder, the gradebook or the assignment is not there, nothing is graded, or fewer
        than five people are and no names are asked for.
    """
    work = coursework.read(course, assignment)
    if len(work.marks) < FEWEST and not names:
        raise GradebookError(
            f"Only {len(work.marks)} of “{assignment}” are graded. In so small a group a figure tells "
            f"who is who. For your own eyes alone, run: partners report {assignment} --names"
        )
    fewest = 1 if names else FEWEST
    return Report(
        assignment=assignment,
        title=work.title,
        listed=len(work.names),
        handed_in=len(work.handed_in),
        graded=len(work.marks),
        unmarked=sum(None in points.values() for points in work.marks.values()),
        parts=tuple(_part(work, cell, fewest) for cell in work.cells),
        talks=tuple(_talk(name, found, fewest) for name, found in work.talks.items()),
        people=tuple(_person(work, who) for who in sorted(work.names)) if names else (),
    )


def talk_in_words(talk: Talk) -> str:
    """Return how a conversation ended, in the first and in the last attempts that are shown."""
    ended = [(a, str(s)) for a, s in zip(talk.attempts, talk.endings, strict=True) if s.groups]
    told = "; ".join(f"{attempt}: {spread}" for attempt, spread in (ended[:1] + ended[1:][-1:]))
    return f"How “{talk.title}” ended. {told.capitalize()}." if told else ""


def percent(share: float | None) -> str:
    """Return a share of 1 as a whole percentage; a dash where there is none."""
    return "–" if share is None else f"{100 * share:.0f}%"


def _some(names: Sequence[str]) -> str:
    """Return up to three names, and how many more there are."""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(f"“{name}”" for name in names[:3]) + more


def spread(columns: tuple[str, ...], places: Iterable[int], fewest: int) -> Spread:
    """Return how people, each in one of the columns, spread, with no group of fewer than `fewest`."""
    everybody = list(places)
    return Spread(columns, in_order(everybody, fewest), len(everybody))


def _part(work: Coursework, cell: Cell, fewest: int) -> Part:
    scores = [points[cell.key] for points in work.marks.values() if cell.key in points]
    shares = [score / (cell.points or 1) for score in scores if score is not None]
    places = ((s > 0) + (s >= 0.5) + (s >= 1) for s in shares)
    judged = _judged(work, cell.key)
    return Part(
        key=cell.key,
        title=cell.title,
        points=cell.points,
        outcomes=tuple(_assessed(work.assignment, cell.key)),
        scored=len(shares),
        unmarked=scores.count(None),
        mean=fmean(shares) if len(shares) >= fewest else None,
        spread=spread(SHARES, places, fewest),
        not_judged=len(work.marks) - len(judged) if cell.items else 0,
        items=tuple(_item(i, judged, fewest) for i in cell.items if len(judged) >= fewest),
    )


def _judged(work: Coursework, key: str) -> list[str]:
    """Return what a test printed, for everybody who answered something that it could judge."""
    return [
        text
        for who, texts in work.printed.items()
        if (text := texts.get(key)) is not None
        and (work.marks[who].get(key) or "Still open:" not in coursework.flat(text))
    ]


def _item(item: Asked, judged: list[str], fewest: int) -> Item:
    right = sum(not item.wrong_in(text) for text in judged)
    return Item(str(item), item.hint, counted(right, len(judged), fewest))


def _assessed(exercise: str, key: str) -> Iterator[Outcome]:
    for outcome in course_map().outcomes.values():
        if (outcome.assessed.exercise, outcome.assessed.question) == (exercise, key):
            yield outcome


def _place(outcome: Outcome) -> str:
    page = library.root() / f"{outcome.page}.md"
    if not page.exists():  # an installation brings the map, but not the pages
        return outcome.taught
    titles = sections(page)
    return f"“{next(iter(titles.values()))}”, section “{titles.get(outcome.section, outcome.section)}”"


def _talk(name: str, transcripts: Transcripts, fewest: int) -> Talk:
    role_play, found = library.role_play(name), list(transcripts.values())
    played = [attempts for attempts in found if isinstance(attempts, list)]
    finished = [attempts for attempts in played if attempts]
    told_apart = _told_apart(finished, fewest)
    minutes = [sum(known) for attempts in finished if (known := _known(attempts))]
    kinds = [[KINDS.index(attempt.kind) for attempt in each] for each in told_apart.values()]
    return Talk(
        name=name,
        title=role_play.title,
        finished=len(finished),
        unfinished=len(played) - len(finished),
        refused=sum(isinstance(attempts, str) for attempts in found),
        missing=found.count(None),
        attempts=tuple(told_apart),
        endings=tuple(spread(KINDS, each, fewest) for each in kinds),
        dimensions=tuple(
            Dimension(
                course_map().rubric[key].name,
                tuple(_share(key, each, fewest) for each in told_apart.values()),
            )
            for key in role_play.practises
        ),
        changes=tuple(_changes(role_play.practises, finished, fewest)),
        minutes=spread(MINUTES, (bisect((5, 10, 20, 40), m) for m in minutes), fewest),
        median=median(minutes) if len(minutes) >= fewest else None,
    )


def _known(attempts: list[Attempt]) -> list[float]:
    """Return the minutes of all attempts; none if those of one are not known."""
    known = [attempt.minutes for attempt in attempts if attempt.minutes is not None]
    return known if len(known) == len(attempts) else []


def _told_apart(finished: list[list[Attempt]], fewest: int) -> dict[str, list[Attempt]]:
    """Return attempts by their place: first, second, and the last of those with three or more.

    Where fewer than `fewest` people have a later attempt, each of them counts with the last one under
    the attempt before it.
    """
    found: dict[str, list[Attempt]] = {}
    for n, name in enumerate(("first attempt", "second attempt", "last of three or more"), 1):
        reached = [attempts for attempts in finished if len(attempts) >= n]
        if len(reached) < fewest:
            break
        found[name] = [attempts[n - 1 if n < 3 else -1] for attempts in reached]
    if found and 0 < len(reached) < fewest:
        found.popitem()
        later = "second or later attempt" if found else "last attempt"
        found[later] = [attempts[-1] for attempts in finished if len(attempts) > len(found)]
    return found


def _share(dimension: str, attempts: list[Attempt], fewest: int) -> float | None:
    shares = [share for each in attempts if (share := each.share(dimension)) is not None]
    return fmean(shares) if len(shares) >= fewest else None


def _changes(dimensions: list[str], finished: list[list[Attempt]], fewest: int) -> Iterator[Change]:
    for key in dimensions:
        pairs = [(a[0].share(key), a[-1].share(key)) for a in finished if len(a) > 1]
        moved = [last - first for first, last in pairs if first is not None and last is not None]
        if len(moved) >= fewest:
            yield Change(course_map().rubric[key].name, fmean(moved), len(moved))


def _person(work: Coursework, who: str) -> tuple[str, str, str]:
    name = work.names[who]
    if who not in work.marks:
        return name, "–", "Handed in, not graded." if who in work.handed_in else "Handed in nothing."
    scores, most = work.marks[who], sum(cell.points for cell in work.cells)
    points = sum(score for score in scores.values() if score is not None)
    unmarked = [cell.title for cell in work.cells if scores.get(cell.key, 0) is None]
    remarks = [f"Not marked yet: {', '.join(unmarked)}."] if unmarked else []
    remarks += [
        f"“{library.role_play(talk).title}”: {_remark(found[who])}" for talk, found in work.talks.items()
    ]
    return name, f"{points:g} of {most:g}", " ".join(remarks)


def _remark(found: list[Attempt] | str | None) -> str:
    if found is None:
        return "no transcript."
    if isinstance(found, str):
        return f"the transcript counts for nothing. {found}"
    if not found:
        return "no attempt is finished."
    return f"finished {len(found)}, the last with {found[-1].kind}."
