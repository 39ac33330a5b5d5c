"""The page “My course”: a manifest of the book, for ``my_course.js`` to tell what a browser kept."""

from __future__ import annotations

import json
import re
from html import escape, unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective

from partners import library
from partners.course.course_map import course_map
from partners.course.pages import front_matter
from partners.player.scripts import FIRST

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

    from partners.scenario.model import RolePlay

PAGE = "my_course"
STYLE = Path(__file__).parent / "my_course.css"
_PLACE = '<div class="partners-my-course"></div>'
_FORM = re.compile(r'<div class="partners-worksheet"><script type="application/json">(.*?)</script>')
_FIRST_ANSWER = re.compile(r'data-first-answer="([^"]+)"')


class MyCourse(SphinxDirective):
    """The place that is filled when the page is written, when all of the book is known."""

    def run(self) -> list[nodes.Node]:
        """Return the empty place."""
        return [nodes.raw("", _PLACE, format="html")]


def setup(app: Sphinx) -> None:
    """Register the directive; connect to the reading and the writing of pages."""
    app.add_directive("my-course", MyCourse)
    app.connect("env-before-read-docs", _read_with_others)
    app.connect("html-page-context", _fill)


def _read_with_others(_app: Sphinx, env: BuildEnvironment, names: list[str]) -> None:
    # The page tells of all others: it is made anew with any of them.
    if names and PAGE in env.found_docs and PAGE not in names:
        names.append(PAGE)


def _fill(app: Sphinx, page: str, _template: str, context: dict[str, Any], _: object) -> None:
    if page in app.env.all_docs and _minutes(app.env, page):
        # page.js notes the reading of those pages that My course counts.
        context["metatags"] += f'<meta name="partners:page" content="{page}">'
    body = context.get("body") or ""
    if _PLACE in body:
        names = (FIRST, "my_course.js")
        version = app.config.partners_look[:8]
        scripts = [f"{context['pathto'](f'_static/{name}', 1)}?v={version}" for name in names]
        context["body"] = body.replace(_PLACE, _page_html(manifest(app), scripts))


def _page_html(book: dict[str, Any], scripts: Iterable[str]) -> str:
    data = json.dumps(book, ensure_ascii=False, separators=(",", ":")).replace("<", r"\u003c")
    # The scripts stand behind the place and hold the parser up: no other state is seen first.
    loaded = "".join(f'<script src="{address}"></script>' for address in scripts)
    return (
        f'<div class="partners-my-course"><style>{STYLE.read_text("utf-8")}</style>'
        f'<script type="application/json">{data}</script>'
        f'<div class="mc">{"".join(_contents(book))}</div></div>{loaded}'
    )


def _contents(book: dict[str, Any]) -> Iterator[str]:
    for part in book["parts"]:
        yield f"<h2>{escape(part['title'])}</h2><ul>"
        for page in part["pages"]:
            link = f'<a href="{page["href"]}">{escape(page["title"])}</a>'
            yield f"<li>{link}, about {page['minutes']} minutes</li>"
        yield "</ul>"


def manifest(app: Sphinx) -> dict[str, Any]:
    """Return what there is to read, to answer and to play in the book, in its order."""
    env = app.env
    parts: list[dict[str, Any]] = [
        {"title": title, "pages": [_page(app, name) for name in names if _minutes(env, name)]}
        for title, names in _parts(env)
    ]
    plays = [name for _, names in _parts(env) for doc in names if (name := _case(doc))]
    return {
        "parts": [part for part in parts if part["pages"]],
        "plays": [
            _skeleton(library.role_play(name)) | {"href": _href(app, f"case_studies/{name}/case")}
            for name in plays
        ],
        "rubric": {key: dimension.name for key, dimension in course_map().rubric.items()},
    }


def _parts(env: BuildEnvironment) -> Iterator[tuple[str, list[str]]]:
    for toctree in env.get_doctree(env.config.root_doc).findall(addnodes.toctree):
        yield toctree["caption"] or "The book", list(_below(env, toctree["includefiles"]))


def _below(env: BuildEnvironment, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        yield name
        yield from _below(env, env.toctree_includes.get(name, ()))


def _minutes(env: BuildEnvironment, name: str) -> int | None:
    file = Path(env.doc2path(name))
    source = file.with_name("source.md")  # an exercise's page is made from it, without its minutes
    return front_matter(source if source.exists() else file).get("minutes")


def _href(app: Sphinx, name: str) -> str:
    return str(app.builder.get_relative_uri(PAGE, name))


def _case(doc: str) -> str | None:
    found = re.fullmatch(r"case_studies/(\w+)/case", doc)
    return found[1] if found and found[1] in library.role_plays() else None


def _page(app: Sphinx, name: str) -> dict[str, Any]:
    doctree = app.env.get_doctree(name)
    return {
        "doc": name,
        "title": app.env.titles[name].astext(),
        "href": _href(app, name),
        "minutes": _minutes(app.env, name),
        "first": list(_first_answers(doctree)),
        "quizzes": [raw["quiz"] for raw in doctree.findall(nodes.raw) if "quiz" in raw],
        "exercise": _exercise(doctree),
    }


def _exercise(doctree: nodes.document) -> dict[str, Any] | None:
    """Return what the forms of an exercise ask, to tell its answers with; None on another page."""
    found = (_FORM.search(raw.astext()) for raw in doctree.findall(nodes.raw))
    forms = [json.loads(form[1]) for form in found if form]
    if not forms:
        return None
    questions = {name: q for form in forms for name, q in form["questions"].items()}
    return {
        "name": forms[0]["exercise"],
        "asks": sum(len(q.get("items", {})) or 1 for q in questions.values()),
        "questions": {name: _asked(q) for name, q in questions.items()},
    }


def _asked(question: dict[str, Any]) -> dict[str, Any]:
    items = {name: item.get("options") for name, item in question.get("items", {}).items()}
    return _only(question, "ask", "options") | ({"items": items} if items else {})


def _first_answers(doctree: nodes.document) -> Iterator[dict[str, str]]:
    for raw in doctree.findall(nodes.raw):
        if found := _FIRST_ANSWER.search(raw.astext()):
            around = (node.astext() for node in raw.parent if not isinstance(node, nodes.raw))
            yield {"key": unescape(found[1]), "prompt": "\n\n".join(around)}


def _skeleton(role_play: RolePlay) -> dict[str, Any]:
    """Return what an attempt is played again with to be told: all of `role_play` but its words."""
    data = role_play.as_data()
    rules = ("if", "effects", "repairs", "misstep", "scores", "goto")
    scenes = {
        at: _only(scene, "guess", "own_words")
        | {"replies": {key: _only(reply, *rules) for key, reply in scene["replies"].items()}}
        for at, scene in data["scenes"].items()
    }
    for scene in scenes.values():
        if "own_words" in scene:
            scene["own_words"] = _only(scene["own_words"], "prompt", "dimension")
    return _only(data, "id", "title", "practises", "meters", "flags") | {
        "name": role_play.parent.name,
        "missteps": dict.fromkeys(data.get("missteps", {}), 0),
        "scenes": scenes,
        "endings": {key: _only(end, "title", "if", "at_once") for key, end in data["endings"].items()},
    }


def _only(data: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: data[name] for name in names if data.get(name)}
