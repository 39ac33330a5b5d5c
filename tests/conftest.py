from __future__ import annotations

from pathlib import Path

import pytest

from partners import library
from partners.scenario.model import RolePlay

SMALL_TALK = Path(__file__).parent / "small_talk.yaml"


@pytest.fixture(scope="session")
def small_talk() -> RolePlay:
    return library.read_role_play(SMALL_TALK)


@pytest.fixture(params=["small_talk", *library.role_plays()])
def any_role_play(request: pytest.FixtureRequest, small_talk: RolePlay) -> RolePlay:
    """The small one, and every role-play the course ships."""
    name = request.param
    return small_talk if name == "small_talk" else library.role_play(name)
