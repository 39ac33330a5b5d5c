"""An instructor marks a written part in the real formgrader, which no submission can make act."""

from __future__ import annotations

import json
import re
import subprocess
import time
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from pipeline.term import (
    BIN,
    EXERCISE,
    TALK,
    Course,
    answered,
    attempts,
    cell,
    new_course,
    points,
    text,
)
from playwright.sync_api import Page, expect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

v4: Any = nbformat.v4
PATIENCE = 30
STUDENT = "ana"


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Make a course in which one student has handed in what is right, in plain folders."""
    made = new_course(tmp_path_factory.mktemp("formgrader"))
    made.run("nbgrader", "generate_assignment", EXERCISE)
    folder = made.root / "submitted" / STUDENT / EXERCISE
    folder.mkdir(parents=True)
    (folder / f"{EXERCISE}.ipynb").write_text(text(answered(made)), "utf-8")
    (folder / f"{TALK}.transcript.json").write_text(text(attempts(TALK)), "utf-8")
    made.run("nbgrader", "autograde", EXERCISE)
    return made


@pytest.fixture
def server(graded: Course, tmp_path: Path) -> Iterator[dict[str, str]]:
    """Run Jupyter in the course folder, on a free port of this machine, and tell its address."""
    words = ["server", "--no-browser", "--allow-root", "--ip=127.0.0.1", "--port=0"]
    with (tmp_path / "server.log").open("w+", encoding="utf-8") as log:
        running = subprocess.Popen(
            [str(BIN / "jupyter"), *words],
            cwd=graded.root,
            env=graded.environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            yield _address(graded, running, tmp_path / "server.log")
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


HOSTILE = """<script>window.ran = 1</script><img src="x" onerror="window.ran = 2">
<details open ontoggle="window.ran = 3"><summary>look</summary></details>
<a href="javascript:window.ran=4" id="message" class="score">here</a>

[link](javascript:window.ran=5) ![picture](x" onerror="window.ran=6)

It was 3 < 4, she said.
"""
OUTPUT = f"""
from IPython.display import HTML, SVG, Javascript, Latex, display

display(HTML({HOSTILE!r}), Javascript("window.ran = 7"), Latex("<img src=x onerror='window.ran = 8'>"))
display(SVG("<svg xmlns='http://www.w3.org/2000/svg' onload='window.ran = 9'></svg>"))
display({{"image/png": "x' onerror='window.ran = 10"}}, raw=True)
"""


def test_a_submission_cannot_act_with_the_login_of_who_opens_it(
    graded: Course, server: dict[str, str], page: Page
) -> None:
    notebook = answered(graded)
    cell(notebook, "message").source = HOSTILE
    cell(notebook, "channel_answer").source += OUTPUT
    notebook.cells.append(v4.new_raw_cell(HOSTILE, metadata={"raw_mimetype": "text/html"}))
    folder = graded.root / "submitted" / "hostile" / EXERCISE
    folder.mkdir(parents=True)
    (folder / f"{EXERCISE}.ipynb").write_text(json.dumps(notebook), "utf-8")
    graded.run("nbgrader", "autograde", EXERCISE, "--student", "hostile")
    graded.run("nbgrader", "generate_feedback", EXERCISE, "--student", "hostile")

    page.set_default_timeout(PATIENCE * 1000)
    gradebook = f"/formgrader/gradebook/{EXERCISE}/{EXERCISE}"
    page.goto(f"{server['url']}login?token={server['token']}&next={gradebook}")
    page.get_by_role("row").filter(has_text="hostile").get_by_role("link", name="Submission").click()
    feedback = graded.root / "feedback" / "hostile" / EXERCISE / f"{EXERCISE}.html"
    for shown in (page.url, feedback.as_uri()):
        page.goto(shown)
        expect(page.get_by_text("It was 3 < 4, she said.").first).to_be_visible()
        for link in page.get_by_text(re.compile("^(here|link)$")).all():
            link.click()
        assert page.evaluate("window.ran") is None


def test_a_message_is_graded_by_its_rubric(graded: Course, server: dict[str, str], page: Page) -> None:
    page.set_default_timeout(PATIENCE * 1000)
    comment = "“Late for her own lunch” is the line that she will keep."
    gradebook = f"/formgrader/gradebook/{EXERCISE}/{EXERCISE}"
    page.goto(f"{server['url']}login?token={server['token']}&next={gradebook}")
    row = page.get_by_role("row").filter(has_text=STUDENT)
    expect(row).to_contain_text("0 / 12")  # nothing yet for the two written parts
    row.get_by_role("link", name="Submission").click()

    rubric = page.get_by_role("table").filter(has_text="8 points")
    expect(rubric.get_by_role("row")).to_have_count(5)
    expect(rubric).to_contain_text("how and when to reach you")
    answer = page.locator(".nbgrader_cell").filter(has=page.locator("#message"))
    expect(answer).to_contain_text("Lina walked her there")
    [model, _] = page.get_by_role("group").filter(has_text="Model answer").all()
    expect(model.get_by_text("Lina walked her there")).to_be_hidden()
    model.get_by_text("Model answer").click()
    expect(model.get_by_text("Lina walked her there")).to_be_visible()
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
    automatic = sum(points().values()) - points()["message"] - points()["reflection"]
    assert float(graded.grades()[STUDENT]["score"]) == automatic + 6
    graded.run("nbgrader", "generate_feedback", EXERCISE, "--student", STUDENT)
    assert f"Comments: {comment}" in graded.feedback(STUDENT)
    assert "Model answer" not in graded.feedback(STUDENT)
