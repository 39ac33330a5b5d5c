"""The instructor's report in a real browser: accessible, and readable on a phone and in the dark."""

from __future__ import annotations

from typing import TYPE_CHECKING

import chromium
import pytest
from grading import a_class

from partners.grading.report import findings
from partners.grading.report_page import write

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser, ViewportSize


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    course = a_class.make(tmp_path_factory.mktemp("term") / "course")
    return write(findings(course, a_class.EXERCISE, names=True), course / "reports").as_uri()


@pytest.mark.parametrize(
    ("size", "scheme"), [(chromium.DESK, "light"), (chromium.PHONE, "dark")], ids=["desk", "phone"]
)
def test_the_report_is_accessible_and_nothing_is_cut(
    browser: Browser,
    address: str,
    violations: Callable[..., list[str]],
    size: ViewportSize,
    scheme: str,
) -> None:
    context = browser.new_context(viewport=size, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert page.evaluate(
        "[...document.images].every((image) => image.complete && image.naturalWidth > 500)"
    )
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    context.close()
