"""A second language lies beside the first; what it lacks is told and stays in the first."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from partners import library
from partners.course import check
from partners.course.course_map import course_map
from partners.scenario import engine

SMALL_TALK = Path(__file__).parents[1] / "small_talk.yaml"
SPANISH = """\
title: En la puerta
scenes:
  hello:
    says: {line: "¿Sí?"}
    replies:
      praise: {say: "Ida ató hoy cuatro zapatos, ninguno suyo.", answer: {line: "¿De verdad?"}}
"""


@pytest.fixture
def bilingual(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "case_studies" / "small_talk"
    folder.mkdir(parents=True)
    shutil.copy(SMALL_TALK, folder / "role_play.yaml")
    (folder / "role_play.es.yaml").write_text(SPANISH, "utf-8")
    (folder / "parent.svg").write_text("<svg></svg>", "utf-8")
    for shared in ("references.bib", "course_map.yml"):
        shutil.copy(library.root() / shared, tmp_path)
    monkeypatch.setattr(library, "root", lambda: tmp_path)
    return folder / "role_play.yaml"


def test_the_same_way_is_played_in_both_languages(bilingual: Path) -> None:
    first, second = library.role_play("small_talk"), library.role_play("small_talk", "es")
    assert engine.said(second, engine.start(second)).line == "¿Sí?"
    assert second.language == "es"
    ours, theirs = (engine.play(talk, ["praise", "ask"]) for talk in (first, second))
    assert ours.state == theirs.state
    assert theirs.turns[1].reply.say == "What does she like at home?"


def test_what_is_missing_is_told_by_name(bilingual: Path) -> None:
    told = [str(p) for p in check.role_play_problems(bilingual, course_map())]
    missing = [t for t in told if "role_play.es.yaml" in t]
    assert any("es: no text for scenes.hello.replies.praise.coach" in t for t in missing)
    assert not any("scenes.hello.replies.praise.say" in t for t in missing)


def test_a_language_that_is_not_there_is_told(bilingual: Path) -> None:
    with pytest.raises(LookupError, match=r"not there in “da”\. There are: es\."):
        library.role_play("small_talk", "da")
