"""Guessing gets nobody to a partnership; skill does; a novice stands between."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from partners import library
from partners.course.parity import parity
from partners.scenario.learners import LEARNERS, simulate

if TYPE_CHECKING:
    from partners.scenario.model import RolePlay

PLAYS = 4000


@pytest.mark.parametrize("name", library.role_plays())
def test_guessing_habit_and_skill_end_where_they_should(name: str) -> None:
    role_play = library.role_play(name)
    reached = {
        learner: simulate(role_play, learner, PLAYS).endings["partnership"] for learner in LEARNERS
    }
    assert reached["uniform"] < 0.15
    assert reached["expert"] > 0.90
    assert reached["uniform"] < reached["novice with slips"] < reached["expert"]


def test_the_same_seed_gives_the_same(any_role_play: RolePlay) -> None:
    assert simulate(any_role_play, "uniform", 500) == simulate(any_role_play, "uniform", 500)
    shares = simulate(any_role_play, "uniform", 500).endings.values()
    assert sum(shares) == pytest.approx(1)


def test_the_best_reply_cannot_be_told_by_its_looks() -> None:
    looks = parity([library.role_play(name) for name in library.role_plays()])
    assert looks.scenes > 100
    assert looks.low <= looks.chance, f"told in {looks.accuracy:.0%}, by chance {looks.chance:.0%}"
