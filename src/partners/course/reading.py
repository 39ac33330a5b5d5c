"""How hard a page is to read, by two published formulas."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import pyphen

if TYPE_CHECKING:
    from pathlib import Path

_NOT_PROSE = re.compile(
    r"\A---\n.*?\n---\n"  # front matter
    r"|^```\{(?:code-cell|quiz|unit|list-table|instructor-note|references)\}.*?^```$"
    r"|^## References$.*"
    r"|^(?:`{3,}[^\n]*|#+ [^\n]*|:\w+:)",  # fences, headings, the names of options
    re.MULTILINE | re.DOTALL,
)
_CITATION = re.compile(r"\s*\{cite:[pt]\}`[^`]*`")
_ROLE = re.compile(r"\{\w+\}`([^`<]*?)\s*(?:<[^`]*>)?`")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
SENTENCE_END = re.compile(r"[.!?…]+[”’)*]*(?=\s|$)|\n\s*\n|\n[-*\d]")
WORD = re.compile(r"[A-Za-z]+(?:[’'-][A-Za-z]+)*")


class Level(NamedTuple):
    """The length of a text, and the school grade by two formulas that see different things."""

    words: int
    flesch_kincaid: float
    coleman_liau: float


def level(text: str) -> Level:
    """Return the reading level of plain English `text`, which must hold a word.

    Flesch-Kincaid counts syllables (Kincaid et al. 1975, Navy report 8-75), Coleman-Liau letters
    (Coleman & Liau 1975, Journal of Applied Psychology 60). Both count the words of a sentence.
    """
    words = WORD.findall(text)
    sentences = max(1, sum(bool(WORD.search(part)) for part in SENTENCE_END.split(text)))
    letters = sum(map(len, words))
    count = len(words)
    by_syllables = 0.39 * count / sentences + 11.8 * sum(map(_syllables, words)) / count - 15.59
    by_letters = 5.88 * letters / count - 29.6 * sentences / count - 15.8
    return Level(count, round(by_syllables, 1), round(by_letters, 1))


def prose(file: Path) -> str:
    """Return what a reader reads of a page: no code, questions, headings, citations or references."""
    text = _NOT_PROSE.sub("", file.read_text("utf-8"))
    text = _LINK.sub(r"\1", _ROLE.sub(r"\1", _CITATION.sub("", text)))
    return re.sub(r"[*_`|]", "", text)


def _syllables(word: str) -> int:
    return len(_hyphens().inserted(word).split("-"))


@cache
def _hyphens() -> pyphen.Pyphen:
    return pyphen.Pyphen(lang="en_US")
