"""What *Look it over* measures and compares: a letter's level, and codes beside a second reader's."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from partners.course import exercises, worksheet
from partners.player import STYLE, scripts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from partners.course.forms import Form

LETTER = """On 9 days Tomasz missed the first class.

What would help? Is it the bus, the hour, or my class? Text me: 555-0142.
You do not have to tell me why."""


@pytest.fixture
def opened(page: Page, tmp_path: Path) -> Callable[[Form], Page]:
    """Open a page that holds nothing but one form."""
    for name, text in scripts.page_scripts().items():
        (tmp_path / name).write_text(text, "utf-8")

    def run(form: Form) -> Page:
        data = json.dumps(form.as_data())
        (tmp_path / "form.html").write_text(
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>A form</title><style>{STYLE}</style><main><h1>A form</h1>'
            f'<div class="partners-worksheet"><script type="application/json">{data}</script></div>'
            f'<div class="partners-hand-in" data-exercise="{form.exercise}"></div></main>'
            f'<script src="{scripts.WORKSHEET}"></script></html>',
            "utf-8",
        )
        page.goto((tmp_path / "form.html").as_uri())
        return page

    return run


def test_a_letter_is_measured_with_the_words_and_grades_that_earn_its_points(
    opened: Callable[[Form], Page],
) -> None:
    forms = exercises.forms_of("rewrite_letter")
    page = opened(next(form for form in forms if "new_letter" in form.questions))
    page.get_by_label("Your letter").fill(LETTER)
    page.get_by_role("button", name="Look it over").click()
    words, first, second = worksheet.level_in_words(LETTER).splitlines()
    expect(page.locator(".ws-write")).to_contain_text(f"{words}; asked for 70 to 150.")
    grades = (line.split()[-1] for line in (first, second))
    level = "Reading level: grade {} by Flesch-Kincaid, {} by Coleman-Liau.".format(*grades)
    expect(page.locator(".ws-notes li").first).to_have_text(level)


def test_a_text_that_is_too_short_and_what_the_coach_has_to_say_are_told(
    opened: Callable[[Form], Page],
) -> None:
    forms = exercises.forms_of("rewrite_letter")
    page = opened(next(form for form in forms if "new_letter" in form.questions))
    page.get_by_label("Your letter").fill("Please touch base about his IEP.")
    page.get_by_role("button", name="Look it over").click()
    expect(page.locator(".ws-findings")).to_contain_text("6 words; asked for 70 to 150.")
    expect(page.get_by_role("status").first).to_contain_text("for you, under your text.")


def test_the_second_reader_is_shown_when_every_moment_has_a_code(
    opened: Callable[[Form], Page], violations: Callable[..., list[str]]
) -> None:
    page = opened(next(form for form in exercises.forms_of("code_transcript") if form.check))
    look = page.get_by_role("button", name="Look it over")
    asking = page.locator("[data-question=asking]").get_by_role("combobox").all()
    for field in asking[1:]:
        field.select_option("1")
    look.click()
    expect(page.locator(".ws-findings")).to_contain_text("Code every moment of “asking” first.")
    expect(page.get_by_role("table")).to_have_count(0)
    asking[0].select_option("1")
    look.click()
    expect(page.get_by_role("row", name="3 1 0 ★ differs")).to_be_visible()
    expect(page.get_by_role("row", name="5 1 1", exact=True)).to_be_visible()
    expect(page.locator(".ws-findings")).to_contain_text("Times 1 was given: 14 by you, 4 by Thea.")
    assert violations(page, ".partners-worksheet") == []
