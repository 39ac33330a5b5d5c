"""The contact log in the page: choosing in a table comes to the numbers that a program counts."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Locator, Page, expect

from partners.course import exercises

if TYPE_CHECKING:
    from collections.abc import Callable

Line = dict[str, str]


@pytest.fixture
def exercise(page: Page, site: str) -> Page:
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"{site}/exercises/contact_log/worksheet.html")
    return page


def lines(name: str) -> list[Line]:
    text = (exercises.folder("contact_log") / name).read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))


def table(page: Page, name: str) -> Locator:
    return page.locator(".pt-table").filter(has=page.get_by_role("region", name=name))


def choose(box: Locator, **chosen: str) -> str:
    """Choose these values, and all others back to “all”; return what the page counts."""
    for select in box.get_by_role("combobox").all():
        select.select_option("all")
    for column, value in chosen.items():
        box.get_by_role("combobox", name=column.replace("_", " "), exact=True).select_option(value)
    return box.get_by_role("status").inner_text()


def test_households_are_counted_by_choosing_as_by_a_program(exercise: Page) -> None:
    families = lines("class_list.csv")
    from_dana = [line for line in lines("contacts.csv") if line["started_by"] == "teacher"]
    first = {line["family"]: line["about"] for line in reversed(from_dana)}
    sent = table(exercise, "What Dana sent, by household")

    def families_with(language: str, fits: Callable[[str], bool]) -> str:
        group = [row["family"] for row in families if row["home_language"] == language]
        return f"{sum(map(fits, group))} of {len(families)} households"

    for language in dict.fromkeys(row["home_language"] for row in families):
        assert choose(sent, language=language) == families_with(language, lambda _: True)
        for about in ("good news", "trouble"):
            sent_it = {line["family"] for line in from_dana if line["about"] == about}
            counted = choose(sent, language=language, **{about: "yes"})
            assert counted == families_with(language, sent_it.__contains__)
        counted = choose(sent, language=language, first_sent="trouble")
        assert counted == families_with(language, lambda family: first.get(family) == "trouble")
    assert choose(sent, first_sent="nothing yet") == "2 of 25 households"  # not in the log at all


def test_of_the_log_one_family_is_left(exercise: Page) -> None:
    log = lines("contacts.csv")
    box = table(exercise, "The log by family")
    for family in ("Dorsey", "Vu"):
        ways = [line["way"] for line in log if line["family"] == family]
        assert choose(box, family=family) == f"{len(ways)} of {len(log)} lines"
        expect(box.locator("tbody tr:visible td:nth-child(4)")).to_have_text(ways)


def test_looking_it_over_names_what_is_open_by_its_question_and_counts_the_four(exercise: Page) -> None:
    exercise.get_by_role("textbox", name="Spanish").first.fill("0.2")
    for family in ("Adair", "Dorsey", "Lam", "Oakes", "Yusuf"):
        exercise.get_by_role("combobox", name=family, exact=True).select_option("N")
    for button in exercise.get_by_role("button", name="Look it over").all():
        button.click()
    numbers, four = exercise.locator(".ws-findings").all()[:2]
    expect(numbers).to_contain_text("sent good news? English, Vietnamese, Somali;")
    expect(numbers).to_contain_text("Which share was sent trouble? English, Spanish;")
    expect(four).to_contain_text("Next week at present: Adair, Dorsey, Lam, Oakes, Yusuf.")
    exercise.get_by_role("combobox", name="Yusuf", exact=True).select_option("L")
    exercise.get_by_role("button", name="Look it over").nth(1).click()
    expect(four).not_to_contain_text("Dana has time for four")
