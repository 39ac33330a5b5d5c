"""What ``partners grade`` shows: how far it is, and at the end how each submission came out."""

from __future__ import annotations

import html
import signal
import textwrap
from collections import Counter
from typing import TYPE_CHECKING

import click

from partners.grading.brief import GradingError
from partners.grading.grade import Grading, How, Outcome
from partners.grading.office import GRADED, NOTED, PERSON

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STOPPED = "\nStopped. {0} of {1} submissions are graded and kept. The same command goes on from there."
FAILING = "On the answers in your own source these checks end with an error: {}. Please look at them."
IN_PLACE = (
    "Run in the submission’s own Python, as nbgrader does it: {}. These checks look at more than plain "
    "data, so a submission could cheat them; each time it was tried whether a check can fail at all."
)
WIDTH = 100


def grade(course: Path, assignment: str, students: tuple[str, ...], how: How) -> int:
    """Grade, show how far it is, and return the command's exit status."""
    outcomes: list[Outcome] = []
    signal.signal(signal.SIGINT, _stop)
    try:
        with Grading(course, assignment, students, how) as grading:
            try:
                for outcome in _shown(grading):
                    outcomes.append(outcome)
            except KeyboardInterrupt:
                click.echo(STOPPED.format(len(outcomes), len(grading.students)))
                return 130
    except GradingError as error:
        raise click.ClickException(str(error)) from None
    for line in in_words(outcomes, grading.in_place(), grading.failing()):
        click.echo(line)
    return int(any(outcome.state == PERSON for outcome in outcomes))


def _stop(*_: object) -> None:
    """Stop, once: who presses Ctrl-C again must not stop the tidying."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


def _shown(grading: Grading) -> Iterator[Outcome]:
    """Yield the outcomes while a bar shows how far it is, who was graded, and how many need a person."""
    counts: Counter[str] = Counter()

    def told(outcome: Outcome | None) -> str:
        needing = f", {counts[PERSON]} need a person" if counts[PERSON] else ""
        return f"{outcome.student}{needing}" if outcome else "getting ready"

    label = f"Grading {grading.brief.assignment}"
    with click.progressbar(
        length=len(grading.students), label=label, item_show_func=told, show_pos=True
    ) as bar:
        bar.render_progress()
        for outcome in grading.outcomes():
            counts[outcome.state] += 1
            yield outcome
            bar.update(1, outcome)


def in_words(outcomes: list[Outcome], in_place: list[str], failing: list[str]) -> Iterator[str]:
    """Yield the lines of the table: how many came out how, and what is to be said of whom."""
    counts = Counter(outcome.state for outcome in outcomes)
    states = ", ".join(f"{counts[state]} {state}" for state in (GRADED, NOTED, PERSON) if counts[state])
    before = sum(not outcome.new for outcome in outcomes)
    yield f"{len(outcomes)} submissions: {states}."
    if before:
        yield f"{before} of them were graded before and have not changed since."
    if failing:
        yield textwrap.fill(FAILING.format(", ".join(failing)), WIDTH)
    if in_place:
        yield textwrap.fill(IN_PLACE.format(", ".join(in_place)), WIDTH)
    told = sorted((o for o in outcomes if o.notes), key=lambda o: (o.state != PERSON, o.student))
    width = max((len(outcome.student) for outcome in told), default=0)
    for outcome in told:
        mark = "!" if outcome.state == PERSON else " "
        for number, note in enumerate(outcome.notes):
            name = outcome.student if number == 0 else ""
            yield textwrap.fill(
                _printable(html.unescape(note)),  # notes stand in Markdown
                WIDTH,
                initial_indent=f"{mark if number == 0 else ' '} {name:{width}}  ",
                subsequent_indent=" " * (width + 4),
            )
    if counts[PERSON]:
        yield "! needs a person: open the submission in formgrader. Its notebook says the reason, too."


def _printable(text: str) -> str:
    """Return a text without signs that a terminal obeys: names of files come from students."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)
