"""Timed run sheets for a session with one conversation, from ``facilitation/run_sheets.yml``."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, RootModel

from partners import library, source

if TYPE_CHECKING:
    from partners.scenario.model import RolePlay


class Step(BaseModel):
    """One step of a session: minutes, or ``play`` (the conversation's), or ``rest`` (what is left)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    step: str
    minutes: int | Literal["play", "rest"]
    does: str


class _Sheets(RootModel[dict[int, list[Step]]]):
    root: dict[int, list[Step]] = Field(min_length=1)


class Timed(NamedTuple):
    """A step with its start and its length, in minutes of the session."""

    start: int
    minutes: int
    step: str
    does: str


@cache
def sheets() -> dict[int, list[Step]]:
    """Return the steps by length of session; raises SourceError with the lines to mend."""
    file = library.root() / "facilitation" / "run_sheets.yml"
    return source.load(file, _Sheets)[0].root


def run_sheet(role_play: RolePlay, length: int) -> list[Timed]:
    """Return the steps of a session of `length` minutes, which add up to it.

    Raises
    ------
    ValueError
        If the fixed steps leave no minute for one of the others.
    """
    steps = sheets()[length]
    left = length - sum(_fixed(step, role_play) for step in steps)
    open_ended = sum(step.minutes == "rest" for step in steps)
    if left < open_ended:
        msg = f"{role_play.id} takes {role_play.minutes} minutes: too long for a session of {length}"
        raise ValueError(msg)
    timed: list[Timed] = []
    start = 0
    for step in steps:
        minutes = _fixed(step, role_play)
        if step.minutes == "rest":
            minutes = left // open_ended
            left, open_ended = left - minutes, open_ended - 1
        timed.append(Timed(start, minutes, step.step, step.does))
        start += minutes
    return timed


def _fixed(step: Step, role_play: RolePlay) -> int:
    match step.minutes:
        case "play":
            return role_play.minutes
        case "rest":
            return 0
        case minutes:
            return minutes
