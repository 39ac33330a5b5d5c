"""A plan is looked over in the page: drawn, added up, and told in words what cannot be kept."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from chromium import DESK, PHONE
from playwright.sync_api import Page, expect

from partners.course import exercises
from partners.course.hundred_days import TIME, WAYS
from partners.player import STYLE, scripts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

EVENING = {
    "evening": {
        "Fontaine": "4:40 library",
        "Grady": "4:35",
        "Kaur": "Fri 7:10",
        "Lewis": "half past six",
    }
}
HUNDRED = {
    "minutes": dict(zip(WAYS, ("6", "12", "2", "4", "3"), strict=True)),
    "time": dict(zip(TIME, ("20", "44", "5", "0", "0"), strict=True)),
    "calendar": {"Noa": "2 CC", "Amal": "2 i", "Bea": "3 call", "Bo": "3 C"},
}


@pytest.fixture(params=[DESK, PHONE], ids=["desk", "phone"])
def looked_over(
    page: Page, tmp_path: Path, request: pytest.FixtureRequest
) -> Callable[[str, str, dict[str, Any]], Page]:
    """Return what opens a page with the form of one question, answered, and looks it over."""

    def run(exercise: str, question: str, answers: dict[str, Any]) -> Page:
        for name, text in scripts.page_scripts().items():
            (tmp_path / name).write_text(text, "utf-8")
        [form] = (form for form in exercises.forms_of(exercise) if question in form.questions)
        data = json.dumps(form.as_data())
        (tmp_path / "plan.html").write_text(
            '<!doctype html><html lang="en"><meta charset="utf-8"><title>Plan</title>'
            f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style><main><h1>Plan</h1>'
            f'<div class="partners-worksheet"><script type="application/json">{data}</script></div>'
            f'<div class="partners-hand-in" data-exercise="{exercise}"></div></main>'
            f'<script src="{scripts.WORKSHEET}"></script></html>',
            "utf-8",
        )
        page.set_viewport_size(request.param)
        page.goto((tmp_path / "plan.html").as_uri())
        key = f"partners:exercise:{exercise}"
        page.evaluate("([key, text]) => localStorage.setItem(key, text)", [key, json.dumps(answers)])
        page.reload()
        page.get_by_role("button", name="Look it over").click()
        return page

    return run


def test_an_evening_is_drawn_in_its_order_and_what_collides_lies_side_by_side(
    looked_over: Callable[..., Page], violations: Callable[..., list[str]]
) -> None:
    page = looked_over("conference_evening", "evening", EVENING)
    thursday, friday = page.get_by_role("list").filter(has=page.locator(".ws-hour")).all()
    own = thursday.locator(".ws-block")
    expect(own).to_have_text(["4:35 Grady", "4:40 Fontaine"])
    expect(thursday).to_contain_text("library 4:30–5:20")
    expect(friday.locator(".ws-block")).to_have_text(["7:10 Kaur"])
    boxes = [block.bounding_box() for block in own.all()]
    assert boxes[0]
    assert boxes[1]
    assert boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"]
    assert 0 < boxes[1]["y"] - boxes[0]["y"] < boxes[0]["height"]
    said = page.locator(".ws-findings")
    expect(said).to_contain_text("Grady and Fontaine overlap.")
    expect(said).to_contain_text("It cannot be read for: Lewis.")
    assert violations(page, ".partners-worksheet") == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_hundred_days_are_added_up_week_by_week(
    looked_over: Callable[..., Page], violations: Callable[..., list[str]]
) -> None:
    page = looked_over("partnership_plan", "calendar", HUNDRED)
    second, third = (page.get_by_role("row", name=name) for name in ("2 Amal", "3 Bo"))
    expect(second).to_contain_text("Amal I, Noa CC")
    expect(second).to_contain_text("29 of 20, too full")
    expect(third).to_contain_text("11 of 20")
    expect(third).not_to_contain_text("too full")
    said = page.locator(".ws-findings")
    expect(said).to_contain_text("It cannot be read for: Bea.")
    expect(said).to_contain_text("In all: 85 minutes of 176.")
    assert violations(page, ".partners-worksheet") == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
