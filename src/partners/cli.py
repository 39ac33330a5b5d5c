"""The command ``partners``: thin; each command calls one function of the package."""

from __future__ import annotations

import http.server
import webbrowser
from functools import partial
from pathlib import Path

import click

from partners import library


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
    count = len(library.role_plays())
    click.echo(f"All is sound: {count} conversation{'' if count == 1 else 's'}, pages, evidence, map.")


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
