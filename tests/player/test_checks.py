"""What the page says of a plan before it is handed in is what Python finds in it."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

from partners.course import exercises, worksheet
from partners.course.hundred_days import TIME, WAYS, HundredDays
from partners.course.timetable import Evening

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

PLANS = 400
TIMES = ["", " ", "half past five", "17:30", "5.10", "5:75", "Fri 7:20", "friend 7:20", "25:00"]
ROWS = ["", " ", "3 C", "week 4: ct", "3, C T", "5C/T", "10 T", "99 C", "3 call", "c 3", "2 O – p"]
AMOUNTS = ["", "6", "12", "2,5", "75", "−3", "lots", "0", "1e12", "190"]

Found = dict[str, Any]


def evenings(names: list[str], chance: Random) -> list[Found]:
    """Return plans of all kinds: a few talks or all of them, at sensible hours and at others."""

    def one() -> str:
        hour, minute = chance.choice([4, 5, 6, 6, 7, 7, 8, 12]), chance.choice(["00", "05", 10, 30, 50])
        return f"{hour}:{minute} {chance.choice(['', '', 'library', 'Mr. Farah', 'solis'])}"

    def plan() -> Found:
        odd = chance.choice([0, 0.1, 0.5])
        return {name: chance.choice(TIMES) if chance.random() < odd else one() for name in names}

    return [{}, *(plan() for _ in range(PLANS))]


def test_of_any_evening_page_and_notebook_say_the_same(
    in_page: Callable[..., list[Found]], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = exercises.folder("conference_evening")
    monkeypatch.chdir(folder)
    plans = evenings(Evening({}, folder).names(), Random(5))
    conflicts = set()
    for plan, theirs in zip(
        plans, in_page("eveningPlan", plans, worksheet.evening_check()), strict=True
    ):
        ours = Evening(plan, folder)
        assert theirs["missing"] == ours.missing(), plan
        assert theirs["conflicts"] == ours.conflicts(), plan
        assert [talk["name"] for talk in theirs["talks"]] == [talk.name for talk in ours.talks], plan
        conflicts |= {rule for rule, lines in ours.conflicts().items() if lines}
    assert len(conflicts) == 6  # each rule was broken, so that all were compared


def hundreds(families: list[str], chance: Random) -> list[Found]:
    """Return plans of all kinds, as the page keeps them: text for each item."""

    def plan() -> Found:
        return {
            "calendar": {family: chance.choice(ROWS) for family in families if chance.random() < 0.8},
            "minutes": {way: chance.choice(AMOUNTS) for way in WAYS},
            "time": {name: chance.choice(AMOUNTS) for name in TIME if chance.random() < 0.9},
            "look_again": chance.choice(["", "30, 60, 100", "13 and 101", "day 40 40 50.", "never"]),
        }

    return [{}, *(plan() for _ in range(PLANS))]


def test_of_any_hundred_days_page_and_notebook_add_up_the_same(
    in_page: Callable[..., list[Found]],
) -> None:
    forms = exercises.forms_of("partnership_plan")
    asked = {name: question for form in forms for name, question in form.questions.items()}
    plans = hundreds(list(asked["calendar"].items), Random(5))
    found = in_page("hundredDays", plans, worksheet.hundred_days_check())
    for plan, theirs in zip(plans, found, strict=True):
        names = ("calendar", "minutes", "time", "look_again")
        ours = HundredDays(*(asked[name].merged(None, plan.get(name)) for name in names))
        assert theirs["contacts"] == {name: list(row) for name, row in ours.contacts.items()}, plan
        assert set(theirs["unread"]) == set(ours.unread), plan
        assert theirs["byWeek"] == {str(week): needed for week, needed in ours.by_week().items()}, plan
        assert theirs["inWeek"] == {str(week): ours.there_are(week) for week in ours.by_week()}, plan
        assert (theirs["inAll"], theirs["thereAre"]) == (ours.in_all(), ours.there_are()), plan
