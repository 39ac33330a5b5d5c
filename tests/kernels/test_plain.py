"""Values that cross from a submission's Python to the judge's: the same there, and nothing of them acts."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as some

from partners.kernels import remote
from partners.kernels.plain import decode, encode

simple = some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False) | some.text()
keys = some.text() | some.integers() | some.tuples(some.integers(), some.booleans())
values = some.recursive(
    simple | some.binary() | some.decimals(allow_nan=False) | some.datetimes() | some.just(...),
    lambda inner: some.lists(inner) | some.tuples(inner, inner) | some.dictionaries(keys, inner),
    max_leaves=20,
)
TABLE = pd.DataFrame({"family": ["Rahimi", None], "calls": [2, 3], "share": [0.5, float("nan")]})
OF_NUMPY_AND_PANDAS = [
    np.arange(6).reshape(2, 3),
    np.array([1.5, np.nan]),
    np.array(["2026-11-28"], dtype="datetime64[D]"),
    np.array([1, "a", None], dtype=object),
    TABLE,
    TABLE.set_index("family"),
    TABLE.assign(year=1, day=pd.Timestamp("2026-11-28")).groupby(["year", "day"]).sum(),
    TABLE["calls"].astype("Int64"),
    TABLE["family"].astype("category"),
    pd.Index(["a", "b"], name="letter"),
    pd.DataFrame(),
]


def crossed(value: Any) -> Any:
    """Return `value` as it arrives on the other side."""

    def hold(value: Any) -> Any:
        raise TypeError(value)

    return decode(json.loads(json.dumps(encode(value, hold))), hold)


@given(values)
def test_plain_data_arrives_as_it_was(value: Any) -> None:
    assert crossed(value) == value
    assert type(crossed(value)) is type(value)


@pytest.mark.parametrize(
    "value",
    [
        *({1, 2}, frozenset("ab"), range(3), slice(1, 2), 1j, Fraction(1, 3), Decimal("1.10"), int),
        *(
            datetime.date(2026, 11, 28),
            datetime.timedelta(1),
            np.float64(2.5),
            np.int8(3),
            np.bool_(True),
        ),
        *(pd.Timestamp("2026-11-28"), pd.Timedelta("1D")),
    ],
)
def test_other_types_keep_their_type(value: Any) -> None:
    assert crossed(value) == value
    assert type(crossed(value)) is type(value)


@pytest.mark.parametrize("value", OF_NUMPY_AND_PANDAS, ids=str)
def test_arrays_and_tables_arrive_as_they_were(value: Any) -> None:
    arrived = crossed(value)
    assert type(arrived) is type(value)
    if isinstance(value, np.ndarray):
        np.testing.assert_array_equal(arrived, value)
        assert arrived.dtype == value.dtype
    else:
        assert arrived.equals(value)
    if isinstance(value, pd.DataFrame):
        assert list(arrived.dtypes) == list(value.dtypes)
        assert arrived.index.equals(value.index)


class Liar(list):  # type: ignore[type-arg]
    def __eq__(self, other: object) -> bool:
        return True

    def __iter__(self) -> Any:
        return iter([1, 2, 3])

    __hash__ = None


def test_what_lies_about_itself_arrives_as_what_it_is() -> None:
    arrived = crossed(Liar([4]))
    assert type(arrived) is list
    assert arrived == [4]


@pytest.mark.parametrize(
    "forged",
    [
        "no JSON",
        "[1]",
        "[" * 100_000,
        '{"answer": {"#": "array", "v": "gASVAAAA"}}',
        '{"answer": {"#": "type", "v": "eval"}}',
        '{"answer": {"#": "remote", "v": "x"}}',
        '{"answer": {"#": "frame"}}',
    ],
)
def test_a_forged_text_brings_nothing(forged: str, capsys: pytest.CaptureFixture[str]) -> None:
    space = {"answer": 1, "len": "mine"}
    remote.take(["answer"], forged, {}, space)
    assert space == {"len": "mine"}
    assert capsys.readouterr().out.startswith("“answer” could not be looked at") == ("answer" in forged)


def test_only_what_was_asked_for_is_taken() -> None:
    space: dict[str, Any] = {"close": "the instructor's"}
    remote.take(["answer"], '{"answer": 3, "close": 4, "np": 5}', {"np": ("math", "")}, space)
    assert (space["answer"], space["close"], space["np"].__name__) == (3, "the instructor's", "math")
