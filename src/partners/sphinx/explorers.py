"""Small things to play with in a page: a slider, a picture, and a sentence that says the same."""

from __future__ import annotations

from html import escape
from statistics import NormalDist
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from partners.course.evidence import effects
from partners.course.references import in_text
from partners.sphinx.theme import load_where

if TYPE_CHECKING:
    from collections.abc import Callable

    from sphinx.application import Sphinx

SHOWN = (
    "smith2022-trust",
    "smith2020-achievement",
    "smith2022-communication",
    "nye2006-achievement",
)


def setup(app: Sphinx) -> None:
    """Register the directive, and the script of the pages that use it."""
    app.add_directive("explorer", Explorer)
    load_where(app, 'class="pt-explorer"', "explorers.js")


class Explorer(SphinxDirective):
    """One of the explorers, with a table that says the same without script."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        if name not in EXPLORERS:
            raise self.error(f'there is no explorer "{name}"; choose from {", ".join(EXPLORERS)}')
        self.env.note_dependency("evidence/effects.csv")
        html = f'<div class="pt-explorer" data-explorer="{name}">{EXPLORERS[name]()}</div>'
        return [nodes.raw("", html, format="html")]


def ahead(d: float) -> float:
    """Return how often in a hundred one drawn from the upper hill is ahead, at an effect of `d`."""
    return 100 * NormalDist().cdf(d / 2**0.5)


def effect_size() -> str:
    """Return a table of effects in standard deviations and what they mean for a hundred pairs."""
    rows = effects().loc[list(SHOWN)]
    lines = "".join(
        f'<tr data-d="{row["estimate"]}"><th scope="row">{row["estimate"]:.2f}</th>'
        f"<td>{escape(in_text(row['bib_key']))}: {escape(row['outcome'])}</td>"
        f"<td>{ahead(row['estimate']):.0f} of 100</td></tr>"
        for _, row in rows.iterrows()
    )
    head = "".join(f'<th scope="col">{name}</th>' for name in ("d", "Where we met it", "Pairs ahead"))
    return (
        "<table><caption>One student with the program, one without: how often is the first ahead? "
        "Our arithmetic, for two bell-shaped groups of equal spread.</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>"
    )


EXPLORERS: dict[str, Callable[[], str]] = {"effect-size": effect_size}
