"""Timed run sheets for a session with one conversation, from ``facilitation/run_sheets.yml``."""

from __future__ import annotations

from functools import cache
from html import escape
from typing import TYPE_CHECKING, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from partners import library, source

if TYPE_CHECKING:
    from collections.abc import Iterable

    from partners.scenario.model import RolePlay

Shown = Literal["rules", "setting", "roles", "questions"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Step(_Strict):
    """One step of a session: minutes, or ``play`` (the conversation's), or ``rest`` (what is left)."""

    step: str
    minutes: int | Literal["play", "rest"]
    does: str
    room: str
    shows: list[Shown] = Field(default_factory=list)


class RunSheets(_Strict):
    """What facilitators and rooms are told: rules, roles, and the steps by length of session."""

    rules: list[str]
    roles: dict[Literal["teacher", "parent", "observer"], str]
    sessions: dict[int, list[Step]] = Field(min_length=1)


class Timed(NamedTuple):
    """A step with its start and its length, in minutes of the session."""

    start: int
    minutes: int
    step: str
    does: str
    room: str
    shows: list[Shown]


@cache
def run_sheets() -> RunSheets:
    """Return the course's run sheets; raises SourceError with the lines to mend."""
    return source.load(library.root() / "facilitation" / "run_sheets.yml", RunSheets)[0]


def run_sheet(role_play: RolePlay, length: int) -> list[Timed]:
    """Return the steps of a session of `length` minutes, which add up to it.

    Raises
    ------
    ValueError
        If the fixed steps leave no minute for one of the others.
    """
    steps = run_sheets().sessions[length]
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
        timed.append(Timed(start, minutes, step.step, step.does, step.room, step.shows))
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


def table(steps: Iterable[Timed]) -> str:
    """Return `steps` as an HTML table for the facilitator."""
    head = "".join(f'<th scope="col">{name}</th>' for name in ("At", "Minutes", "Step", "What happens"))
    rows = "".join(
        f'<tr><td>{s.start}</td><td>{s.minutes}</td><th scope="row">{escape(s.step)}</th>'
        f"<td>{escape(s.does)}</td></tr>"
        for s in steps
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
