"""What a facilitator takes into the room: a run sheet, slides and cards, each one file without a net."""

from __future__ import annotations

from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from partners import files, library
from partners.course import cards
from partners.course.course_map import course_map
from partners.course.run_sheets import run_sheet, run_sheets, table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from partners.course.run_sheets import Shown, Timed
    from partners.scenario.model import RolePlay

HERE = Path(__file__).parent


def make(role_play: RolePlay, minutes: int, folder: Path) -> list[Path]:
    """Write the kit for a session of `minutes` into `folder`, and return its files.

    Raises
    ------
    ValueError
        If the conversation is too long for the session.
    """
    steps = run_sheet(role_play, minutes)
    pages = {
        "run_sheet.html": run_sheet_page(role_play, steps),
        "slides.html": slides_page(role_play, steps),
        "cards.html": cards.document(role_play),
    }
    for name, text in pages.items():
        files.write(folder / name, text)
    return [folder / name for name in pages]


def _page(role_play: RolePlay, title: str, style: str, body: str, script: str = "") -> str:
    run = f"<script>\n{script}</script>\n" if script else ""
    return (
        f'<!DOCTYPE html>\n<html lang="{role_play.language}">\n<head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>'
        f"<style>\n{style}</style></head>\n<body>\n{body}\n{run}</body></html>\n"
    )


@cache
def _file(name: str) -> str:
    return (HERE / name).read_text("utf-8")


def _list(items: Iterable[str], kind: str = "ul") -> str:
    return f"<{kind}>" + "".join(f"<li>{escape(item)}</li>" for item in items) + f"</{kind}>"


def _minutes(number: int) -> str:
    return "1 minute" if number == 1 else f"{number} minutes"


# The run sheet


def run_sheet_page(role_play: RolePlay, steps: list[Timed]) -> str:
    """Return the facilitator's page: what to bring, what to say, when, and what to ask."""
    title = f"{escape(role_play.title)}: {_minutes(_length(steps))}"
    rubric = course_map().rubric
    practised = ", ".join(rubric[name].name.lower() for name in role_play.practises)
    parts = (
        f"<h1>{title}</h1>\n<p>{escape(role_play.summary)}</p>",
        f"<p><strong>What the room practices:</strong> {escape(practised)}.</p>",
        f"<h2>Before they come</h2>\n{_list(_before(steps))}",
        f"<h2>Say this first</h2>\n{_list(run_sheets().rules)}",
        f'<h2>The session</h2>\n<div class="wide" tabindex="0">{table(steps)}</div>',
        f"<h2>Questions for the debrief</h2>\n{_list(role_play.reflect, 'ol')}",
    )
    return _page(role_play, f"{title}, run sheet", _file("run_sheet.css"), _main("\n".join(parts)))


def _main(body: str) -> str:
    return f"<main>\n{body}\n</main>"


def _length(steps: list[Timed]) -> int:
    return steps[-1].start + steps[-1].minutes


def _before(steps: list[Timed]) -> Iterator[str]:
    yield "Play the conversation twice yourself, once badly."
    if any("roles" in step.shows for step in steps):
        yield "Print cards.html, one set for three people. Each card is a sheet of its own."
    yield (
        "Open slides.html in a browser; it needs no internet. The arrow keys, the space bar and a "
        "clicker turn the slides; F11 fills the screen."
    )
    yield "Have paper and pens for everybody: the first answer and the exit ticket are written by hand."


# The slides


class Slide(NamedTuple):
    """A slide: its class in the style, the step that it belongs to, and what stands on it."""

    kind: str
    step: Timed | None
    body: str


def slides_page(role_play: RolePlay, steps: list[Timed]) -> str:
    """Return the slides to project: one section each, and a long page where no script runs."""
    sections = "\n".join(
        f'<section id="slide-{number}" class="{slide.kind}">\n{slide.body}\n'
        f"{_strip(steps, slide.step)}</section>"
        for number, slide in enumerate(_slides(role_play, steps), 1)
    )
    title = f"{escape(role_play.title)}: slides"
    body = _main(f'<h1 class="heard">{title}</h1>\n{sections}')
    return _page(role_play, title, _file("slides.css"), body, _file("slides.js"))


def _slides(role_play: RolePlay, steps: list[Timed]) -> Iterator[Slide]:
    yield Slide("first", None, _first(role_play, steps))
    for step in steps:
        yield Slide("step", step, _told(step))
        for shown in step.shows:
            for kind, head, body in _SHOWN[shown](role_play):
                yield Slide(kind, step, _headed(step.step, head, body))


def _told(step: Timed) -> str:
    number, unit = _minutes(step.minutes).split()
    return (
        f"<h2>{escape(step.step)}</h2>\n"
        f'<p class="room">{escape(step.room)}</p>\n<p class="clock"><b>{number}</b> {unit}</p>'
    )


def _headed(above: str, head: str, body: str) -> str:
    return f'<p class="above">{escape(above)}</p>\n<h2>{escape(head)}</h2>\n{body}'


def _first(role_play: RolePlay, steps: list[Timed]) -> str:
    return (
        f'<p class="above">{_minutes(_length(steps))}</p>\n<h2>{escape(role_play.title)}</h2>\n'
        f'<p class="room">{escape(role_play.summary)}</p>\n{_portrait(role_play)}'
    )


def _portrait(role_play: RolePlay) -> str:
    text = escape(role_play.parent.portrait_text.strip())
    return f'<div class="portrait" role="img" aria-label="{text}">{library.portrait(role_play)}</div>'


def _strip(steps: list[Timed], now: Timed | None) -> str:
    """Return the session as a strip of its steps, each as wide as it is long."""
    parts = "".join(
        f'<i style="flex-grow: {step.minutes}"{" class=now" if step is now else ""}></i>'
        for step in steps
    )
    return f'<div class="strip" aria-hidden="true">{parts}</div>'


_Part = tuple[str, str, str]
"""The class, the heading and the body of a slide."""


def _rules(_: RolePlay) -> Iterator[_Part]:
    yield "rules", "In this room", _list(run_sheets().rules)


def _setting(role_play: RolePlay) -> Iterator[_Part]:
    yield "setting", "The setting", f"<p>{escape(role_play.setting.strip())}</p>"
    parent = role_play.parent
    met = (
        f'<p class="room">{escape(parent.who)}.</p>\n'
        f"<p><strong>What the teacher wants:</strong> {escape(role_play.goal)}</p>\n"
        f"{_portrait(role_play)}"
    )
    yield "met", parent.name, met


def _roles(_: RolePlay) -> Iterator[_Part]:
    parts = "".join(
        f"<div><h3>{role.capitalize()}</h3><p>{escape(what)}</p></div>"
        for role, what in run_sheets().roles.items()
    )
    yield "roles", "Three people, three roles", f'<div class="three">{parts}</div>'


def _questions(role_play: RolePlay) -> Iterator[_Part]:
    yield "questions", "To talk about", _list(role_play.reflect, "ol")


_SHOWN: dict[Shown, Callable[[RolePlay], Iterator[_Part]]] = {
    "rules": _rules,
    "setting": _setting,
    "roles": _roles,
    "questions": _questions,
}
