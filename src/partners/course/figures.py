"""The book's figures, drawn from the evidence file in one style, each naming its sources."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import matplotlib_inline.backend_inline

from partners import library
from partners.course.evidence import effects
from partners.course.references import short
from partners.scenario.learners import LEARNERS, simulate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from partners.scenario.model import RolePlay

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


def simulated(names: Sequence[str]) -> Figure:
    """Draw how declared learners end in each of the conversations `names`: one bar a learner.

    The shares are of 2,000 plays each, from ``partners.scenario.learners``.
    """
    kinds = {"partnership": LAKE, "progress": "#8fb8a8", "polite": "#d9c48a", "breakdown": CLAY}
    with plt.style.context(STYLE):
        figure, axes = plt.subplots(
            len(names), 1, figsize=(8, 2.1 * len(names)), squeeze=False, sharex=True
        )
        for ax, name in zip(axes.flat, names, strict=True):
            _learners(ax, library.role_play(name), kinds)
        handles, labels = axes[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, ncols=4, loc="outside lower center", frameon=False)
    plt.close(figure)
    return figure


def _learners(ax: Axes, role_play: RolePlay, kinds: Mapping[str, str]) -> None:
    outcomes = {name: simulate(role_play, name, 2000).endings for name in reversed(LEARNERS)}
    left = [0.0] * len(outcomes)
    for kind, colour in kinds.items():
        shares = [100 * outcome[kind] for outcome in outcomes.values()]
        ax.barh(list(outcomes), shares, left=left, color=colour, label=kind)
        left = [start + share for start, share in zip(left, shares, strict=True)]
    ax.set_title(role_play.title)
    ax.set_xlim(0, 100)
    ax.xaxis.set_major_formatter("{x:.0f} %")
    ax.tick_params(axis="y", labelsize=8)


def _hundred(ax: Axes, marked: int) -> None:
    x = [i % 10 for i in range(100)]
    y = [-(i // 10) for i in range(100)]
    ax.scatter(x[marked:], y[marked:], s=110, marker="o", facecolors="none", edgecolors=LAKE)
    ax.scatter(x[:marked], y[:marked], s=130, marker="X", color=CLAY)
    ax.set_aspect("equal")
    ax.axis("off")
