"""An instructor gives points for a written part in the real formgrader, in a real browser."""

from __future__ import annotations

import json
import re
import subprocess
import time
from typing import TYPE_CHECKING

import pytest
from pipeline.term import BIN, BY_HAND, EXERCISE, PAPERS, Course
from playwright.sync_api import Page, expect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE = 30


@pytest.fixture
def server(autograded: Course, tmp_path: Path) -> Iterator[dict[str, str]]:
    """Run Jupyter in the course folder, on a free port of this machine, and tell its address."""
    words = ["server", "--no-browser", "--allow-root", "--ip=127.0.0.1", "--port=0"]
    with (tmp_path / "server.log").open("w+", encoding="utf-8") as log:
        running = subprocess.Popen(
            [str(BIN / "jupyter"), *words],
            cwd=autograded.root,
            env=autograded.environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            yield _address(autograded, running, tmp_path / "server.log")
        finally:
            running.terminate()
            try:
                running.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                running.kill()


def _address(course: Course, running: subprocess.Popen[bytes], log: Path) -> dict[str, str]:
    runtime = course.root.parent / "home" / "runtime"
    told = runtime / f"jpserver-{running.pid}.json"
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and running.poll() is None:
        if told.exists() and (text := told.read_text("utf-8")).rstrip().endswith("}"):
            return dict(json.loads(text))
        time.sleep(0.1)
    raise AssertionError(log.read_text("utf-8"))


def test_a_message_is_graded_by_its_rubric(
    autograded: Course, server: dict[str, str], page: Page
) -> None:
    page.set_default_timeout(PATIENCE * 1000)
    comment = "“Late for her own lunch” is the line that she will keep."
    gradebook = f"/formgrader/gradebook/{EXERCISE}/{EXERCISE}"
    page.goto(f"{server['url']}login?token={server['token']}&next={gradebook}")
    row = page.get_by_role("row").filter(has_text=BY_HAND)
    expect(row).to_contain_text("0 / 12")  # nothing yet for the two written parts
    row.get_by_role("link", name="Submission").click()

    rubric = page.get_by_role("table").filter(has_text="8 points")
    expect(rubric.get_by_role("row")).to_have_count(5)
    expect(rubric).to_contain_text("how and when to reach you")
    answer = page.locator(".nbgrader_cell").filter(has=page.locator("#message"))
    expect(answer).to_contain_text("Lina walked her there")
    # What is typed before the grades have arrived is thrown away; these two come with them.
    expect(answer.locator("#message_extra_credit")).to_have_attribute("placeholder", "0")
    expect(answer.locator("textarea")).to_have_attribute("placeholder", re.compile("comment"))
    with page.expect_response(lambda response: response.request.method == "PUT"):
        answer.locator("#message").fill("6")
        answer.locator("#message").press("Tab")
    with page.expect_response(lambda response: response.request.method == "PUT"):
        answer.locator("textarea").fill(comment)
        answer.locator("textarea").press("Tab")

    page.goto(f"{server['url']}{gradebook.lstrip('/')}")
    expect(row).to_contain_text("6 / 12")
    assert float(autograded.grades()[BY_HAND]["score"]) == PAPERS["right"].total + 6
    autograded.run("nbgrader", "generate_feedback", EXERCISE, "--student", BY_HAND, "--force")
    assert f"Comments: {comment}" in autograded.feedback(BY_HAND)
