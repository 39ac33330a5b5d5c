"""Both built editions, file by file: links lead somewhere, pictures have words, headings are in order."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from functools import cache
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup

from partners import library
from partners.course import exercises
from partners.course.course_map import course_map
from partners.course.pages import sections

ROOT = Path(__file__).parents[2]
EDITIONS = {
    "student": ROOT / "_build" / "html",
    "facilitator": ROOT / "_build" / "facilitator" / "_build" / "html",
}
PAGES = [
    pytest.param(file, id=f"{edition}-{file.relative_to(folder)}")
    for edition, folder in EDITIONS.items()
    for file in sorted(folder.rglob("*.html"))
    if "_static" not in file.parts
]
assert len(PAGES) > 10, "Build both editions first: make book facilitator"


@cache
def soup(file: Path) -> BeautifulSoup:
    return BeautifulSoup(file.read_text("utf-8"), "html.parser")


@cache
def anchors(file: Path) -> set[str]:
    return {str(element["id"]) for element in soup(file).select("[id]")}


def addresses(file: Path) -> list[str]:
    return [str(link["href"]) for link in soup(file).select("a[href]")]


@pytest.mark.parametrize("file", PAGES)
def test_every_link_leads_somewhere(file: Path) -> None:
    dead = []
    for address in addresses(file):
        parts = urlsplit(address)
        if parts.scheme or parts.netloc:
            continue
        target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
        lost = parts.fragment and target.suffix == ".html" and parts.fragment not in anchors(target)
        if not target.is_file() or lost:
            dead.append(address)
    assert dead == []


def test_links_that_leave_the_book_are_listed() -> None:
    """They are not fetched; the list is for somebody who wants to try them."""
    found = {
        address
        for page in PAGES
        for address in addresses(page.values[0])  # type: ignore[arg-type]
        if urlsplit(address).netloc
    }
    (ROOT / "_build" / "external_links.txt").write_text("\n".join(sorted(found)) + "\n", "utf-8")
    assert found
    assert [a for a in found if urlsplit(a).scheme not in {"http", "https"} or " " in a] == []


@pytest.mark.parametrize("file", PAGES)
def test_every_picture_has_words(file: Path) -> None:
    page = soup(file)
    silent = [img for img in page.select("img") if not str(img.get("alt", "")).strip()]
    assert silent == []
    hidden = {id(svg) for svg in page.select("[aria-hidden=true] svg, svg[aria-hidden=true]")}
    drawn = [svg for svg in page.select("article svg") if id(svg) not in hidden]
    assert [str(svg)[:80] for svg in drawn if not (svg.get("aria-label") or svg.find("title"))] == []


@pytest.mark.parametrize("file", PAGES)
def test_headings_are_in_order(file: Path) -> None:
    if file.name in {"search.html", "genindex.html"}:
        return
    article = soup(file).select_one("article")
    assert article
    ranks = [int(heading.name[1]) for heading in article.select("h1, h2, h3, h4, h5, h6")]
    assert ranks.count(1) == 1
    assert ranks[0] == 1
    assert [(a, b) for a, b in pairwise(ranks) if b > a + 1] == []


def test_the_map_teaches_every_topic_and_every_chapter_has_outcomes() -> None:
    cmap = course_map()
    assert len(cmap.topics) == 67
    chapters = {f"chapters/{file.stem}" for file in (library.root() / "chapters").glob("*.md")}
    assert len(chapters) == 16
    assert {outcome.page for outcome in cmap.outcomes.values()} == chapters
    assert set(exercises.names()) == {outcome.assessed.exercise for outcome in cmap.outcomes.values()}


@pytest.mark.parametrize("chapter", sorted((ROOT / "chapters").glob("*.md")), ids=lambda file: file.stem)
def test_a_chapter_has_what_chapters_have(chapter: Path) -> None:
    text = chapter.read_text("utf-8")
    assert len(re.findall(r"^```\{quiz\}", text, re.MULTILINE)) >= 5
    for part in (
        "{unit}",
        "{first-answer} ",
        "{first-answer-again} ",
        "{evidence} ",
        "RolePlay(",
        "{instructor-note}",
    ):
        assert part in text, part
    assert "/worksheet.md)" in text, "the exercise"
    assert "mystnb:" in text or "{explorer}" in text, "a figure"
    assert {"Further reading", "References"} <= set(sections(chapter).values())


def secrets(name: str) -> list[str]:
    """Lines of the exercise's solutions and hidden tests that students must not see."""
    source = (exercises.folder(name) / "source.md").read_text("utf-8")
    kept = re.compile(
        r"BEGIN (?:SOLUTION|HIDDEN TESTS)(?: -->)?\n(.*?)\n\S*\s*(?:<!-- )?(?:###)? ?END", re.DOTALL
    )
    parts = [line.strip() for match in kept.findall(source) for line in match.splitlines()]
    return [line for line in parts if len(line) > 12]


@cache
def texts(edition: str) -> dict[Path, str]:
    kinds = {".html", ".md", ".txt", ".js", ".ipynb", ".json", ".csv", ".py"}
    files = (file for file in EDITIONS[edition].rglob("*") if file.suffix in kinds)
    return {file: file.read_text("utf-8", errors="replace") for file in files}


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("name", exercises.names())
def test_no_answer_is_given_away_anywhere_in_the_book(name: str, edition: str) -> None:
    hidden = secrets(name)
    assert len(hidden) > 10, "the test must know what to look for"
    student = "".join(str(cell.source) for cell in exercises.student_notebook(name).cells)
    secret = [line for line in [*hidden, "BEGIN SOLUTION", "HIDDEN TESTS"] if line not in student]
    shown = [
        (file.name, line) for file, text in texts(edition).items() for line in secret if line in text
    ]
    assert shown == []


@pytest.mark.parametrize(
    "script",
    [*ROOT.glob("case_studies/*/data/make.py"), *ROOT.glob("exercises/*/make.py")],
    ids=lambda file: str(file.relative_to(ROOT).parent),
)
def test_synthetic_data_are_what_their_script_draws(script: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(script.parent, tmp_path / "copy"))
    for file in copy.glob("*.csv"):
        os.utime(file, (1, 1))
    subprocess.run([sys.executable, "make.py"], cwd=copy, check=True)
    drawn = [file for file in copy.glob("*.csv") if file.stat().st_mtime > 1]
    assert drawn
    for file in drawn:
        assert file.read_bytes() == (script.parent / file.name).read_bytes()
