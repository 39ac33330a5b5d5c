"""A transcript is a proof: it is believed only as far as it can be played again.

It holds the choices and the words of every attempt, and names the role-play by id, version and
content hash. ``replay`` plays the choices and writes each attempt anew; any difference is a reason
to refuse. What the learner added (own words, how they coded them, a guess) cannot be played again; it
is believed where its scene asks for it. ``player/engine.js`` writes the same file in the page.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr, ValidationError

from partners.scenario import engine

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from partners.scenario.engine import Play
    from partners.scenario.model import RolePlay

FORMAT = "partners-transcript/1"
LONGEST = 750_000
"""Characters of the longest transcript that is read: some fifty attempts at a long conversation."""


class TranscriptError(ValueError):
    """The transcript is no record of this role-play; the message tells the learner why."""


class Notes(BaseModel):
    """What a learner adds to a turn where its scene asks for it; it moves nothing and scores nothing."""

    own_words: Annotated[StrictStr, Field(min_length=1, max_length=2000)] | None = None
    coded: Annotated[StrictInt, Field(ge=0, le=2)] | None = None
    guess: StrictInt | None = None


NOTES = tuple(Notes.model_fields)


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Spoken(_Part):
    scene: StrictStr
    heard: StrictStr
    reply: StrictStr
    said: StrictStr
    answer: StrictStr | None


class _Turn(Notes, _Spoken):
    pass


class _Ending(_Part):
    id: StrictStr
    said: StrictStr


class _Attempt(_Part):
    began: StrictStr | None
    ended: StrictStr | None
    turns: list[_Turn] = Field(max_length=100)
    ending: _Ending | None
    trust: list[StrictInt]
    score: dict[str, list[StrictInt]]


class _Transcript(_Part):
    format: StrictStr
    role_play: StrictStr
    version: StrictInt
    hash: StrictStr
    attempts: list[_Attempt] = Field(max_length=100)


def write(role_play: RolePlay, attempts: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return the transcript of `attempts` (see ``attempt``) at `role_play` as plain JSON data."""
    return {
        "format": FORMAT,
        "role_play": role_play.id,
        "version": role_play.version,
        "hash": role_play.hash,
        "attempts": list(attempts),
    }


def attempt(
    play: Play,
    began: str | None = None,
    ended: str | None = None,
    notes: Sequence[dict[str, Any]] = (),
) -> dict[str, Any]:
    """Return `play`, finished or not, as one attempt.

    `began` and `ended` are times in ISO 8601; `notes` holds for each turn what the learner added to
    it, see ``Notes``.
    """
    over = play.ending
    added = notes or [{}] * len(play.turns)
    return {
        "began": began,
        "ended": ended,
        "turns": [
            _spoken(play.role_play, turn) | {name: note.get(name) for name in NOTES}
            for turn, note in zip(play.turns, added, strict=True)
        ],
        "ending": {"id": play.state.at, "said": over.says.line} if over else None,
        "trust": play.trust(),
        "score": {name: list(tally) for name, tally in play.score().items()},
    }


def _spoken(role_play: RolePlay, turn: engine.Turn) -> dict[str, Any]:
    answer = engine.answer(role_play, turn.after, turn.reply)
    return {
        "scene": turn.before.at,
        "heard": engine.said(role_play, turn.before).line,
        "reply": turn.key,
        "said": turn.reply.say,
        "answer": answer.line if answer else None,
    }


def read(text: str) -> dict[str, Any]:
    """Return the transcript in `text` as data; its shape is checked, its truth is not.

    Raises
    ------
    TranscriptError
        If it is too long, cut short, or not a transcript of this format.
    """
    if len(text) > LONGEST:
        raise TranscriptError("This file is far too long to be a transcript.")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise TranscriptError(
            "This file is not a whole transcript: it was cut short or edited. "
            "Save it again from the conversation."
        ) from None
    if not isinstance(data, dict) or not str(data.get("format")).startswith("partners-transcript/"):
        raise TranscriptError("This file is not a transcript of a conversation.")
    if data["format"] != FORMAT:
        raise TranscriptError(
            f"This transcript has the format {data['format']}; this course reads {FORMAT}. "
            "Update the course, or play again."
        )
    try:
        return _Transcript.model_validate(data).model_dump(mode="json")
    except ValidationError as error:
        raise TranscriptError(f"The transcript was edited: {unreadable(error)}.") from None


def unreadable(error: ValidationError) -> str:
    """Return in words what of some data cannot be read, and why."""
    first = error.errors()[0]
    place = ".".join(str(key) for key in first["loc"])
    return f"“{place}” cannot be read ({first['msg'][0].lower()}{first['msg'][1:]})"


def replay(role_play: RolePlay, data: dict[str, Any]) -> list[Play]:
    """Play every attempt of a transcript again and return the conversations.

    Parameters
    ----------
    role_play
        The conversation the transcript says it comes from.
    data
        What ``read`` returned.

    Raises
    ------
    TranscriptError
        If it comes from another role-play or version, holds a reply that was not offered, or says
        anything that playing it again does not give.
    """
    if data["role_play"] != role_play.id:
        raise TranscriptError(f"This is a transcript of “{data['role_play']}”, not of “{role_play.id}”.")
    if (data["version"], data["hash"]) != (role_play.version, role_play.hash):
        raise TranscriptError(
            f"This transcript is of another version of “{role_play.title}” "
            f"(version {data['version']}; here it is {role_play.version}). Play it again."
        )
    return [_replay(role_play, given, n) for n, given in enumerate(data["attempts"], 1)]


def _replay(role_play: RolePlay, given: dict[str, Any], number: int) -> Play:
    play = engine.Play(role_play)
    for count, turn in enumerate(given["turns"], 1):
        place = f"Attempt {number}, turn {count}"
        if turn["scene"] != play.state.at:
            raise TranscriptError(
                f"{place} stands at “{turn['scene']}”, but the replies before it lead to "
                f"“{play.state.at}”. The transcript was edited."
            )
        if turn["reply"] not in play.offers():
            raise TranscriptError(
                f"{place} gives the reply “{turn['reply']}”, which is not offered there."
            )
        play = play.choose(turn["reply"])
        if turn != turn | _spoken(role_play, play.turns[-1]):
            raise TranscriptError(
                f"{place} has other words than the conversation. The transcript was edited."
            )
        check_notes(role_play, turn["scene"], Notes.model_validate(turn), place)
    true = attempt(play)
    for key in ("ending", "trust", "score"):
        if true[key] != given[key]:
            raise TranscriptError(
                f"Attempt {number}: the {key} is not the one its replies lead to. "
                "The transcript was edited."
            )
    return play


def check_notes(role_play: RolePlay, at: str, notes: Notes, place: str) -> None:
    """Raise TranscriptError if `notes` holds what the scene `at` does not ask for.

    `place` begins the message, such as “Attempt 1, turn 2”.
    """
    scene, trust = role_play.scenes[at], role_play.meters["trust"]
    if notes.own_words is not None and not scene.own_words:
        raise TranscriptError(f"{place} has own words where the conversation asks for none.")
    if notes.coded is not None and notes.own_words is None:
        raise TranscriptError(f"{place} codes own words, and there are none.")
    if notes.guess is None:
        return
    if not scene.guess:
        raise TranscriptError(f"{place} has a guess where the conversation asks for none.")
    if not trust.low <= notes.guess <= trust.high:
        raise TranscriptError(
            f"{place} guesses {notes.guess}; trust goes from {trust.low} to {trust.high}."
        )
