"""The browser side: the player's scripts and one stylesheet, in the book's pages and in notebooks."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from partners import library
from partners.course.course_map import course_map
from partners.course.references import short

if TYPE_CHECKING:
    from partners.scenario.model import RolePlay as Model

HERE = Path(__file__).parent
STYLE = "".join((HERE / name).read_text("utf-8") for name in ("roleplay.css", "worksheet.css"))
BUILDING = "PARTNERS_BOOK"
"""Set in the environment while the book is built, so that a cell prints a placeholder."""


def page_data(role_play: Model) -> dict[str, Any]:
    """Return what the browser needs to play `role_play`: its data, portrait, rubric and sources."""
    scenes = role_play.scenes.values()
    warrants = [r.why for scene in scenes for r in scene.replies.values()]
    coded = [scene.own_words.dimension for scene in scenes if scene.own_words]
    cmap = course_map()
    unseen = {"summary", "child", "statements", "variants"}
    return {key: value for key, value in role_play.as_data().items() if key not in unseen} | {
        "portrait": library.portrait(role_play),
        "rubric": {name: cmap.rubric[name].name for name in [*role_play.practises, *coded]},
        "principles": {w.principle: cmap.principles[w.principle] for w in warrants},
        "sources": {w.source: short(w.source) for w in warrants},
    }


class Placeholder:
    """What `RolePlay` is while the book is built: a place for the page to put the conversation in.

    The cell's output must not hold the conversation itself: outputs are cached by the cell's code,
    and an edited case would stay stale.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.transcript: dict[str, Any] = {}

    def __repr__(self) -> str:
        return f"The conversation {self.name}"

    def _repr_html_(self) -> str:
        return f'<div class="partners-roleplay" data-role-play="{self.name}"></div>'


def RolePlay(name: str) -> Any:  # noqa: N802 - read as the class it returns
    """Return the conversation `name`, to be played where the cell stands.

    In a notebook this is an ipywidget (see ``partners.player.widget.RolePlay``); while the book is
    built it is a placeholder that the page fills.

    Raises
    ------
    LookupError
        If there is no conversation of that name; the message lists those there are.
    """
    library.role_play(name)
    if os.environ.get(BUILDING):
        return Placeholder(name)
    from partners.player import widget  # noqa: PLC0415 - a build needs no widget

    return widget.RolePlay(name)
