"""A class of six with a small exercise, and ``partners grade`` at work on it, to be stopped in the middle."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import nbformat
from nbgrader.api import Gradebook
from pipeline.term import BIN, Course

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

v4: Any = nbformat.v4

NAME, TERM = "sums", "autumn"
SETTINGS = f"""c = get_config()
c.CourseDirectory.course_id = {TERM!r}
c.LateSubmissionPlugin.penalty_method = "zero"
"""
LEDGER = f".partners/graded/{NAME}"
PATIENCE = 60
AT_ONCE = 2
"""Seconds in which everything ends that a process leaves behind."""
MARK = "NBGRADER_TEST_COURSE"
"""A variable of the environment by which everything that a command has started is known."""
ASKED = 'def total(values):\n    """Return the sum of a list of numbers."""\n'
TAKES_A_MOMENT = "import time\ntime.sleep(0.2)"
RIGHT = "    return sum(values)"
SHOWN, HIDDEN = "assert total([1, 2, 3]) == 6", "assert total([-1, 0.5]) == -0.5"
ANSWERS = {
    "ana": RIGHT,
    "ben": "    return sum(values[1:])",
    "chi": "    return sum(values",
    "dov": RIGHT,
    "eva": "    return 6",
    "fay": "    return float(sum(values))",
}
LATE = "dov"
SCORES = {"ana": 4, "ben": 0, "chi": 0, "dov": 0, "eva": 2, "fay": 4}
"""Points of each: 2 for what is shown, 2 for what is hidden; who is late gets none."""
ALL = f"{len(ANSWERS)} submissions: {len(ANSWERS)} graded."
KEPT = "{} of them were graded before and have not changed since."


@contextmanager
def new_course(base: Path, settings: str = "") -> Iterator[Course]:
    """Make a course in `base`, release its exercise, and let everybody hand in.

    Its commands have a folder of their own for what they need for a moment: the path of a socket must be
    short.
    """
    with tempfile.TemporaryDirectory(prefix="grade.") as scratch:
        Path(scratch).chmod(0o711)
        made = Course(base / "course", _environment(base / "home") | {"TMPDIR": scratch})
        (made.root / "source" / NAME).mkdir(parents=True)
        (made.root / "nbgrader_config.py").write_text(SETTINGS + settings, "utf-8")
        release(made, HIDDEN)
        made.run("nbgrader", "db", "assignment", "add", NAME, "--duedate=2026-10-15 12:00:00 UTC")
        for student, answer in ANSWERS.items():
            hand_in(made, student, answer)
        yield made


def _environment(home: Path) -> dict[str, str]:
    """Return an environment in which nothing of the user's home is read or written."""
    home.mkdir(parents=True)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER_", "PARTNERS_"))}
    names = ("HOME", "IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
    # nbgrader calls `alembic` by its bare name, as in an activated environment.
    path = os.pathsep.join([str(BIN), os.environ.get("PATH", "")])
    return kept | dict.fromkeys(names, str(home)) | {"PATH": path}


def release(course: Course, hidden: str) -> None:
    """Write the instructor's notebook with a hidden test, and release it."""
    answer = f"{ASKED}### BEGIN SOLUTION\n{RIGHT}\n### END SOLUTION"
    secret = f"### BEGIN HIDDEN TESTS\n{hidden}\n### END HIDDEN TESTS\n2"
    cells = [
        v4.new_code_cell(TAKES_A_MOMENT, id="moment"),
        _cell("total", answer, solution=True),
        _cell("shown", f"{SHOWN}\n2", grade=True, locked=True, points=2),
        _cell("hidden", secret, grade=True, locked=True, points=2),
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    _write(course.root / "source" / NAME, v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}))
    course.run("nbgrader", "generate_assignment", NAME, "--force")


def _cell(name: str, source: str, **marks: Any) -> Any:
    plain = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    return v4.new_code_cell(source, id=name, metadata={"nbgrader": plain | marks | {"grade_id": name}})


def hand_in(course: Course, student: str, answer: str) -> None:
    """Put the released notebook with an answer in it where nbgrader collects it."""
    notebook = _read(course.root / "release" / NAME)
    next(cell for cell in notebook.cells if cell.id == "total").source = ASKED + answer
    folder = course.root / "submitted" / student / NAME
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder, notebook)
    day = 16 if student == LATE else 14
    (folder / "timestamp.txt").write_text(f"2026-10-{day} 12:00:00 UTC", "utf-8")


