"""An exercise in a real JupyterLab: answered in its forms, kept in a file, there again, validated."""

from __future__ import annotations

import html
import json
import shutil
from typing import TYPE_CHECKING, Any

import jupytext
from browser.lab import EXERCISE, IDLE, Lab
from nbgrader.api import Gradebook
from pipeline.term import TALK, Course, attempts, cell, new_course, plain
from playwright.sync_api import Locator, Page, expect

from partners.course import answers

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FILE = answers.file_name(EXERCISE)
SAVED = f"Saved in {FILE}, beside the notebook."
WAYS = {"Rahimi": "B", "Kowalski": "D", "Brandt and Osei": "C", "Tran": "E"}
WRITTEN = {
    "Your first message": "Lina walked the new girl to lunch.\n\nWhat does she like? 3 < 4 & more.",
    "Looking back": "I asked whether it was a good moment.",
}


def run_all(page: Page) -> None:
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()


def form(page: Page, holding: str) -> Locator:
    return page.locator(".partners-worksheet").filter(has=page.get_by_label(holding))


def restart(page: Page) -> None:
    page.get_by_title("Restart the kernel", exact=True).click()
    with page.expect_response(lambda response: "/restart" in response.url):
        page.get_by_role("button", name="Confirm Kernel Restart").click()
    page.get_by_text(IDLE).wait_for()


def validated(page: Page) -> Locator:
    """Press the button, which saves the notebook first, and return what it says."""
    page.get_by_role("button", name="Validate").click()
    return page.get_by_role("dialog")


def test_an_exercise_is_answered_in_forms_saved_found_again_and_validated(
    lab: Lab, double_click: Callable[[str, str], Page]
) -> None:
    page = double_click(EXERCISE, f"{EXERCISE}.ipynb")
    run_all(page)
    families = form(page, "Rahimi")
    for family in ("Rahimi", "Kowalski", "Tran"):
        families.get_by_label(family).select_option(WAYS[family])
    expect(families.get_by_role("status")).to_have_text(SAVED)
    study = form(page, "Fewer failures")
    study.get_by_label("Fewer failures").click()
    page.keyboard.type("6,5")  # and no cell is deleted, run or added by it
    page.keyboard.press("Tab")
    study.get_by_role("radio").nth(1).check()
    message = form(page, "Your first message").get_by_label("Your first message")
    message.press_sequentially("dd, aab: Lina walked her there.")
    page.keyboard.press("Tab")
    expect(form(page, "Your first message").get_by_role("status")).to_have_text(SAVED)
    kept: dict[str, Any] = {
        "channel": {name: WAYS[name] for name in ("Rahimi", "Kowalski", "Tran")},
        "fewer_in_100": "6,5",
        "best_claim": "B",
        "message": "dd, aab: Lina walked her there.",
    }
    file = lab.course / EXERCISE / FILE
    assert answers.load(file, EXERCISE).answers == kept
    expect(validated(page)).to_contain_text(
        "Which first contact fits best? Still open: Brandt and Osei."
    )
    page.get_by_role("button", name="Ok", exact=True).click()

    restart(page)
    families.get_by_label("Tran").select_option("F")
    expect(families.get_by_role("status")).to_contain_text("Nothing is saved")
    assert answers.load(file, EXERCISE).answers == kept
    run_all(page)
    expect(families.get_by_label("Tran")).to_have_value("E")
    expect(message).to_have_value(kept["message"])
    families.get_by_label("Brandt and Osei").select_option("C")
    expect(families.get_by_role("status")).to_have_text(SAVED)
    (file.parent / f"{TALK}.transcript.json").write_text(json.dumps(attempts(TALK)), "utf-8")
    expect(validated(page)).to_contain_text("Success! Your notebook passes all the tests.")


def fill(page: Page) -> None:
    """Give the same answers, in the book's page or in a notebook: one wrong, one open, two written."""
    for family, way in (WAYS | {"Kowalski": "A"}).items():
        if family != "Tran":
            page.get_by_label(family).select_option(way)
    page.get_by_label("Fewer failures").fill("6.5")
    form(page, "Fewer failures").get_by_role("radio").nth(1).check()
    for part, words in WRITTEN.items():
        page.get_by_label(part).fill(words)
        page.get_by_label(part).blur()


def marks(course: Course, student: str) -> dict[str, tuple[float | None, bool]]:
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}", "partners") as book:
        [notebook] = book.find_submission(EXERCISE, student).notebooks
        return {grade.name: (grade.auto_score, grade.needs_manual_grade) for grade in notebook.grades}


def test_page_and_notebook_earn_the_same_marks(
    lab: Lab, double_click: Callable[[str, str], Page], page: Page, site: str, tmp_path: Path
) -> None:
    course = new_course(tmp_path)
    course.run("nbgrader", "generate_assignment", EXERCISE)

    page.goto(f"{site}/exercises/{EXERCISE}/worksheet.html")
    fill(page)
    replies = page.get_by_role("group", name="What do you say?").get_by_role("button")
    own_words = page.get_by_role("button", name="Show the replies")
    skip = page.get_by_role("button", name="Skip")
    while page.locator(".pt-debrief").count() == 0:
        for button in (skip, own_words, replies.first):
            if button.count():
                button.click()
                break
    with page.expect_download() as coming:
        page.get_by_role("button", name="Download my work").click()
    handed_in = tmp_path / "handed in" / "from_the_page"
    handed_in.mkdir(parents=True)
    coming.value.save_as(handed_in / coming.value.suggested_filename)
    roster = tmp_path / "roster.csv"
    roster.write_text("student_id\nfrom_the_page\n", "utf-8")
    course.run("partners", "collect", str(handed_in.parent), "--roster", str(roster))

    notebook = double_click(EXERCISE, f"{EXERCISE}.ipynb")
    (lab.course / EXERCISE / FILE).unlink(missing_ok=True)
    run_all(notebook)
    fill(notebook)
    expect(form(notebook, "Looking back").get_by_role("status")).to_have_text(SAVED)
    notebook.keyboard.press("Control+s")
    talk = course.root / "submitted" / "from_the_page" / EXERCISE / f"{TALK}.transcript.json"
    theirs = course.root / "submitted" / "from_the_notebook" / EXERCISE
    shutil.copytree(lab.course / EXERCISE, theirs, ignore=shutil.ignore_patterns(".*"))
    shutil.copy(talk, theirs)

    course.run("nbgrader", "autograde", EXERCISE)
    earned = marks(course, "from_the_page")
    assert earned == marks(course, "from_the_notebook")
    assert earned == {
        "two_attempts": (2, False),
        "channel": (2, False),
        "evidence": (4, False),
        "message": (None, True),
        "reflection": (None, True),
    }
    for student in ("from_the_page", "from_the_notebook"):
        graded = jupytext.read(course.root / "autograded" / student / EXERCISE / f"{EXERCISE}.ipynb")
        written = [html.unescape(cell(graded, part).source) for part in ("message", "reflection")]
        assert list(map(plain, written)) == list(map(plain, WRITTEN.values()))
