"""A reader plays the conversation in the built page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from chromium import DESK, PHONE
from playwright.sync_api import Browser, Page, expect

from partners import library
from partners.scenario import engine, graph, transcript

if TYPE_CHECKING:
    from collections.abc import Callable

TALK = "first_call_home"
CHAPTER = "chapters/first_contact.html"


def ways(*endings: str) -> list[list[str]]:
    """The fewest replies to each of `endings`."""
    role_play = library.role_play(TALK)
    found = graph.explore(role_play)
    return [found.way_to(next(s for s in found.states if s.at == end)) for end in endings]


def say(page: Page, key: str) -> None:
    """Choose the reply `key` as a reader would: by its words."""
    role_play = library.role_play(TALK)
    replies = [s.replies[key].say for s in role_play.scenes.values() if key in s.replies]
    words = [page.get_by_role("button", name=reply, exact=True) for reply in replies]
    next(button for button in words if button.count()).click()


def play(page: Page, keys: list[str]) -> None:
    for key in keys:
        say(page, key)


def download(page: Page) -> dict[str, Any]:
    with page.expect_download() as started:
        page.get_by_role("button", name="Download the transcript").click()
    assert started.value.suggested_filename == f"{TALK}.transcript.json"
    return transcript.read(Path(started.value.path()).read_text("utf-8"))


def test_from_the_first_word_to_the_debrief_and_a_second_attempt(page: Page, site: str) -> None:
    role_play = library.role_play(TALK)
    first, second = ways("polite", "partnership")
    page.goto(f"{site}/{CHAPTER}")
    talk = page.get_by_role("region", name=role_play.title)
    expect(talk.locator(".pt-now")).to_contain_text(role_play.scenes["pick_up"].says[0].line)

    play(page, first)
    debrief = talk.locator(".pt-debrief")
    expect(debrief).to_be_focused()
    expect(debrief).to_contain_text(role_play.endings["polite"].title)
    expect(debrief).to_contain_text(role_play.parent.hidden.split(".")[0])
    line = engine.play(role_play, first).trust()
    label = f"Trust from 0 to 10: began at {line[0]}, then {', '.join(map(str, line[1:]))}."
    expect(debrief.get_by_role("img", name=label)).to_be_visible()
    expect(debrief.locator(".pt-turns > li")).to_have_count(len(first))
    expect(debrief.locator(".pt-turns cite").first).to_contain_text("(20")
    expect(debrief.locator(".pt-next")).not_to_be_empty()

    page.get_by_role("button", name="Play it again").click()
    play(page, second)
    expect(talk.locator(".pt-debrief")).to_contain_text(role_play.endings["partnership"].title)
    expect(talk.get_by_role("table").locator("tbody tr")).to_have_count(2)

    plays = transcript.replay(role_play, download(page))
    assert [[turn.key for turn in play.turns] for play in plays] == [first, second]


def test_a_reload_and_a_reply_taken_back_lose_nothing(page: Page, site: str) -> None:
    [way] = ways("partnership")
    page.goto(f"{site}/{CHAPTER}")
    play(page, way[:4])
    page.reload()
    expect(page.locator(".pt-teacher")).to_have_count(4)
    page.get_by_role("button", name="Take my last reply back").click()
    expect(page.locator(".pt-teacher")).to_have_count(3)
    play(page, way[3:])
    [played] = transcript.replay(library.role_play(TALK), download(page))
    assert [turn.key for turn in played.turns] == way


def test_the_whole_call_by_keyboard_alone(page: Page, site: str) -> None:
    [way] = ways("polite")
    page.goto(f"{site}/{CHAPTER}")
    page.locator(".pt-reply").first.wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # the skip link
    for _ in range(80):
        if page.evaluate("document.activeElement.classList.contains('pt-reply')"):
            break
        page.keyboard.press("Tab")
    for key in way:
        scene = page.locator(".pt-reply").all_inner_texts()
        words = {
            r.say
            for s in library.role_play(TALK).scenes.values()
            for k, r in s.replies.items()
            if k == key
        }
        steps = next(i for i, text in enumerate(scene) if text in words)
        for _ in range(steps):
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        if page.locator(".pt-reply").count():
            said = page.evaluate("document.activeElement.innerText")
            assert said, "the focus is on the new line, so that it is read out"
            page.keyboard.press("Tab")  # from the new line to the first reply
    expect(page.locator(".pt-debrief")).to_be_focused()


def test_an_edited_case_keeps_the_replies_that_still_stand(page: Page, site: str) -> None:
    [way] = ways("partnership")
    page.goto(f"{site}/{CHAPTER}")
    play(page, way[:3])
    key = f"partners:role-play:{TALK}"
    page.evaluate(
        "key => { const kept = JSON.parse(localStorage[key]); kept[0].turns[2][1] = 'gone';"
        " localStorage[key] = JSON.stringify(kept) }",
        key,
    )
    page.reload()
    expect(page.locator(".pt-status")).to_contain_text("Your replies were kept up to reply 2.")
    expect(page.locator(".pt-teacher")).to_have_count(2)


@pytest.mark.parametrize("kept", ["{", "null", "7", '[{"turns": 3}]', "[{}]", '{"a": 1}'])
def test_a_broken_memory_begins_anew(page: Page, site: str, kept: str) -> None:
    page.goto(f"{site}/{CHAPTER}")
    page.evaluate("([k, v]) => localStorage.setItem(k, v)", [f"partners:role-play:{TALK}", kept])
    page.reload()
    expect(page.locator(".pt-reply")).to_have_count(4)


def test_the_page_opened_as_a_file_plays_too(page: Page, book: Path) -> None:
    [way] = ways("partnership")
    page.goto((book / CHAPTER).as_uri())
    play(page, way)
    expect(page.locator(".pt-debrief")).to_be_visible()


def test_without_script_the_conversation_can_be_read(browser: Browser, site: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/{CHAPTER}")
    text = page.locator(".partners-roleplay").inner_text()
    role_play = library.role_play(TALK)
    for scene in role_play.scenes.values():
        for reply in scene.replies.values():
            assert " ".join(reply.say.split()) in text
    assert "Answers" in page.locator(".pt-quiz").first.inner_text()
    context.close()


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_at_any_step(
    browser: Browser,
    site: str,
    violations: Callable[..., list[str]],
    viewport: Any,
    scheme: Any,
) -> None:
    [way] = ways("partnership")
    context = browser.new_context(viewport=viewport, color_scheme=scheme, reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{site}/{CHAPTER}")
    page.locator(".pt-reply").first.wait_for()
    found = violations(page)
    for key in way:
        say(page, key)
        found += violations(page, ".partners-roleplay")
    assert found == []
    width = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width[0] <= width[1], "the page scrolls sideways"
    context.close()


def test_targets_are_large_enough_for_a_thumb(browser: Browser, site: str) -> None:
    context = browser.new_context(viewport=PHONE)
    page = context.new_page()
    page.goto(f"{site}/{CHAPTER}")
    say(page, ways("polite")[0][0])
    heights = [b.bounding_box()["height"] for b in page.locator(".pt button").all()]  # type: ignore[index]
    assert min(heights) >= 44
    context.close()


def test_the_transcript_is_the_one_python_writes(page: Page, site: str) -> None:
    [way] = ways("partnership")
    page.goto(f"{site}/{CHAPTER}")
    play(page, way)
    given = download(page)
    attempt = given["attempts"][0]
    role_play = library.role_play(TALK)
    ours = transcript.attempt(engine.play(role_play, way), attempt["began"], attempt["ended"])
    assert json.dumps(given) == json.dumps(transcript.write(role_play, [ours]))
