"""Cards are sorted into piles: by a press, by a key, by a drag, on a phone; and found there again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from chromium import DESK, PHONE
from playwright.sync_api import Browser, Page, expect

from partners.course import worksheet
from partners.player import STYLE, scripts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Locator

SPEC = """
types:
  kind: sort
  ask: Where does it belong?
  options:
    1: "Helping: Families lift and carry"
    2: "Hearing: Families are told something"
    3: Deciding
  items:
    Shelves: Families move the library.
    Newsletter: It comes on Friday.
    Vote: Six families and six teachers.
  back:
    1: What was heavy?
    2: Who knew it first?
    3: Could it have come out differently?
"""


@pytest.fixture
def address(tmp_path: Path) -> str:
    """The address of a page that holds nothing but the cards, opened as a file."""
    for name, text in scripts.page_scripts().items():
        (tmp_path / name).write_text(text, "utf-8")
    data = json.dumps(worksheet.form("cards", SPEC).as_data())
    (tmp_path / "cards.html").write_text(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Cards</title><style>{STYLE}</style><main><h1>Cards</h1>"
        f'<div class="partners-worksheet"><script type="application/json">{data}</script></div>'
        f'<div class="partners-hand-in" data-exercise="cards"></div></main><script src="{scripts.WORKSHEET}"></script></html>',
        "utf-8",
    )
    return (tmp_path / "cards.html").as_uri()


@pytest.fixture
def cards(page: Page, address: str) -> Page:
    page.set_viewport_size(DESK)
    page.goto(address)
    return page


def hand(page: Page) -> Locator:
    return page.locator(".ws-hand")


def pile(page: Page, key: int) -> Locator:
    return page.locator(f".ws-pile[data-pile='{key}']")


def card(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def kept(page: Page) -> dict[str, str]:
    answers = page.evaluate("JSON.parse(localStorage.getItem('partners:exercise:cards'))")
    found: dict[str, str] = answers["types"]
    return found


def test_a_press_on_a_pile_lays_the_card_there_and_takes_up_the_next(cards: Page) -> None:
    expect(hand(cards)).to_contain_text("Families move the library.")
    pile(cards, 1).get_by_role("button").first.click()
    expect(cards.get_by_role("status").first).to_contain_text(
        "Shelves: now in “1 · Helping”, which holds 1."
    )
    expect(hand(cards)).to_contain_text("It comes on Friday.")
    cards.get_by_role("button", name="Another card first").click()
    expect(hand(cards)).to_contain_text("Six families and six teachers.")
    pile(cards, 3).get_by_role("button").first.click()
    pile(cards, 2).get_by_role("button").first.click()
    expect(hand(cards)).to_contain_text("All 3 cards lie in a pile.")
    assert kept(cards) == {"Shelves": "1", "Vote": "3", "Newsletter": "2"}


def test_a_card_that_lies_in_a_pile_can_be_read_again_and_stays_until_it_is_moved(cards: Page) -> None:
    pile(cards, 2).get_by_role("button").first.click()
    card(cards, "Shelves").click()
    expect(hand(cards)).to_contain_text("Families move the library.")
    cards.get_by_role("button", name="Leave it there").click()
    assert kept(cards) == {"Shelves": "2"}
    expect(hand(cards)).to_contain_text("Newsletter")
    card(cards, "Shelves").click()
    pile(cards, 1).get_by_role("button").first.click()
    assert kept(cards) == {"Shelves": "1"}
    cards.reload()
    expect(pile(cards, 1)).to_contain_text("Shelves")
    expect(hand(cards)).to_contain_text("In your hand; 1 more to sort")


def test_the_keyboard_alone_sorts_and_moves(cards: Page) -> None:
    for _ in ("Another card first", "1 · Helping"):
        cards.keyboard.press("Tab")
    expect(pile(cards, 1).get_by_role("button")).to_be_focused()
    cards.keyboard.press("Enter")
    expect(hand(cards)).to_be_focused()
    expect(hand(cards)).to_have_attribute("aria-label", "In your hand; 1 more to sort: Newsletter")
    expect(hand(cards)).to_have_accessible_description("It comes on Friday.")
    expect(cards.get_by_role("group", name="Where does it belong?")).to_be_visible()
    cards.keyboard.press("2")
    cards.keyboard.press("7")
    cards.keyboard.press("Control+3")
    assert kept(cards) == {"Shelves": "1", "Newsletter": "2"}
    card(cards, "Shelves").focus()
    cards.keyboard.press("3")
    assert kept(cards) == {"Shelves": "3", "Newsletter": "2"}
    card(cards, "Newsletter").focus()
    cards.keyboard.press("Space")
    expect(hand(cards)).to_contain_text("In your hand, from “2 · Hearing”")


def test_a_mouse_drags_from_the_hand_and_from_pile_to_pile(cards: Page) -> None:
    cards.locator(".ws-held").drag_to(pile(cards, 3))
    expect(pile(cards, 3)).to_contain_text("Shelves")
    card(cards, "Shelves").drag_to(pile(cards, 1))
    expect(pile(cards, 1)).to_contain_text("Shelves")
    expect(hand(cards)).to_contain_text("Newsletter")
    assert kept(cards) == {"Shelves": "1"}


def test_looked_over_a_pile_asks_once_about_its_cards_and_an_empty_one_nothing(cards: Page) -> None:
    for _ in range(2):
        pile(cards, 1).get_by_role("button").first.click()
    cards.get_by_role("button", name="Look it over").click()
    expect(cards.get_by_text("What was heavy?")).to_have_count(1)
    expect(cards.get_by_text("Who knew it first?")).to_have_count(0)
    expect(cards.locator(".ws-findings")).to_contain_text("Still open: Vote")
    for name in ("Shelves", "Newsletter"):
        card(cards, name).focus()
        cards.keyboard.press("2")
    expect(cards.get_by_text("What was heavy?")).to_have_count(0)


def test_on_a_phone_the_card_in_hand_stays_in_sight_and_all_is_accessible(
    browser: Browser, address: str, violations: Callable[..., list[str]]
) -> None:
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True, color_scheme="dark")
    page = context.new_page()
    page.goto(address)
    assert violations(page) == []
    pile(page, 1).get_by_role("button").first.tap()
    page.add_style_tag(content="main { padding-block: 10rem 60rem }")
    pile(page, 3).evaluate("pile => scrollTo(0, pile.getBoundingClientRect().top + scrollY - 300)")
    expect(page.locator(".ws-held")).to_be_in_viewport(ratio=1)
    pile(page, 3).get_by_role("button").first.tap()
    page.get_by_role("button", name="Look it over").tap()
    assert kept(page) == {"Shelves": "1", "Newsletter": "3"}
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()
