"""Arrays and tables as plain data, for ``plain``; numpy and pandas are imported only where needed."""

from __future__ import annotations

import base64
import io
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Part = Callable[[Any], Any]
    """Writes, or reads, a value that is part of another one."""


def encoded(value: Any, part: Part) -> Iterator[Any]:
    """Yield `value` as data if it is of numpy or pandas."""
    if numpy := sys.modules.get("numpy"):
        if isinstance(value, numpy.generic):
            yield _array(numpy.asarray(value), "scalar")
        elif isinstance(value, numpy.ndarray) and value.dtype.hasobject:
            yield {"#": "objects", "shape": value.shape, "v": [part(one) for one in value.flat]}
        elif isinstance(value, numpy.ndarray):
            yield _array(numpy.asarray(value), "array")
    if pandas := sys.modules.get("pandas"):
        yield from _of_pandas(value, part, pandas)


def _of_pandas(value: Any, part: Part, pandas: Any) -> Iterator[Any]:
    if isinstance(value, pandas.DataFrame):
        columns = [_column(value.iloc[:, number], part) for number in range(value.shape[1])]
        yield {"#": "frame", "columns": part(value.columns), "index": part(value.index), "v": columns}
    elif isinstance(value, pandas.Series):
        yield {"#": "series", "index": part(value.index), **_column(value, part)}
    elif isinstance(value, pandas.MultiIndex):
        yield {
            "#": "multi",
            "v": [part(row) for row in value.tolist()],
            "names": part(list(value.names)),
        }
    elif isinstance(value, pandas.RangeIndex):
        yield {
            "#": "span",
            "v": part(range(value.start, value.stop, value.step)),
            "name": part(value.name),
        }
    elif isinstance(value, pandas.Index):
        yield {"#": "index", **_column(value, part)}
    elif value is pandas.NA or value is pandas.NaT:
        yield {"#": "missing", "v": "NA" if value is pandas.NA else "NaT"}
    elif isinstance(value, pandas.Timestamp | pandas.Timedelta):
        yield {"#": "moment", "of": type(value).__name__, "v": str(value)}


def _array(value: Any, kind: str) -> dict[str, str]:
    file = io.BytesIO()
    sys.modules["numpy"].save(file, value, allow_pickle=False)
    return {"#": kind, "v": base64.b64encode(file.getvalue()).decode()}


def _column(series: Any, part: Part) -> dict[str, Any]:
    """Return the values, the type and the name of a column or of an index."""
    numpy = sys.modules["numpy"]
    plain = isinstance(series.dtype, numpy.dtype)
    values = series.to_numpy() if plain else numpy.array(series.tolist(), dtype=object)
    return {"values": part(values), "dtype": str(series.dtype), "name": part(series.name)}


def _loaded(data: Any, _: Part) -> Any:
    import numpy  # noqa: PLC0415

    return numpy.load(io.BytesIO(base64.b64decode(data["v"])), allow_pickle=False)


def _objects(data: Any, part: Part) -> Any:
    import numpy  # noqa: PLC0415

    values = numpy.empty(len(data["v"]), dtype=object)
    values[:] = [part(one) for one in data["v"]]
    return values.reshape(data["shape"])


def _made(data: Any, part: Part, make: str, **more: Any) -> Any:
    """Return the pandas object that `make` names, from its values, type and name."""
    import pandas  # noqa: PLC0415

    values, name = part(data["values"]), part(data["name"])
    return getattr(pandas, make)(values, dtype=data["dtype"], name=name, **more)


def _frame(data: Any, part: Part) -> Any:
    import pandas  # noqa: PLC0415

    index = part(data["index"])
    series = [_made(one, part, "Series", index=index) for one in data["v"]]
    made = pandas.concat(series, axis=1) if series else pandas.DataFrame(index=index)
    made.columns = part(data["columns"])
    return made


def _index(data: Any, part: Part) -> Any:
    import pandas  # noqa: PLC0415

    if data["#"] == "multi":
        return pandas.MultiIndex.from_tuples(map(part, data["v"]), names=part(data["names"]))
    return pandas.RangeIndex(part(data["v"]), name=part(data["name"]))


def _moment(data: Any, _: Part) -> Any:
    import pandas  # noqa: PLC0415

    return {"Timestamp": pandas.Timestamp, "Timedelta": pandas.Timedelta}[data["of"]](data["v"])


def _missing(data: Any, _: Part) -> Any:
    import pandas  # noqa: PLC0415

    return {"NA": pandas.NA, "NaT": pandas.NaT}[data["v"]]


MADE: dict[str, Callable[[Any, Part], Any]] = {
    "array": _loaded,
    "scalar": lambda data, part: _loaded(data, part)[()],
    "objects": _objects,
    "frame": _frame,
    "series": lambda data, part: _made(data, part, "Series", index=part(data["index"])),
    "index": lambda data, part: _made(data, part, "Index"),
    "multi": _index,
    "span": _index,
    "moment": _moment,
    "missing": _missing,
}
"""What makes a value again, by its kind."""
