"""The role-play as data: what an author writes in ``role_play.yaml``.

Everything is plain data. Guards and effects name meters, flags and missteps; nothing is evaluated.
A *variable* is a meter (a bounded integer, moved by ``+1`` or ``-2``), a flag or a misstep
(both off or on). ``RolePlay.variables`` lists them in the order in which a state holds them.
"""

from __future__ import annotations

import hashlib
import json
import re
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    model_validator,
)

END = "end"
"""The ``goto`` of a reply that closes the conversation; the endings' guards choose which."""

_COMPARISON = re.compile(r"(>=|<=|>|<|=)\s*(-?\d+)")


def _known_comparison(value: bool | str) -> bool | str:
    if isinstance(value, str) and not _COMPARISON.fullmatch(value):
        msg = f'write a comparison in quotes, such as ">=6" or "<3", not "{value}"'
        raise ValueError(msg)
    return value


def _listed(value: object) -> object:
    return value if isinstance(value, list) else [value]


def _one_line(value: object) -> object:
    return {"line": value} if isinstance(value, str) else value


Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Text = Annotated[str, Field(min_length=1)]
Guard = dict[str, Annotated[StrictBool | str, AfterValidator(_known_comparison)]]
"""Variable → ``true``, ``false`` or a comparison such as ``">=6"``; all must hold."""
Effects = dict[str, StrictBool | StrictInt]
"""Meter → what is added to it; flag → what it becomes."""
Points = Annotated[StrictInt, Field(ge=0, le=2)]
Mood = Literal["wary", "plain", "warm", "upset"]


def holds(guard: Guard, values: dict[str, int]) -> bool:
    """Say whether every condition of `guard` is true of `values` (variable → integer)."""
    return all(_compare(values[name], wanted) for name, wanted in guard.items())


def _compare(value: int, wanted: bool | str) -> bool:
    if isinstance(wanted, bool):
        return bool(value) is wanted
    operator, number = _COMPARISON.fullmatch(wanted).groups()  # type: ignore[union-attr]
    bound = int(number)
    return {
        ">=": value >= bound,
        "<=": value <= bound,
        ">": value > bound,
        "<": value < bound,
        "=": value == bound,
    }[operator]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Line(_Strict):
    """Something the parent says, what they think meanwhile, and how they look."""

    line: Text
    thinks: Text | None = None
    mood: Mood | None = None
    guard: Guard = Field(default_factory=dict, alias="if")


Spoken = Annotated[Line, BeforeValidator(_one_line)]
"""A line; words alone stand for a line without thoughts."""

Lines = Annotated[
    list[Spoken],
    BeforeValidator(_listed),
    Field(min_length=1),
]
"""The first line whose guard holds is said. A single line may be written without the list."""


class Warrant(_Strict):
    """Why a reply moves trust as it does: a principle of the course map and a source."""

    principle: str
    source: str


class Branch(_Strict):
    """One way on from a reply: the first whose guard holds is taken."""

    to: str
    guard: Guard = Field(default_factory=dict, alias="if")


def _branches(value: object) -> object:
    return [{"to": value}] if isinstance(value, str) else value


class Reply(_Strict):
    """Something the teacher may say.

    `plainly_better` gives the reason where a reply beats all others in its scene on purpose.
    """

    say: Text
    answer: Lines | None = None
    effects: Effects = Field(default_factory=dict)
    scores: dict[str, Points] = Field(default_factory=dict)
    misstep: str | None = None
    repairs: list[str] = Field(default_factory=list)
    coach: Text
    why: Warrant
    goto: Annotated[list[Branch], BeforeValidator(_branches), Field(min_length=1)]
    guard: Guard = Field(default_factory=dict, alias="if")
    plainly_better: Text | None = None


class OwnWords(_Strict):
    """A reply that the learner writes before the others are shown, and codes by a model answer."""

    prompt: Text
    dimension: str
    two: Text = Field(alias="2")
    one: Text = Field(alias="1")
    none: Text = Field(alias="0")


