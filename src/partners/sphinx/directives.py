"""What a page can say besides Markdown: its outcomes, evidence, examples of talk, questions."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from sphinx.util.docutils import SphinxDirective, SphinxRole

from partners import library
from partners.course.course_map import course_map
from partners.course.evidence import FILES, numbers
from partners.course.pages import front_matter
from partners.course.quizzes import Quiz
from partners.course.references import cited, full

if TYPE_CHECKING:
    from sphinx.application import Sphinx

STRENGTHS = {
    "randomised": "Randomized trial",
    "comparison": "Comparison, not randomized",
    "correlation": "Correlation",
    "description": "Description",
    "synthesis": "Many studies together",
    "contested": "Contested",
}


class PageDirective(SphinxDirective):
    """What the directives share: boxes, labels, Markdown inside."""

    has_content = True

    def box(self, name: str, *children: nodes.Node) -> nodes.container:
        """Return `children` in a box of the class ``pt-name``."""
        return nodes.container("", *children, classes=[f"pt-{name}"])

    def markdown(self, text: str | StringList) -> list[nodes.Node]:
        """Return `text` as nodes."""
        lines = (
            StringList(text.splitlines(), self.get_source_info()[0]) if isinstance(text, str) else text
        )
        parent = nodes.container()
        self.state.nested_parse(lines, self.content_offset, parent)
        return list(parent.children)

    def label(self, text: str, name: str) -> nodes.paragraph:
        """Return a line of plain `text` of the class ``pt-name``."""
        return nodes.paragraph("", text, classes=[f"pt-{name}"])

    def raw(self, html: str) -> nodes.raw:
        """Return `html` as it stands."""
        return nodes.raw("", html, format="html")


class Unit(PageDirective):
    """How long the page takes, and what its reader can do afterwards."""

    has_content = False

    def run(self) -> list[nodes.Node]:
        file = Path(self.env.doc2path(self.env.docname))
        self.env.note_dependency("course_map.yml")
        minutes = front_matter(file)["minutes"]
        outcomes = course_map().taught_in(self.env.docname)
        items = (nodes.list_item("", nodes.paragraph("", o.can)) for o in outcomes)
        return [
            self.box(
                "unit",
                self.label(f"About {minutes} minutes. Afterwards you can:", "label"),
                nodes.bullet_list("", *items),
            )
        ]


class Evidence(PageDirective):
    """A study beside the claim it carries, and how much it can carry."""

    required_arguments = 1
    option_spec: ClassVar = {"strength": lambda value: directives.choice(value, tuple(STRENGTHS))}

    def run(self) -> list[nodes.Node]:
        strength = self.options["strength"]
        head = nodes.paragraph("", "", classes=["pt-label"])
        head += nodes.inline("", STRENGTHS[strength], classes=["pt-strength", f"pt-{strength}"])
        cite = self.markdown(f"{{cite:t}}`{self.arguments[0]}`")
        return [self.box("evidence", head, *cite, *self.markdown(self.content))]


class Talk(PageDirective):
    """Words that work, beside the well-meant words that do not, and why."""

    option_spec: ClassVar = {
        "instead": directives.unchanged_required,
        "because": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        well_meant = self.box(
            "instead",
            self.label("Well meant", "label"),
            *self.markdown(self.options["instead"]),
            self.label(self.options["because"], "because"),
        )
        works = self.box("say", self.label("Say", "label"), *self.markdown(self.content))
        return [self.box("talk", well_meant, works)]


class QuizDirective(PageDirective):
    """A retrieval question with feedback on every answer."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        try:
            quiz = Quiz.model_validate(YAML(typ="safe").load("\n".join(self.content)))
        except (ValidationError, YAMLError) as error:
            raise self.error(f"quiz {self.arguments[0]}: {error}") from None
        form = self.raw(quiz.html(self.arguments[0]))
        form["quiz"] = quiz.summary(self.arguments[0])
        return [form]


class FirstAnswer(PageDirective):
    """A question to answer before reading; the words stay in the reader's browser."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        key = escape(self.arguments[0])
        field = (
            f'<label for="first-{key}">Your first answer</label>'
            f'<textarea id="first-{key}" rows="4" data-first-answer="{key}"></textarea>'
            '<p class="pt-hint">It stays in this browser. You will meet it again at the end.</p>'
        )
        return [self.box("first", *self.markdown(self.content), self.raw(field))]


class FirstAnswerAgain(PageDirective):
    """The reader's first answer, met again."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        key = escape(self.arguments[0])
        nothing = "You wrote nothing down the first time."
        field = f'<blockquote data-first-answer-again="{key}">{nothing}</blockquote>'
        return [self.box("first", *self.markdown(self.content), self.raw(field))]


class References(PageDirective):
    """The sources that this page cites; the page of all references holds the anchors."""

    has_content = False

    def run(self) -> list[nodes.Node]:
        text = Path(self.env.doc2path(self.env.docname)).read_text("utf-8")
        items = "".join(f"<li>{full(key)}</li>" for key in cited(text))
        self.env.note_dependency("references.bib")
        return [self.raw(f'<ul class="pt-references">{items}</ul>')]


class Gallery(PageDirective):
    """A card for each conversation: the parent, what happens, how long it takes."""

    has_content = False

    def run(self) -> list[nodes.Node]:
        return [self.box("gallery", *map(self.card, library.role_plays()))]

    def card(self, name: str) -> nodes.container:
        """Return the card of the conversation `name`."""
        role_play = library.role_play(name)
        self.env.note_dependency(str(library.role_play_file(name)))
        return self.box(
            "case",
            self.raw(f'<div class="pt-portrait" aria-hidden="true">{library.portrait(role_play)}</div>'),
            *self.markdown(f"[{role_play.title}](/case_studies/{name}/case.md)"),
            nodes.paragraph("", role_play.summary),
            self.label(f"About {role_play.minutes} minutes", "minutes"),
        )


class Taster(PageDirective):
    """The first replies of a conversation, whose own page goes on with the same attempt."""

    required_arguments = 1
    has_content = False
    option_spec: ClassVar = {"turns": directives.positive_int}

    def run(self) -> list[nodes.Node]:
        name = library.role_play(self.arguments[0]).id
        place = f'data-role-play="{name}" data-turns="{self.options["turns"]}"'
        return [self.raw(f'<div class="partners-roleplay" {place}></div>')]


class Effect(SphinxRole):
    """A number of the evidence file, in the words that its row prints."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        for name in FILES:
            self.env.note_dependency(f"evidence/{name}")
        if self.text not in numbers().index:
            message = self.inliner.reporter.error(
                f'the evidence files have no row "{self.text}"', line=self.lineno
            )
            return [], [message]
        return [nodes.inline("", numbers().loc[self.text, "prints"], classes=["pt-effect"])], []


def setup(app: Sphinx) -> None:
    """Register the directives and the role."""
    app.add_directive("unit", Unit)
    app.add_directive("evidence", Evidence)
    app.add_directive("talk", Talk)
    app.add_directive("quiz", QuizDirective)
    app.add_directive("first-answer", FirstAnswer)
    app.add_directive("first-answer-again", FirstAnswerAgain)
    app.add_directive("gallery", Gallery)
    app.add_directive("taster", Taster)
    app.add_directive("references", References)
    app.add_role("effect", Effect())
