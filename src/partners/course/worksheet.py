"""What the exercise notebooks call: answers checked in words, points for what is right.

Every function takes what a student handed in and trusts none of it. A missing or broken file costs
its own points and says why; it never raises.
"""

from __future__ import annotations

import os
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from partners import RolePlay, library
from partners.player import Placeholder
from partners.scenario import transcript

if TYPE_CHECKING:
    from collections.abc import Mapping

    from partners.scenario.engine import Play


WIDTH = 66
"""``nbgrader validate`` cuts each line of an error at 87 characters, and takes some for itself."""


def conversation(name: str) -> Any:
    """Return the conversation `name` to be played; only its place where nbgrader runs the cells.

    The widget puts a transcript aside that it cannot go on with. The checks must still find it.
    """
    return Placeholder(name) if os.environ.get("NBGRADER_EXECUTION") else RolePlay(name)


def attempts_saved(name: str) -> bool:
    """Say whether a transcript of `name` lies beside the notebook that can be played again."""
    try:
        _attempts(name)
    except transcript.TranscriptError:
        return False
    return True


def attempts_in_words(name: str) -> str:
    """Return what the transcript beside the notebook holds, or why it cannot be used."""
    try:
        plays = _attempts(name)
    except transcript.TranscriptError as error:
        return textwrap.fill(str(error), WIDTH)
    lines = [f"{_file(name).name}: {len(plays)} attempt{'' if len(plays) == 1 else 's'}."]
    for number, play in enumerate(plays, 1):
        how = f"ended with “{play.ending.title}”" if play.ending else "is not finished"
        lines.append(f"  Attempt {number}: {len(play.turns)} replies, {how}.")
    return "\n".join(lines)


def attempt_points(name: str, attempts: int, each: float, another_way: float) -> float:
    """Return points for finished attempts, and print what is missing.

    Parameters
    ----------
    name
        The conversation.
    attempts
        How many finished attempts are asked for.
    each
        Points for each of them.
    another_way
        Points if two finished attempts took different ways.
    """
    try:
        plays = [play for play in _attempts(name) if play.ending]
    except transcript.TranscriptError as error:
        print(error)
        return 0
    counted = min(len(plays), attempts)
    if counted < attempts:
        print(f"{counted} of {attempts} attempts are finished.")
    ways = {tuple(turn.key for turn in play.turns) for play in plays}
    if len(ways) < 2:
        print("No second attempt that takes another way than the first.")
    return counted * each + (another_way if len(ways) > 1 else 0)


def points_for(
    given: Mapping[str, Any], wanted: Mapping[str, tuple[Any, str]], each: float = 1
) -> float:
    """Return `each` points for every answer that is as wanted, and print why the others are not.

    Parameters
    ----------
    given
        Answer by question, as the student filled it in.
    wanted
        The right answer by question, and the sentence to print where another was given.
    each
        Points for each right answer.
    """
    right = 0
    for question, (answer, why) in wanted.items():
        if given.get(question) == answer:
            right += 1
        else:
            print(f"{question}: {why}")
    return right * each


def _file(name: str) -> Path:
    return Path(f"{name}.transcript.json")


def _attempts(name: str) -> list[Play]:
    try:
        with _file(name).open(encoding="utf-8-sig", errors="replace") as file:
            text = file.read(transcript.LONGEST + 1)
    except OSError:
        raise transcript.TranscriptError(
            f"There is no file {_file(name)} beside the notebook. Play, then press "
            "“Save beside the notebook”."
        ) from None
    return transcript.replay(library.role_play(name), transcript.read(text))
