"""Whatever a file holds, it is read or refused in words: no traceback, no wrong score."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from partners import library
from partners.scenario import engine, transcript
from partners.source import SourceError

if TYPE_CHECKING:
    from partners.scenario.model import RolePlay

SMALL_TALK = (Path(__file__).parents[1] / "small_talk.yaml").read_text("utf-8")
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
RELAXED = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@RELAXED
@given(st.data())
def test_a_role_play_with_slips_of_the_keyboard(tmp_path: Path, data: st.DataObject) -> None:
    text = SMALL_TALK
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        cut = data.draw(st.integers(0, 12))
        put = data.draw(st.text(alphabet=" \n\t:-{}[]\"'>=#&*!|%@`azé\x00", max_size=4))
        text = text[:at] + put + text[at + cut :]
    file = tmp_path / "role_play.yaml"
    file.write_text(text, "utf-8")
    try:
        engine.Play(library.read_role_play(file)).offers()
    except SourceError as error:
        assert error.problems
        assert all(problem.line >= 1 and problem.mend for problem in error.problems)


@RELAXED
@given(st.binary(max_size=200))
def test_a_role_play_of_any_bytes(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "role_play.yaml"
    file.write_bytes(data)
    try:
        library.read_role_play(file)
    except SourceError as error:
        assert error.problems


def _places(data: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [place, *(p for key, value in items for p in _places(value, (*place, key)))]


@RELAXED
@given(st.data())
def test_a_transcript_with_any_part_changed(small_talk: RolePlay, data: st.DataObject) -> None:
    play = engine.play(small_talk, ["but", "ask", "sorry"])
    honest = transcript.write(small_talk, [transcript.attempt(play)])
    changed = copy.deepcopy(honest)
    place = data.draw(st.sampled_from(_places(honest)[1:]))
    holder = changed
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = data.draw(ANYTHING)
    try:
        plays = transcript.replay(small_talk, transcript.read(json.dumps(changed)))
    except transcript.TranscriptError as error:
        assert str(error)
    else:
        assert all(p.score() == engine.play(small_talk, _keys(p)).score() for p in plays)
        assert len(plays) == 1 or plays == []


def _keys(play: engine.Play) -> list[str]:
    return [turn.key for turn in play.turns]


@RELAXED
@given(st.text(max_size=300))
def test_a_transcript_of_any_text(text: str) -> None:
    try:
        transcript.read(text)
    except transcript.TranscriptError as error:
        assert str(error)
