"""The command ``partners``: thin; each command calls one function of the package.

It imports what it needs itself: some take a second, and a command should be there at once.
"""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import webbrowser
from contextlib import contextmanager, nullcontext
from functools import partial, reduce
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import click

from partners import files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from partners.live.log import Store
    from partners.scenario import engine
    from partners.scenario.model import RolePlay

ELSEWHERE = """\
This is {}. Here nothing keeps a submission in: it can read and change every file of yours, use the
network, and go on running. Grade on Linux instead, or in a Linux on this machine, with “pip install
partners” and “partners grade” in it: WSL on Windows, a container of Docker’s on macOS."""

IN_A_CONTAINER = "Nothing of this machine’s own keeps a submission from {}: going on in a container."


@click.group()
def main() -> None:
    """Partners: a course on working with families."""


@main.command()
def check() -> None:
    """Check all content; print each problem as file:line, and exit with 1 if there is one."""
    from partners import library  # noqa: PLC0415
    from partners.course.check import problems  # noqa: PLC0415 - only this command needs pandas
    from partners.live.strings import missing  # noqa: PLC0415

    found = [*problems(), *missing()]
    for problem in found:
        click.echo(str(problem))
    if found:
        raise SystemExit(1)
    click.echo("All is sound: conversations, pages, evidence, map.\n")
    _show_reading_levels()
    _show_proofs([library.role_play(name) for name in library.role_plays()])


def _show_reading_levels() -> None:
    """Print how long and how hard each chapter is."""
    from partners import library  # noqa: PLC0415
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
    from partners import library  # noqa: PLC0415
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
    from partners import library  # noqa: PLC0415

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
    from partners.scenario import engine  # noqa: PLC0415

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
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer  # noqa: PLC0415

    from partners import library  # noqa: PLC0415

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    book = library.root() / "_build" / "html"
    if not (book / "index.html").exists():
        raise click.ClickException("The book is not built yet. Run: make book")
    handler = partial(Quiet, directory=str(book))
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), handler)
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


@main.group()
def course() -> None:
    """Make and look after an nbgrader course."""


