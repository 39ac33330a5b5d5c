"""What only facilitators see: notes, maps, cards, run sheets, and how long everything takes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives

from partners import library
from partners.course import exercises
from partners.course.cards import cards
from partners.course.course_map import course_map
from partners.course.pages import front_matter
from partners.course.run_sheets import run_sheet, run_sheets, table
from partners.scenario.drawing import draw
from partners.sphinx.directives import PageDirective

if TYPE_CHECKING:
    from sphinx.application import Sphinx

    from partners.scenario.model import RolePlay

EDITION = "facilitator"
_ROLE_PLAY = re.compile(r'^RolePlay\("(\w+)"\)', re.MULTILINE)
_EXERCISE = re.compile(r"exercises/(\w+)/worksheet\.md")
_NOTE_MINUTES = re.compile(r"^```\{instructor-note\}\n:minutes: (\d+)", re.MULTILINE)


class _ForFacilitators(PageDirective):
    def run(self) -> list[nodes.Node]:
        return self.made() if self.config.partners_edition == EDITION else []

    def made(self) -> list[nodes.Node]:
        """Return what facilitators see."""
        raise NotImplementedError


class _OfConversation(_ForFacilitators):
    required_arguments = 1
    has_content = False

    def role_play(self) -> RolePlay:
        """Return the conversation that the page names, and make the page follow its file."""
        role_play = library.role_play(self.arguments[0])
        self.env.note_dependency(str(library.role_play_file(role_play.id)))
        return role_play


class InstructorNote(_ForFacilitators):
    """A note for those who teach with the page; students see nothing of it."""

    option_spec: ClassVar = {"minutes": directives.positive_int}

    def made(self) -> list[nodes.Node]:
        minutes = self.options.get("minutes")
        label = f"For instructors, {minutes} minutes" if minutes else "For instructors"
        return [self.box("instructor", self.label(label, "label"), *self.markdown(self.content))]


class ConversationMap(_OfConversation):
    """The map of a conversation, for facilitators; students see nothing of it."""

    def made(self) -> list[nodes.Node]:
        role_play = self.role_play()
        title = nodes.rubric("", "For facilitators: the map")
        return [title, self.raw(f'<div class="pt-map" tabindex="0">{draw(role_play)}</div>')]


class RunSheets(_OfConversation):
    """Timed sessions with a conversation, for facilitators; students see nothing of it."""

    def made(self) -> list[nodes.Node]:
        role_play = self.role_play()
        self.env.note_dependency("facilitation/run_sheets.yml")
        title = nodes.rubric("", "For facilitators: run sheets")
        return [title, *(self.sheet(role_play, length) for length in run_sheets().sessions)]

    def sheet(self, role_play: RolePlay, length: int) -> nodes.raw:
        """Return the sheet of a session of `length` minutes, folded up."""
        return self.raw(
            f'<details class="pt-run-sheet"><summary>{length} minutes</summary>'
            f"{table(run_sheet(role_play, length))}</details>"
        )


class RoleCards(PageDirective):
    """The cards of every conversation, to print."""

    has_content = False

    def run(self) -> list[nodes.Node]:
        made = []
        for name in library.role_plays():
            role_play = library.role_play(name)
            self.env.note_dependency(str(library.role_play_file(name)))
            section = nodes.section("", nodes.title("", role_play.title), ids=[f"cards-{name}"])
            section += self.raw(f'<div class="pt-cards">{cards(role_play)}</div>')
            made.append(section)
        return made


class Timetable(PageDirective):
    """How long each chapter takes: reading, talking, what a class does with it, the exercise."""

    has_content = False

    def run(self) -> list[nodes.Node]:
        head = "| Chapter | Reading | Talking | With a class | Exercise |\n|---|---|---|---|---|\n"
        pages = dict.fromkeys(outcome.page for outcome in course_map().outcomes.values())
        return self.markdown(head + "\n".join(map(self.row, pages)))

    def row(self, page: str) -> str:
        """Return the minutes of `page` as a line of a table."""
        file = library.root() / f"{page}.md"
        self.env.note_dependency(str(file))
        text = file.read_text("utf-8")
        talking = sum(library.role_play(name).minutes for name in set(_ROLE_PLAY.findall(text)))
        reading = front_matter(file)["minutes"] - talking
        with_class = sum(map(int, _NOTE_MINUTES.findall(text)))
        names = set(_EXERCISE.findall(text))
        work = sum(front_matter(exercises.folder(name) / "source.md")["minutes"] for name in names)
        return f"| [](/{page}.md) | {reading} | {talking} | {with_class} | {work} |"


def setup(app: Sphinx) -> None:
    """Register the directives, and the setting that tells the editions apart."""
    app.add_config_value("partners_edition", "student", "env")
    app.add_directive("instructor-note", InstructorNote)
    app.add_directive("conversation-map", ConversationMap)
    app.add_directive("run-sheets", RunSheets)
    app.add_directive("role-cards", RoleCards)
    app.add_directive("timetable", Timetable)
