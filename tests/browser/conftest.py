"""The built book over HTTP on loopback, and axe-core."""

from __future__ import annotations

import http.server
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page

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
