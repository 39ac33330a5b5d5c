"""What a reader finds around the text: meanings, an explorer, tables to narrow down, a citation."""

from __future__ import annotations

import csv
import gzip
import io
import re
from pathlib import Path

from playwright.sync_api import Page, expect

BOOK = Path(__file__).parents[2] / "_build" / "html"


def test_a_term_says_what_it_means_to_the_keyboard_too(page: Page, site: str) -> None:
    page.goto(f"{site}/chapters/conferences.html")
    note = page.get_by_role("tooltip")
    term = page.get_by_role("link", name="jargon").first
    term.focus()
    expect(note).to_contain_text("words")
    expect(term).to_have_accessible_description(re.compile("words"))
    page.keyboard.press("Escape")
    expect(note).to_be_hidden()
    page.locator("a.internal[data-about]", has_text=re.compile(r"\d{4}")).first.hover()
    expect(note).to_contain_text(re.compile(r"\(?(19|20)\d\d"))


def test_the_hills_move_with_the_slider_and_say_what_they_show(page: Page, site: str) -> None:
    page.goto(f"{site}/chapters/what_the_evidence_says.html")
    explorer = page.locator(".pt-explorer")
    slider = explorer.get_by_role("slider", name="Effect size, d")
    said = explorer.get_by_role("status")
    expect(said).to_contain_text("ahead in 50")
    for _ in range(5):
        slider.press("ArrowRight")
    expect(said).to_contain_text("d = 0.25. Of 100 pairs, the student with the program is ahead in 57")
    expect(explorer.locator("circle.pt-ahead")).to_have_count(57)
    row = explorer.get_by_role("row", name="Smith et al. (2020)")
    expect(row).to_contain_text("57 of 100")  # what the page says without script is the same


def test_the_course_map_narrows_down(page: Page, site: str) -> None:
    page.goto(f"{site}/course_map.html")
    topics = page.get_by_role("region", name="Topics").locator("tbody tr:visible")
    expect(topics).to_have_count(67)
    page.get_by_label("Chapter").select_option("Listening")
    expect(topics).to_have_count(3)
    page.get_by_label("Words").nth(1).fill("questions")
    expect(topics).to_have_count(1)
    topics.get_by_role("link").last.click()
    expect(page).to_have_url(re.compile(r"chapters/listening\.html#.+"))


def test_the_course_map_is_a_file_for_a_spreadsheet(page: Page, site: str) -> None:
    page.goto(f"{site}/course_map.html")
    with page.expect_download() as download:
        page.get_by_role("link", name="the whole map as a table (CSV)").click()
    text = download.value.path().read_text("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert sum(row["kind"] == "topic" for row in rows) == 67
    outcomes = [row for row in rows if row["kind"] == "outcome"]
    assert len(outcomes) > 40
    assert all(row["section_title"] and row["practised"] and row["assessed"] for row in outcomes)


def test_a_page_says_how_to_cite_it(page: Page, site: str) -> None:
    page.goto(f"{site}/chapters/listening.html")
    page.get_by_text("Cite this page").click()
    citation = page.locator(".pt-cite")
    expect(citation).to_contain_text(
        re.compile(r"The Partners authors \(\d{4}\)\. Listening\. In Partners")
    )
    expect(citation).to_contain_text("@incollection{")


def test_a_chapter_loads_no_more_than_400_kilobytes(page: Page, site: str) -> None:
    sizes: list[int] = []
    page.on("response", lambda response: sizes.append(len(gzip.compress(response.body()))))
    page.goto(f"{site}/chapters/first_contact.html", wait_until="networkidle")
    assert 50_000 < sum(sizes) <= 400_000
