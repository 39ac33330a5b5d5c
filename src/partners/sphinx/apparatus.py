"""What a reader finds in the margins of a good book: what a term means, and how to cite the page."""

from __future__ import annotations

from html import escape
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from docutils import nodes

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

GLOSSARY = "glossary"
_CITABLE = ("chapters/", "case_studies/")


def setup(app: Sphinx) -> None:
    """Connect to the resolved pages and to their writing."""
    app.connect("doctree-resolved", _explain_terms)
    app.connect("html-page-context", _add_citation)


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
