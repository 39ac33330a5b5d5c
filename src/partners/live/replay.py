"""A session as a file, to be played again: what happened, step by step, and who it was by number only.

The file holds no keys, no tokens and no names that people chose. Of their own words it holds those that
were on the stage at the end of a scene, and notes that may be quoted; the others are “…”.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import BaseModel, ValidationError

from partners.live import events
from partners.live.events import Event
from partners.live.room import Room, fold
from partners.scenario.model import RolePlay

if TYPE_CHECKING:
    from collections.abc import Iterable


FORMAT = "partners-live-replay/1"
LARGEST = 100_000_000
"""Bytes of the largest file that is read: far more than five thousand people in two hours."""
UNSAID = "…"
NOTICE = (
    "The steps of one live session. No keys, and no names that people chose; own words only where they "
    "were on the stage or may be quoted. People are numbers, in the order in which they came: whoever "
    "remembers that order can tell who voted for what."
)


class ReplayError(ValueError):
    """The file cannot be played again; the message says why and what to do."""


_Row = tuple[str, int, dict[str, Any], int]
"""An event: its kind, the seat, what it says, and when."""


class _File(BaseModel):
    session: str
    role_play: dict[str, Any]
    events: list[_Row]


class Recording(NamedTuple):
    """A session to be played again; times are milliseconds since it was opened."""

    code: str
    role_play: RolePlay
    log: list[Event]

    def room(self, until: int) -> Room:
        """Return the room as it was after the `until`-th event."""
        room = Room(self.code, self.role_play)
        for event in self.log[:until]:
            room.apply(event)
        return room


# Writing


def recorded(code: str, role_play: RolePlay, log: Iterable[Event]) -> str:
    """Return the file of a session that `log` has made."""
    happened = list(log)
    public = _public_texts(fold(code, role_play, happened))
    began = happened[0].at if happened else 0
    rows = [[*_said(event, public), event.at - began] for event in happened]
    data = {
        "format": FORMAT,
        "notice": NOTICE,
        "session": code,
        "role_play": role_play.as_data(),
        "events": rows,
    }
    return json.dumps({**data, "check": check(data)}, ensure_ascii=False, separators=(",", ":")) + "\n"


def _public_texts(room: Room) -> set[int]:
    """Return the events whose words everybody may read: their places in the log."""
    return {number for beat in room.beats for number, text in beat.texts.items() if text.shown}


def _said(event: Event, public: set[int]) -> tuple[str, int, dict[str, Any]]:
    """Return the kind of an event, whose it is, and what may be known of what it says."""
    body = event.body
    if body is None:
        return "", event.seat, {}
    said = body.model_dump(mode="json")
    match body:
        case events.Joined() | events.Renamed():
            said = {}
        case events.Wrote() | events.Noted() | events.Reflected() | events.Ticket():
            quoted = isinstance(body, events.Noted) and body.quote
            said["text"] = said["text"] if quoted or event.seq in public else UNSAID
    return body.kind, event.seat, said


def check(data: dict[str, Any]) -> str:
    """Return what no longer fits if anything in the file has changed."""
    told = json.dumps(data, ensure_ascii=True, separators=(",", ":"), sort_keys=True)
    return sha256(told.encode()).hexdigest()[:32]


# Reading


def read(file: bytes) -> Recording:
    """Return the session that a file holds.

    Raises
    ------
    ReplayError
        If it is no whole file of a session, was changed, comes from a newer version, or never began.
    """
    data = _data(file)
    if data["format"] != FORMAT:
        raise ReplayError(
            f"This replay has the format {data['format']}; this course reads {FORMAT}. "
            "Update the course."
        )
    if data.pop("check", None) != check(data):
        raise ReplayError(
            "This replay was changed after it was saved, so it does not show what happened. Save it "
            "again from the remote, as long as the session is kept."
        )
    try:
        found = _File.model_validate(data)
        role_play = RolePlay.model_validate(
            {name: part for name, part in found.role_play.items() if name != "hash"}
        )
    except ValidationError:
        raise ReplayError(
            "This replay comes from another version of the course, which kept sessions in another "
            "way. Play it with that version."
        ) from None
    if not any(kind == events.Began.kind for kind, *_ in found.events):
        raise ReplayError("This session never began, so there is nothing to play again.")
    log = [_event(found.session, seq, row) for seq, row in enumerate(found.events, 1)]
    return Recording(found.session, role_play, log)


def _data(file: bytes) -> dict[str, Any]:
    if len(file) > LARGEST:
        raise ReplayError("This file is far too large to be the replay of a session.")
    try:
        data = json.loads(file)
    except (ValueError, RecursionError):
        raise ReplayError(
            "This file is not a whole replay: it was cut short or damaged. Save it again from the "
            "remote."
        ) from None
    if not isinstance(data, dict) or not str(data.get("format")).startswith("partners-live-replay/"):
        raise ReplayError("This file is not the replay of a live session.")
    return data


def _event(code: str, seq: int, row: _Row) -> Event:
    kind, seat, said, at = row
    if kind == "joined":
        said = {"token_hash": f"the seat taken in event {seq}"}
    return Event(seq, code, seat, events.logged(kind, json.dumps(said)), at)