@course.command()
@click.argument("directory", type=click.Path(path_type=Path))
def new(directory: Path) -> None:
    """Make an nbgrader course in DIRECTORY, with every exercise of this course."""
    from partners.grading.course import new_course  # noqa: PLC0415

    try:
        made = new_course(directory)
    except (FileExistsError, FileNotFoundError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{directory} holds {', '.join(made)}. Next:")
    click.echo(f"  cd {directory} && nbgrader generate_assignment {made[0]}")
    click.echo("README.md there has all commands of a term, in their order.")


@course.command("check")
@click.argument("directory", type=click.Path(path_type=Path), default=".")
def check_course(directory: Path) -> None:
    """Tell what is missing in the nbgrader course in DIRECTORY, or here; exit with 1 if something is."""
    from partners.grading.course_check import checked  # noqa: PLC0415

    found = checked(directory)
    if fine := [name for name, problems in found.items() if not problems]:
        click.echo(f"Fine: {', '.join(fine)}.")
    problems = [problem for each in found.values() for problem in each]
    if problems:
        click.echo("\n".join(problems))
        raise SystemExit(1)


@main.command()
@click.argument("assignment")
@click.argument("students", nargs=-1)
@click.option(
    "--workers",
    type=click.IntRange(1),
    help="How many are graded at once; by default 3 for 2 processors.",
)
@click.option("--again", is_flag=True, help="Grade those, too, that were graded as they are now.")
@click.option("--dask", metavar="ADDRESS", help="Grade on the Dask cluster at tcp://…")
@click.option("--no-sandbox", is_flag=True, help="Let submissions do what you can do here.")
def grade(  # noqa: PLR0913, PLR0917 - each is an option
    assignment: str,
    students: tuple[str, ...],
    workers: int | None,
    again: bool,
    dask: str | None,
    no_sandbox: bool,
) -> None:
    """Grade what was handed in for ASSIGNMENT, by all or by STUDENTS, in a sandbox.

    Run it in the folder of an nbgrader course; the marks are where `nbgrader autograde` puts them.
    Stop it with Ctrl-C whenever you like: the same command goes on from there, and grades only what has
    changed. Exits with 1 if somebody's submission needs a person.
    """
    if not sys.platform.startswith("linux"):
        raise SystemExit(_grade_elsewhere(assignment, students))
    from partners.kernels import sandbox  # noqa: PLC0415
    from partners.kernels.zygote import glanced_at, zygote  # noqa: PLC0415

    if not no_sandbox:
        _go_into_a_container_if_needed()
    _ask_before_grading_unprotected(no_sandbox)
    signal.signal(signal.SIGINT, lambda *_: sys.exit(130))  # until there is something to stop
    zygote().preload(**glanced_at(Path("release", assignment)))  # while this process imports, too
    gc.disable()  # nothing of that is garbage, and looking for it takes its time
    with _without_pages():
        from partners.grading import progress  # noqa: PLC0415
        from partners.grading.grade import How  # noqa: PLC0415

    gc.freeze()
    gc.enable()
    layers = () if no_sandbox else sandbox.layers()
    workers = workers or (os.cpu_count() or 1) + 1
    status = progress.grade(Path.cwd(), assignment, students, How(layers, workers, again, dask))
    sys.stdout.flush()
    os._exit(status)  # all is closed; to take apart what was imported takes its time, too


@contextmanager
def _without_pages() -> Iterator[None]:
    """Import nbgrader without its pages in Jupyter: nobody sees them here, and they take their time."""
    parts = ("assignment_list", "course_list", "validate_assignment", "formgrader")
    left_out = {f"nbgrader.server_extensions.{part}": ModuleType(part) for part in parts}
    for module in left_out.values():
        vars(module)["load_jupyter_server_extension"] = None
    sys.modules.update(left_out)
    yield
    for name in left_out:
        del sys.modules[name]


def _go_into_a_container_if_needed() -> None:
    """Go on in a container, and not come back, where only that keeps a submission in."""
    from partners.kernels import sandbox  # noqa: PLC0415

    if not (lacking := sandbox.missing(sandbox.layers())):
        return
    from partners.kernels import container  # noqa: PLC0415 - hardly anybody needs it

    if not sandbox.missing(container.layers()):
        click.echo(IN_A_CONTAINER.format(", ".join(lacking)))
        container.go_on()


def _ask_before_grading_unprotected(no_sandbox: bool) -> None:
    from partners.kernels import sandbox  # noqa: PLC0415

    if no_sandbox:
        lacking = ["your files", "the network", "other processes"]
    else:
        lacking = sandbox.missing(sandbox.layers())
    if lacking:
        click.echo(f"Nothing here keeps a submission from {', '.join(lacking)}. (See: partners doctor)")
        click.confirm("Grade all the same?", abort=True)


def _grade_elsewhere(assignment: str, students: tuple[str, ...]) -> int:
    """Say what is not kept in where there is no Linux, ask, and let nbgrader grade as it does."""
    click.echo(_elsewhere())
    click.confirm("Grade all the same, as “nbgrader autograde” does?", abort=True)
    chosen = [f"--student={student}" for student in students] or [""]
    words = [[sys.executable, "-m", "nbgrader", "autograde", assignment, one] for one in chosen]
    return max(subprocess.call([w for w in each if w]) for each in words)  # noqa: S603


def _elsewhere() -> str:
    return ELSEWHERE.format({"darwin": "macOS", "win32": "Windows"}.get(sys.platform, sys.platform))


@main.command()
def doctor() -> None:
    """Tell what keeps a submission in on this machine, try it out, and say how to get more."""
    if not sys.platform.startswith("linux"):
        click.echo(_elsewhere())
        return
    from partners.grading import doctor as doctors  # noqa: PLC0415
    from partners.kernels import sandbox  # noqa: PLC0415

    _go_into_a_container_if_needed()
    layers = sandbox.layers()
    for line in doctors.in_words(layers, doctors.tried(layers)):
        click.echo(line)


@main.command()
@click.argument("assignment")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="A folder; without it, reports/ASSIGNMENT.",
)
@click.option("--names", is_flag=True, help="Name people, and show groups of fewer than five.")
def report(assignment: str, output: Path | None, names: bool) -> None:
    """Draw for the instructor what ASSIGNMENT shows, in the nbgrader course folder you are in."""
    from partners.grading import report_page  # noqa: PLC0415
    from partners.grading.marks import GradebookError  # noqa: PLC0415
    from partners.grading.report import findings  # noqa: PLC0415

    try:
        found = findings(Path.cwd(), assignment, names=names)
    except GradebookError as error:
        raise click.ClickException(str(error)) from None
    page = report_page.write(found, output or Path("reports") / assignment)
    click.echo(f"The report is {page}; its figures lie beside it.\n")
    for line in found.telling():
        click.echo(f"  {line}")


def _by_name(_context: object, _parameter: object, texts: tuple[str, ...]) -> dict[str, str]:
    """Return what stands after the first = by what stands before it; a text without = names itself."""
    pairs = [text.partition("=") for text in texts]
    return {name: told if equals else name for name, equals, told in pairs}


