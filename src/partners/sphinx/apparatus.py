"""What a reader finds around a page: what a term means, how to cite it, and the page as a notebook."""

from __future__ import annotations

import re
from html import escape
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.builders.html import StandaloneHTMLBuilder

from partners import files
from partners.sphinx.facilitation import EDITION

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

GLOSSARY = "glossary"
_NOTE = re.compile(r"^(`{3,})\{instructor-note\}.*?^\1\n+", re.MULTILINE | re.DOTALL)
_CITABLE = ("chapters/", "case_studies/")


def setup(app: Sphinx) -> None:
    """Connect to the resolved pages and to their writing."""
    app.connect("doctree-resolved", _explain_terms)
    app.connect("html-page-context", _add_citation)
    app.connect("build-finished", _write_notebooks)


def _explain_terms(app: Sphinx, doctree: nodes.document, _page: str) -> None:
    links = [link for link in doctree.findall(nodes.reference) if "#term-" in link.get("refuri", "")]
    if links:
        meanings = _meanings(app.env)
        for link in links:
            # A title, as citations have one; page.js shows both to keyboard and touch as well.
            link["reftitle"] = meanings.get(link["refuri"].partition("#")[2], "")


def _meanings(env: BuildEnvironment) -> dict[str, str]:
    """Return the definitions of the glossary by the anchor of their term."""
    return {
        anchor: " ".join(item.next_node(nodes.definition).astext().split())
        for item in env.get_doctree(GLOSSARY).findall(nodes.definition_list_item)
        for term in item.findall(nodes.term)
        for anchor in term["ids"]
    }


def _add_citation(app: Sphinx, page: str, _template: str, context: dict[str, Any], _: object) -> None:
    if page.startswith(_CITABLE) and context.get("body"):
        context["body"] += citation(context["title"], app.config.copyright, page)
        context["body"] += _notebook_link(context["pathto"](f"_sources/{page}.ipynb", 1))


def citation(title: str, year: str, page: str) -> str:
    """Return how to cite `page`, in words and as BibTeX, folded up."""
    book = "Partners: working with families, a course for people who are learning to teach"
    edition = version("partners")
    words = f"The Partners authors ({year}). {title}. In <em>{book}</em> (version {edition}). CC BY 4.0."
    bibtex = (
        f"@incollection{{partners_{page.strip('/').replace('/', '_')},\n"
        f"  author = {{{{The Partners authors}}}},\n  title = {{{title}}},\n"
        f"  booktitle = {{{book}}},\n  year = {{{year}}},\n  note = {{Version {edition}, CC BY 4.0}}\n}}"
    )
    return (
        '<details class="pt-cite"><summary>Cite this page</summary>'
        f"<p>{words}</p><pre>{escape(bibtex, quote=False)}</pre></details>"
    )


def _notebook_link(address: str) -> str:
    return (
        f'<p class="pt-hint pt-notebook"><a href="{escape(address)}" download>Download this page as a '
        "notebook</a>. To run it you need the course on your computer.</p>"
    )


def _write_notebooks(app: Sphinx, error: Exception | None) -> None:
    """Write a notebook beside each source that readers can download; students' have no notes in them."""
    if error or not isinstance(app.builder, StandaloneHTMLBuilder):
        return
    for file in Path(app.outdir, "_sources").rglob("*.md"):
        text = file.read_text("utf-8")
        if app.config.partners_edition != EDITION and _NOTE.search(text):
            text = _NOTE.sub("", text)
            files.write(file, text)
        notebook = file.with_suffix(".ipynb")
        page = str(file.relative_to(Path(app.outdir, "_sources")))
        if page.startswith(_CITABLE) and not files.up_to_date(notebook, file):
            import jupytext  # noqa: PLC0415 - the book's warm build never comes here

            files.write(notebook, jupytext.writes(jupytext.reads(text, fmt="md:myst"), fmt="ipynb"))
