"""An exercise answered in the book's page: kept, looked over, undone, taken along and brought back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Locator, Page, expect

from partners import library
from partners.course import answers
from partners.scenario import transcript

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PAGE = "exercises/first_contact/worksheet.html"
WORDS = "Lina walked the new girl to lunch on Tuesday. What does she like at home?"


@pytest.fixture
def exercise(page: Page, site: str) -> Page:
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"{site}/{PAGE}")
    expect(page.get_by_label("Rahimi")).to_be_visible()
    return page


def part(page: Page, holding: str) -> Locator:
    return page.locator(".partners-worksheet").filter(has=page.get_by_label(holding))


def downloaded(page: Page, tmp_path: Path) -> answers.Answers:
    with page.expect_download() as coming:
        page.get_by_role("button", name="Download my work").click()
    file = tmp_path / coming.value.suggested_filename
    coming.value.save_as(file)
    assert file.name == "first_contact.answers.json"
    return answers.load(file, "first_contact")


def test_answers_are_given_by_keyboard_kept_and_shown_again(exercise: Page) -> None:
    families = part(exercise, "Rahimi")
    families.get_by_label("Rahimi").focus()
    exercise.keyboard.press("ArrowDown")
    exercise.keyboard.press("ArrowDown")
    expect(families.get_by_role("status")).to_have_text("Kept in this browser.")
    exercise.keyboard.press("Tab")
    expect(families.get_by_label("Kowalski")).to_be_focused()
    study = part(exercise, "Fewer failures")
    study.get_by_role("radio").first.focus()
    exercise.keyboard.press("ArrowDown")
    exercise.get_by_label("Your first message").press_sequentially(WORDS)
    exercise.keyboard.press("Tab")
    expect(part(exercise, "Your first message")).to_contain_text("15 words; asked for 40 to 90.")

    exercise.reload()
    expect(exercise.get_by_label("Rahimi")).to_have_value("B")
    expect(study.get_by_role("radio").nth(1)).to_be_checked()
    expect(exercise.get_by_label("Your first message")).to_have_value(WORDS)
    box = exercise.locator(".partners-hand-in")
    expect(box).to_contain_text("Four families, one first contact each: 1 of 4 answered")


def test_looking_it_over_names_what_is_open_and_asks_back_about_right_and_wrong_alike(
    exercise: Page,
) -> None:
    families = part(exercise, "Rahimi")
    families.get_by_label("Rahimi").select_option("B")
    families.get_by_label("Kowalski").select_option("A")
    study = part(exercise, "Fewer failures")
    study.get_by_label("Fewer failures").fill("six")
    for place in (families, study):
        place.get_by_role("button", name="Look it over").click()
    expect(study.locator(".ws-findings")).to_be_focused()
    expect(families).to_contain_text("Still open: Brandt and Osei; Tran")
    expect(families).to_contain_text("Rahimi: did they ask for writing?")
    expect(families).to_contain_text("Kowalski: who is awake and can talk at eleven")
    expect(study).to_contain_text("write a number, in figures")


def test_what_was_cleared_can_be_put_back(exercise: Page) -> None:
    families = part(exercise, "Rahimi")
    families.get_by_label("Tran").select_option("E")
    families.get_by_role("button", name="Clear these answers").click()
    expect(families.get_by_label("Tran")).to_have_value("")
    expect(families.get_by_role("button", name="Put them back")).to_be_focused()
    exercise.keyboard.press("Enter")
    expect(families.get_by_label("Tran")).to_have_value("E")
    exercise.reload()
    expect(families.get_by_label("Tran")).to_have_value("E")


def test_the_work_is_one_file_with_answers_and_talks_and_can_be_brought_back(
    exercise: Page, tmp_path: Path
) -> None:
    exercise.get_by_label("Rahimi").select_option("B")
    exercise.get_by_label("Fewer failures").fill("6")
    replies = exercise.get_by_role("group", name="What do you say?").get_by_role("button")
    said = replies.first.text_content()
    replies.first.click()
    exercise.get_by_label("Your name or student number").fill("s17")
    found = downloaded(exercise, tmp_path)
    assert found.answers == {"channel": {"Rahimi": "B"}, "fewer_in_100": "6"}
    assert found.who == "s17"
    talk = transcript.read(json.dumps(found.transcripts["first_call_home"]))
    [play] = transcript.replay(library.role_play("first_call_home"), talk)
    assert play.turns[0].reply.say == said

    exercise.evaluate("localStorage.clear()")
    exercise.reload()
    expect(exercise.get_by_label("Rahimi")).to_have_value("")
    file = exercise.get_by_label("Go on from a file that you downloaded before")
    wrong = tmp_path / "six_types.answers.json"
    wrong.write_text(answers.written(found.model_copy(update={"exercise": "six_types"})), "utf-8")
    file.set_input_files(wrong)
    box = exercise.locator(".partners-hand-in")
    expect(box).to_contain_text("belongs to the exercise “six_types”. Nothing was changed.")
    file.set_input_files(tmp_path / "first_contact.answers.json")
    expect(exercise.get_by_label("Rahimi")).to_have_value("B")
    expect(exercise.get_by_label("Fewer failures")).to_have_value("6")
    expect(exercise.locator(".pt-teacher p")).to_have_text([said or ""])


def test_it_works_from_the_disk_and_where_the_browser_keeps_nothing(
    page: Page, book: Path, tmp_path: Path
) -> None:
    page.add_init_script("Object.defineProperty(window, 'localStorage', { get() { throw 0 } })")
    page.goto((book / PAGE).as_uri())
    page.get_by_label("Rahimi").select_option("B")
    families = part(page, "Rahimi")
    expect(families.get_by_role("status")).to_contain_text("download your work before you leave")
    page.get_by_label("Kowalski").select_option("D")
    assert downloaded(page, tmp_path).answers == {"channel": {"Rahimi": "B", "Kowalski": "D"}}


@pytest.mark.parametrize(("scheme", "width"), [("light", 390), ("dark", 1280)])
def test_a_form_that_was_looked_over_is_accessible_and_fits(
    exercise: Page, violations: Callable[..., list[str]], scheme: str, width: int
) -> None:
    exercise.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    exercise.set_viewport_size({"width": width, "height": 900})
    exercise.reload()
    exercise.get_by_label("Rahimi").select_option("B")
    exercise.get_by_label("Your first message").fill("Please touch base about her IEP. She is lazy.")
    for button in exercise.get_by_role("button", name="Look it over").all():
        button.click()
    assert violations(exercise, ".bd-article") == []
    assert exercise.evaluate("document.documentElement.scrollWidth <= innerWidth")
