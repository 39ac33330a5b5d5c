"""A reader meets on “My course” what was read, answered and said; takes it along, loses it, restores it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from chromium import DESK, PHONE
from playwright.sync_api import Browser, Page, expect

from partners import library
from partners.scenario import engine, graph

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Locator

TALK = "first_call_home"
CHAPTER = "chapters/first_contact"
WORDS = (
    "Mrs. Ferreira? <script>window.ran = 1</script><img src=x onerror='window.ran = 1'> “Good” & news."
)
ADDED = "nobody asked <script>window.ran = 1</script>"


def way_to(end: str) -> list[str]:
    found = graph.explore(library.role_play(TALK))
    return found.way_to(next(state for state in found.states if state.at == end))


def attempt(keys: list[str], began: str) -> dict[str, Any]:
    """An attempt as the page keeps it."""
    play = engine.Play(library.role_play(TALK))
    turns = []
    for key in keys:
        turns.append(
            {"scene": play.state.at, "reply": key, "own_words": ADDED, "guess": 4, "coded": None}
        )
        play = play.choose(key)
    return {"turns": turns, "began": began, "ended": began if play.ending else None}


def keep(page: Page, site: str, kept: dict[str, str]) -> None:
    """Open the page in a browser that has kept this."""
    page.goto(f"{site}/my_course.html")
    named = {f"partners:{key}": text for key, text in kept.items()}
    page.evaluate("kept => Object.assign(localStorage, kept)", named)
    page.reload()


def memory(page: Page) -> dict[str, str]:
    kept: dict[str, str] = page.evaluate(
        "Object.fromEntries(Object.entries(localStorage).filter(([key]) => key.startsWith('partners:')))"
    )
    return kept


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def download(page: Page, button: str, to: Path) -> Path:
    with page.expect_download() as started:
        press(page, button)
    file = to / started.value.suggested_filename
    started.value.save_as(file)
    return file


def data_file(to: Path, kept: object, **more: object) -> Path:
    file = to / "data.json"
    file.write_text(json.dumps({"format": "partners-progress/1", "kept": kept} | more), "utf-8")
    return file


def restore(page: Page, file: Path) -> None:
    page.get_by_label("Restore from a file").set_input_files(file)


def told(page: Page) -> Locator:
    return page.locator(".mc > p[role=status], .mc-row > p[role=status]")


def answer(page: Page, site: str) -> None:
    page.goto(f"{site}/{CHAPTER}.html")
    page.get_by_label("Your first answer").fill(WORDS)
    for key, index in (("swap-test", 0), ("sunday-nights", 1)):
        page.locator(f"#quiz-{key}").get_by_role("radio").nth(index).check()
        page.locator(f"#quiz-{key}").get_by_role("button").click()


def say_something(page: Page, site: str) -> None:
    page.goto(f"{site}/case_studies/{TALK}/case.html")
    skip = page.get_by_role("button", name="Skip", exact=True)
    for _ in range(2):
        if skip.count():
            skip.click()
        page.locator(".pt-replies .pt-reply").first.click()


def expect_what_was_done(page: Page) -> None:
    expect(page.get_by_text("answered 2 questions (1 right)")).to_be_visible()
    page.get_by_text("Your answers: 1 first answer and 1 of 6 questions right").click()
    expect(page.locator("blockquote", has_text="Mrs. Ferreira?")).to_have_text(WORDS)
    right = page.get_by_role("listitem").filter(has_text="Right: Which of these passes the swap test")
    expect(right.last).to_contain_text("Chosen: “When the glue ran low")
    expect(page.get_by_text("Not yet right: You have shared your good news")).to_be_visible()
    expect(page.get_by_text("Not finished: 2 replies so far")).to_be_visible()


def test_what_was_done_is_told_saved_forgotten_and_restored_here_and_elsewhere(
    page: Page, browser: Browser, site: str, tmp_path: Path
) -> None:
    answer(page, site)
    say_something(page, site)
    page.goto(f"{site}/my_course.html")
    expect_what_was_done(page)
    before = memory(page)
    file = download(page, "Download my data (JSON)", tmp_path)

    press(page, "Forget everything on this device")
    expect(page.get_by_role("dialog")).to_contain_text(
        "3 answers, 1 attempt at a conversation and 2 pages"
    )
    press(page, "Forget it all")
    expect(page.get_by_text("Nothing is kept here yet.")).to_be_visible()
    assert memory(page) == {}

    restore(page, file)
    expect(page.get_by_role("dialog")).to_contain_text("brings 3 answers, 1 attempt")
    press(page, "Restore")
    expect_what_was_done(page)
    assert memory(page) == before

    elsewhere = browser.new_context().new_page()
    elsewhere.goto(f"{site}/my_course.html")
    restore(elsewhere, file)
    press(elsewhere, "Restore")
    expect_what_was_done(elsewhere)
    elsewhere.get_by_role("link", name="Which of these passes the swap test").click()
    expect(elsewhere.locator("#quiz-swap-test").get_by_role("radio").first).to_be_checked()
    elsewhere.goto(f"{site}/case_studies/{TALK}/case.html")
    expect(elsewhere.locator(".pt-teacher")).to_have_count(2)
    elsewhere.context.close()


def test_attempts_are_told_as_they_went(page: Page, site: str) -> None:
    ways = [way_to("polite"), way_to("partnership")]
    tries = [attempt(keys, f"2026-03-0{day}T12:00:00Z") for day, keys in enumerate(ways, 1)]
    gone = attempt(ways[0], "2026-03-03T12:00:00Z")
    gone["turns"][2]["reply"] = "no longer there"
    keep(page, site, {f"role-play:{TALK}": json.dumps([*tries, gone])})
    items = page.locator("h3", has_text=library.role_play(TALK).title).locator("~ ol > li")
    plans = []
    for item, keys, date in zip(items.all(), ways, ("March 1, 2026", "March 2, 2026"), strict=False):
        play = engine.Play(library.role_play(TALK))
        for key in keys:
            play = play.choose(key)
        assert play.ending
        points = [sum(pair) for pair in zip(*play.score().values(), strict=True)]
        plans.append(play.score()["plan"])
        expect(item).to_contain_text(f"{date}. {play.ending.title}")
        expect(item).to_contain_text(" → ".join(map(str, play.trust())))
        expect(item).to_contain_text(f"{points[0]} of {points[1]} points")
    expect(items.nth(2)).to_contain_text("Not finished: 2 replies so far")
    expect(items.nth(2)).not_to_contain_text("Trust")  # the conversation does not tell it yet either
    earned, possible = max(plans, key=lambda pair: pair[0] / pair[1])
    best = page.get_by_role("row").filter(has_text="A plan made together")
    expect(best).to_contain_text(f"{earned} of {possible} points")


def test_a_page_is_read_when_its_last_section_was_in_view_for_some_seconds(
    page: Page, site: str
) -> None:
    page.clock.install()
    page.goto(f"{site}/{CHAPTER}.html")
    page.clock.run_for(60_000)
    mark = page.get_by_role("navigation", name="Main").get_by_role("img", name="read")
    expect(mark).to_have_count(0)
    page.locator(".bd-article section").last.scroll_into_view_if_needed()
    page.wait_for_timeout(100)  # the browser tells what came into view with its next frame
    page.clock.run_for(4000)
    expect(mark).to_have_count(0)
    link = page.get_by_role("link", name="First contact").first
    place = link.bounding_box()
    page.clock.run_for(2000)
    expect(page.get_by_role("link", name="First contact read")).to_be_visible()
    assert link.bounding_box() == place, "the mark must not move the contents"

    page.goto(f"{site}/case_studies/{TALK}/case.html")
    expect(page.get_by_role("link", name="First contact read")).to_be_visible()
    page.goto(f"{site}/my_course.html")
    expect(page.get_by_text("You have read 1 of")).to_be_visible()
    row = page.get_by_role("row").filter(has_text="Building a partnership")
    expect(row.get_by_role("cell").first).to_have_text("1")
    page.get_by_role("link", name="Go on with A first call").click()
    expect(page).to_have_url(f"{site}/case_studies/{TALK}/case.html")


def test_the_portfolio_shows_the_words_and_runs_nothing(page: Page, site: str, tmp_path: Path) -> None:
    talk = json.dumps([attempt(way_to("partnership"), "<b>2026</b>")])
    kept = {"first:first-contact": WORDS, "quiz:swap-test": "0", f"role-play:{TALK}": talk}
    kept["exercise:first_contact"] = json.dumps({"channel": {"Rahimi": "B"}, "message": WORDS})
    keep(page, site, kept)
    expect(page.get_by_text("Your answers: 2 of 8 answers given")).to_be_visible()
    page.get_by_label("Your name").fill("<script>window.ran = 1</script>Ana")
    before = memory(page)
    file = download(page, "Download my portfolio (a page to read)", tmp_path)
    assert memory(page) == before, "the name stands in the file alone"

    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    assert asked == [file.as_uri()]
    expect(page.get_by_role("heading", name="My portfolio")).to_be_visible()
    expect(page.get_by_text("<script>window.ran = 1</script>Ana · Partners")).to_be_visible()
    expect(page.locator("blockquote").first).to_have_text(WORDS)
    expect(page.locator("blockquote", has_text=ADDED).first).to_be_visible()
    expect(page.locator("blockquote", has_text="B · A short, plain text")).to_be_visible()
    expect(page.get_by_text("Right: Which of these passes the swap test")).to_be_visible()
    assert page.evaluate("window.ran") is None
    assert page.locator("script, a, button, img").count() == 0


KEPT = {"partners:first:first-contact": "of the file"}
BROKEN: dict[str, str | bytes] = {
    "cut short": json.dumps({"format": "partners-progress/1", "kept": KEPT})[:-9],
    "a picture": b"\x89PNG\r\n\x1a\n\x00\xff",
    "null": "null",
    "of a conversation": '{"format": "partners-transcript/1", "attempts": []}',
    "of a later version": json.dumps({"format": "partners-progress/2", "kept": KEPT}),
    "nothing in it": '{"format": "partners-progress/1"}',
    "a list": '{"format": "partners-progress/1", "kept": ["partners:first:x"]}',
    "a key of another": json.dumps({"format": "partners-progress/1", "kept": {**KEPT, "theme": "dark"}}),
    "no string": json.dumps({"format": "partners-progress/1", "kept": {**KEPT, "partners:quiz:x": 1}}),
    "too large": json.dumps({"format": "partners-progress/1", "kept": KEPT}) + " " * 5_000_000,
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_or_alien_file_changes_nothing(
    page: Page, site: str, tmp_path: Path, content: str | bytes
) -> None:
    keep(page, site, {"first:first-contact": "mine"})
    before = memory(page)
    file = tmp_path / "some file.json"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    restore(page, file)
    expect(told(page)).to_contain_text("Nothing was changed.")
    expect(told(page)).to_contain_text("some file.json")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert memory(page) == before


def test_where_file_and_device_differ_the_reader_decides_and_can_undo_it(
    page: Page, site: str, tmp_path: Path
) -> None:
    early, late = (attempt(way_to("polite"), f"2026-03-0{day}T12:00:00Z") for day in (1, 2))
    cut = early | {"turns": early["turns"][:2], "ended": None}
    here = {
        "first:first-contact": "mine",
        f"read:{CHAPTER}": "begun 2026-03-05T12:00:00Z",
        f"role-play:{TALK}": json.dumps([cut, late]),
    }
    keep(page, site, here)
    before = memory(page)
    there = {
        "partners:first:first-contact": "of the file",
        "partners:quiz:swap-test": "1",
        f"partners:read:{CHAPTER}": "read 2026-03-01T12:00:00Z",
        f"partners:role-play:{TALK}": json.dumps([early]),
    }
    file = data_file(tmp_path, there, saved="2026-03-04T12:00:00Z")

    restore(page, file)
    dialog = page.get_by_role("dialog", name="Restore from this file?")
    expect(dialog).to_contain_text("data.json, saved on March 4, 2026, brings 1 answer.")
    expect(dialog).to_contain_text("1 answer in it is not the same as here.")
    page.keyboard.press("Escape")
    assert memory(page) == before

    restore(page, file)
    press(page, "Restore, and keep the answers that are here")
    expect(told(page)).to_have_text("Restored from data.json.")
    after = memory(page)
    assert after["partners:first:first-contact"] == "mine"
    assert after["partners:quiz:swap-test"] == "1"
    assert after[f"partners:read:{CHAPTER}"] == there[f"partners:read:{CHAPTER}"]
    assert json.loads(after[f"partners:role-play:{TALK}"]) == [early, late], (
        "no attempt is lost; of one, the longer stays"
    )
    press(page, "Undo")
    assert memory(page) == before

    restore(page, file)
    press(page, "Restore, and take the file’s answers where they differ")
    assert memory(page) == {**after, "partners:first:first-contact": "of the file"}
    restore(page, file)
    expect(told(page)).to_have_text("All that data.json holds is here already. Nothing was changed.")


def test_forgetting_and_undoing_by_keyboard_alone(page: Page, site: str, tmp_path: Path) -> None:
    keep(page, site, {"first:first-contact": "mine", "quiz:swap-test": "0"})
    before = memory(page)

    def tab_to(name: str) -> None:
        for _ in range(400):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.textContent") == name:
                return
        raise AssertionError(f"Tab never comes to {name}")

    tab_to("Forget everything on this device")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    assert memory(page) == before
    assert page.evaluate("document.activeElement.textContent") == "Forget everything on this device"
    page.keyboard.press("Enter")
    with page.expect_download() as started:
        page.keyboard.press("Enter")  # the first thing offered is to save it
    assert json.loads(started.value.path().read_text("utf-8"))["kept"] == before
    expect(page.get_by_role("dialog").get_by_role("status")).to_contain_text("is in your downloads")
    tab_to("Forget it all")
    page.keyboard.press("Enter")
    expect(told(page)).to_have_text("Everything is forgotten.")
    assert memory(page) == {}
    tab_to("Undo")
    page.keyboard.press("Enter")
    assert memory(page) == before
    expect(told(page)).to_be_focused()


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_where_there_is_much_to_tell(
    browser: Browser, site: str, violations: Callable[..., list[str]], scheme: Any, viewport: Any
) -> None:
    page = browser.new_context(viewport=viewport, color_scheme=scheme).new_page()
    talk = json.dumps([attempt(way_to("partnership"), "2026-03-01T12:00:00Z")])
    answers = {"first:first-contact": WORDS * 9, "quiz:swap-test": "0", "quiz:sunday-nights": "1"}
    keep(page, site, {**answers, f"role-play:{TALK}": talk})
    page.locator("summary", has_text="Your answers").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    assert violations(page) == []
    press(page, "Forget everything on this device")
    assert violations(page) == []
    page.context.close()


def test_where_storage_is_off_the_page_says_so(browser: Browser, site: str) -> None:
    page = browser.new_context().new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(error.stack or ""))
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new Error() } })"
    )
    page.goto(f"{site}/my_course.html")
    expect(page.locator(".mc-sentence")).to_contain_text("its storage is off")
    expect(page.get_by_role("link", name="First contact", exact=True).last).to_be_visible()
    press(page, "Forget everything on this device")
    expect(told(page)).to_contain_text("its storage is off")
    assert [stack for stack in errors if "my_course.js" in stack or "page.js" in stack] == []
    page.context.close()


def test_where_there_is_no_room_nothing_is_changed(page: Page, site: str, tmp_path: Path) -> None:
    keep(page, site, {"first:first-contact": "mine", "quiz:swap-test": "0"})
    before = memory(page)
    page.evaluate("localStorage.another = 'x'.repeat(4_000_000)")
    restore(page, data_file(tmp_path, {"partners:first:other": "y" * 2_000_000}))
    press(page, "Restore")
    expect(told(page)).to_have_text("This browser has no room for it. Nothing was changed.")
    assert memory(page) == before


def test_without_script_the_page_lists_the_book_and_as_a_file_it_works(
    browser: Browser, page: Page, site: str, book: Path
) -> None:
    plain = browser.new_context(java_script_enabled=False).new_page()
    plain.goto(f"{site}/my_course.html")
    expect(
        plain.get_by_role("listitem").filter(has_text="First contact, about 55 minutes")
    ).to_be_visible()
    plain.context.close()
    page.goto((book / "my_course.html").as_uri())
    page.get_by_role("link", name="Begin with").click()
    page.get_by_role("link", name="My course").first.click()
    expect(page.get_by_role("link", name="Go on with")).to_be_visible()
