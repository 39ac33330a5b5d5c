"""Long tables that a reader can narrow down: the course map, and all the evidence."""

from __future__ import annotations

import csv
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd
from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

from partners import library
from partners.course.course_map import InConversation, InQuestion, course_map, rows
from partners.course.evidence import FILES, numbers
from partners.course.references import in_text
from partners.course.tables import of_frame, scrolling
from partners.sphinx.theme import load_where

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sphinx.application import Sphinx

MAP_CSV = "course_map.csv"


class _Table(SphinxDirective):
    has_content = False

    def table(self, name: str, heads: dict[str, str], body: Iterable[list[str]]) -> nodes.raw:
        """Return a table of HTML cells; `heads` says of each column how it is narrowed down."""
        head = "".join(
            f'<th scope="col" data-narrow="{how}">{escape(h)}</th>' for h, how in heads.items()
        )
        lines = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in line)}</tr>" for line in body)
        html = scrolling("pt-scroll", name, f"<thead><tr>{head}</tr></thead><tbody>{lines}</tbody>")
        box = f'<div class="pt-table" data-table="{escape(name)}">{html}</div>'
        return nodes.raw("", box, format="html")

    def link(self, page: str, words: str, anchor: str = "") -> str:
        """Return a link to a page of the book, from this one."""
        to = self.env.app.builder.get_relative_uri(self.env.docname, page)
        return f'<a href="{escape(to)}{"#" + anchor if anchor else ""}">{escape(words)}</a>'


class Outcomes(_Table):
    """What a reader can do afterwards: where it is taught, practised and assessed."""

    heads: ClassVar = {
        "You can": "",
        "Taught": "choose",
        "Practiced": "",
        "Assessed": "",
        "Frameworks": "choose",
    }

    def run(self) -> list[nodes.Node]:
        self.env.note_dependency("course_map.yml")
        found = [row for row in rows() if row["kind"] == "outcome"]
        for row in found:
            self.env.note_dependency(f"{row['page']}.md")
        body = [
            [
                escape(row["says"]),
                self.link(row["page"], row["page_title"], row["section"]),
                self._practised(row["id"]),
                self._assessed(row["id"]),
                self._tags(row["id"]),
            ]
            for row in found
        ]
        return [self.table("Outcomes", self.heads, body), self._legend()]

    def _tags(self, key: str) -> str:
        names = (course_map().frameworks[tag] for tag in course_map().outcomes[key].tags)
        return "<br>".join(escape(name.partition(",")[0]) for name in names)

    def _legend(self) -> nodes.raw:
        names = "".join(f"<li>{escape(name)}</li>" for name in course_map().frameworks.values())
        html = f"<details><summary>What the tags stand for</summary><ul>{names}</ul></details>"
        return nodes.raw("", html, format="html")

    def _practised(self, key: str) -> str:
        cmap = course_map()
        match cmap.outcomes[key].practised:
            case InQuestion(page=page, quiz=quiz):
                return self.link(page, "a question of the chapter", f"quiz-{quiz}")
            case InConversation(role_play=name, dimension=dimension):
                talk = self.link(f"case_studies/{name}/case", library.role_play(name).title)
                return f"{talk}: {escape(cmap.rubric[dimension].name.lower())}"

    def _assessed(self, key: str) -> str:
        where = course_map().outcomes[key].assessed
        exercise = self.link(f"exercises/{where.exercise}/worksheet", _words(where.exercise))
        return f"{exercise}: {_words(where.question)}"


class Topics(_Table):
    """Everything the course speaks of, and the section that does."""

    def run(self) -> list[nodes.Node]:
        body = [
            [
                escape(row["says"]),
                self.link(row["page"], row["page_title"]),
                self.link(row["page"], row["section_title"], row["section"]),
            ]
            for row in rows()
            if row["kind"] == "topic"
        ]
        return [self.table("Topics", {"Topic": "", "Chapter": "choose", "Section": ""}, body)]


class Evidence(_Table):
    """Every number the book may print, with its metric, its study and its limits."""

    heads: ClassVar = {
        "What": "",
        "Number": "",
        "In": "choose",
        "Grades": "choose",
        "How it was found": "",
        "Source": "",
        "What to know": "",
    }

    def run(self) -> list[nodes.Node]:
        for name in FILES:
            self.env.note_dependency(f"evidence/{name}")
        found = numbers().fillna("")
        body = [self._cells(str(key), row) for key, row in found.iterrows()]
        return [self.table("The evidence", self.heads, body)]

    def _cells(self, key: str, row: pd.Series[Any]) -> list[str]:
        what = row["intervention_or_construct"] or row["group"]
        source = in_text(row["bib_key"]) if row["bib_key"] else row["source"]
        said = (what, row["outcome"]), (row["estimate"],), (row["effect_metric"],)
        found = (row["grade_band"],), (row["design"] or "survey",), (source, row["year"]), (row["note"],)
        cells = [": ".join(escape(str(part)) for part in parts if part != "") for parts in said + found]
        cells[0] = f'<span id="{escape(key)}">{cells[0]}</span>'
        return cells


class Dataset(_Table):
    """A small data file of the page's folder: what its columns mean, its first rows, and the file."""

    required_arguments = 1
    option_spec: ClassVar = {"synthetic": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        folder = Path(self.env.doc2path(self.env.docname)).parent / "data"
        data, columns = folder / f"{name}.csv", folder / f"{name}.columns.csv"
        for file in (data, columns):
            self.env.note_dependency(str(file))
        found = pd.read_csv(data, dtype=str, keep_default_na=False)
        meanings = pd.read_csv(columns, dtype=str, keep_default_na=False)
        if list(meanings["column"]) != list(found.columns):
            raise self.error(f"{columns.name} must explain the columns of {data.name}, in its order")
        about = f"{{download}}`{data.name} <data/{data.name}>`, {len(found)} rows."
        if "synthetic" in self.options:
            about += f" **Synthetic data**: {self.options['synthetic']}"
        shown = [
            of_frame(meanings, f"What the columns of {data.name} mean"),
            of_frame(found.head(8), f"The first rows of {data.name}"),
        ]
        tables = (nodes.raw("", html, format="html") for html in shown)
        return [*self.parse_text_to_nodes(about), *tables]


def _words(name: str) -> str:
    return escape(name.replace("_", " "))


def _write_csv(app: Sphinx) -> None:
    lines = list(rows())
    target = Path(app.doctreedir).parent / "partners_static" / MAP_CSV
    target.parent.mkdir(parents=True, exist_ok=True)
    # With a byte order mark, so that a spreadsheet reads the quotation marks right.
    with target.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(lines[0]))
        writer.writeheader()
        writer.writerows(lines)


def setup(app: Sphinx) -> None:
    """Register the directives, the file of the map and the script of the pages with tables."""
    app.add_directive("outcomes-table", Outcomes)
    app.add_directive("topics-table", Topics)
    app.add_directive("evidence-table", Evidence)
    app.add_directive("dataset", Dataset)
    app.connect("builder-inited", _write_csv)
    load_where(app, 'class="pt-table"', "tables.js")
