"""``evidence/``: the checked figures that the book prints."""

from __future__ import annotations

from functools import cache

import pandas as pd

from partners import library

FILES = ("effects.csv", "participation.csv")


@cache
def effects() -> pd.DataFrame:
    """Return one row for each effect, indexed by its id.

    ``estimate`` is in the units that ``effect_metric`` names; only rows of one metric share an axis.
    ``prints`` is what the text says; ``bib_key`` points into ``references.bib``.
    """
    return _read("effects.csv")


@cache
def participation() -> pd.DataFrame:
    """Return one row for each survey figure, indexed by its id: ``percent`` of ``group`` in ``year``."""
    return _read("participation.csv")


@cache
def numbers() -> pd.DataFrame:
    """Return what both files print, indexed by id: the columns of ``effects()``, and ``group``."""
    surveys = participation()
    asked = surveys.assign(
        estimate=surveys["percent"],
        effect_metric="percent level",
        outcome=surveys["activity"],
    )
    return pd.concat([effects(), asked[[*asked.columns.intersection(effects().columns), "group"]]])


def _read(name: str) -> pd.DataFrame:
    file = library.root() / "evidence" / name
    return pd.read_csv(file, index_col="id", dtype={"prints": str, "bib_key": str})
