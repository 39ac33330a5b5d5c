"""A conversation goes where its author wrote that it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from partners.scenario import engine

if TYPE_CHECKING:
    from partners.scenario.model import RolePlay


def test_trust_moves_and_stays_within_its_bounds(small_talk: RolePlay) -> None:
    assert engine.play(small_talk, ["praise", "ask"]).trust() == [4, 6, 8]
    assert engine.play(small_talk, ["leave"]).trust() == [4, 0]


def test_the_parent_answers_in_keeping_with_trust(small_talk: RolePlay) -> None:
    warm = engine.play(small_talk, ["praise"])
    cool = engine.play(small_talk, ["but"])
    assert engine.said(small_talk, warm.state).line == "She practises on my boots."
    assert engine.said(small_talk, cool.state).line == "Anything else?"


@pytest.mark.parametrize(
    ("keys", "ending"),
    [
        (["praise", "ask"], "partners"),
        (["praise", "tell"], "polite"),
        (["leave"], "gone"),
        (["but", "ask", "sorry"], "partners"),
        (["but", "ask", "joke"], "polite"),
    ],
)
def test_the_first_ending_whose_guard_holds_is_the_one(
    small_talk: RolePlay, keys: list[str], ending: str
) -> None:
    assert engine.play(small_talk, keys).state.at == ending


def test_a_reply_that_is_not_offered_cannot_be_said(small_talk: RolePlay) -> None:
    with pytest.raises(engine.NotOfferedError, match='"ask" is not offered at "hello"'):
        engine.play(small_talk, ["ask"])
    over = engine.play(small_talk, ["praise", "ask"])
    assert over.offers() == {}


def test_back_takes_one_reply_back_and_keeps_the_rest(small_talk: RolePlay) -> None:
    played = engine.play(small_talk, ["but", "ask"])
    assert played.back() == engine.play(small_talk, ["but"])
    assert engine.Play(small_talk).back() == engine.Play(small_talk)


def test_the_score_counts_what_could_be_earned_on_the_path(small_talk: RolePlay) -> None:
    assert engine.play(small_talk, ["praise", "ask"]).score() == {
        "strength": (2, 2),
        "elicits": (2, 2),
    }
    assert engine.play(small_talk, ["but", "tell"]).score() == {
        "strength": (0, 2),
        "elicits": (0, 2),
    }
    assert engine.play(small_talk, ["leave"]).score() == {}
