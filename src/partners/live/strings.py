"""Holds the words of the live pages together: every key in every language, with the same placeholders.

``pages/strings/`` has one JSON file for each part and language: ``en.json``, ``more.es.json``. A value
is a text, or ``one|many``; ``{name}`` stands for what the page puts in. The others follow English.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from partners.source import Problem, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

FIRST = "en"
STRINGS = Path(__file__).parent / "pages" / "strings"

_KEY = re.compile(r'^\s*("(?:[^"\\]|\\.)*")\s*:', re.MULTILINE)
_PLACEHOLDER = re.compile(r"\{\w+\}")
_USED = re.compile(r'\bt\((?:[^()"`]*\? *"([\w.]+)" *: *)?"([\w.]+)"')
_BEGUN = re.compile(r"\bt\(`([\w.]+)\$\{")
"""A key that the script says whole, or one of two; and one that it only begins."""


class Words:
    """The texts of one part in one language, for what is not made in the page."""

    def __init__(self, texts: dict[str, str], language: str) -> None:
        self._texts = texts
        self.language = language

    def __call__(self, key: str, **values: object) -> str:
        """Return the text of `key` with its placeholders filled; `n` chooses between one and many."""
        one, _, many = self._texts[key].partition("|")
        text = many if many and values.get("n") != 1 else one
        return _PLACEHOLDER.sub(lambda found: str(values[found[0][1:-1]]), text)


@cache
def words(part: str, language: str) -> Words:
    """Return the texts of `part` (such as ``report.``) in `language`."""
    return Words(json.loads((STRINGS / f"{part}{language}.json").read_text("utf-8")), language)


class _Words(NamedTuple):
    file: Path
    texts: dict[str, str]
    lines: dict[str, int]


def missing(folder: Path = STRINGS) -> list[Problem]:
    """Return what is missing in the strings in `folder`, and what the pages above it ask for in vain."""
    named = [_named(file) for file in folder.glob("*.json")]
    languages = sorted({language for _, language in named} - {FIRST})
    problems: list[Problem] = []
    known: set[str] = set()
    for part in sorted({part for part, _ in named}):
        try:
            first = _read(folder / f"{part}{FIRST}.json")
        except SourceError as error:
            return [*problems, *error.problems]
        known |= first.texts.keys()
        for language in languages:
            try:
                problems += _apart(first, _read(folder / f"{part}{language}.json"))
            except SourceError as error:
                problems += error.problems
    return [*problems, *_asked_in_vain(folder.parent, known)]


def _named(file: Path) -> tuple[str, str]:
    """Return the part (``more.``, or nothing) and the language that a file's name tells."""
    part, dot, language = file.stem.rpartition(".")
    return part + dot, language


def _read(file: Path) -> _Words:
    """Return the words of `file`; raises SourceError with what stops it."""
    try:
        text = file.read_text("utf-8")
        pairs = json.loads(text, object_pairs_hook=list)
    except FileNotFoundError:
        raise _unusable(file, "this file is not there", "each part stands in each language") from None
    except json.JSONDecodeError as error:
        mend = "look at the quotes and commas of this line and the one before"
        raise _unusable(file, f"this is not JSON: {error.msg}", mend, error.lineno) from None
    except UnicodeDecodeError:
        raise _unusable(file, "this is not plain text", "save it as UTF-8 text") from None
    lines: dict[str, int] = {}
    for found in _KEY.finditer(text):
        lines[json.loads(found[1])] = text.count("\n", 0, found.start(1)) + 1
    if faults := list(_faults(file, pairs, lines)):
        raise SourceError(faults)
    return _Words(file, dict(pairs), lines)


def _unusable(file: Path, what: str, mend: str, line: int = 1) -> SourceError:
    return SourceError([Problem(file, line, what, mend)])


def _faults(file: Path, pairs: Any, lines: dict[str, int]) -> Iterator[Problem]:
    if not isinstance(pairs, list) or not all(isinstance(pair, tuple) for pair in pairs):
        yield Problem(file, 1, "this holds no keys with their texts", 'write {"key": "text"}')
        return
    seen = set()
    for key, text in pairs:
        if not isinstance(text, str) or not text.strip():
            yield Problem(file, lines.get(key, 1), f'"{key}" has no text', "write one in quotes")
        elif text.count("|") > 1:
            yield Problem(file, lines.get(key, 1), f'"{key}" has more than two forms', "write one|many")
        if key in seen:
            yield Problem(file, lines.get(key, 1), f'"{key}" stands there twice', "take one of them out")
        seen.add(key)


def _apart(first: _Words, other: _Words) -> Iterator[Problem]:
    """Yield where `other` has not the same keys, placeholders and forms as `first`."""
    line = 1
    for key, text in first.texts.items():
        line = other.lines.get(key, line)
        if key not in other.texts:
            what = f'no text for "{key}": “{text}”'
            yield Problem(other.file, line, what, "add it after this line")
            continue
        wanted, there = (sorted({*_PLACEHOLDER.findall(words)}) for words in (text, other.texts[key]))
        if wanted != there:
            what = f'"{key}" has {_listed(there)}, in {first.file.name} {_listed(wanted)}'
            yield Problem(other.file, line, what, "use the same ones; their order is free")
        if "|" in text and "|" not in other.texts[key]:
            mend = "write one|many, twice the same if your language does not tell them apart"
            yield Problem(other.file, line, f'"{key}" has one form, in {first.file.name} two', mend)
    for key in other.texts.keys() - first.texts.keys():
        what = f'{first.file.name} has no "{key}"'
        yield Problem(other.file, other.lines.get(key, 1), what, "add it there, or take it out here")


def _listed(placeholders: list[str]) -> str:
    return ", ".join(placeholders) or "no placeholder"


def _asked_in_vain(pages: Path, known: set[str]) -> Iterator[Problem]:
    """Yield the keys that the scripts in `pages` ask for, and nobody knows."""
    for script in sorted(pages.glob("*.js")):
        for number, line in enumerate(script.read_text("utf-8").splitlines(), 1):
            whole = {key for found in _USED.findall(line) for key in found if key} - known
            begun = {key for key in _BEGUN.findall(line) if not any(k.startswith(key) for k in known)}
            for key in sorted(whole | begun):
                what = f'no string is called "{key}"' + ("…" if key in begun else "")
                yield Problem(script, number, what, f"add it to the files in {STRINGS.name}/")
