"""Puts the conversations into the pages as they are written, so that an edited case is never stale."""

from __future__ import annotations

import json
import re
from html import escape
from itertools import chain
from typing import TYPE_CHECKING, Any

from docutils import nodes

from partners import library
from partners.player import page_data
from partners.player.scripts import FIRST, TASTER, WORKSHEET

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx

    from partners.scenario.model import RolePlay, Scene

_PLACEHOLDER = re.compile(
    r'<div class="partners-roleplay" data-role-play="(?P<name>\w+)"'
    r'(?: data-turns="(?P<turns>\d+)")?></div>'
)


def setup(app: Sphinx) -> None:
    """Connect to the reading and the writing of pages."""
    app.connect("doctree-read", _note_dependencies)
    app.connect("html-page-context", _fill)


def _note_dependencies(app: Sphinx, doctree: nodes.document) -> None:
    for raw in doctree.findall(nodes.raw):
        for place in _PLACEHOLDER.finditer(raw.astext()):
            app.env.note_dependency(str(library.role_play_file(place["name"])))
            app.env.note_dependency(str(library.root() / "course_map.yml"))


def _fill(app: Sphinx, page: str, _template: str, context: dict[str, Any], _: object) -> None:
    body = context.get("body") or ""
    places = list(_PLACEHOLDER.finditer(body))
    form = 'class="partners-worksheet"' in body
    if not places and not form:
        return

    def filled(place: re.Match[str]) -> str:
        role_play = library.role_play(place["name"])
        if not place["turns"]:
            return page_html(role_play)
        case = app.builder.get_relative_uri(page, f"case_studies/{role_play.id}/case")
        return taster_html(role_play, place["turns"], f"{case}?go-on")

    context["body"] = _PLACEHOLDER.sub(filled, body)
    script = WORKSHEET if form else TASTER if any(place["turns"] for place in places) else FIRST
    # `async`: a deferred script would wait for all others.
    app.add_js_file(script, priority=100, loading_method="async", fetchpriority="high")


def page_html(role_play: RolePlay) -> str:
    """Return `role_play` as the page holds it: its data, and its words without script.

    The data comes in parts (the people, each scene, the endings), each beside its words, so that
    compression finds them twice in its window.
    """
    data = page_data(role_play)
    scenes, endings = data.pop("scenes"), data.pop("endings")
    parts = [_data(data), _words(_opening(role_play))]
    for key, scene in role_play.scenes.items():
        parts += [_data({key: scenes[key]}), _words(_scene(role_play, scene))]
    parts += [_data(endings), _words(_endings(role_play))]
    return _place(role_play, parts)


def taster_html(role_play: RolePlay, turns: str, go_on: str) -> str:
    """Return the first `turns` replies of `role_play` as a page holds them; at `go_on` it goes on.

    All of the data is there: an attempt may be further on, and the two pages share their attempts.
    """
    data = page_data(role_play)
    scenes, endings = data.pop("scenes"), data.pop("endings")
    first = role_play.scenes[role_play.opening]
    link = f'<p><a href="{escape(go_on)}">{escape(role_play.title)}</a></p>'
    parts = [*map(_data, (data, scenes, endings)), _words(chain(_scene(role_play, first), [link]))]
    return _place(role_play, parts, f' data-turns="{turns}" data-go-on="{escape(go_on)}"')


def _place(role_play: RolePlay, parts: list[str], attributes: str = "") -> str:
    # The element can be filled as soon as it is parsed, if the script is there already. If not,
    # a section called “Partners” may stand under that name.
    parts.append("<script>window.partners?.mountAll?.()</script>")
    opening = f'<div class="partners-roleplay" data-role-play="{role_play.id}"{attributes}>'
    return f"{opening}{''.join(parts)}</div>"


def _data(data: dict[str, Any]) -> str:
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    inert = text.replace("<", r"\u003c")  # so that no word of the case can end the script element
    return f'<script type="application/json">{inert}</script>'


def _words(html: Iterator[str]) -> str:
    return f"<noscript>{''.join(html)}</noscript>"


def _opening(role_play: RolePlay) -> Iterator[str]:
    yield f"<p><strong>{escape(role_play.title)}.</strong> {escape(role_play.setting)}</p>"


def _scene(role_play: RolePlay, scene: Scene) -> Iterator[str]:
    name = escape(role_play.parent.name)
    yield f"<p>{name}: {escape(scene.says[-1].line)}</p>"
    if scene.own_words:
        yield f"<p>{escape(scene.own_words.prompt)}</p>"
    yield "<p>You might say:</p><ul>"
    for reply in scene.replies.values():
        back = f" {name}: {escape(reply.answer[-1].line)}" if reply.answer else ""
        yield f"<li>“{escape(reply.say)}”{back} <em>{escape(reply.coach)}</em></li>"
    yield "</ul>"


def _endings(role_play: RolePlay) -> Iterator[str]:
    yield "<p>It may end so:</p><ul>"
    for end in role_play.endings.values():
        yield f"<li><strong>{escape(end.title)}.</strong> {escape(end.text)}</li>"
    yield "</ul>"