class Scene(_Strict):
    """The parent speaks and the teacher has replies to choose from.

    `fixed` marks a line that comes whatever the teacher has said; at a scene with `guess` the learner
    says how far the parent trusts them.
    """

    phase: Literal["open", "explore", "plan", "close"]
    fixed: Literal["challenge", "emotion"] | None = None
    guess: bool = False
    says: Lines
    own_words: OwnWords | None = None
    replies: dict[Identifier, Reply] = Field(min_length=2)


class Ending(_Strict):
    """How it ends. The first ending whose guard holds is the one."""

    title: Text
    kind: Literal["partnership", "progress", "polite", "breakdown"]
    guard: Guard = Field(default_factory=dict, alias="if")
    at_once: bool = False
    says: Spoken
    text: Text


class Meter(_Strict):
    """A bounded whole number that replies move and the learner does not see."""

    start: int
    low: int = Field(alias="from")
    high: int = Field(alias="to")


class Misstep(_Strict):
    """A well-known way to go wrong: what happened, and what to do in the next attempt.

    `irreversible` gives the reason where nothing can mend it.
    """

    what: Text
    instead: Text
    irreversible: Text | None = None


class Persona(_Strict):
    """Who picks up the phone."""

    name: Text
    who: Text
    pronouns: Text
    job: Text
    home_language: Text
    portrait: str
    portrait_text: Text
    hidden: Text


class Child(_Strict):
    """The child they talk about."""

    name: Text
    pronouns: Text
    about: Text


class Statement(_Strict):
    """Something true or false about the parent's situation, asked of teacher and parent alike."""

    say: Text
    true: StrictBool

    @model_validator(mode="before")
    @classmethod
    def _true_is_a_word_here(cls, data: Any) -> Any:
        """Let the key be written without quotes, although YAML reads it as a truth value."""
        return (
            {"true" if key is True else key: value for key, value in data.items()}
            if isinstance(data, dict)
            else data
        )


class Variant(_Strict):
    """The same conversation with another persona: every word or phrase on the left becomes its right."""

    words: dict[str, str] = Field(min_length=1)


class Variable(NamedTuple):
    """A meter, flag or misstep with its start and bounds."""

    name: str
    start: int
    low: int
    high: int


class RolePlay(_Strict):
    """One conversation: people, meters, scenes, endings, and what to learn from it."""

    FORMAT: ClassVar[int] = 1

    format: Literal[1]
    id: Identifier
    version: int = Field(ge=1)
    title: Text
    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]+)*$")]
    minutes: int = Field(ge=1, le=30)
    level: Literal["novice", "expert"] = "novice"
    summary: Text
    setting: Text
    goal: Text
    parent: Persona
    child: Child
    practises: list[str] = Field(min_length=1)
    meters: dict[Identifier, Meter]
    flags: list[Identifier] = Field(default_factory=list)
    missteps: dict[Identifier, Misstep] = Field(default_factory=dict)
    scenes: dict[Identifier, Scene] = Field(min_length=1)
    endings: dict[Identifier, Ending] = Field(min_length=1)
    coaching: dict[str, Text]
    reflect: list[Text] = Field(min_length=1)
    statements: list[Statement] = Field(default_factory=list)
    variants: dict[Identifier, Variant] = Field(default_factory=dict)

    @cached_property
    def variables(self) -> tuple[Variable, ...]:
        """Meters, then flags, then missteps: the order of ``State.values``."""
        meters = (Variable(n, m.start, m.low, m.high) for n, m in self.meters.items())
        switches = (Variable(name, 0, 0, 1) for name in [*self.flags, *self.missteps])
        return (*meters, *switches)

    @cached_property
    def opening(self) -> str:
        """Id of the first scene."""
        return next(iter(self.scenes))

    def as_data(self) -> dict[str, Any]:
        """Return the role-play as the browser gets it: plain JSON, with its content hash."""
        return {**self._plain(), "hash": self.hash}

    def __hash__(self) -> int:
        """Make a role-play a key of what has been computed of it."""
        return hash(self.hash)

    @cached_property
    def hash(self) -> str:
        """Sixteen hex digits that change with any word or number of the role-play."""
        text = json.dumps(self._plain(), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def _plain(self) -> dict[str, Any]:
        return self.model_dump(by_alias=True, exclude_none=True, exclude_defaults=True) | {
            "format": self.format
        }
