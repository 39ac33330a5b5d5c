"""A plan of a hundred days is counted by the cards of the class, and never trusted."""

from __future__ import annotations

import pytest

from partners.course.hundred_days import TIME, WAYS, Card, HundredDays

CARDS = {
    "Bea": Card(("CITP",)),
    "Amal": Card(("I",), "Ask for an interpreter.", early=True),
    "Noa": Card(("CT", "CT"), "Two homes."),
    "Bo": Card(("CITP",)),
}
MINUTES = dict(zip(WAYS, (6, 12, 2, 4, 3), strict=True))
HOURS = dict(zip(TIME, (75, 190, 13, 8, 60), strict=True))
GOOD = {"Bea": [2, "C"], "Amal": [3, "I"], "Noa": [4, "c, t"], "Bo": ["5", "T"]}


def points(
    calendar: object, hours: object = HOURS, looks: object = (30, 60), minutes: object = MINUTES
) -> tuple[float, str]:
    found, gaps = HundredDays(calendar, minutes, hours, looks).points(CARDS)
    return found, " ".join(gaps)


def test_a_plan_that_reaches_every_home_in_time_earns_everything() -> None:
    assert points(GOOD) == (7 + 3 + 2 + 9, "")


def test_what_the_form_keeps_as_text_counts_as_what_is_typed() -> None:
    kept = {"Bea": "2 c", "Amal": "week 3: I", "Noa": "4 C, T", "Bo": "5T"}
    assert points(kept, looks="30, 60") == (7 + 3 + 2 + 9, "")


def test_a_week_that_cannot_be_read_is_named_and_no_contact() -> None:
    plan = HundredDays(GOOD | {"Bea": "3 call", "Bo": ""}, MINUTES, HOURS, ())
    assert plan.unread == ["Bea"]
    assert set(plan.contacts) == {"Amal", "Noa"}


def test_minutes_that_are_open_earn_none_of_their_points() -> None:
    found, gaps = points(GOOD, minutes={**MINUTES, "T": None})
    assert "cannot be added up" in gaps
    assert found == 7 + 3 + 2 + 9 - 5 - 1
    assert points(GOOD, {}, "", {})[0] == 7 + 3 + 2


@pytest.mark.parametrize(
    ("family", "row", "gap"),
    [
        ("Noa", [4, "C"], "Noa: Two homes."),
        ("Amal", [3, "C"], "Amal: Ask for an interpreter."),
        ("Amal", [4, "I"], "it takes days to arrange: Amal."),
        ("Bea", [..., ""], "No first contact in weeks 2 to 5: Bea."),
        ("Bea", [10, "C"], "No first contact in weeks 2 to 5: Bea."),
    ],
)
def test_each_gap_is_named_and_costs_its_own_points(family: str, row: object, gap: str) -> None:
    found, gaps = points(GOOD | {family: row})
    assert gap in gaps
    assert 10 < found < 21


def test_more_than_there_is_time_for_is_said() -> None:
    found, gaps = points(GOOD, HOURS | {"more where needed": 900})
    assert (found, "minutes more than you say you have" in gaps) == (18, True)


@pytest.mark.parametrize(
    "nonsense", [None, 5, "x", [], {}, [[]], {"Bea": 3}, {"Bea": [float("nan"), 2]}, ...]
)
def test_nonsense_is_counted_and_never_raises(nonsense: object) -> None:
    assert points(nonsense)[0] == 0
    assert points(GOOD, nonsense, nonsense)[0] >= 12
