"""Two editions from the same sources: facilitators see more, and nothing else differs."""

from __future__ import annotations

import json
from pathlib import Path

from ruamel.yaml import YAML

from partners import library

ROOT = Path(__file__).parents[2]
STUDENT = ROOT / "_build" / "html"
FACILITATOR = ROOT / "_build" / "facilitator" / "_build" / "html"


def settings(file: str) -> dict[str, object]:
    loaded: dict[str, object] = YAML(typ="safe").load(ROOT / file)
    return loaded


def test_their_settings_differ_in_title_and_edition_only() -> None:
    ours, theirs = settings("_config.yml"), settings("facilitation/_config.yml")
    assert theirs.pop("title") != ours.pop("title")
    assert theirs["sphinx"]["config"].pop("partners_edition") == "facilitator"  # type: ignore[index]
    assert ours == theirs


def test_facilitators_have_every_page_of_the_students() -> None:
    pages = {p.relative_to(STUDENT) for p in STUDENT.rglob("*.html") if "_static" not in p.parts}
    assert len(pages) > 5
    assert all((FACILITATOR / page).exists() for page in pages)


def test_maps_and_cards_are_for_facilitators_alone() -> None:
    for name in library.role_plays():
        page = Path("case_studies") / name / "case.html"
        assert "For facilitators: the map" in (FACILITATOR / page).read_text("utf-8")
        assert "For facilitators" not in (STUDENT / page).read_text("utf-8")
    assert not (STUDENT / "facilitation").exists()
    cards = (FACILITATOR / "facilitation" / "role_cards.html").read_text("utf-8")
    assert all(f'id="cards-{name}"' in cards for name in library.role_plays())


def test_notes_for_instructors_are_nowhere_in_the_students_book() -> None:
    noted = [
        file
        for file in (ROOT / "chapters").glob("*.md")
        if "{instructor-note}" in file.read_text("utf-8")
    ]
    assert len(noted) == 16
    for chapter in noted:
        page = Path("chapters") / f"{chapter.stem}.html"
        assert "For instructors" in (FACILITATOR / page).read_text("utf-8")
    readable = {".html", ".md", ".ipynb", ".js", ".txt"}
    for file in (file for file in STUDENT.rglob("*") if file.suffix in readable):
        text = file.read_text("utf-8", errors="replace")
        assert "{instructor-note}" not in text, file
        assert "For instructors," not in text, file


def test_a_chapter_can_be_taken_away_as_a_notebook() -> None:
    file = STUDENT / "_sources" / "chapters" / "listening.ipynb"
    cells = json.loads(file.read_text("utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    assert any('RolePlay("at_the_gate")' in text for text in code)
    link = '_sources/chapters/listening.ipynb" download'
    assert link in (STUDENT / "chapters" / "listening.html").read_text("utf-8")