@main.command()
@click.argument("assignments", nargs=-1)
@click.option(
    "--to",
    required=True,
    type=click.Choice(["canvas", "moodle", "blackboard", "brightspace"]),
    help="Your LMS.",
)
@click.option(
    "--template",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="The gradebook file that you exported from it.",
)
@click.option(
    "--column",
    "columns",
    multiple=True,
    callback=_by_name,
    metavar="NAME=HEADER",
    help="Where its points go.",
)
@click.option(
    "--create-column",
    "create",
    multiple=True,
    callback=_by_name,
    metavar="[NAME=]TITLE",
    help="Add a column.",
)
@click.option("--by", default="", metavar="HEADER", help="The column that holds nbgrader's student ids.")
@click.option(
    "--scale", is_flag=True, help="Turn points into those of the column where the maxima differ."
)
@click.option("--out-of", type=float, help="The columns' maximum, where the file does not tell it.")
@click.option("--feedback", is_flag=True, help="Fill Moodle's feedback columns with your comments, too.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The file to write.")
def gradebook(output: Path | None, **request: Any) -> None:
    """Fill the gradebook file of your LMS with nbgrader's marks, for ASSIGNMENTS or all.

    Without -o it only shows what would change. Run it in the folder of your nbgrader course.
    """
    from partners.grading.gradebook import in_words, plan, write  # noqa: PLC0415
    from partners.grading.marks import GradebookError  # noqa: PLC0415
    from partners.grading.roster import RosterError  # noqa: PLC0415
    from partners.grading.targets import Request  # noqa: PLC0415

    try:
        found = plan(Path.cwd(), Request(**request))
        click.echo(in_words(found))
        if output is None:
            click.echo("Nothing is written. To write it, add: -o FILE")
            return
        aside = write(found, output)
    except (GradebookError, RosterError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"Written to {output}." + (f" The file of that name is now {aside}." if aside else ""))


