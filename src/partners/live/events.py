"""The kinds of event, who may send them, and what their bodies hold.

A body is a small frozen model; in the log, and in a request, it is a JSON object with these keys.
Requests name the kind beside them: ``{"key": "…", "kind": "voted", "beat": 3, "reply": "ask"}``.
Texts come out clean: one line, no control or direction characters, at most ``LONGEST`` characters.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST = 400
JOINERS = "\u200c\u200d"
"""Invisible, and yet part of Persian words and of many emoji."""
MARKS = 4
"""So many stand on one letter in Tibetan or Hebrew; a tower of them would stand on what others wrote."""


def clean(text: str) -> str:
    """Return `text` as one line, without control, direction and other invisible characters."""
    kept = (" " if sign.isspace() else sign for sign in unicodedata.normalize("NFC", text))
    line = " ".join("".join(sign for sign in kept if sign in JOINERS or _shows(sign)).split())
    return "".join(_low(line))


def _low(line: str) -> Iterator[str]:
    marks = 0
    for sign in line:
        if unicodedata.category(sign) in {"Mn", "Me"}:
            marks += 1
        elif sign not in JOINERS:
            marks = 0
        if marks <= MARKS:
            yield sign


def _shows(sign: str) -> bool:
    return not unicodedata.category(sign).startswith("C")


def _something(text: str) -> str:
    if not text.strip(JOINERS):
        raise ValueError("there is nothing to read in it")
    return text


_CLEAN = (AfterValidator(clean), AfterValidator(_something))
Words = Annotated[str, Field(max_length=LONGEST), *_CLEAN]
Name = Annotated[str, Field(max_length=24), *_CLEAN]
Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Number = Annotated[int, Field(ge=0, le=1_000_000_000)]
Seconds = Annotated[int, Field(ge=5, le=3600)]
Points = Annotated[int, Field(ge=0, le=2)]
Language = Literal["en", "es"]
Mode = Literal["vote", "trio"]
Step = Literal["talk", "words", "statements", "compare"]


class Body(BaseModel):
    """What an event says beside who and when."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    kind: ClassVar[str]


# The server itself


class Opened(Body):
    """The session begins; always the first event. The role-play is kept with the session."""

    kind = "opened"
    role_play: Identifier
    hash: str
    mode: Mode
    language: Language
    seed: Number


class Joined(Body):
    """Somebody sits down; the fold gives the seat its number and its name."""

    kind = "joined"
    token_hash: str


# The facilitator


class Began(Body):
    """Out of the lobby: the parent speaks (vote), or the first round can begin (trio)."""

    kind = "began"


class VoteOpened(Body):
    """Phones can vote, or vote again after they have talked."""

    kind = "vote_opened"


class VoteClosed(Body):
    """No more votes; the result stays hidden."""

    kind = "vote_closed"


class Revealed(Body):
    """Everybody sees the result; closes an open vote."""

    kind = "revealed"


class Chosen(Body):
    """The room says this reply; the parent's answer shows on the same beat."""

    kind = "chosen"
    reply: Identifier


class WentOn(Body):
    """From the answer to the parent's next line: the next beat."""

    kind = "went_on"


class Back(Body):
    """A step back: the choice, beat or phase before. Votes stay; the same choice leads there again."""

    kind = "back"


class Paused(Body):
    """Votes and the timer wait."""

    kind = "paused"


class Resumed(Body):
    """Votes and the timer go on."""

    kind = "resumed"


class Timed(Body):
    """A timer begins, in the place of another. Nothing happens when it ends."""

    kind = "timer"
    seconds: Seconds


class Extended(Body):
    """The timer runs longer."""

    kind = "extended"
    seconds: Seconds


class TimerOff(Body):
    """The timer goes away."""

    kind = "timer_off"


class Shown(Body):
    """A text that somebody wrote comes to everybody's screen, without a name."""

    kind = "shown"
    text: Number


class Hidden(Body):
    """It goes away again."""

    kind = "hidden"
    text: Number


class Locked(Body):
    """Nobody else comes in."""

    kind = "locked"


class Unlocked(Body):
    """The door is open again."""

    kind = "unlocked"


