"""The built book: what it loads, what its questions keep, what it must not give away."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from chromium import PHONE
from playwright.sync_api import Page, expect

if TYPE_CHECKING:
    from collections.abc import Callable

BOOK = Path(__file__).parents[2] / "_build" / "html"
PAGES = sorted(
    str(file.relative_to(BOOK))
    for file in BOOK.rglob("*.html")
    if "_static" not in file.parts and file.name != "genindex.html"
)
assert PAGES, "Build the book first: make book"
_ADDRESS = re.compile(r"""<(?:script|link|img|iframe|source)\b[^>]*?(?:src|href)=["'](https?:)?//""")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_asks_no_other_host_and_axe_finds_nothing(
    page: Page, site: str, violations: Callable[..., list[str]], path: str
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{site}/{path}", wait_until="networkidle")
    own = (site, "data:", "blob:")
    assert [address for address in asked if not address.startswith(own)] == []
    assert errors == []
    assert _ADDRESS.findall((BOOK / path).read_text("utf-8")) == []
    assert violations(page) == []
    # Colors depend on the scheme and the layout on the width: two of the four pairs see both.
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="dark")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.wait_for_timeout(400)  # the theme looks a little later which parts scroll now
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_a_question_teaches_and_remembers(page: Page, site: str) -> None:
    page.goto(f"{site}/chapters/first_contact.html")
    quiz = page.locator("#quiz-swap-test")
    quiz.get_by_role("button", name="Check my answer").click()
    expect(quiz.get_by_role("status")).to_have_text("Choose an answer first.")
    quiz.get_by_role("radio").nth(2).check()
    quiz.get_by_role("button", name="Check my answer").click()
    expect(quiz.get_by_role("status")).to_contain_text("Not quite. It is specific, but it is a rank")
    page.reload()
    expect(quiz.get_by_role("radio").nth(2)).to_be_checked()
    expect(quiz.get_by_role("status")).to_contain_text("it is a rank")
    quiz.get_by_role("radio").nth(0).check()
    quiz.get_by_role("button", name="Check my answer").click()
    expect(quiz.get_by_role("status")).to_contain_text("Yes.")


def test_the_first_answer_is_met_again_at_the_end(page: Page, site: str) -> None:
    page.goto(f"{site}/chapters/first_contact.html")
    page.get_by_label("Your first answer").fill("Mrs. Ferreira? <b>Good news.</b>")
    page.reload()
    again = page.locator("[data-first-answer-again]")
    expect(again).to_have_text("Mrs. Ferreira? <b>Good news.</b>")