@main.command()
@click.argument("folder", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--roster",
    "roster_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Your class list; without it, the roster.csv here, if there is one.",
)
@click.option("--replace", is_flag=True, help="Replace submissions where nothing says which is newer.")
@click.option("--dry-run", is_flag=True, help="Only show what would be done.")
def collect(folder: Path, roster_file: Path | None, replace: bool, dry_run: bool) -> None:
    """Make nbgrader submissions of what students handed in on your LMS: FOLDER, or the zip it gave you.

    Run it in the folder of your nbgrader course. Exits with 1 if a file was not placed.
    """
    from partners.grading import collect as collecting  # noqa: PLC0415
    from partners.grading import roster  # noqa: PLC0415

    here = Path("roster.csv")
    try:
        known = roster_file or (here if here.is_file() else None)
        students = roster.read(known) if known else []
        report = collecting.collect(folder, students, Path.cwd(), replace=replace, dry_run=dry_run)
    except (ValueError, OSError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(collecting.in_words(report, dry_run=dry_run))
    if report.left:
        raise SystemExit(1)


class _Live(click.Group):
    """Lets ``partners live first_call_home`` stand for ``partners live open first_call_home``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        short = args and args[0] not in {*self.commands, "--help"}
        return super().parse_args(ctx, ["open", *args] if short else args)


@main.group(cls=_Live, invoke_without_command=True)
@click.pass_context
def live(context: click.Context) -> None:
    """Run a room: people join with their phones, without internet and without an account.

    Alone it shows the role-plays. With the name of one it opens a session: partners live first_call_home
    """
    if context.invoked_subcommand:
        return
    from partners.live import serve as serving  # noqa: PLC0415

    click.echo("\n".join(serving.table()))
    click.echo("\nTo open a session: partners live ROLE-PLAY  (partners live open --help tells more)")


def _data(command: Callable[..., None]) -> Callable[..., None]:
    """Give `command` the option that chooses where the sessions are kept."""
    return click.option(
        "--data",
        envvar="PARTNERS_LIVE_DATA",
        help="Where sessions are kept: a file, or postgresql://user@host/database for several nodes;"
        " by default a file among your user's data.",
    )(command)


_KEEP = click.option(
    "--keep",
    default=30,
    show_default=True,
    type=click.IntRange(0),
    help="Days until sessions are erased.",
)
_SERVED = [
    click.option("--mode", type=click.Choice(["vote", "trio"]), default="vote", show_default=True),
    click.option(
        "--language",
        type=click.Choice(["en", "es"]),
        default="en",
        show_default=True,
        help="Of the pages.",
    ),
    click.option(
        "--port", default=8080, show_default=True, help="Where to listen; 0 picks a free port."
    ),
    click.option("--host", default="0.0.0.0", show_default=True, help="127.0.0.1: this machine only."),  # noqa: S104
]


def _served(command: Callable[..., None]) -> Callable[..., None]:
    """Give `command` the options of a session that is served."""
    return reduce(lambda made, option: option(made), reversed(_SERVED), command)


@contextmanager
def _until_ctrl_c(*more: type[Exception]) -> Iterator[None]:
    """Serve in it: what keeps it from being served, or one of `more`, is said in words."""
    from partners.live.log import LogError  # noqa: PLC0415
    from partners.live.serve import CannotServeError  # noqa: PLC0415

    said: tuple[type[Exception], ...] = (LogError, CannotServeError, *more)
    try:
        yield
    except said as error:
        raise click.ClickException(str(error)) from None
    except KeyboardInterrupt:
        click.echo("")


@live.command("open")
@click.argument("role_play", required=False)
@_served
@click.option("--resume", metavar="CODE", help="Go on with this session.")
@click.option("--at", metavar="URL", help="Do not serve it: nodes do, behind this address.")
@_KEEP
@_data
def open_live(role_play: str | None, data: str | None, **asked: Any) -> None:
    """Open a session with ROLE_PLAY, tell the ways in, and serve it until Ctrl-C."""
    from partners.live import serve as serving  # noqa: PLC0415
    from partners.live.log import log_at  # noqa: PLC0415

    if not (role_play or asked["resume"]):
        raise click.UsageError("Say which role-play. The list: partners live")
    with _until_ctrl_c(LookupError, ValueError):
        log = log_at(data or serving.data_file())
        if asked["at"]:
            code, key = _live_session(log, role_play, asked)
            click.echo("\n".join(serving.ways_in(serving.Front(asked["at"]), code, key)))
            return
        log.forget(before=serving.days_ago(asked["keep"]))
        listening = serving.listen(asked["host"], asked["port"])
        code, key = _live_session(log, role_play, asked)
        doors = serving.doors(listening)
        click.echo("\n".join(serving.ways_in(doors, code, key)))
        click.echo(f"Ctrl-C ends it. To go on later: partners live --resume {code}")
        click.echo(f"To erase all that was said: partners live erase {code}")
        serving.serve(log, listening, doors)


@live.command("serve")
@click.option("--port", default=8080, show_default=True, help="Where to listen; 0 picks a free port.")
@click.option("--host", default="127.0.0.1", show_default=True, help="0.0.0.0: for other machines, too.")
@_KEEP
@_data
def serve_live(data: str | None, keep: int, host: str, port: int) -> None:
    """Serve all sessions, as a node behind a proxy; open them elsewhere, with --at."""
    from partners.live import serve as serving  # noqa: PLC0415
    from partners.live.log import log_at  # noqa: PLC0415

    with _until_ctrl_c():
        log = log_at(data or serving.data_file())
        listening = serving.listen(host, port)
        click.echo(f"A node serves at port {listening.getsockname()[1]}. Ctrl-C ends it.")
        serving.serve_node(log, listening, keep)


def _live_session(log: Store, role_play: str | None, asked: dict[str, Any]) -> tuple[str, str]:
    """Return code and key of the session to go on with, or of a new one."""
    from partners.live import serve as serving  # noqa: PLC0415

    if asked["resume"] or role_play is None:
        return serving.resume(log, asked["resume"].upper())
    told = serving.translated(role_play, asked["language"])
    if last := serving.last_open(log, role_play):
        code, what = last
        if not sys.stdin.isatty():
            click.echo(f"To go on with {code} ({what}) instead: partners live --resume {code}\n")
        elif click.confirm(f"Go on with {code} ({what})?"):
            return serving.resume(log, code)
    return serving.open_session(log, told, asked["mode"], asked["language"])


@live.command("report")
@click.argument("code")
@click.argument("folder", required=False, type=click.Path(path_type=Path, file_okay=False))
@_data
def live_report(code: str, folder: Path | None, data: str | None) -> None:
    """Write what the session CODE tells so far into FOLDER: a page, a table, data, a replay."""
    from partners.live import report_files  # noqa: PLC0415
    from partners.live import serve as serving  # noqa: PLC0415
    from partners.live.log import LogError, log_at  # noqa: PLC0415

    code = code.upper()
    try:
        made = report_files.write(log_at(data or serving.data_file()), code, folder or Path(code))
    except (LogError, LookupError, OSError) as error:
        raise click.ClickException(str(error)) from None
    click.echo("Made; the first opens in a browser, and no names are in any of them:")
    for file in made:
        click.echo(f"  {file}")


@live.command("replay")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--port", default=8081, show_default=True, help="Where to listen; 0 picks a free port.")
def live_replay(file: Path, port: int) -> None:
    """Play a saved session again on a stage; FILE is what the remote saves as CODE.replay.json."""
    from partners.live import replay, replay_player  # noqa: PLC0415
    from partners.live import serve as serving  # noqa: PLC0415

    try:
        recording = replay.read(file.read_bytes())
        listening = serving.listen("127.0.0.1", port)
    except (replay.ReplayError, serving.CannotServeError, OSError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"To project:  http://127.0.0.1:{listening.getsockname()[1]}/")
    click.echo("Arrow keys: step by step. Space bar: by its own time. Ctrl-C ends it.")
    try:
        replay_player.play(recording, listening)
    except KeyboardInterrupt:
        click.echo("")


@live.command()
@click.argument("code")
@_data
def erase(code: str, data: str | None) -> None:
    """Erase the session CODE: who was there, what they chose and wrote. It cannot be brought back."""
    from partners.live import serve as serving  # noqa: PLC0415
    from partners.live.log import LogError, log_at  # noqa: PLC0415

    try:
        log = log_at(data or serving.data_file())
        log.found(code.upper())
    except (LogError, LookupError) as error:
        raise click.ClickException(str(error)) from None
    log.erase(code.upper())
    click.echo(f"{code.upper()} is erased.")


@live.command()
@click.argument("role_play")
@_served
@click.option(
    "--people", default=12, show_default=True, type=click.IntRange(1, 60), help="Simulated ones."
)
@click.option(
    "--by-itself", is_flag=True, help="The facilitator is simulated, too: watch a whole session."
)
@click.option("--speed", default=1.0, type=click.FloatRange(0.1, 100), help="2: twice as fast.")
@click.option(
    "--keep", is_flag=True, help="Keep it among the sessions; otherwise it is erased at the end."
)
@_data
def rehearse(role_play: str, keep: bool, data: str | None, **asked: Any) -> None:
    """Practice leading a session with ROLE_PLAY: simulated people come, vote and write."""
    from partners.live import rehearsal  # noqa: PLC0415
    from partners.live import serve as serving  # noqa: PLC0415
    from partners.live.log import log_at  # noqa: PLC0415

    cast = rehearsal.Cast(asked["people"], asked["by_itself"], 1 / asked["speed"])
    with _until_ctrl_c(LookupError, ValueError):
        told = rehearsal.titled(serving.translated(role_play, asked["language"]))
        listening = serving.listen(asked["host"], asked["port"])
        with nullcontext(data or serving.data_file()) if keep else rehearsal.shelf() as file:
            log = log_at(file)
            code, key = serving.open_session(log, told, asked["mode"], asked["language"])
            doors = serving.doors(listening)
            click.echo("\n".join(serving.ways_in(doors, code, key)))
            click.echo(f"A rehearsal: {cast.people} simulated people come in. Ctrl-C ends it.")
            rehearsal.serve(log, listening, doors, code, cast)


@live.command("doctor")
@click.option("--port", default=8080, show_default=True, help="The one that sessions will use.")
@click.option("--wait", default=180, show_default=True, help="Seconds to wait for a phone.")
def live_doctor(port: int, wait: int) -> None:
    """Find what stops phones from reaching this machine, and try it with one.

    Exits with 1 if none gets through.
    """
    from partners.live import doctor as doctors  # noqa: PLC0415

    if not doctors.examine(port, wait, click.echo):
        raise SystemExit(1)


@live.command()
@click.argument("role_play")
@click.argument("folder", required=False, type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--minutes", type=click.Choice(["30", "60", "90"]), default="60", show_default=True, help="In all."
)
def kit(role_play: str, folder: Path | None, minutes: str) -> None:
    """Make what you take into the room with ROLE_PLAY: run sheet, slides, cards. FOLDER may be new."""
    from partners.live import kit as kits  # noqa: PLC0415

    told = _role_play(role_play)
    try:
        made = kits.make(told, int(minutes), folder or Path(f"{role_play}_{minutes}"))
    except (ValueError, OSError) as error:
        raise click.ClickException(str(error)) from None
    click.echo("Made; each opens in a browser, without a network:")
    for file in made:
        click.echo(f"  {file}")


@main.command()
def clean() -> None:
    """Remove the pages and notebooks that the book's build makes from the exercises."""
    from partners.course.exercises import remove_student_files  # noqa: PLC0415

    remove_student_files()


if __name__ == "__main__":
    main()
