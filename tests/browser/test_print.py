"""A chapter on paper: read from the PDF that Chromium makes of it."""

from __future__ import annotations

import io
import unicodedata
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from partners import library

if TYPE_CHECKING:
    from collections.abc import Iterator

TALK = library.role_play("first_call_home")
CHAPTER = "chapters/first_contact.html"
PAPER = {"width": 688, "height": 1000}  # A4 without its margins
BOXES = ".pt-unit, .pt-evidence, .container.pt-talk, .pt-quiz, .pt-first, .pt-script li"

CUT = """
() => [...document.querySelectorAll(".bd-article *")]
  .filter((e) => e.checkVisibility() && !e.closest(".visually-hidden, svg"))
  .filter((e) => {
    const clips = getComputedStyle(e).overflow !== "visible";
    const hidden = e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1;
    return (clips && hidden) || e.getBoundingClientRect().right > innerWidth + 1;
  })
  .map((e) => e.outerHTML.slice(0, 120))
"""


def letters(text: str) -> str:
    """`text` without what a line break or a ligature on paper changes."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def sheets(page: Page) -> list[str]:
    return [letters(sheet.extract_text()) for sheet in PdfReader(io.BytesIO(page.pdf())).pages]


def play(page: Page) -> None:
    """Always give the first reply, to the end."""
    while not page.locator(".pt-debrief").count():
        for name in ("Skip", "Show the replies"):
            if page.get_by_role("button", name=name, exact=True).count():
                page.get_by_role("button", name=name, exact=True).click()
        page.locator(".pt-reply").first.click()
    expect(page.locator(".pt-next")).to_be_visible()


@pytest.fixture
def chapter(browser: Browser, site: str) -> Iterator[Page]:
    """The chapter in the dark; paper is light all the same."""
    context = browser.new_context(color_scheme="dark")
    page = context.new_page()
    page.goto(f"{site}/{CHAPTER}")
    page.locator(".pt-reply").first.wait_for()
    yield page
    context.close()


def test_the_conversation_is_a_script_with_every_line_and_reply(chapter: Page) -> None:
    printed = "".join(sheets(chapter))
    assert letters(TALK.setting) in printed
    for scene in TALK.scenes.values():
        assert letters(scene.says[-1].line) in printed
        for reply in scene.replies.values():
            assert letters(reply.say) in printed
    for end in TALK.endings.values():
        assert letters(end.text) in printed
    expect(chapter.locator(".pt-script")).to_have_count(0)
    expect(chapter.locator(".pt-reply").first).to_be_visible()


def test_nothing_is_printed_that_only_a_screen_can_use(chapter: Page) -> None:
    here = chapter.locator(".bd-article").inner_text()
    links = chapter.locator(".bd-sidebar-primary nav a").all_text_contents()
    elsewhere = [link.strip() for link in links if link.strip() not in here]
    assert elsewhere, "the sidebar must be there to be left out"
    tools = ["Check my answer", "Show the coach’s notes", "Reply 1 of about", "stays in this browser"]
    printed = "".join(sheets(chapter))
    assert [words for words in tools + elsewhere if letters(words) in printed] == []


def test_questions_are_printed_without_their_answers_until_one_was_given(chapter: Page) -> None:
    quiz = chapter.locator("#quiz-swap-test")
    options = quiz.locator("label").all_text_contents()
    feedback = "When, what she did, what came of it."
    printed = "".join(sheets(chapter))
    assert all(letters(option) in printed for option in options)
    assert letters(feedback) not in printed
    quiz.get_by_role("radio").first.check()
    quiz.get_by_role("button", name="Check my answer").click()
    assert letters(feedback) in "".join(sheets(chapter))


def test_a_first_answer_is_printed_whole_or_has_room_to_be_written(chapter: Page) -> None:
    field = chapter.get_by_label("Your first answer")
    assert letters("You wrote nothing down") not in "".join(sheets(chapter))
    chapter.emulate_media(media="print")
    assert field.evaluate("e => e.clientHeight") > 100
    chapter.emulate_media(media="screen")
    field.fill("\n".join(f"Line {n} of what I would say." for n in range(30)))
    assert "".join(sheets(chapter)).count(letters("Line 29 of what I would say.")) == 2  # and met again
    chapter.emulate_media(media="print")
    assert chapter.evaluate(CUT) == []


def test_boxes_and_replies_are_not_broken_between_sheets(chapter: Page) -> None:
    printed = sheets(chapter)
    chapter.emulate_media(media="print")
    chapter.evaluate("dispatchEvent(new Event('beforeprint'))")
    boxes = [letters(text) for text in chapter.locator(BOXES).all_inner_texts()]
    assert len(boxes) > 60
    assert [box for box in boxes if not any(box in sheet for sheet in printed)] == []


@pytest.mark.parametrize("played", [False, True], ids=["unplayed", "played"])
def test_nothing_is_cut_and_paper_is_light(chapter: Page, played: bool) -> None:
    if played:
        play(chapter)
        chapter.get_by_role("button", name="Play it again").click()
        play(chapter)
    dark = chapter.evaluate("getComputedStyle(document.body).color")
    chapter.set_viewport_size(PAPER)  # type: ignore[arg-type]
    chapter.emulate_media(media="print")
    chapter.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert chapter.evaluate(CUT) == []
    assert chapter.evaluate("getComputedStyle(document.body).color") == "rgb(35, 48, 46)"
    expect(chapter.locator("button:visible")).to_have_count(0)
    chapter.evaluate("dispatchEvent(new Event('afterprint'))")
    assert chapter.evaluate("getComputedStyle(document.body).color") == dark


def test_a_conversation_that_was_played_is_printed_as_it_went(chapter: Page) -> None:
    play(chapter)
    printed = "".join(sheets(chapter))
    said = chapter.locator(".pt-teacher p").all_text_contents()
    thoughts = chapter.locator(".pt-thought").all_text_contents()
    assert len(said) > 5
    assert [text for text in said + thoughts if letters(text) not in printed] == []
    others = [r.say for r in list(TALK.scenes["pick_up"].replies.values())[1:]]
    assert [text for text in others if letters(text) in printed] == []
