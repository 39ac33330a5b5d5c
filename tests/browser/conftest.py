"""The built book over HTTP on loopback, and axe-core."""

from __future__ import annotations

import http.server
import subprocess
import threading
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser.lab import IDLE, PATIENCE, Lab
from live.served import Server
from playwright.sync_api import Browser, Page, expect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BOOK = Path(__file__).parents[2] / "_build" / "html"


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
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(book)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server of live sessions."""
    with Server(tmp_path / "live.db") as running:
        yield running


@pytest.fixture
def violations() -> Callable[..., list[str]]:
    """Return what axe-core finds wrong on a page, or in a part of it, one line each."""
    options = {
        "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
        "resultTypes": ["violations"],  # half the time
        "rules": {"label-content-name-mismatch": {"enabled": True}},
    }

    def run(page: Page, part: str | None = None) -> list[str]:
        found = Axe().run(page, context=part, options=options).response["violations"]
        return [f"{v['id']}: {node['html'][:160]}" for v in found for node in v["nodes"]]

    return run


@pytest.fixture(scope="session")
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
