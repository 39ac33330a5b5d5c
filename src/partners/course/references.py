"""``references.bib``: which sources there are, and how one is named in a line."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from pybtex.database import parse_file
from pybtex.plugin import find_plugin

from partners import library

if TYPE_CHECKING:
    from pybtex.database import Entry, Person

_CITED = re.compile(r"\{cite:[pt]\}`([^`]+)`|^```\{evidence\} (\S+)", re.MULTILINE)


@cache
def references() -> dict[str, Entry]:
    """Return the entries of ``references.bib`` by key."""
    return dict(parse_file(str(library.root() / "references.bib")).entries)


def short(key: str) -> str:
    """Return authors, year and title of `key` in plain text; raises KeyError if it is not there."""
    return f"{in_text(key)}, {_plain(references()[key].fields['title'])}."


def in_text(key: str) -> str:
    """Return authors and year of `key` in plain text; raises KeyError if it is not there."""
    entry = references()[key]
    names = [_family(person) for person in entry.persons["author"]]
    who = names[0] if len(names) == 1 else f"{names[0]} et al." if len(names) > 2 else " & ".join(names)
    return f"{who} ({entry.fields.get('year', 'n.d.')})"


def full(key: str) -> str:
    """Return the whole reference of `key` as HTML; raises KeyError if it is not there."""
    style = find_plugin("pybtex.style.formatting", "plain")()
    backend = find_plugin("pybtex.backends", "html")()
    [formatted] = style.format_entries([references()[key]])
    return str(formatted.text.render(backend))


def cited(text: str) -> list[str]:
    """Return the keys that a page's `text` cites, each once, in the order of the alphabet."""
    found = ("".join(groups) for groups in _CITED.findall(text))
    return sorted({key.strip() for keys in found for key in keys.split(",")})


def _family(person: Person) -> str:
    return _plain(" ".join([*person.prelast_names, *person.last_names]))


def _plain(text: str) -> str:
    return text.replace("{", "").replace("}", "").replace("\\'", "").replace("\\~", "")
