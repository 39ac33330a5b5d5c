"""Values of one Python as plain data for another, so that nothing acts where it is looked at.

Two Pythons import this. In the one where a submission runs, ``show`` gives named values as text. In the
one that judges (``shell``), ``take`` makes them again: numbers, texts, lists, arrays, tables. What is no plain data,
such as a function, stays where it is; the judge holds a ``Remote``, and what it asks of it crosses as
plain data too. A text can be forged, but only into other data: reading one never runs what is in it.
"""

from __future__ import annotations

import base64
import builtins
import contextlib
import datetime
import decimal
import fractions
import importlib
import io
import json
import sys
import types
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MIME = "application/vnd.partners.plain"
LONGEST = 20_000_000
"""Characters of the text of all values together."""
DEEPEST = 40
"""Lists within lists that are looked into."""
NO_ANSWER = "The notebook’s Python gave no answer."
_KIND = "#"

_BY_TEXT: dict[str, tuple[type, Callable[[Any], str], Callable[[str], Any]]] = {
    "bytes": (bytes, lambda v: base64.b64encode(v).decode(), base64.b64decode),
    "complex": (complex, str, complex),
    "decimal": (decimal.Decimal, str, decimal.Decimal),
    "fraction": (fractions.Fraction, str, fractions.Fraction),
    "datetime": (datetime.datetime, lambda v: v.isoformat(), datetime.datetime.fromisoformat),
    "date": (datetime.date, lambda v: v.isoformat(), datetime.date.fromisoformat),
    "time": (datetime.time, lambda v: v.isoformat(), datetime.time.fromisoformat),
}
_BY_PARTS: dict[str, tuple[type, Callable[[Any], list[Any]], Callable[[list[Any]], Any]]] = {
    "tuple": (tuple, lambda v: list(tuple.__iter__(v)), tuple),
    "set": (set, lambda v: list(set.__iter__(v)), set),
    "frozenset": (frozenset, lambda v: list(frozenset.__iter__(v)), frozenset),
    "range": (range, lambda v: [v.start, v.stop, v.step], lambda parts: range(*parts)),
    "slice": (slice, lambda v: [v.start, v.stop, v.step], lambda parts: slice(*parts)),
    "timedelta": (
        datetime.timedelta,
        lambda v: [v.days, v.seconds, v.microseconds],
        lambda parts: datetime.timedelta(*parts),
    ),
    "dict": (dict, lambda v: [[key, one] for key, one in dict.items(v)], lambda parts: dict(parts)),
}


class UnplainError(TypeError):
    """A value is no plain data."""


class Shown:
    """A text that reaches the other side of a kernel's reply as it is."""

    def __init__(self, text: str) -> None:
        self.text = text

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {MIME: self.text}


# --- Writing and reading ---


def encode(value: Any, hold: Callable[[Any], Any] | None = None, depth: int = 0) -> Any:
    """Return `value` as what JSON can hold.

    Raises
    ------
    UnplainError
        If it, or a part of it, is no plain data, and `hold` cannot hold it in a form that is.
    """
    if value is None or isinstance(value, bool):
        return value
    for plain in (str, int, float):
        if isinstance(value, plain):
            return plain(value) if type(value) is not plain and not _of_numpy(value) else _scalar(value)
    if value is ...:
        return {_KIND: "..."}
    if depth < DEEPEST:
        if isinstance(value, list):
            return [encode(one, hold, depth + 1) for one in list.__iter__(value)]
        if (found := _encoded_table(value, hold, depth + 1)) is not None:
            return found
        for kind, (of, parts, _) in _BY_PARTS.items():
            if isinstance(value, of):
                return {_KIND: kind, "v": [encode(one, hold, depth + 1) for one in parts(value)]}
    for kind, (of, text, _) in _BY_TEXT.items():
        if isinstance(value, of):
            return {_KIND: kind, "v": text(value)}
    if isinstance(value, type) and getattr(builtins, value.__name__, None) is value:
        return {_KIND: "type", "v": value.__name__}
    if hold is None:
        msg = f"A value of the type {type(value).__name__} cannot be passed on as data."
        raise UnplainError(msg)
    return hold(value)


def decode(data: Any, find: Callable[[Any], Any]) -> Any:
    """Return the value in `data`; what is no plain data is what `find` finds for it.

    Raises
    ------
    ValueError, TypeError, KeyError
        If it was not written by ``encode``.
    """
    if isinstance(data, list):
        return [decode(one, find) for one in data]
    if not isinstance(data, dict):
        return data
    kind = data[_KIND]
    if kind == "...":
        return ...
    if kind in _BY_TEXT:
        return _BY_TEXT[kind][2](data["v"])
    if kind in _BY_PARTS:
        return _BY_PARTS[kind][2]([decode(one, find) for one in data["v"]])
    if kind == "type":
        found = getattr(builtins, data["v"])
        return found if isinstance(found, type) else find(data)
    if kind in _TABLES:
        return _TABLES[kind](data, find)
    return find(data)


