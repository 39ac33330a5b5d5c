"""The conversation in a real JupyterLab: played there, known to Python, saved, and there again."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from partners import library
from partners.scenario import transcript

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CHAPTER = library.root() / "chapters" / "first_contact.md"
TALK = """---
kernelspec: {name: python3, display_name: Python 3}
---

```{code-cell} python3
from partners import RolePlay

talk = RolePlay("first_call_home")
talk
```

```{code-cell} python3
import json

print(json.dumps(talk.transcript))
```
"""
QUIET: dict[str, dict[str, Any]] = {
    "notification": {"fetchNews": "false", "checkForUpdates": False},
    "themes": {"theme": "JupyterLab Light"},
}
IDLE = "Python 3 (ipykernel) | Idle"
PATIENCE = 20_000


class Lab:
    """A JupyterLab of its own: its port, token, home and course are nobody else's."""

    def __init__(self, folder: Path) -> None:
        self.course, self.home = folder / "course", folder / "home"
        self.settings = self.home / "config/lab/user-settings/@jupyterlab/apputils-extension"
        self.token = secrets.token_hex()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.address = f"http://127.0.0.1:{probe.getsockname()[1]}"
        for place in (self.course / "chapters", self.course / "talk", self.settings):
            place.mkdir(parents=True)
        shutil.copy(CHAPTER, self.course / "chapters")
        (self.course / "talk" / "talk.md").write_text(TALK, "utf-8")
        for name, values in QUIET.items():
            self.set(name, values)

    def set(self, name: str, values: dict[str, Any]) -> None:
        file = self.settings / f"{name}.jupyterlab-settings"
        file.write_text(json.dumps(values), "utf-8")

    def start(self) -> subprocess.Popen[bytes]:
        theirs = ("JUPYTER", "IPYTHON", "PARTNERS")
        environment = {k: v for k, v in os.environ.items() if not k.startswith(theirs)}
        environment |= {
            "HOME": str(self.home),
            "IPYTHONDIR": str(self.home / "ipython"),
            "JUPYTER_CONFIG_DIR": str(self.home / "config"),
            "JUPYTER_DATA_DIR": str(self.home / "data"),
            "JUPYTER_RUNTIME_DIR": str(self.home / "runtime"),
            "JUPYTER_TOKEN": self.token,
        }
        port = self.address.rpartition(":")[2]
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
        command += ["--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}"]
        command += ["--ServerApp.port_retries=0", f"--ServerApp.root_dir={self.course}"]
        with (self.home / "log").open("wb") as log:
            return subprocess.Popen(
                command, cwd=self.course, env=environment, stdout=log, stderr=subprocess.STDOUT
            )

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.address}/api/status?token={self.token}"):
                return True
        except OSError:
            return False


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    made = Lab(tmp_path_factory.mktemp("lab"))
    server = made.start()
    try:
        until = time.monotonic() + 30
        while not made.answers():
            if server.poll() is not None or time.monotonic() > until:
                pytest.fail((made.home / "log").read_text("utf-8", "replace")[-3000:])
            time.sleep(0.1)
        yield made
    finally:
        server.terminate()
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


@pytest.fixture(scope="module")
def double_click(browser: Browser, lab: Lab) -> Iterator[Callable[[str, str], Page]]:
    """Open a file of a folder by a double click; it must be a notebook."""
    desk = {"width": 1280, "height": 900}
    context = browser.new_context(viewport=desk, reduced_motion="reduce")  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)

    def run(folder: str, name: str) -> Page:
        page = context.new_page()
        page.goto(f"{lab.address}/lab/tree/{folder}?reset&token={lab.token}")
        page.locator(".jp-DirListing-itemText", has_text=name).dblclick()
        tab = page.locator(".jp-NotebookPanel")
        tab.or_(page.locator(".jp-FileEditor")).first.wait_for()
        assert tab.count(), f"{name} opened as text: `make` sets .venv up to open it as a notebook"
        page.get_by_text(IDLE).wait_for()
        return page

    yield run
    expect.set_options(timeout=5000)
    context.close()


def cell(page: Page, holding: str) -> Locator:
    return page.locator(".jp-CodeCell", has=page.locator(".jp-InputArea", has_text=holding))


def run_cell(code: Locator) -> Locator:
    code.locator(".cm-content").click()
    code.page.keyboard.press("Control+Enter")
    return code.locator(".jp-OutputArea-child .jp-OutputArea-output").last


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
