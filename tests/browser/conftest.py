"""A real Chromium, the built book over HTTP on loopback, and axe-core."""

from __future__ import annotations

import http.server
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import chromium
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BOOK = Path(__file__).parents[2] / "_build" / "html"
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="session")
def book() -> Path:
    assert (BOOK / "index.html").exists(), "Build the book first: make book"
    return BOOK


@pytest.fixture(scope="session")
def site(book: Path) -> Iterator[str]:
    """The address of the built book."""
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(_Quiet, directory=str(book))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


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
    opened = browser.new_context(viewport=DESK)  # type: ignore[arg-type]
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def violations() -> Callable[[Page], list[str]]:
    """Return what axe-core finds wrong on a page, one line each."""
    options = {
        "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    }

    def run(page: Page) -> list[str]:
        found = Axe().run(page, options=options).response["violations"]
        return [f"{v['id']}: {node['html'][:160]}" for v in found for node in v["nodes"]]

    return run
