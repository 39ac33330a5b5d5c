"""A visitor is in a conversation on the front page, and goes on with it on its own page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from chromium import DESK, PHONE
from playwright.sync_api import Browser, BrowserContext, Page, expect

from partners import library
from partners.scenario import engine

if TYPE_CHECKING:
    from collections.abc import Callable

TALK = library.role_play("first_call_home")
CASE = "case_studies/first_call_home/case.html"
LINK = "Go on with the call"
KEYS = ("nothing_wrong", "worn_yardstick", "how_do_they_go")


def say(page: Page, key: str) -> None:
    [words] = [s.replies[key].say for s in TALK.scenes.values() if key in s.replies]
    page.get_by_role("button", name=words, exact=True).click()


def play(page: Page, site: str) -> None:
    page.goto(f"{site}/index.html")
    for key in KEYS:
        say(page, key)


def tab_to(page: Page, selector: str) -> None:
    for _ in range(80):
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"no Tab leads to {selector}")


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_the_first_screen_holds_the_parent_s_line_and_every_reply(
    browser: Browser, site: str, viewport: Any
) -> None:
    context = browser.new_context(viewport=viewport)
    page = context.new_page()
    page.goto(f"{site}/index.html")
    heard, replies = page.locator(".pt-now"), page.locator(".pt-reply")
    expect(heard).to_contain_text(TALK.scenes[TALK.opening].says[0].line)
    expect(replies).to_have_count(len(TALK.scenes[TALK.opening].replies))
    for part in (heard, *replies.all()):
        expect(part).to_be_in_viewport(ratio=1)
    context.close()


def test_three_replies_by_keyboard_a_thought_and_the_call_goes_on_where_it_stood(
    page: Page, site: str
) -> None:
    page.goto(f"{site}/index.html")
    page.locator(".pt-reply").first.wait_for()
    for n in range(3):
        tab_to(page, ".pt-reply")
        page.keyboard.press("Enter")
        expect(page.locator(f"[data-turn='{n}']")).to_be_focused()
    played = engine.Play(TALK)
    for _ in range(3):
        played = played.choose(next(iter(played.offers())))
    assert played.turns[-1].reply.answer
    expect(page.locator(".pt-reply")).to_have_count(0)
    expect(page.locator(".pt-thought")).to_contain_text(played.turns[-1].reply.answer[0].thinks or "")
    tab_to(page, ".pt-go-on")
    page.keyboard.press("Enter")

    page.wait_for_url(f"{site}/{CASE}*")
    expect(page.locator(".pt-teacher")).to_have_count(3)
    expect(page.locator(".pt-now")).to_be_focused()
    expect(page.locator(".pt-now")).to_be_in_viewport(ratio=1)
    page.get_by_role("button", name="Skip").click()
    page.locator(".pt-reply").first.click()

    page.goto(f"{site}/index.html")
    expect(page.get_by_text("You are in the middle of this call, after 4 replies.")).to_be_visible()
    expect(page.locator(".pt-reply")).to_have_count(0)
    expect(page.get_by_role("link", name=LINK)).to_be_visible()


def test_what_was_played_elsewhere_meanwhile_is_not_overwritten(
    context: BrowserContext, page: Page, site: str
) -> None:
    play(page, site)
    other = context.new_page()
    other.goto(f"{site}/{CASE}")
    other.get_by_role("button", name="Skip").click()
    say(other, "what_was_it_for")
    expect(page.get_by_text("after 4 replies")).to_be_visible()
    page.get_by_role("button", name="Start over").click()
    say(page, "mixed")
    expect(other.locator(".pt-teacher")).to_have_text(
        "You" + TALK.scenes["pick_up"].replies["mixed"].say
    )
    kept = page.evaluate("id => JSON.parse(localStorage[`partners:role-play:${id}`])", TALK.id)
    assert [len(attempt["turns"]) for attempt in kept] == [4, 1]


def test_a_call_that_was_finished_is_not_asked_for_again(page: Page, site: str) -> None:
    page.goto(f"{site}/{CASE}")
    while not page.locator(".pt-debrief").count():
        for name in ("Skip", "Show the replies"):
            if page.get_by_role("button", name=name, exact=True).count():
                page.get_by_role("button", name=name, exact=True).click()
        page.locator(".pt-reply").first.click()
    page.goto(f"{site}/index.html")
    expect(page.get_by_text("You have played this call to its end")).to_be_visible()
    expect(page.get_by_role("link", name="See how it went")).to_be_visible()
    page.get_by_role("button", name="Play it again").click()
    expect(page.locator(".pt-reply")).to_have_count(4)


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_at_its_end(
    browser: Browser, site: str, violations: Callable[..., list[str]], scheme: Any, viewport: Any
) -> None:
    context = browser.new_context(viewport=viewport, color_scheme=scheme, reduced_motion="reduce")
    page = context.new_page()
    play(page, site)
    assert violations(page) == []
    page.reload()
    expect(page.get_by_text("after 3 replies")).to_be_visible()
    assert violations(page) == []
    targets = page.locator(".pt").locator("button, a").all()
    assert min(box["height"] for box in (t.bounding_box() for t in targets) if box) >= 44
    context.close()


def test_without_script_the_first_scene_can_be_read_and_leads_on(browser: Browser, site: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/index.html")
    taster = page.locator(".partners-roleplay")
    words = taster.inner_text()
    assert all(reply.say in words for reply in TALK.scenes[TALK.opening].replies.values())
    taster.get_by_role("link", name=TALK.title).click()
    page.wait_for_url(f"{site}/{CASE}*")
    context.close()
