"""What the checker costs: states, moves and seconds, and the same walk in inkjs.

Every shipped role-play and generated ones of up to 200 scenes are explored, each in one run of this
program; exploring is linear when the microseconds a move stay the same. The same story, written as
ink, is explored by inkjs through its own choices and its own saved state.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import playwright

from partners import library
from partners.scenario import graph, learners, soundness
from partners.scenario.model import RolePlay

HERE = Path(__file__).parent
NODE = Path(playwright.__file__).parent / "driver" / "node"
INKJS = "inkjs@2.3.2"
WIDTHS = (9, 9, 11, 11, 9, 9)


def generated(scenes: int, seed: int = 1) -> RolePlay:
    """Return a made-up role-play: scenes in layers of four, four replies each, three flags."""
    draw = random.Random(seed)
    names = [f"s{i}" for i in range(scenes)]
    flags = ["a", "b", "c"]
    why = {"principle": "first-step", "source": "kraft2015underutilized"}

    def reply(scene: int) -> dict[str, Any]:
        ahead = [n for n in range(4 * (scene // 4) + 4, 4 * (scene // 4) + 8) if n < scenes]
        effects: dict[str, Any] = {"trust": draw.choice([-1, 0, 1, 2])}
        if draw.random() < 0.3:
            effects[draw.choice(flags)] = True
        goto = names[draw.choice(ahead)] if ahead else "end"
        return {"say": "Yes.", "coach": "-", "why": why, "effects": effects, "goto": goto}

    person = {
        "name": "A", "who": "-", "pronouns": "-", "job": "-", "home_language": "-",
        "portrait": "-", "portrait_text": "-", "hidden": "-",
    }  # fmt: skip
    return RolePlay.model_validate(
        {
            "format": 1, "id": "generated", "version": 1, "title": "-", "language": "en", "minutes": 9,
            "summary": "-", "setting": "-", "goal": "-", "parent": person,
            "child": {"name": "-", "pronouns": "-", "about": "-"},
            "practises": ["strength"], "coaching": {"strength": "-"}, "reflect": ["-"],
            "meters": {"trust": {"start": 4, "from": 0, "to": 10}}, "flags": flags,
            "scenes": {
                name: {"phase": "open", "says": "-", "replies": {f"r{k}": reply(i) for k in range(4)}}
                for i, name in enumerate(names)
            },
            "endings": {"over": {"title": "-", "kind": "polite", "says": "-", "text": "-"}},
        }
    )  # fmt: skip


def seconds(work: Any) -> tuple[float, Any]:
    """Return the best time of three runs, and what the last one gave."""
    times, result = [], None
    for _ in range(3):
        start = time.perf_counter()
        result = work()
        times.append(time.perf_counter() - start)
    return min(times), result


def as_ink(play: RolePlay) -> str:
    """Return the same story in ink: one knot a scene, one sticky choice a reply."""
    lines = [f"VAR v_{v.name} = {v.start}" for v in play.variables]
    lines.append(f"-> k_{play.opening}")
    for at, scene in play.scenes.items():
        lines.append(f"=== k_{at} ===")
        for key, reply in scene.replies.items():
            guard = f"{{{_condition(reply.guard)}}} " if reply.guard else ""
            lines.append(f"+ {guard}[{key}]")
            lines += [f"    ~ {change}" for change in _changes(play, reply)]
            for end, ending in play.endings.items():
                if ending.at_once:
                    lines.append(f"    {{{_condition(ending.guard)}: -> k_{end}}}")
            for branch in reply.goto:
                to = "finish" if branch.to == "end" else f"k_{branch.to}"
                guarded = f"{{{_condition(branch.guard)}: -> {to}}}"
                lines.append(f"    {guarded if branch.guard else f'-> {to}'}")
    lines.append("=== finish ===")
    for end, ending in play.endings.items():
        lines.append(f"{{{_condition(ending.guard)}: -> k_{end}}}" if ending.guard else f"-> k_{end}")
    for end in play.endings:
        lines += [f"=== k_{end} ===", f"# {end}", "over", "-> END"]
    return "\n".join(lines) + "\n"


def _condition(guard: Any) -> str:
    parts = []
    for name, wanted in guard.items():
        if isinstance(wanted, bool):
            parts.append(f"v_{name} == {int(wanted)}")
        else:
            parts.append(f"v_{name} {wanted.replace('=', '==') if wanted.startswith('=') else wanted}")
    return " && ".join(parts) or "true"


def _changes(play: RolePlay, reply: Any) -> list[str]:
    lines = []
    for name, change in reply.effects.items():
        if isinstance(change, bool):
            lines.append(f"v_{name} = {int(change)}")
        else:
            meter = play.meters[name]
            lines.append(f"v_{name} = MAX({meter.low}, MIN({meter.high}, v_{name} + {change}))")
    lines += [f"v_{name} = 0" for name in reply.repairs]
    return lines + ([f"v_{reply.misstep} = 1"] if reply.misstep else [])


def in_inkjs(play: RolePlay, folder: Path) -> dict[str, Any]:
    """Explore `play` in inkjs and return its states, moves and seconds."""
    story = folder / "story.ink"
    story.write_text(as_ink(play), "utf-8")
    walk = shutil.copy(HERE / "inkjs_walk.mjs", folder)
    done = subprocess.run([NODE, walk, story], cwd=folder, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def main() -> None:
    """Print the tables."""
    columns = ("states", "moves", "explore s", "states/s", "µs/move", "check s")
    print(
        f"{'role-play':24}"
        + "".join(f"{column:>{w}}" for column, w in zip(columns, WIDTHS, strict=True))
    )
    plays = [library.role_play(name) for name in library.role_plays()]
    total = 0.0
    for play in plays:
        total += show(play.id, play, check=True)
    print(f"{'the whole library, checked':73}{total:9.2f}")
    for scenes in (25, 50, 100, 200):
        show(f"generated, {scenes} scenes", generated(scenes), check=False)

    spent, _ = seconds(lambda: learners.simulate(plays[0], "uniform", 100_000))
    print(f"\n100,000 simulated plays of {plays[0].id}: {spent:.2f} s")

    if not shutil.which("npm"):
        sys.exit("The comparison with inkjs needs npm. Install it and run `make bench` again.")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run(["npm", "install", "--silent", "--prefix", name, INKJS], check=True)
        print(f"\n{'the same story in inkjs':34}{'states':>9}{'ours s':>9}{'inkjs s':>9}{'ratio':>7}")
        for play in (*plays[:3], generated(25)):
            ours, found = seconds(lambda play=play: graph.explore.__wrapped__(play))
            theirs = in_inkjs(play, folder)
            assert theirs["states"] == len(found.states), "the two did not walk the same story"
            ratio = theirs["seconds"] / ours
            print(f"{play.id:34}{len(found.states):9}{ours:9.3f}{theirs['seconds']:9.3f}{ratio:7.1f}")


def checked_anew(play: RolePlay) -> list[Any]:
    """Check `play` as if nothing had been explored before."""
    graph.explore.cache_clear()
    return list(soundness.unsound(play))


def show(name: str, play: RolePlay, *, check: bool) -> float:
    """Print one row; return the seconds that checking took."""
    spent, found = seconds(lambda: graph.explore.__wrapped__(play))
    checked = seconds(lambda: checked_anew(play))[0] if check else 0.0
    states, moves = len(found.states), len(found.moves)
    print(
        f"{name:24}{states:9}{moves:9}{spent:11.3f}{states / spent:11.0f}"
        f"{1e6 * spent / moves:9.1f}{f'{checked:9.2f}' if check else ''}"
    )
    return checked


if __name__ == "__main__":
    main()
