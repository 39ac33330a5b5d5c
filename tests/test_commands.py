"""The commands that authors and facilitators type."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result

from partners import cli, library
from partners.scenario import engine, graph
from partners.source import Problem

TALK = "first_call_home"


def run(*words: str, typed: str = "") -> Result:
    return CliRunner().invoke(cli.main, list(words), input=typed)


def test_a_conversation_is_played_in_a_terminal_and_a_reply_taken_back() -> None:
    role_play = library.role_play(TALK)
    found = graph.explore(role_play)
    way = found.way_to(found.endings("partnership")[0])
    numbers = []
    for i, key in enumerate(way):
        offered = engine.play(role_play, way[:i]).offers()
        numbers.append(str(list(offered).index(key) + 1))
    result = run("play", TALK, typed="\n".join(["1", "b", "9", *numbers]) + "\n")
    assert result.exit_code == 0, result.output
    end = found.endings("partnership")[0].at
    assert role_play.endings[end].title in result.output
    trust = engine.play(role_play, way).trust()
    assert f"Trust: {' → '.join(map(str, trust))}" in result.output


def test_the_map_shows_every_scene_reply_and_ending(tmp_path: Path) -> None:
    assert run("graph", TALK, "-o", str(tmp_path / "map.svg")).exit_code == 0
    words = "".join(ET.parse(tmp_path / "map.svg").getroot().itertext())
    role_play = library.role_play(TALK)
    for at, scene in role_play.scenes.items():
        assert at in words
        assert all(key in words for key in scene.replies)
    assert all(end.title[:30] in words for end in role_play.endings.values())


def test_the_cards_keep_what_is_hidden_on_the_parents_card(tmp_path: Path) -> None:
    assert run("cards", TALK, "-o", str(tmp_path / "cards.html")).exit_code == 0
    teacher, parent, observer, after, *_ = (
        (tmp_path / "cards.html").read_text("utf-8").split("</article>")
    )
    hidden = library.role_play(TALK).parent.hidden
    assert hidden in parent
    assert all(hidden not in card for card in (teacher, observer, after))
    statements = library.role_play(TALK).statements
    assert all(s.say in after and s.say not in teacher for s in statements)


def test_learners_are_shown_with_their_shares() -> None:
    result = run("simulate", TALK, "--plays", "200")
    assert "expert" in result.output
    assert "± " in result.output


@pytest.mark.parametrize("command", [["play"], ["simulate"], ["graph", "-o", "x.svg"]])
def test_a_name_that_is_not_there_is_told_with_those_that_are(command: list[str]) -> None:
    result = run(*command, "nobody")
    assert result.exit_code == 1
    assert f"There is no role-play “nobody”. There are: {library.role_plays()[0]}" in result.output


def test_check_finds_what_is_missing_in_the_words_of_live_rooms(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Problem(Path("strings/es.json"), 7, 'no text for "vote.open"', "add it after this line")
    monkeypatch.setattr("partners.course.check.problems", list)
    monkeypatch.setattr("partners.live.strings.missing", lambda: [found])
    result = run("check")
    assert result.exit_code == 1
    assert result.output == f"{found}\n"
