"""Values as plain data, so that another Python can look at them and nothing of them acts there.

Numbers, texts, lists, dicts, arrays and tables become what JSON can hold, and are made again from it.
Reading never runs what is in a text: a forged one is only other data.
"""

from __future__ import annotations

import base64
import builtins
import datetime
import decimal
import fractions
from itertools import chain
from typing import TYPE_CHECKING, Any

from partners.kernels import arrays

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_LONG = 10_000
"""Bits of an integer that JSON is not given: Python reads no more than 4300 digits."""
DEEPEST = 40
"""Lists within lists that are looked into."""

_TEXTS: dict[str, tuple[type, Callable[[Any], str], Callable[[str], Any]]] = {
    "bytes": (bytes, lambda v: base64.b64encode(v).decode(), base64.b64decode),
    "complex": (complex, str, complex),
    "decimal": (decimal.Decimal, str, decimal.Decimal),
    "fraction": (fractions.Fraction, str, fractions.Fraction),
    "datetime": (datetime.datetime, lambda v: v.isoformat(), datetime.datetime.fromisoformat),
    "date": (datetime.date, lambda v: v.isoformat(), datetime.date.fromisoformat),
    "time": (datetime.time, lambda v: v.isoformat(), datetime.time.fromisoformat),
}
"""Types that are written as a text, and made from it; the more special of two first."""
_PARTS: dict[str, tuple[type, Callable[[Any], list[Any]], Callable[[list[Any]], Any]]] = {
    "tuple": (tuple, lambda v: list(tuple.__iter__(v)), tuple),
    "set": (set, lambda v: list(set.__iter__(v)), set),
    "frozenset": (frozenset, lambda v: list(frozenset.__iter__(v)), frozenset),
    "dict": (dict, lambda v: [[key, one] for key, one in dict.items(v)], dict),
    "range": (range, lambda v: [v.start, v.stop, v.step], lambda parts: range(*parts)),
    "slice": (slice, lambda v: [v.start, v.stop, v.step], lambda parts: slice(*parts)),
    "timedelta": (
        datetime.timedelta,
        lambda v: [v.days, v.seconds, v.microseconds],
        lambda parts: datetime.timedelta(*parts),
    ),
}
"""Types that are written as the list of their parts; the methods are those of the type itself."""


def encode(value: Any, hold: Callable[[Any], Any], depth: int = 0) -> Any:
    """Return `value` as what JSON can hold; what is no plain data is what `hold` returns for it."""

    def part(one: Any) -> Any:
        return encode(one, hold, depth + 1)

    deep = chain(arrays.encoded(value, part), _parts(value, part)) if depth < DEEPEST else ()
    for found in chain(_simple(value), deep, _texts(value)):
        return found
    return hold(value)


def decode(data: Any, find: Callable[[Any], Any]) -> Any:
    """Return the value in `data`; what is no plain data is what `find` finds for it.

    Raises
    ------
    ValueError, TypeError, KeyError
        If it was not written by ``encode``.
    """

    def part(one: Any) -> Any:
        return decode(one, find)

    if isinstance(data, list):
        return [part(one) for one in data]
    if not isinstance(data, dict):
        return data
    make = _MADE.get(data["#"])
    return make(data, part) if make else find(data)


def _simple(value: Any) -> Iterator[Any]:
    if value is None or type(value) in (bool, str, float):
        yield value
    elif type(value) is int:
        yield value if value.bit_length() < _LONG else {"#": "int", "v": hex(value)}
    elif value is ...:
        yield {"#": "dots"}
    elif isinstance(value, type) and any(value is one for one in vars(builtins).values()):
        yield {"#": "type", "v": value.__name__}


def _parts(value: Any, part: Callable[[Any], Any]) -> Iterator[Any]:
    if isinstance(value, list):
        yield [part(one) for one in list.__iter__(value)]
    for kind, (of, parts, _) in _PARTS.items():
        if isinstance(value, of):
            yield {"#": kind, "v": [part(one) for one in parts(value)]}


def _texts(value: Any) -> Iterator[Any]:
    for plain in (str, int, float):  # of a type of its own that is one of these
        if isinstance(value, plain):
            yield from _simple(plain(value))
    for kind, (of, text, _) in _TEXTS.items():
        if isinstance(value, of):
            yield {"#": kind, "v": text(value)}


def _type(data: Any, _: Any) -> type:
    found = getattr(builtins, data["v"])
    if not isinstance(found, type):
        raise TypeError(data["v"])
    return found


def _from_text(make: Callable[[str], Any]) -> Callable[[Any, Any], Any]:
    return lambda data, part: make(data["v"])


def _from_parts(make: Callable[[list[Any]], Any]) -> Callable[[Any, Any], Any]:
    return lambda data, part: make([part(one) for one in data["v"]])


_MADE: dict[str, Callable[[Any, Any], Any]] = {
    "dots": lambda data, part: ...,
    "type": _type,
    "int": lambda data, part: int(data["v"], 16),
    **arrays.MADE,
    **{kind: _from_text(made) for kind, (_, _, made) in _TEXTS.items()},
    **{kind: _from_parts(made) for kind, (_, _, made) in _PARTS.items()},
}
"""What makes a value again, by its kind."""
