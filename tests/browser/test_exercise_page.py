"""An exercise answered in the book's page: kept, looked over, undone, taken along and brought back."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Locator, Page, expect
from pypdf import PdfReader

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
    expect(study).to_contain_text(
        "Fewer failures among every hundred students (a whole number): write a number"
    )


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


def test_putting_back_leaves_alone_what_was_written_elsewhere_since(exercise: Page) -> None:
    families = part(exercise, "Rahimi")
    families.get_by_label("Tran").select_option("E")
    message = exercise.get_by_label("Your first message")
    message.fill("A first try.")
    message.blur()
    clear = families.get_by_role("button", name="Clear these answers")
    clear.click()
    clear.click()  # a second press has nothing to clear, and must not take what can be put back
    message.fill(WORDS)
    message.blur()
    families.get_by_role("button", name="Put them back").click()
    exercise.reload()
    expect(exercise.get_by_label("Tran")).to_have_value("E")
    expect(exercise.get_by_label("Your first message")).to_have_value(WORDS)


def test_what_is_being_typed_is_kept_when_the_page_is_left(exercise: Page) -> None:
    exercise.get_by_label("Your first message").press_sequentially("Good evening")
    exercise.reload()
    expect(exercise.get_by_label("Your first message")).to_have_value("Good evening")
    exercise.get_by_label("Fewer failures").press_sequentially("6")
    exercise.reload()
    expect(exercise.get_by_label("Fewer failures")).to_have_value("6")


def test_what_was_forgotten_in_another_tab_does_not_come_back(exercise: Page) -> None:
    exercise.get_by_label("Rahimi").select_option("B")
    exercise.get_by_label("Your name or student number").fill("s17")
    exercise.get_by_label("Your name or student number").blur()
    other = exercise.context.new_page()
    other.goto(exercise.url)
    expect(other.get_by_label("Rahimi")).to_have_value("B")
    other.evaluate("for (const key of Object.keys(localStorage)) localStorage.removeItem(key)")
    expect(exercise.get_by_label("Rahimi")).to_have_value("")
    expect(exercise.get_by_label("Your name or student number")).to_have_value("")
    exercise.get_by_label("Tran").select_option("E")
    kept = exercise.evaluate("JSON.parse(localStorage.getItem('partners:exercise:first_contact'))")
    assert kept == {"channel": {"Tran": "E"}}


def test_on_the_way_back_only_what_is_kept_is_shown(exercise: Page) -> None:
    exercise.get_by_label("Rahimi").select_option("B")
    part(exercise, "Fewer failures").get_by_role("radio").first.check()
    exercise.get_by_label("Your first message").fill(WORDS)
    exercise.get_by_label("Your name or student number").fill("s17")
    exercise.goto(exercise.url.replace("first_contact", "six_types"))
    exercise.evaluate("localStorage.clear()")
    exercise.go_back()
    expect(exercise.get_by_label("Rahimi")).to_have_value("")
    expect(part(exercise, "Fewer failures").get_by_role("radio").first).not_to_be_checked()
    expect(exercise.get_by_label("Your first message")).to_have_value("")
    expect(exercise.get_by_label("Your name or student number")).to_have_value("")


def test_a_file_adds_to_what_is_there_and_can_be_undone(exercise: Page, tmp_path: Path) -> None:
    exercise.get_by_label("Rahimi").select_option("B")
    downloaded(exercise, tmp_path)
    exercise.get_by_label("Rahimi").select_option("A")
    exercise.get_by_label("Tran").select_option("E")
    file = exercise.get_by_label("Go on from a file that you downloaded before")
    file.set_input_files(tmp_path / "first_contact.answers.json")
    expect(exercise.get_by_label("Rahimi")).to_have_value("B")
    expect(exercise.get_by_label("Tran")).to_have_value("E")
    exercise.get_by_role("button", name="Put back what was here before").click()
    expect(exercise.get_by_label("Rahimi")).to_have_value("A")
    expect(exercise.get_by_label("Tran")).to_have_value("E")
    expect(file).to_be_focused()


def test_a_long_text_is_whole_on_paper(exercise: Page) -> None:
    lines = "\n".join(f"Sentence {n} of a long letter." for n in range(60))
    exercise.get_by_label("Your first message").fill(lines)
    text = "".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(exercise.pdf())).pages)
    assert "Sentence 0 of a long letter." in text
    assert "Sentence 59 of a long letter." in text
    assert "Download my work" not in text


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
    expect(exercise.get_by_label("Your name or student number")).to_have_value("s17")
    expect(exercise.locator(".pt-teacher p")).to_have_text([said or ""])


def test_a_talk_that_was_played_counts_where_the_work_is_handed_in(exercise: Page) -> None:
    box = exercise.locator(".partners-hand-in")
    expect(box).to_contain_text("0 finished attempts")
    exercise.locator(".pt-reply").first.scroll_into_view_if_needed()
    while not exercise.locator(".pt-debrief").count():
        for name in ("Skip", "Show the replies"):
            if exercise.get_by_role("button", name=name, exact=True).count():
                exercise.get_by_role("button", name=name, exact=True).click()
        exercise.locator(".pt-reply").first.click()
    box.scroll_into_view_if_needed()
    expect(box).to_contain_text("1 finished attempt")


def test_it_works_from_the_disk_and_where_the_browser_keeps_nothing(
    page: Page, book: Path, tmp_path: Path
) -> None:
    page.add_init_script("Object.defineProperty(window, 'localStorage', { get() { throw 0 } })")
    page.goto((book / PAGE).as_uri())
    page.get_by_label("Rahimi").select_option("B")
    families = part(page, "Rahimi")
    expect(families.get_by_role("status")).to_contain_text("download your work before you leave")
    page.get_by_label("Kowalski").select_option("D")
    expect(page.locator(".partners-hand-in")).to_contain_text("first contact each: 2 of 4 answered")
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
