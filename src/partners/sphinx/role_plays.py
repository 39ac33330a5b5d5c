"""Puts the conversations into the pages as they are written, so that an edited case is never stale."""

from __future__ import annotations

import json
import re
from html import escape
from typing import TYPE_CHECKING, Any

from docutils import nodes

from partners import library
from partners.player import page_data
from partners.player.scripts import FIRST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx

    from partners.scenario.model import RolePlay, Scene

_PLACEHOLDER = re.compile(r'<div class="partners-roleplay" data-role-play="(\w+)"></div>')


def setup(app: Sphinx) -> None:
    """Connect to the reading and the writing of pages."""
    app.connect("doctree-read", _note_dependencies)
    app.connect("html-page-context", _fill)


def _note_dependencies(app: Sphinx, doctree: nodes.document) -> None:
    for raw in doctree.findall(nodes.raw):
        for name in _PLACEHOLDER.findall(raw.astext()):
            app.env.note_dependency(str(library.role_play_file(name)))
            app.env.note_dependency(str(library.root() / "course_map.yml"))


def _fill(app: Sphinx, _page: str, _template: str, context: dict[str, Any], _: object) -> None:
    if not _PLACEHOLDER.search(context.get("body") or ""):
        return
    context["body"] = _PLACEHOLDER.sub(
        lambda match: page_html(library.role_play(match[1])), context["body"]
    )
    # `async`: a deferred script would wait for the theme's large icon font.
    app.add_js_file(FIRST, priority=100, loading_method="async", fetchpriority="high")


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
    # The element can be filled as soon as it is parsed, if the script is there already.
    parts.append("<script>window.partners?.mountAll()</script>")
    return f'<div class="partners-roleplay" data-role-play="{role_play.id}">{"".join(parts)}</div>'


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
