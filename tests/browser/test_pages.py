"""The built book: what it loads, what its questions keep, what it must not give away."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from chromium import DESK, PHONE
from playwright.sync_api import Browser, Page, expect

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
def test_no_page_asks_another_host_for_anything(page: Page, site: str, path: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{site}/{path}", wait_until="networkidle")
    own = (site, "data:", "blob:")
    assert [address for address in asked if not address.startswith(own)] == []
    assert errors == []
    assert _ADDRESS.findall((BOOK / path).read_text("utf-8")) == []


# Colours depend on the scheme and the layout on the width, so two of the four pairs see both.
@pytest.mark.parametrize(
    ("scheme", "viewport"), [("light", DESK), ("dark", PHONE)], ids=["light-desk", "dark-phone"]
)
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing(
    browser: Browser,
    site: str,
    violations: Callable[..., list[str]],
    path: str,
    scheme: Any,
    viewport: Any,
) -> None:
    context = browser.new_context(viewport=viewport, color_scheme=scheme)
    page = context.new_page()
    page.goto(f"{site}/{path}", wait_until="networkidle")
    assert violations(page) == []
    context.close()


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
