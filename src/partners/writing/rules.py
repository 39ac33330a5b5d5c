"""The coach's rules: read from ``rules.yml``, and handed to the browser."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import pyphen
from pydantic import BaseModel, ConfigDict, model_validator

from partners import source
from partners.course import reading
from partners.course.references import in_text, references

FILE = Path(__file__).parent / "rules.yml"
WORD, READING_END = reading.WORD, reading.SENTENCE_END
_SHORT = re.compile(r"\[[^\]]*\]|\{([a-z_]+)\}|[ ']")
_LONG = {" ": r"[ \n\r\t\xa0]+", "'": "['’]"}
_MOST_SHARED = 25


class Channel(BaseModel):
    """What a way of writing to a family can carry.

    `message` and `sentence` are words, `grade` is a school grade by both formulas, `opening` is how many
    sentences count as early.
    """

    model_config = ConfigDict(extra="forbid")

    message: int
    sentence: int
    grade: int
    opening: int


class Rule(BaseModel):
    """One thing that the coach looks for; the head of ``rules.yml`` says what each key means."""

    model_config = ConfigDict(extra="forbid")

    source: str
    says: str = ""
    missing: str = ""
    shown: bool = True
    channels: list[str] = []
    measure: Literal["level", "message", "sentence"] | None = None
    fewest: int = 0
    only_if: list[str] = []
    wants: list[str] = []
    early: bool = False
    exact_case: bool = False
    points_at: dict[str, str] = {}
    but_not: list[str] = []
    explained: list[str] = []


class Rules(BaseModel):
    """The whole of ``rules.yml``."""

    model_config = ConfigDict(extra="forbid")

    channels: dict[str, Channel]
    sentence_end: str
    parts: dict[str, str | list[str]]
    rules: dict[str, Rule]

    @model_validator(mode="after")
    def _readable(self) -> Rules:
        for rule in self.rules.values():
            for pattern in (*rule.only_if, *rule.wants, *rule.points_at, *rule.but_not, *rule.explained):
                try:
                    re.compile(self.whole(pattern))
                except (re.error, KeyError) as error:
                    msg = f"the pattern “{pattern}” cannot be read: {error}"
                    raise ValueError(msg) from None
        return self

    def whole(self, pattern: str) -> str:
        """Return the regular expression that `pattern` stands for: whole words, nothing in short."""
        return rf"(?<!\w)(?:{self._out(pattern)})(?!\w)"

    def _out(self, pattern: str) -> str:
        return _SHORT.sub(self._one_out, pattern)

    def _one_out(self, found: re.Match[str]) -> str:
        if not found[1]:
            return _LONG.get(found[0], found[0])
        part = self.parts[found[1]]
        return f"(?:{self._out(part if isinstance(part, str) else '|'.join(part))})"


@cache
def rules() -> Rules:
    """Return all rules, also those that are not shown.

    Raises
    ------
    SourceError
        If ``rules.yml`` is not sound, with what to mend.
    """
    return source.load(FILE, Rules)[0]


@cache
def sources() -> dict[str, str]:
    """Return authors and year by key, for the sources of all rules that ``references.bib`` holds."""
    keys = {rule.source for rule in rules().rules.values()}
    return {key: in_text(key) for key in sorted(keys & references().keys())}


def rules_for_page() -> dict[str, Any]:
    """Return the rules that students see as plain data: what ``coach`` of ``player/coach.js`` takes.

    ``sources`` names authors and year by key; ``level`` and ``hyphens`` are for the reading level.
    """
    data = rules().model_dump(exclude_defaults=True)
    shown = {name: data["rules"][name] for name, rule in rules().rules.items() if rule.shown}
    level = {"word": WORD.pattern, "sentence_end": READING_END.pattern}
    return data | {"rules": shown, "sources": sources(), "level": level, "hyphens": hyphens_for_page()}


@cache
def hyphens_for_page() -> str:
    """Return the places where English words divide, from pyphen, as ``player/coach.js`` unpacks them.

    Each pattern is written as TeX does (``.ach4``), after a capital letter that says how many signs it
    shares with the one before. The patterns come from TeX's hyphen.tex and TUGboat's exceptions, by way
    of LibreOffice, and may be copied and changed freely.
    """
    found = pyphen.Pyphen(lang="en_US").hd.patterns.items()
    patterns = sorted(_as_tex(letters, *where) for letters, where in found if letters.isascii())
    return "".join(_after(last, this) for last, this in pairwise(["", *patterns]))


def _as_tex(letters: str, start: int, values: tuple[int, ...]) -> str:
    points = [0] * start + [*values] + [0] * (len(letters) + 1 - start - len(values))
    return "".join(f"{point or ''}{sign}" for point, sign in zip(points, [*letters, ""], strict=True))


def _after(last: str, this: str) -> str:
    shared = max(n for n in range(_MOST_SHARED + 1) if last[:n] == this[:n] and n <= len(last))
    return chr(ord("A") + shared) + this[shared:]
