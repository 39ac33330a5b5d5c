"""Two editions from the same sources: facilitators see more, and nothing else differs."""

from __future__ import annotations

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
