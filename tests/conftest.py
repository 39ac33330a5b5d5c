from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import chromium
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from partners import library

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partners.scenario.model import RolePlay

LONG = ("pipeline", "hub", "browser")
SMALL_TALK = Path(__file__).parent / "small_talk.yaml"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take minutes, so that the processes end together."""
    rank = {name: number for number, name in enumerate(LONG)}
    items.sort(key=lambda item: rank.get(item.path.parent.name, len(LONG)))


@pytest.fixture(scope="session")
def small_talk() -> RolePlay:
    return library.read_role_play(SMALL_TALK)


@pytest.fixture(params=["small_talk", *library.role_plays()])
def any_role_play(request: pytest.FixtureRequest, small_talk: RolePlay) -> RolePlay:
    """The small one, and every role-play the course ships."""
    name = request.param
    return small_talk if name == "small_talk" else library.role_play(name)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium.find()
    assert path, "No browser found: run `python tests/chromium.py`, it says what to install."
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=chromium.ARGUMENTS)
        yield running
        running.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context(viewport=chromium.DESK)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()