def _of_numpy(value: Any) -> bool:
    numpy = sys.modules.get("numpy")
    return bool(numpy) and isinstance(value, numpy.generic)


def _scalar(value: Any) -> Any:
    return _array(sys.modules["numpy"].asarray(value), "scalar") if _of_numpy(value) else value


def _encoded_table(value: Any, hold: Any, depth: int) -> Any:
    """Return an array or a table as data, or None if `value` is neither."""
    numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
    if numpy and isinstance(value, numpy.generic):
        return _scalar(value)
    if numpy and isinstance(value, numpy.ndarray):
        if not value.dtype.hasobject:
            return _array(numpy.asarray(value), "array")
        return {_KIND: "objects", "shape": value.shape, "v": encode(list(value.flat), hold, depth)}
    if pandas and isinstance(value, pandas.DataFrame):
        columns = [_column(value.iloc[:, n], hold, depth) for n in range(value.shape[1])]
        labels = [_index(value.columns, hold, depth), _index(value.index, hold, depth)]
        return {_KIND: "frame", "columns": labels[0], "index": labels[1], "v": columns}
    if pandas and isinstance(value, pandas.Series):
        made = _column(value, hold, depth)
        return {_KIND: "series", "index": _index(value.index, hold, depth), **made}
    if pandas and isinstance(value, pandas.Index):
        return _index(value, hold, depth)
    if pandas and (value is pandas.NA or value is pandas.NaT):
        return {_KIND: "NaT" if value is pandas.NaT else "NA"}
    if pandas and isinstance(value, pandas.Timestamp | pandas.Timedelta):
        return {_KIND: type(value).__name__, "v": str(value)}
    return None


def _array(value: Any, kind: str) -> Any:
    file = io.BytesIO()
    sys.modules["numpy"].save(file, value, allow_pickle=False)
    return {_KIND: kind, "v": base64.b64encode(file.getvalue()).decode()}


def _column(series: Any, hold: Any, depth: int) -> Any:
    """Return the values, the type and the name of a column or of an index."""
    numpy = sys.modules["numpy"]
    plain = isinstance(series.dtype, numpy.dtype)
    values = series.to_numpy() if plain else numpy.array(series.tolist(), dtype=object)
    return {
        "values": encode(values, hold, depth),
        "dtype": str(series.dtype),
        "name": encode(series.name, hold, depth),
    }


def _index(index: Any, hold: Any, depth: int) -> Any:
    if hasattr(index, "levels"):
        rows = [encode(row, hold, depth) for row in index.tolist()]
        return {_KIND: "multi", "v": rows, "names": encode(list(index.names), hold, depth)}
    if type(index).__name__ == "RangeIndex":
        span = range(index.start, index.stop, index.step)
        return {_KIND: "span", "v": encode(span), "name": encode(index.name, hold, depth)}
    return {_KIND: "index", **_column(index, hold, depth)}


def _loaded(data: Any, _: Any) -> Any:
    import numpy  # noqa: PLC0415 - only where there is an array

    return numpy.load(io.BytesIO(base64.b64decode(data["v"])), allow_pickle=False)


def _objects(data: Any, find: Any) -> Any:
    import numpy  # noqa: PLC0415

    values = numpy.empty(len(data["v"]), dtype=object)
    values[:] = decode(data["v"], find)
    return values.reshape(data["shape"])


def _made(data: Any, find: Any, make: str, **more: Any) -> Any:
    """Return the pandas object that `make` names, from its values, type and name."""
    import pandas  # noqa: PLC0415

    values, name = decode(data["values"], find), decode(data["name"], find)
    return getattr(pandas, make)(values, dtype=data["dtype"], name=name, **more)


def _frame(data: Any, find: Any) -> Any:
    import pandas  # noqa: PLC0415

    index, columns = decode(data["index"], find), decode(data["columns"], find)
    series = [_made(one, find, "Series", index=index) for one in data["v"]]
    made = pandas.concat(series, axis=1) if series else pandas.DataFrame(index=index)
    made.columns = columns
    return made


def _of_pandas(name: str, data: Any, find: Any) -> Any:
    import pandas  # noqa: PLC0415

    if name == "multi":
        return pandas.MultiIndex.from_tuples(
            [decode(row, find) for row in data["v"]], names=decode(data["names"], find)
        )
    if name == "span":
        return pandas.RangeIndex(decode(data["v"], find), name=decode(data["name"], find))
    made = getattr(pandas, name)
    return made(data["v"]) if "v" in data else made


_PANDAS = ("multi", "span", "NA", "NaT", "Timestamp", "Timedelta")
_TABLES: dict[str, Callable[[Any, Any], Any]] = {
    "array": _loaded,
    "scalar": lambda data, find: _loaded(data, find)[()],
    "objects": _objects,
    "frame": _frame,
    "series": lambda data, find: _made(data, find, "Series", index=decode(data["index"], find)),
    "index": lambda data, find: _made(data, find, "Index"),
    **{name: (lambda data, find, name=name: _of_pandas(name, data, find)) for name in _PANDAS},
}


