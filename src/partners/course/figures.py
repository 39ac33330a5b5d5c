"""The book's figures, drawn from the evidence file in one style, each naming its sources."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import matplotlib_inline.backend_inline

from partners.course.evidence import effects
from partners.course.references import short

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STYLE = Path(__file__).parent / "partners.mplstyle"
LAKE, CLAY, MUTED = "#1d5f59", "#9c4221", "#586663"

matplotlib_inline.backend_inline.set_matplotlib_formats("svg")  # type: ignore[no-untyped-call]


def of_a_hundred(rows: Mapping[str, str]) -> Figure:
    """Draw a hundred people for each row, and mark those to whom it happened.

    Parameters
    ----------
    rows
        Label → id of a row of ``effects.csv`` whose metric is ``percent level``.

    Raises
    ------
    ValueError
        If a row has another metric: only a share of a hundred can be drawn so.
    """
    data = effects().loc[list(rows.values())]
    if set(data["effect_metric"]) != {"percent level"}:
        metrics = ", ".join(sorted(set(data["effect_metric"])))
        msg = f"only rows in percent level can be drawn of a hundred, not {metrics}"
        raise ValueError(msg)
    with plt.style.context(STYLE):
        figure, axes = plt.subplots(1, len(rows), figsize=(3.6 * len(rows), 3.7))
        for ax, label, (_, row) in zip(axes, rows, data.iterrows(), strict=True):
            _hundred(ax, round(row["estimate"]))
            ax.set_title(f"{label}\n{row['prints']} {row['outcome']}")
        figure.supxlabel(
            "\n".join(short(key) for key in data["bib_key"].unique()), fontsize=8, color=MUTED
        )
    plt.close(figure)
    return figure


def _hundred(ax: Axes, marked: int) -> None:
    x = [i % 10 for i in range(100)]
    y = [-(i // 10) for i in range(100)]
    ax.scatter(x[marked:], y[marked:], s=110, marker="o", facecolors="none", edgecolors=LAKE)
    ax.scatter(x[:marked], y[:marked], s=130, marker="X", color=CLAY)
    ax.set_aspect("equal")
    ax.axis("off")
