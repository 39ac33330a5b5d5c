"""The page's engine and Python's agree on every state of every role-play."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import playwright

from partners.player import MODULE
from partners.scenario import engine, graph, transcript

if TYPE_CHECKING:
    from partners.scenario.model import RolePlay

NODE = Path(playwright.__file__).parent / "driver" / "node"
"""The Node.js that Playwright brings, so that the tests need no other."""


def _name(state: engine.State) -> str:
    return " ".join([state.at, *map(str, state.values)])


def _walk(play: RolePlay, found: graph.Graph) -> dict[str, Any]:
    states: dict[str, Any] = {}
    for state in found.states:
        over = engine.ending(play, state)
        states[_name(state)] = [engine.said(play, state).line, over.title if over else None, {}]
    for before, key, after in found.moves:
        answer = engine.answer(play, after, play.scenes[before.at].replies[key])
        states[_name(before)][2][key] = [_name(after), answer.line if answer else None]
    return states


def test_offers_effects_answers_endings_and_scores_agree(
    any_role_play: RolePlay, tmp_path: Path
) -> None:
    found = graph.explore(any_role_play)
    ways = [found.way_to(state) for state in found.states]
    module = shutil.copy(MODULE, tmp_path / "roleplay.mjs")
    for name, data in (("play", any_role_play.as_data()), ("ways", ways)):
        (tmp_path / f"{name}.json").write_text(json.dumps(data), "utf-8")
    command = [NODE, Path(__file__).parent / "parity.mjs", module, "play.json", "ways.json"]
    done = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True)
    browser = json.loads(done.stdout)

    assert browser["found"] == _walk(any_role_play, found)
    played = (engine.play(any_role_play, way) for way in ways)
    assert browser["transcripts"] == [
        transcript.write(any_role_play, [transcript.attempt(play)]) for play in played
    ]
