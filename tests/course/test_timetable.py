"""A student's conference evening: what collides is said in words, and nothing typed there raises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from partners.course import exercises, timetable, worksheet

if TYPE_CHECKING:
    from pathlib import Path

PLAN = {
    "Abdullahi": "5:30 Farah", "Arroyo": "6:40 Solis", "Beaumont": "7:10", "Cho-Reyes": "5:20",
    "Delacroix": "5:00", "Fontaine": "4:40 library", "Grady": "4:50", "Ito": "5:50", "Jama": "6:00 Farah",
    "Jansen": "5:10", "Kaur": "Fri 7:10", "Lewis": "6:30", "Whitman": "4:30", "break": "6:20", "corner": "5:10",
}  # fmt: skip


@pytest.fixture(autouse=True)
def beside_the_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(exercises.folder("conference_evening"))


def test_a_plan_that_fits_earns_everything() -> None:
    assert worksheet.evening_points(PLAN, each=2) == 12
    assert worksheet.evening_in_words(PLAN).endswith("Every family on the list fits in.")


@pytest.mark.parametrize(
    ("change", "points", "words"),
    [
        ({"Abdullahi": "5:30 Hodan"}, 11, "no booked interpreter"),
        ({"Abdullahi": "5:10 Farah", "Jansen": "5:30"}, 10, "Farah is booked Thu 5:30-6:30"),
        ({"Kaur": "7:20"}, 11, "Kaur: Thu 7:20-7:30 is not in the hours they gave"),
        ({"Kaur": "Friday morning at 7:20"}, 12, "Fri 7:20-7:30  Kaur"),
        ({"Whitman": "4:50", "Grady": "4:30"}, 11, "fewer than 20 minutes"),
        ({"Fontaine": "4:40"}, 11, "up the stairs"),
        ({"Ito": "5:45"}, 10, "Abdullahi and Ito overlap"),
        ({"corner": "5:20"}, 11, "Jansen: small children"),
        ({"break": "6:25"}, 11, "Lewis is with you then"),
        ({"Lewis": "half past six"}, 9, "No time yet: Lewis."),
        ({"Ito": ""}, 10, "No time yet: Ito."),
        ({"corner": None}, 10, "No time yet: corner."),
        ({"Delacroix": "", "break": ""}, 7, "No time yet: Delacroix, break."),
    ],
)
def test_each_conflict_is_named(change: dict[str, str], points: float, words: str) -> None:
    plan = PLAN | change
    assert " ".join(words.split()) in " ".join(worksheet.evening_in_words(plan).split())
    assert worksheet.evening_points(plan, each=2) == points


@pytest.mark.parametrize(
    "plan", [3, None, [], {}, {"Ito": [1]}, {"Ito": 10**400, 5: "x"}, ..., "5:10", {"Ito": "5:50"}]
)
def test_nonsense_earns_nothing_and_does_not_raise(plan: Any) -> None:
    assert "No time yet" in worksheet.evening_in_words(plan)
    assert worksheet.evening_points(plan, each=2) == 0


def test_a_time_that_cannot_be_read_is_named() -> None:
    plan = PLAN | {"Lewis": "half past six", "Ito": "", "Kaur": "Fri 7:75"}
    assert worksheet.evening_unread(plan).endswith("as in 5:10. Not read: Kaur; Lewis.")
    assert worksheet.evening_unread(PLAN) == ""


def test_the_form_tells_of_each_family_what_the_table_tells() -> None:
    [form] = (form for form in exercises.forms_of("conference_evening") if "evening" in form.questions)
    told = {name: item.text for name, item in form.questions["evening"].items.items()}
    rows = timetable.tables(exercises.folder("conference_evening"))["talks"]
    assert len(rows) == 13
    assert {r["talk"]: f"{r['minutes']} minutes. {r['told']}" for r in rows}.items() <= told.items()


def test_without_its_tables_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert "must lie beside the notebook" in worksheet.evening_in_words(PLAN)
    assert "must lie beside the notebook" in worksheet.evening_unread(PLAN)
    assert worksheet.evening_check() is None
    assert worksheet.evening_points(PLAN, each=2) == 0


@pytest.mark.parametrize(("text", "points"), [(4, 0), ("", 0), ("!!!", 0), ("Cat. " * 20, 0)])
def test_a_text_too_short_to_measure_has_no_level(text: Any, points: float) -> None:
    assert worksheet.level_points(text, fewest=70, most=150, grade=5) == points


def test_length_and_level_earn_points_apart() -> None:
    plain = "The bus comes at four. We meet you at the door. " * 10
    hard = "Notification of noncompliance necessitates administrative documentation. " * 12
    assert worksheet.level_points(plain, fewest=70, most=150, grade=5) == 6
    assert worksheet.level_points(plain * 3, fewest=70, most=150, grade=5) == 4
    assert worksheet.level_points(hard, fewest=70, most=150, grade=5) == 2
