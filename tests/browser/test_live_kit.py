"""The kit in a real browser, opened as files: slides by keys, without scripts, on paper, on a phone."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import chromium
import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from partners import library
from partners.live import kit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Browser, ViewportSize

WIDE: ViewportSize = {"width": 1280, "height": 720}
OLD: ViewportSize = {"width": 1024, "height": 768}

TOO_LARGE = """() => {
    const slides = [...document.querySelectorAll("section")];
    return slides.filter((slide) => {
        slides.forEach((other) => other.classList.toggle("now", other === slide));
        const { scrollHeight, scrollWidth } = document.documentElement;
        return scrollHeight > innerHeight || scrollWidth > innerWidth;
    }).map((slide) => slide.id);
}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("kit")
    kit.make(library.role_play("first_call_home"), 60, made)
    return made


@pytest.fixture
def slides(page: Page, folder: Path) -> Page:
    page.set_viewport_size(WIDE)
    page.goto((folder / "slides.html").as_uri())
    return page


def place(page: Page) -> str:
    return page.get_by_role("status").text_content() or ""


def is_cut(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))


@pytest.mark.parametrize("size", [chromium.DESK, chromium.PHONE], ids=["desk", "phone"])
def test_everything_is_accessible_and_nothing_is_cut_or_fetched(
    page: Page, folder: Path, violations: Callable[..., list[str]], size: ViewportSize
) -> None:
    page.set_viewport_size(size)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for name in ("run_sheet", "cards", "slides"):
        page.goto((folder / f"{name}.html").as_uri())
        assert violations(page) == []
        assert not is_cut(page)
    for _ in page.locator("section").all():
        page.keyboard.press("ArrowRight")
        assert violations(page) == []
        assert not is_cut(page)
    assert len(asked) == 3


def test_keys_and_a_clicker_turn_the_slides(slides: Page) -> None:
    count = slides.locator("section").count()
    expect(slides.locator("section:visible")).to_have_count(1)
    for key, number in (
        ("PageDown", 2), (" ", 3), ("ArrowRight", 4), ("ArrowLeft", 3), ("Shift+ ", 2), ("PageUp", 1),
        ("PageUp", 1), ("End", count), ("ArrowRight", count), ("Home", 1), ("x", 1), ("Control+PageDown", 1),
    ):  # fmt: skip
        slides.keyboard.press(key)
        assert place(slides).startswith(f"{number} of {count}"), key
    slides.keyboard.press("PageDown")
    assert place(slides) == f"2 of {count}: Arrive"
    expect(slides.locator("section:visible h2")).to_have_text("Arrive")


def test_the_buttons_turn_the_slides_by_keyboard_and_say_when_there_is_no_more(slides: Page) -> None:
    back, onward = (slides.get_by_role("button", name=name) for name in ("Back", "Next"))
    expect(back).to_be_disabled()
    onward.focus()
    for key in (" ", "Enter"):
        slides.keyboard.press(key)
    assert place(slides).startswith("3 of ")
    slides.keyboard.press("End")
    expect(onward).to_be_disabled()
    back.click()
    expect(onward).to_be_enabled()


def test_a_reload_stays_at_the_slide(slides: Page) -> None:
    slides.keyboard.press("End")
    before = place(slides)
    slides.reload()
    assert place(slides) == before


def test_without_scripts_the_slides_are_a_long_page(browser: Browser, folder: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((folder / "slides.html").as_uri())
    assert page.locator("section:visible").count() == page.locator("section").count() > 10
    context.close()


def test_every_slide_of_every_conversation_fits_a_wide_and_an_old_screen(
    page: Page, tmp_path: Path
) -> None:
    for name in library.role_plays():
        _, slides, _ = kit.make(library.role_play(name), 90, tmp_path / name)
        page.goto(slides.as_uri())
        for size in (WIDE, OLD):
            page.set_viewport_size(size)
            assert page.evaluate(TOO_LARGE) == [], (name, size)


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_on_paper_each_slide_and_each_card_has_a_sheet(page: Page, tmp_path: Path, paper: str) -> None:
    for name in library.role_plays():
        _, slides, cards = kit.make(library.role_play(name), 90, tmp_path / name)
        for file, part in ((slides, "section"), (cards, "article")):
            page.goto(file.as_uri())
            printed = PdfReader(BytesIO(page.pdf(format=paper, prefer_css_page_size=True)))
            assert len(printed.pages) == page.locator(part).count(), file
