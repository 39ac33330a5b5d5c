"""The book's figures, drawn from the evidence file in one style, each naming its sources."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import matplotlib_inline.backend_inline

from partners import library
from partners.course.evidence import numbers
from partners.course.references import in_text
from partners.scenario.learners import LEARNERS, simulate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from partners.scenario.model import RolePlay

STYLE = Path(__file__).parent / "partners.mplstyle"
LAKE, CLAY, MUTED, PALE, INK = "#1d5f59", "#9c4221", "#586663", "#e3efec", "#23302e"

_METRICS = {
    "d": "standard deviations (d)",
    "SD": "standard deviations",
    "r": "correlation (r)",
    "pp": "percentage points",
}

matplotlib_inline.backend_inline.set_matplotlib_formats("svg")  # type: ignore[no-untyped-call]


def of_a_hundred(rows: Mapping[str, str]) -> Figure:
    """Draw a hundred people for each row, and mark those to whom it happened.

    Parameters
    ----------
    rows
        Label → id of a row of the evidence files whose metric is ``percent level``.

    Raises
    ------
    ValueError
        If a row has another metric: only a share of a hundred can be drawn so.
    """
    data = _of_one_metric(rows, {"percent level"})
    with plt.style.context(STYLE):
        figure, axes = plt.subplots(1, len(rows), figsize=(3.6 * len(rows), 3.7), squeeze=False)
        for ax, label, (_, row) in zip(axes.flat, rows, data.iterrows(), strict=True):
            _hundred(ax, round(row["estimate"]))
            ax.set_title(f"{label}\n{row['prints']} {row['outcome']}")
        _name_sources(figure, data)
    plt.close(figure)
    return figure


def levels(rows: Mapping[str, str], title: str) -> Figure:
    """Draw percentages as bars from 0 to 100, each with its number.

    Parameters
    ----------
    rows
        Label → id of a row of the evidence files whose metric is ``percent level``.
    title
        What the bars count.

    Raises
    ------
    ValueError
        If a row has another metric.
    """
    data = _of_one_metric(rows, {"percent level"})
    with plt.style.context(STYLE):
        figure, ax = plt.subplots(figsize=(7, 1.3 + 0.45 * len(rows)))
        bars = ax.barh(list(rows), data["estimate"], color=LAKE, height=0.62)
        ax.bar_label(bars, labels=list(data["prints"]), padding=4)
        ax.set(xlim=(0, 108), title=title)
        ax.invert_yaxis()
        ax.xaxis.set_visible(False)
        ax.spines["bottom"].set_visible(False)
        ax.tick_params(axis="y", length=0)
        _name_sources(figure, data)
    plt.close(figure)
    return figure


def compared(rows: Mapping[str, str], title: str) -> Figure:
    """Draw estimates of one metric on one axis, with their intervals where a row has them.

    Parameters
    ----------
    rows
        Label → id of a row of the evidence files.
    title
        What is compared; the axis is named after the metric.

    Raises
    ------
    ValueError
        If the rows are not all of one metric: their numbers cannot share an axis.
    """
    data = _of_one_metric(rows, None)
    with plt.style.context(STYLE):
        figure, ax = plt.subplots(figsize=(7, 1.4 + 0.42 * len(rows)))
        for place, (_, row) in enumerate(data.iterrows()):
            ax.plot([row["ci_low"], row["ci_high"]], [place, place], color=LAKE, linewidth=2)
            ax.plot(row["estimate"], place, "o", color=LAKE, markersize=8)
            ax.annotate(
                row["prints"], (row["estimate"], place), (0, 7), textcoords="offset points", ha="center"
            )
        ax.axvline(0, color=MUTED, linewidth=1)
        ax.set(yticks=range(len(rows)), yticklabels=list(rows), title=title)
        ax.set(xlabel=_METRICS.get(metric := data["effect_metric"].iloc[0], metric))
        ax.margins(x=0.12, y=0.25)
        ax.invert_yaxis()
        ax.tick_params(axis="y", length=0)
        _name_sources(figure, data)
    plt.close(figure)
    return figure


def drawing(width: float, height: float) -> tuple[Figure, Axes]:
    """Return an empty canvas of `width` by `height` inches, 0 to 100 both ways, for a diagram."""
    with plt.style.context(STYLE):
        figure, ax = plt.subplots(figsize=(width, height))
    ax.set(xlim=(0, 100), ylim=(0, 100))
    ax.axis("off")
    plt.close(figure)
    return figure, ax


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


def _of_one_metric(rows: Mapping[str, str], metrics: set[str] | None) -> pd.DataFrame:
    data = numbers().loc[list(rows.values())]
    found = set(data["effect_metric"])
    if len(found) > 1 or (metrics and found != metrics):
        wanted = " or ".join(metrics or {"one metric"})
        msg = f"only rows in {wanted} share this figure, not {', '.join(sorted(found))}"
        raise ValueError(msg)
    return data


def _name_sources(figure: Figure, data: pd.DataFrame) -> None:
    keys = data["bib_key"].dropna().unique()
    named = [in_text(key) for key in keys]
    named += [_in_brackets(text) for text in data.loc[data["bib_key"].isna(), "source"].unique()]
    figure.supxlabel(textwrap.fill("; ".join(named), 90), fontsize=9, color=MUTED)


def _in_brackets(source: str) -> str:
    found = re.search(r"\(([^()]*)\)\s*$", source)
    return found[1] if found else source