def _read(folder: Path) -> Any:
    return nbformat.read(folder / f"{NAME}.ipynb", as_version=4)  # type: ignore[no-untyped-call]


def _write(folder: Path, notebook: Any) -> None:
    nbformat.write(notebook, folder / f"{NAME}.ipynb")  # type: ignore[no-untyped-call]


def copied(course: Course, base: Path) -> Course:
    """Return a copy of `course`, in which it is known what each command has started."""
    root = base / "course"
    shutil.copytree(course.root, root)
    return Course(root, course.environment | {MARK: str(root)})


def graded_in_one_go(course: Course, base: Path) -> Course:
    """Return a copy of `course` in which everybody was graded, and nothing else is left of it."""
    made = copied(course, base)
    said = made.run("partners", "grade", NAME)
    assert ALL in said
    assert "before" not in said
    assert scores(made) == SCORES
    assert (left(made), running(made)) == ([], {})
    return made


class Row(NamedTuple):
    """What the gradebook says of one part of somebody's submission, and of all of it."""

    student: str
    part: str
    auto_score: float | None
    max_score: float
    by_hand: bool
    comment: str | None
    handed_in: str
    seconds_late: float
    penalty: float | None


def rows(course: Course, url: str = "") -> list[Row]:
    """Return everything of the gradebook that grading has written, in an order of its own."""
    with Gradebook(url or f"sqlite:///{course.root / 'gradebook.db'}", TERM) as book:
        return sorted(row for one in book.assignment_submissions(NAME) for row in _rows(one))


def _rows(submission: Any) -> Iterator[Row]:
    for notebook in submission.notebooks:
        comments = {comment.name: comment.auto_comment for comment in notebook.comments}
        for grade in notebook.grades:
            yield Row(
                student=submission.student_id,
                part=grade.name,
                auto_score=grade.auto_score,
                max_score=grade.max_score,
                by_hand=bool(grade.needs_manual_grade),
                comment=comments.get(grade.name),
                handed_in=str(submission.timestamp),
                seconds_late=submission.total_seconds_late,
                penalty=notebook.late_submission_penalty,
            )


def scores(course: Course) -> dict[str, float]:
    """Return what nbgrader exports of each student who was graded."""
    return {name: float(row["score"]) for name, row in course.grades().items() if row["timestamp"]}


def autograded(course: Course) -> dict[str, Any]:
    """Return what was graded of each, without the times at which it ran."""
    return {place.parts[-2]: _untimed(place) for place in course.root.glob(f"autograded/*/{NAME}")}


def _untimed(folder: Path) -> Any:
    notebook = _read(folder)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    return notebook


def noted(course: Course) -> set[str]:
    """Return whose grading is done and kept."""
    return {note.stem for note in (course.root / LEDGER).glob("[!.]*.json")}


def start(
    course: Course, *words: str, before: tuple[str, ...] = (), **options: Any
) -> subprocess.Popen[bytes]:
    """Start ``partners grade`` with a session and a group of processes of its own.

    `before` are words before the command, of who runs it and where.
    """
    command = [*before, str(BIN / "partners"), "grade", NAME, "--workers", "2", *words]
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    given: Any = streams | options
    return subprocess.Popen(
        command, cwd=course.root, env=course.environment, start_new_session=True, **given
    )


def until(there: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Wait until something is there.

    Raises
    ------
    TimeoutError
        If it has not come in `patience` seconds.
    """
    end = time.monotonic() + patience
    while not there():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.01)


def running(course: Course) -> dict[int, str]:
    """Return the command line of each process that the course's commands have started, by its number."""
    mark = f"{MARK}={course.environment[MARK]}".encode()
    found = {}
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has just ended, or is nothing of ours
            if mark in (place / "environ").read_bytes().split(b"\0"):
                found[int(place.name)] = (place / "cmdline").read_text("utf-8").replace("\0", " ")
    return found


def end(course: Course) -> None:
    """Kill what a command has started and a test that failed has left running."""
    for pid in running(course):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def left(course: Course) -> list[str]:
    """Return the folders for a moment that are there still."""
    return sorted(place.name for place in Path(course.environment["TMPDIR"]).glob("partners-*"))


def assert_same(one: Course, other: Course) -> None:
    """Compare the marks and the notebooks of two courses."""
    assert rows(one) == rows(other)
    assert autograded(one) == autograded(other)
