"""The coach: what it notes on a text. ``player/coach.js`` says the same; ``tests/writing`` hold them."""

from __future__ import annotations

import re
import textwrap
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from partners.course import reading
from partners.writing.rules import WORD, rules, sources

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partners.writing.rules import Channel, Rule

WIDTH = 66
_SIGN = re.compile("[A-Za-z0-9]")
NOTHING = "The coach has nothing to point at. What it cannot see is whether it is true and kind."


class Note(NamedTuple):
    """What the coach says about ``text[start:end]``, or about the whole text where both are 0.

    `instead` is a plain alternative, or empty; `source` is a key of ``references.bib``.
    """

    start: int
    end: int
    rule: str
    says: str
    instead: str
    source: str


def coach(text: str, channel: str) -> list[Note]:
    """Return what there is to say about `text`: first on the whole of it, then word by word.

    Parameters
    ----------
    text
        A message to a family, in English.
    channel
        ``text message``, ``email``, ``letter``, ``call script``; or ``sentence`` for a single one.

    Raises
    ------
    ValueError
        If there is no such channel; the message names those there are.
    """
    return [note for note in everything(text, channel) if rules().rules[note.rule].shown]


def everything(text: str, channel: str) -> list[Note]:
    """Return what all rules say about `text`, also those not shown to students; else as ``coach``."""
    channels = rules().channels
    if channel not in channels:
        msg = f"There is no channel “{channel}”. There are: {', '.join(channels)}."
        raise ValueError(msg)
    if not WORD.search(text):
        return []
    found = [
        Note(start, end, name, says, instead, rule.source)
        for name, rule in rules().rules.items()
        if channel in (rule.channels or channels)
        for start, end, says, instead in _told(rule, text, channels[channel])
    ]
    return sorted(found, key=lambda note: note[:2])


def in_words(text: object, channel: str) -> str:
    """Return the length, the reading level and the notes on `text`, to be printed in a notebook."""
    if not isinstance(text, str) or not WORD.search(text):
        return "There are no words to read yet."
    found = reading.level(text)
    lines = [f"{found.words} words, {len(_sentences(text))} sentences"]
    if found.words >= rules().rules["level"].fewest:
        lines += [f"Flesch-Kincaid: grade {found.flesch_kincaid}"]
        lines += [f"Coleman-Liau:   grade {found.coleman_liau}"]
    start = len(lines)
    for note in coach(text, channel):
        words = " ".join(text[note.start : note.end].split())
        lines += ["", *([textwrap.shorten(f"“{words}”", WIDTH, placeholder=" …”")] if words else [])]
        says = f"{note.says} [{sources().get(note.source, note.source)}]"
        lines += [_wrapped(part) for part in (says, note.instead and f"Perhaps: {note.instead}") if part]
    return "\n".join(lines if len(lines) > start else [*lines, "", _wrapped(NOTHING)])


Told = tuple[int, int, str, str]
"""Start, end, what is said, and what to say instead."""


def _told(rule: Rule, text: str, limits: Channel) -> Iterator[Told]:
    if rule.measure:
        for start, end, values in _measured(rule, text, limits):
            yield start, end, _filled(rule.says, values), ""
        return
    for pattern in rule.but_not:
        text = _regex(pattern).sub(lambda found: "·" * len(found[0]), text)
    if rule.only_if and not _holds(rule.only_if, text):
        return
    sentences = _sentences(text)[: limits.opening if rule.early else None]
    if any(_holds(rule.wants, text[start:end]) for start, end in sentences):
        return
    hits = list(_hits(rule, text))
    yield from hits[:1] if rule.wants else hits
    if rule.missing and not hits:
        yield 0, 0, rule.missing, ""


def _hits(rule: Rule, text: str) -> Iterator[Told]:
    """Yield the words that `rule` points at: the longest where several fit, and the same ones once."""
    found = [
        (*hit.span(), plain)
        for pattern, plain in rule.points_at.items()
        for hit in _regex(pattern, rule.exact_case).finditer(text)
    ]
    last, known = 0, set()
    for start, end, plain in sorted(found, key=lambda hit: (hit[0], -hit[1])):
        words = text[start:end]
        if start >= last and words.lower() not in known:
            if not _holds([pattern.replace("{}", words) for pattern in rule.explained], text):
                yield start, end, rule.says, plain
            known.add(words.lower())
        last = max(last, end)


def _measured(rule: Rule, text: str, limits: Channel) -> Iterator[tuple[int, int, dict[str, Any]]]:
    if rule.measure == "sentence":
        for start, end in _sentences(text):
            words = len(WORD.findall(text[start:end]))
            if words > limits.sentence:
                yield start, end, {"words": words}
        return
    level = reading.level(text)
    if rule.measure == "message" and level.words > limits.message:
        yield 0, 0, {"words": level.words, "limit": limits.message}
    grades = level.flesch_kincaid, level.coleman_liau
    if rule.measure == "level" and level.words >= rule.fewest and min(grades) > limits.grade:
        yield 0, 0, level._asdict()


def _filled(says: str, values: dict[str, Any]) -> str:
    for name, value in values.items():
        says = says.replace(f"{{{name}}}", str(value))
    return says


def _sentences(text: str) -> list[tuple[int, int]]:
    """Return where each sentence that holds a letter or a figure begins and ends."""
    ends = [*(end.end() for end in _sentence_end().finditer(text)), len(text)]
    parts = ((end, text[start:end].lstrip()) for start, end in zip([0, *ends], ends, strict=False))
    found = ((end - len(part), part.rstrip()) for end, part in parts if _SIGN.search(part))
    return [(start, start + len(part)) for start, part in found]


def _holds(patterns: list[str], text: str) -> bool:
    return any(_regex(pattern).search(text) for pattern in patterns)


@cache
def _regex(pattern: str, exact_case: bool = False) -> re.Pattern[str]:
    """Compile `pattern` of the rules so that it means what it means in a browser."""
    flags = re.ASCII | re.DOTALL | (0 if exact_case else re.IGNORECASE)
    return re.compile(rules().whole(pattern), flags)


@cache
def _sentence_end() -> re.Pattern[str]:
    return re.compile(rules().sentence_end)


def _wrapped(text: str) -> str:
    return textwrap.fill(text, WIDTH, initial_indent="  ", subsequent_indent="  ")