# --- Where the submission runs ---

_held: list[Any] = []


def show(names: list[str], space: dict[str, Any], count: int) -> Shown:
    """Return the values of `names` in `space` as text; those that are not there are left out.

    `count` will be the number of the next cell.
    """
    from IPython.core.getipython import get_ipython  # noqa: PLC0415 - only within a kernel

    get_ipython().execution_count = count
    found, room = {}, LONGEST
    for name in names:
        if name in space:
            text = json.dumps(_told(space[name]))
            room -= len(text)
            if room > 0:
                found[name] = text
    return Shown("{" + ",".join(f"{json.dumps(name)}:{text}" for name, text in found.items()) + "}")


def act(text: str) -> Shown:
    """Do what a ``Remote`` of the judge's asks in `text`; return what came of it."""
    asked = json.loads(text)
    given = decode(asked["with"], lambda data: _held[data["v"]])
    printed = io.StringIO()
    reply: dict[str, Any] = {}
    try:
        with contextlib.redirect_stdout(printed):
            reply["value"] = _told(_ACTS[asked["do"]](_held[asked["of"]], *given[0], **given[1]))
    except Exception as error:
        reply["error"] = [[kind.__name__ for kind in type(error).__mro__], str(error)]
    return Shown(json.dumps(reply | {"printed": printed.getvalue()}))


_ACTS: dict[str, Callable[..., Any]] = {
    "call": lambda it, *args, **named: it(*args, **named),
    "get": getattr,
    "item": lambda it, key: it[key],
    "len": len,
    "iter": list,
    "str": str,
    "repr": repr,
}


def _told(value: Any) -> Any:
    try:
        return encode(value, _hold)
    except Exception:
        return _hold(value)


def _hold(value: Any) -> Any:
    """Keep `value`, and tell its number, and from where it could be imported instead."""
    _held.append(value)
    return {_KIND: "remote", "v": len(_held) - 1, "import": _importable(value)}


def _importable(value: Any) -> tuple[str, str] | None:
    if isinstance(value, types.ModuleType):
        return value.__name__, ""
    module, name = (getattr(value, key, None) for key in ("__module__", "__name__"))
    there = getattr(sys.modules.get(str(module)), str(name), None) is value
    return (str(module), str(name)) if there and module != "__main__" else None


# --- Where it is judged ---


_ask: Callable[[str], str]


def asked_by(ask: Callable[[str], str]) -> None:
    """Let `ask` carry what a ``Remote`` asks to the submission's Python, and the answer of ``act`` back."""
    global _ask  # noqa: PLW0603 - a process judges one submission
    _ask = ask


def take(text: str, given: dict[str, tuple[str, str]], space: dict[str, Any]) -> None:
    """Put the values in `text`, from ``show``, into `space`; what cannot be read is left out.

    `given` are names with the module, and the name in it, that they are imported from instead.
    """
    for name, (module, attribute) in given.items():
        found = importlib.import_module(module)
        space[name] = getattr(found, attribute) if attribute else found
    for name, data in json.loads(text).items():
        with contextlib.suppress(Exception):
            space[name] = decode(data, _found)


def _found(data: Any) -> Any:
    """Return a value that stays where it is."""
    return Remote(int(data["v"]))


class Remote:
    """A value that stays in the submission's Python: a function, an object of its own class."""

    def __init__(self, number: int) -> None:
        self.__dict__["_number"] = number

    def __call__(self, *args: Any, **named: Any) -> Any:
        return self._ask("call", *args, **named)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._ask("get", name)

    def __getitem__(self, key: Any) -> Any:
        return self._ask("item", key)

    def __len__(self) -> int:
        return int(self._ask("len"))

    def __iter__(self) -> Iterator[Any]:
        found = self._ask("iter")
        return iter(found if isinstance(found, list) else [])

    def __str__(self) -> str:
        return str(self._ask("str"))

    def __repr__(self) -> str:
        return str(self._ask("repr"))

    def _ask(self, do: str, *args: Any, **named: Any) -> Any:
        given = encode([list(args), named], _numbered)
        text = json.dumps({"do": do, "of": self._number, "with": given})
        reply = json.loads(_ask(text))
        print(reply.get("printed", ""), end="")
        if "error" in reply:
            raise _error(*reply["error"])
        if "value" not in reply:
            raise RuntimeError(NO_ANSWER)
        return decode(reply["value"], _found)


def _numbered(value: Any) -> Any:
    if isinstance(value, Remote):
        return {_KIND: "remote", "v": value._number}
    msg = f"A value of the type {type(value).__name__} cannot be passed on as data."
    raise UnplainError(msg)


def _error(kinds: list[str], text: str) -> Exception:
    """Return an error like the submission's: of the nearest kind that Python has, under its own name."""
    for name in kinds:
        kind = getattr(builtins, str(name), None)
        if isinstance(kind, type) and issubclass(kind, Exception):
            break
    else:
        kind = Exception
    if kinds[0] == kind.__name__:
        return kind(text)
    return type(str(kinds[0]), (kind,), {})(text)
