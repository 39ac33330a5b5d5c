"""The page's engine and Python's agree on every state of every role-play."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import playwright

from partners.player import scripts
from partners.scenario import engine, graph, transcript, whatif

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


def _played(play: RolePlay, found: graph.Graph) -> list[engine.Play]:
    """Return the shortest conversation to each state, made from the one before it."""
    plays: dict[engine.State, engine.Play] = {}
    for state, move in found.found_by.items():
        plays[state] = plays[move.before].choose(move.key) if move else engine.Play(play)
    return [plays[state] for state in found.states]


def _kept(play: engine.Play) -> list[dict[str, Any]]:
    """What a page might keep of `play`: notes on every turn, also where none are asked for."""
    return [
        {"scene": turn.before.at, "reply": turn.key}
        | {"own_words": f"“{turn.key}”, I would say\n— 👍", "coded": n % 3, "guess": n % 12 - 1}
        for n, turn in enumerate(play.turns)
    ]


def _wanted(play: engine.Play) -> list[dict[str, Any]]:
    """Those of the notes that the scenes ask for."""
    notes: list[dict[str, Any]] = []
    for kept in _kept(play):
        scene = play.role_play.scenes[kept["scene"]]
        asked = {"own_words", "coded"} if scene.own_words else set()
        if scene.guess and 0 <= kept["guess"] <= 10:
            asked.add("guess")
        notes.append({name: kept[name] for name in asked})
    return notes


def test_moves_words_scores_transcripts_and_the_nearest_way_agree(
    any_role_play: RolePlay, tmp_path: Path
) -> None:
    found = graph.explore(any_role_play)
    plays = _played(any_role_play, found)
    (tmp_path / "player.mjs").write_text(scripts.module(), "utf-8")
    for name, data in (("play", any_role_play.as_data()), ("attempts", [_kept(p) for p in plays])):
        (tmp_path / f"{name}.json").write_text(json.dumps(data), "utf-8")
    module = tmp_path / "player.mjs"
    files = [str(Path(__file__).parent / "parity.mjs"), str(module), "play.json", "attempts.json"]
    done = subprocess.run([NODE, *files], cwd=tmp_path, check=True, capture_output=True, text=True)
    browser = json.loads(done.stdout)

    assert browser["found"] == _walk(any_role_play, found)
    for play, theirs in zip(plays, browser["transcripts"], strict=True):
        assert theirs == transcript.write(any_role_play, [transcript.attempt(play, notes=_wanted(play))])
    others = [whatif.nearest(found, play) for play in plays if play.ending]
    assert browser["nearest"] == [other and [t.key for t in other.turns] for other in others]
