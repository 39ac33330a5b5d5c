"""The command ``partners``: thin; each command calls one function of the package."""

from __future__ import annotations

import http.server
import webbrowser
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from partners import files, library
from partners.scenario import engine

if TYPE_CHECKING:
    from partners.scenario.model import RolePlay


@click.group()
def main() -> None:
    """Partners: a course on working with families."""


@main.command()
def check() -> None:
    """Check all content; print each problem as file:line, and exit with 1 if there is one."""
    from partners.course.check import problems  # noqa: PLC0415 - only this command needs pandas

    found = list(problems())
    for problem in found:
        click.echo(str(problem))
    if found:
        raise SystemExit(1)
    click.echo("All is sound: conversations, pages, evidence, map.\n")
    _show_reading_levels()
    _show_proofs([library.role_play(name) for name in library.role_plays()])


def _show_reading_levels() -> None:
    """Print how long and how hard each chapter is."""
    from partners.course.reading import level, prose  # noqa: PLC0415

    click.echo(f"{'chapter':38}{'words':>7}{'Flesch-Kincaid':>16}{'Coleman-Liau':>14}")
    for file in sorted((library.root() / "chapters").glob("*.md")):
        found = level(prose(file))
        click.echo(
            f"{file.stem:38}{found.words:7}{found.flesch_kincaid:16.1f}{found.coleman_liau:14.1f}"
        )
    click.echo()


def _show_proofs(role_plays: list[RolePlay]) -> None:
    """Print what was proved of each conversation, and what the library leaves out or gives away."""
    from partners.course.course_map import course_map  # noqa: PLC0415
    from partners.course.parity import parity  # noqa: PLC0415
    from partners.scenario.soundness import proof, unpractised  # noqa: PLC0415

    for role_play in role_plays:
        shown = proof(role_play)
        click.echo(
            f"{role_play.id}: {shown.states} states, {shown.moves} moves, "
            f"{shown.shortest} to {shown.longest} replies"
        )
        for name, steps in shown.repairs.items():
            click.echo(f"  {name}: partnership is {steps} replies away at the least")
    left_out = unpractised(role_plays, list(course_map().principles))
    click.echo(f"\nPrinciples never practised: {', '.join(left_out) or 'none'}")
    if len(role_plays) > 1:
        looks = parity(role_plays)
        click.echo(
            f"Best reply told by its looks: {looks.accuracy:.0%} of {looks.scenes} scenes "
            f"(95 % interval {looks.low:.0%} to {looks.high:.0%}; by chance {looks.chance:.0%})"
        )


@main.command()
@click.argument("names", nargs=-1)
@click.option("--plays", default=10_000, show_default=True, help="How often each learner plays.")
def simulate(names: tuple[str, ...], plays: int) -> None:
    """Let declared learners play the conversations NAMES, or all of them."""
    from partners.scenario import learners  # noqa: PLC0415

    for name in names or library.role_plays():
        role_play = _role_play(name)
        click.echo(f"\n{role_play.title} ({name})")
        head = "".join(f"{kind:>13}" for kind in ("partnership", "progress", "polite", "breakdown"))
        click.echo(f"  {'learner':20}{head}{'score':>17}{'replies':>9}")
        for learner in learners.LEARNERS:
            outcome = learners.simulate(role_play, learner, plays)
            shares = "".join(f"{share:13.1%}" for share in outcome.endings.values())
            score = f"{outcome.score:.2f} ± {outcome.within:.3f}"
            click.echo(f"  {learner:20}{shares}{score:>17}{outcome.turns:9.1f}")


def _role_play(name: str) -> RolePlay:
    try:
        return library.role_play(name)
    except (LookupError, ValueError) as error:
        raise click.ClickException(str(error)) from None


@main.command()
@click.argument("name")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="An .svg file.")
def graph(name: str, output: Path) -> None:
    """Draw the map of the conversation NAME."""
    from partners.scenario.drawing import draw  # noqa: PLC0415

    files.write(output, draw(_role_play(name)))
    click.echo(f"Drawn in {output}.")


@main.command()
@click.argument("name")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="An .html file.")
def cards(name: str, output: Path) -> None:
    """Make cards of the conversation NAME to print: teacher, parent, observer."""
    from partners.course.cards import document  # noqa: PLC0415

    files.write(output, document(_role_play(name)))
    click.echo(f"Open {output} in a browser and print it.")


@main.command()
@click.argument("name")
def play(name: str) -> None:
    """Play the conversation NAME here."""
    role_play = _role_play(name)
    parent = role_play.parent.name.split()[0]
    click.echo(f"{role_play.title}\n\n{role_play.setting.strip()}\n\nWhat you want: {role_play.goal}\n")
    talk = engine.Play(role_play)
    while not talk.ending:
        click.echo(f"{parent}: {engine.said(role_play, talk.state).line}\n")
        keys = list(talk.offers())
        for number, key in enumerate(keys, 1):
            click.echo(f"  {number}  {talk.offers()[key].say}")
        chosen = click.prompt("\nYou (b takes the last reply back)", type=_reply_choice(len(keys)))
        if chosen == "b":
            talk = talk.back()
            continue
        talk = talk.choose(keys[int(chosen) - 1])
        turn = talk.turns[-1]
        answer = engine.answer(role_play, turn.after, turn.reply)
        if answer:
            click.echo(f"\n{parent}: {answer.line}")
        click.echo(f"  (coach: {turn.reply.coach})\n")
    _show_ending(talk, parent)


def _reply_choice(count: int) -> click.Choice[str]:
    return click.Choice([*map(str, range(1, count + 1)), "b"])


def _show_ending(talk: engine.Play, parent: str) -> None:
    over = talk.ending
    assert over is not None  # noqa: S101 - the caller has played to the end
    click.echo(f"{parent}: {over.says.line}\n\n{over.title}. {over.text}\n")
    click.echo(f"What you could not know: {talk.role_play.parent.hidden}\n")
    click.echo(f"Trust: {' → '.join(map(str, talk.trust()))}")
    for name, tally in talk.score().items():
        click.echo(f"  {name}: {tally.earned} of {tally.possible}")


@main.command()
@click.option("--port", default=8000, show_default=True, help="Where to listen; 0 picks a free port.")
def serve(port: int) -> None:
    """Open the built book in the browser, from this machine only."""
    book = library.root() / "_build" / "html"
    if not (book / "index.html").exists():
        raise click.ClickException("The book is not built yet. Run: make book")
    handler = partial(_Quiet, directory=str(book))
    try:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError:
        raise click.ClickException(
            f"Port {port} is taken, perhaps by this book in another window. Run: partners serve --port 0"
        ) from None
    address = f"http://127.0.0.1:{server.server_port}/"
    click.echo(f"The book is open at {address}  (Ctrl-C ends it)")
    webbrowser.open(address)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        click.echo("")


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@main.group()
def course() -> None:
    """Make and look after an nbgrader course."""


@course.command()
@click.argument("directory", type=click.Path(path_type=Path))
def new(directory: Path) -> None:
    """Make an nbgrader course in DIRECTORY, with every exercise of this course."""
    from partners.course.exercises import new_course  # noqa: PLC0415

    try:
        made = new_course(directory)
    except (FileExistsError, FileNotFoundError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{directory} holds {', '.join(made)}. Next:")
    click.echo(f"  cd {directory} && nbgrader generate_assignment {made[0]}")


@main.command()
def clean() -> None:
    """Remove the pages and notebooks that the book's build makes from the exercises."""
    from partners.course.exercises import remove_student_files  # noqa: PLC0415

    remove_student_files()


if __name__ == "__main__":
    main()
