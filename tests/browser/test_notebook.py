"""The conversation in a real JupyterLab: played there, known to Python, saved, and there again."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

from axe_playwright_python.sync_playwright import Axe
from browser.lab import CHAPTER, IDLE, Lab, cell, run_cell
from playwright.sync_api import Locator, Page, expect

from partners import library
from partners.scenario import transcript

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def replies(talk: Locator) -> Locator:
    return talk.get_by_role("group", name="What do you say?").get_by_role("button")


def said(talk: Locator) -> list[str]:
    return talk.locator(".pt-teacher p").all_text_contents()


def write(talk: Locator, text: str) -> None:
    """Write own words where the conversation asks for them, key by key, and go on to the replies."""
    field = talk.get_by_role("group", name="In your own words").get_by_role("textbox")
    field.press_sequentially(text)
    expect(field).to_have_value(text)
    talk.get_by_role("button", name="Show the replies").click()


def click(reply: Locator) -> str:
    words = reply.text_content()
    reply.click()
    assert words
    return words


def saved(file: Path) -> dict[str, Any]:
    data = transcript.read(file.read_text("utf-8"))
    transcript.replay(library.role_play("first_call_home"), data)
    return data


def words(data: dict[str, Any]) -> list[list[str]]:
    return [[turn["said"] for turn in attempt["turns"]] for attempt in data["attempts"]]


def test_a_chapter_is_a_notebook_that_is_played_with_mouse_and_keyboard(
    lab: Lab, double_click: Callable[[str, str], Page]
) -> None:
    page = double_click("chapters", CHAPTER.name)
    code = cell(page, "RolePlay(")
    talk = code.locator(".partners-roleplay")
    run_cell(code)
    first = click(replies(talk).nth(1))
    expect(talk.locator("[data-turn='0']")).to_be_focused()

    # Lab's shortcuts: move on, delete the cell, add one, cut it, run it. None is meant here.
    cells = page.locator(".jp-Notebook .jp-Cell").count()
    for key in ("ArrowDown", "j", "d", "d", "a", "x", "Shift+Enter", "ArrowUp"):
        page.keyboard.press(key)
    expect(talk.locator("[data-turn='0']")).to_be_focused()
    assert page.locator(".jp-Notebook .jp-Cell").count() == cells

    page.keyboard.press("Tab")
    expect(replies(talk).first).to_be_focused()
    second = replies(talk).first.text_content()
    page.keyboard.press("Enter")
    expect(talk.locator("[data-turn='1']")).to_be_focused()
    assert said(talk) == [first, second]

    cells = page.locator(".jp-Notebook .jp-Cell").count()
    write(talk, "dd, aab: x?")  # in Lab these keys would delete, add and cut cells
    assert page.locator(".jp-Notebook .jp-Cell").count() == cells

    talk.get_by_role("button", name="Save beside the notebook").press("Space")
    expect(talk.get_by_role("status")).to_have_text("Saved as first_call_home.transcript.json.")
    data = saved(lab.course / "chapters" / "first_call_home.transcript.json")
    assert words(data) == [[first, second]]

    page.close()
    page = double_click("chapters", CHAPTER.name)
    again = cell(page, "RolePlay(")
    run_cell(again)
    expect(again.locator(".pt-teacher")).to_have_count(2)
    assert said(again.locator(".partners-roleplay")) == [first, second]


def test_python_knows_what_is_played_and_a_new_kernel_has_what_was_saved(
    lab: Lab, double_click: Callable[[str, str], Page]
) -> None:
    page = double_click("talk", "talk.md")
    run_cell(cell(page, "talk = RolePlay("))
    talk = page.locator(".partners-roleplay")
    clicked = [click(replies(talk).last), click(replies(talk).first)]
    known = json.loads(run_cell(cell(page, "talk.transcript")).inner_text())
    assert words(known) == [clicked]

    save = talk.get_by_role("button", name="Save beside the notebook")
    save.click()
    expect(talk.get_by_role("status")).to_have_text("Saved as first_call_home.transcript.json.")
    file = lab.course / "talk" / "first_call_home.transcript.json"
    assert saved(file) == known

    aside = file.rename(file.with_suffix(".kept"))
    file.mkdir()
    (file / "in the way").touch()
    save.click()
    expect(talk.get_by_role("status")).to_contain_text(f"{file.name} cannot be written here")
    shutil.rmtree(file)
    aside.rename(file)

    write(talk, "How were the other calls?")
    third = click(replies(talk).first)  # not saved, so it will not be there again
    shown = run_cell(cell(page, "talk.transcript"))
    expect(shown).to_contain_text(json.dumps(third))
    expect(shown).to_contain_text('"own_words": "How were the other calls?"')
    page.get_by_title("Restart the kernel", exact=True).click()
    with page.expect_response(lambda response: "/restart" in response.url):
        page.get_by_role("button", name="Confirm Kernel Restart").click()
    page.get_by_text(IDLE).wait_for()
    save.click()
    expect(talk.get_by_role("status")).to_contain_text("Nothing is saved")
    assert saved(file) == known

    run_cell(cell(page, "talk = RolePlay("))
    expect(talk.locator(".pt-teacher")).to_have_count(2)
    assert said(talk) == clicked
    run_cell(cell(page, "talk.transcript"))
    expect(shown).to_have_text(json.dumps(known))


def test_two_views_in_a_dark_narrow_lab_agree_are_readable_and_fit(
    lab: Lab, double_click: Callable[[str, str], Page]
) -> None:
    lab.set("themes", {"theme": "JupyterLab Dark"})
    page = double_click("talk", "talk.md")
    run_cell(cell(page, "talk = RolePlay("))
    second = cell(page, "talk.transcript")
    second.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text("talk")
    page.keyboard.press("Control+Enter")
    talks = page.locator(".partners-roleplay")
    expect(talks).to_have_count(2)
    before = said(talks.first)
    write(talks.last, "And the others?")
    expect(talks.first.locator(".pt-yours")).to_contain_text("And the others?")
    click(replies(talks.last).first)
    expect(talks.first.locator(".pt-teacher")).to_have_count(len(before) + 1)
    assert said(talks.first) == said(talks.last)

    assert page.locator("body").get_attribute("data-jp-theme-light") == "false"
    options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
    found = Axe().run(page, context=".partners-roleplay", options=options).response["violations"]
    assert [f"{v['id']}: {node['html'][:160]}" for v in found for node in v["nodes"]] == []

    for width in (1280, 800):
        page.set_viewport_size({"width": width, "height": 900})
        room = "e => [e.querySelector('.pt').getBoundingClientRect().width, e.clientWidth]"
        wide, room_for_it = talks.first.evaluate(room)
        assert min(room_for_it, 700) <= wide <= room_for_it
        assert talks.first.evaluate("e => e.scrollWidth <= e.clientWidth")