class Removed(Body):
    """A seat is taken away, with its votes and texts."""

    kind = "removed"
    seat: Number


class Spoken(Body):
    """The interface changes its language."""

    kind = "language"
    language: Language


class RoundBegan(Body):
    """Trio: everybody has a place, the second time with another role."""

    kind = "round_began"


class Stepped(Body):
    """Trio: talk → the observer's words → statements → compare."""

    kind = "step"
    step: Step


class Debriefed(Body):
    """The debrief begins."""

    kind = "debriefed"


class Looked(Body):
    """The debrief shows this: 0 the whole, an exchange from 1, or what comes after the last of them."""

    kind = "looked"
    turn: Number


class Ticketed(Body):
    """The exit ticket begins."""

    kind = "ticketed"


class Ended(Body):
    """It is over."""

    kind = "ended"


# A person


class Renamed(Body):
    """Another name for the own seat; without `name`, the next one of the session's own."""

    kind = "renamed"
    name: Name | None = None


class Left(Body):
    """Gone, until the seat says something again."""

    kind = "left"


class Voted(Body):
    """One vote for each seat and beat; the last one counts."""

    kind = "voted"
    beat: Number
    reply: Identifier


class Wrote(Body):
    """Own words instead of the replies; a new text takes the place of the old one."""

    kind = "wrote"
    beat: Number
    text: Words


class Guessed(Body):
    """How far the parent trusts the teacher by now."""

    kind = "guessed"
    beat: Number
    trust: Annotated[int, Field(ge=-100, le=100)]


class Rated(Body):
    """Trio, observer: points on a dimension of the rubric."""

    kind = "rated"
    round: Number
    dimension: Identifier
    points: Points


class Noted(Body):
    """Trio, observer: what was heard; for the own trio, and for the report only if it may `quote` it."""

    kind = "noted"
    round: Number
    text: Words
    quote: bool = False


class Answered(Body):
    """Trio: a statement about the parent, by its place from 0, is true or not."""

    kind = "answered"
    round: Number
    statement: Number
    true: bool


class Reflected(Body):
    """An answer to a prompt of the debrief, by its place from 0."""

    kind = "reflected"
    prompt: Number
    text: Words


class Ticket(Body):
    """One line at the end."""

    kind = "ticket"
    text: Words


def _by_kind(*bodies: type[Body]) -> dict[str, type[Body]]:
    return {body.kind: body for body in bodies}


SERVER = _by_kind(Opened, Joined)
FACILITATOR = _by_kind(
    Began, VoteOpened, VoteClosed, Revealed, Chosen, WentOn, Back, Paused, Resumed, Timed, Extended,
    TimerOff, Shown, Hidden, Locked, Unlocked, Removed, Spoken, RoundBegan, Stepped, Debriefed, Looked,
    Ticketed, Ended,
)  # fmt: skip
PERSON = _by_kind(
    Renamed, Left, Voted, Wrote, Guessed, Rated, Noted, Answered, Reflected, Ticket
)  # fmt: skip
KINDS = SERVER | FACILITATOR | PERSON


class Event(NamedTuple):
    """Something that happened in a session, the `seq`-th of it.

    `seat` is the person's, 0 for facilitator and server; `at` is the server's time in milliseconds.
    `body` is None if this version of the course cannot read it.
    """

    seq: int
    session: str
    seat: int
    body: Body | None
    at: int


class BodyError(ValueError):
    """The kind is none that may be sent here, or its body does not hold what it must."""


def asked(kinds: dict[str, type[Body]], request: dict[str, Any]) -> Body:
    """Return the body of a `request` of one of `kinds`; raises BodyError."""
    said = {name: value for name, value in request.items() if name not in {"key", "kind"}}
    kind = request.get("kind")
    if not isinstance(kind, str) or kind not in kinds:
        raise BodyError(kind)
    try:
        return kinds[kind].model_validate(said)
    except ValidationError as error:
        raise BodyError(str(error)) from None


def logged(kind: str, text: str) -> Body | None:
    """Return the body that the log holds as `text`, None if this version cannot read it."""
    try:
        return KINDS[kind].model_validate_json(text)
    except (KeyError, ValidationError):
        return None
