"""``evidence/``: the checked figures that the book prints."""

from __future__ import annotations

from functools import cache

import pandas as pd

from partners import library


@cache
def effects() -> pd.DataFrame:
    """Return one row for each effect, indexed by its id.

    ``estimate`` is in the units that ``effect_metric`` names; only rows of one metric share an axis.
    ``prints`` is what the text says; ``bib_key`` points into ``references.bib``.
    """
    return pd.read_csv(
        library.root() / "evidence" / "effects.csv", index_col="id", dtype={"prints": str}
    )
