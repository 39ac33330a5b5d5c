"""The look of the book, and what the theme must not do: call other hosts, fail a screen reader."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sphinx.builders.html import StandaloneHTMLBuilder

from partners.player import STYLE
from partners.player.scripts import page_scripts

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config

STATIC = Path(__file__).parent / "static"
LOOK = Path(__file__).parent / "look.css"
_EMPTY_HEADER = re.compile(r"<th([^>]*)>(?:<p></p>)?</th>")
_UNWANTED = ("thebe", "require.js", "mathjax")


def setup(app: Sphinx) -> None:
    """Connect to the configuration and to every page."""
    app.add_config_value("partners_look", "", "html")
    app.connect("config-inited", _configure)
    app.connect("builder-inited", _write_player)
    app.connect("builder-inited", _add_filter)
    app.connect("html-page-context", _mend, priority=900)


def load_where(app: Sphinx, marker: str, script: str) -> None:
    """Load `script` on the pages whose body holds `marker`, and on no other."""

    def add(_app: Sphinx, _page: str, _template: str, context: dict[str, Any], _: object) -> None:
        if marker in (context.get("body") or ""):
            app.add_js_file(script, loading_method="defer")

    app.connect("html-page-context", add)


def _configure(app: Sphinx, config: Config) -> None:
    config.html_static_path.append(str(STATIC))
    config.templates_path.append(str(Path(__file__).parent / "templates"))
    # A changed script, style or table of contents rewrites every page, so that none keeps an old one.
    config.partners_look = _digest(Path(app.srcdir, config.external_toc_path))


def _digest(toc: Path) -> str:
    parts = [toc.read_bytes()]
    parts += [
        file.read_bytes() for file in (*sorted(LOOK.parent.glob("*.css")), *sorted(STATIC.iterdir()))
    ]
    parts += [STYLE.encode(), *(script.encode() for script in page_scripts().values())]
    return hashlib.sha256(b"".join(parts)).hexdigest()


def _write_player(app: Sphinx) -> None:
    made = Path(app.doctreedir).parent / "partners_static"
    made.mkdir(parents=True, exist_ok=True)
    for name, script in page_scripts().items():
        (made / name).write_text(script, "utf-8")
    # One stylesheet for all: a second one would hold up the first sight of a page.
    look = LOOK.read_text("utf-8") + STYLE
    (made / "partners.css").write_text(look, "utf-8")
    app.config.html_static_path.append(str(made))
    app.add_css_file("partners.css")
    app.add_js_file("page.js", loading_method="async")


def _add_filter(app: Sphinx) -> None:
    if isinstance(app.builder, StandaloneHTMLBuilder):
        app.builder.templates.environment.filters["without_scripts"] = _without_scripts


def _without_scripts(html: str, *names: str) -> str:
    wanted = "|".join(re.escape(name) for name in names)
    return re.sub(rf"<script[^>]*/?(?:{wanted})[^>]*></script>", "", html)


def _mend(_app: Sphinx, _page: str, _template: str, context: dict[str, Any], _: object) -> None:
    context["script_files"] = [script for script in context["script_files"] if not _unwanted(script)]
    # docutils gives references a role that ARIA has withdrawn, inside a list.
    body = context.get("body") or ""
    body = body.replace('role="doc-biblioentry"', 'role="listitem"')
    # The corner of a table is no header: Markdown and pandas cannot say so.
    context["body"] = _EMPTY_HEADER.sub(r"<td\1></td>", body)


def _unwanted(script: Any) -> bool:
    address = str(getattr(script, "filename", script) or "")
    body = str(getattr(script, "attributes", {}).get("body", ""))
    return any(word in address.lower() or word in body.lower() for word in _UNWANTED)
