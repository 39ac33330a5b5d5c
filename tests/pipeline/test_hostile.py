"""A class that does harm, spies and cheats is graded, and nobody gets, loses or learns what is not theirs."""

from __future__ import annotations

import copy
import hashlib
import html
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from select import select
from typing import TYPE_CHECKING, Any, NamedTuple

import containers
import nbformat
import pytest
from nbgrader.api import Gradebook
from pipeline.hostile import (
    ADA,
    ANSWERS,
    FILE,
    HELPER,
    HONEST,
    KINDS,
    NAME,
    PASSWORD,
    POINTS,
    SECRETS,
    Kind,
    instructors,
)
from pipeline.small_class import copied, running, until
from pipeline.term import BIN, Course, cell, new_course, plain, release

from partners.grading.office import GRADED, NOTED, PERSON
from partners.grading.progress import FAILING, IN_PLACE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CLASS = HONEST | KINDS
PATIENCE = 300
SECONDS = 12
"""That a cell may take."""
PARTS = ("[a-h]*", "[i-z]*")
"""Whose feedback is made at once."""
IN_A_CONTAINER = (
    "reads_the_course", "reads_the_gradebook", "reads_processes", "writes_outside", "calls_out", "kills",
    "memory_of_many", "background",
)  # fmt: skip
"""Who is graded once more in containers."""
CONTAINERS = ["like Docker's"] if containers.why_not() else ["Docker's", "our own"]
"""Where no real Docker can run, `make test` says so, and root without namespaces stands in."""
WITHOUT_NAMESPACES = f"""
import sys
from pathlib import Path
from partners.grading import progress
from partners.grading.grade import How
sys.exit(progress.grade(Path.cwd(), {NAME!r}, (), How(layers=("Landlock", "seccomp"), workers=2)))
"""


class Graded(NamedTuple):
    """A course in which submissions were graded: what was said, and what still runs or calls at the doors."""

    course: Course
    table: str
    status: int
    before: dict[str, str]
    left: dict[int, str]
    doors: list[socket.socket]
    scores: dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Course]:
    """Make a course with the assignment; what its commands need for a moment has a short path."""
    made = new_course(tmp_path_factory.mktemp("hostile"))
    folder = made.root / "source" / NAME
    folder.mkdir()
    (folder / "helper.py").write_text(HELPER, "utf-8")
    nbformat.write(instructors(), folder / FILE)  # type: ignore[no-untyped-call]
    with (made.root / "nbgrader_config.py").open("a", encoding="utf-8") as settings:
        settings.write(f"c.Execute.timeout = {SECONDS}\nc.Execute.shell_timeout_interval = 1\n")
    made.run("nbgrader", "generate_assignment", NAME)
    scratch = tempfile.mkdtemp(prefix="hostile-")
    os.chmod(scratch, 0o711)
    yield Course(made.root, made.environment | {"LMS_PASSWORD": PASSWORD, "TMPDIR": scratch})
    subprocess.run(["rm", "-rf", scratch], check=True)  # however deep it is


@pytest.fixture(scope="module")
def graded(released: Course, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Graded]:
    course = copied(released, tmp_path_factory.mktemp("all"))
    with _doors(course) as doors:
        before = _handed_in(course, CLASS, doors)
        table, status = _graded(course, BIN / "partners", "grade", NAME)
        left = _left(course)
        _make_feedback(course)
        yield Graded(course, table, status, before, left, doors, _scores(course))


@pytest.fixture(scope="module", params=CONTAINERS)
def contained(released: Course, request: pytest.FixtureRequest) -> Iterator[Graded]:
    """The same for some, graded in containers: without namespaces, or made by us to have them."""
    with ExitStack() as opened:
        base = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="some-")))
        base.chmod(0o755)  # it is not this that keeps anybody out
        course = copied(released, base)
        doors = opened.enter_context(_doors(course))
        before = _handed_in(course, {name: CLASS[name] for name in IN_A_CONTAINER}, doors)
        command: tuple[str | Path, ...] = (BIN / "partners", "grade", NAME)
        if request.param == "like Docker's":
            command = (sys.executable, "-c", WITHOUT_NAMESPACES)
        else:
            linux = opened.enter_context(containers.old_linux())
            where = linux.within(course.root, course.environment)
            if request.param == "our own":
                course = Course(course.root, course.environment | containers.belongings(base))
                where = linux.before(course.root)
            command = (*where, *command)
        table, status = _graded(course, *command)
        yield Graded(course, table, status, before, _left(course), doors, _scores(course))


@contextmanager
def _doors(course: Course) -> Iterator[list[socket.socket]]:
    """Open what listens on this machine's own network, at a file, and at a name."""
    with ExitStack() as opened:
        network = opened.enter_context(socket.create_server(("127.0.0.1", 0)))
        file, name = (opened.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(2))
        file.bind(str(course.root.parent / "door"))
        name.bind(f"\0partners-{network.getsockname()[1]}")
        for door in (file, name):
            door.listen()
        yield [network, file, name]


def _handed_in(course: Course, students: dict[str, Kind], doors: list[socket.socket]) -> dict[str, str]:
    """Let `students` hand in, and return a print of each file."""
    port = str(doors[0].getsockname()[1])
    values = {"COURSE": str(course.root), "PORT": port, "MARK": str(course.root)}
    blank = release(course, NAME)
    for name, answer in (ANSWERS | {"note": "I call again on Friday."}).items():
        cell(blank, name).source = answer
    for student, kind in students.items():
        notebook = copy.deepcopy(blank)
        kind.edit(notebook)
        for own in (one for one in notebook.cells if one.id == "own"):
            for name, value in values.items():
                own.source = own.source.replace(name, value)
        folder = course.root / "submitted" / student / NAME
        shutil.copytree(course.root / "release" / NAME, folder)
        (folder / FILE).write_bytes(kind.raw(notebook))
        kind.put(folder)
    return _prints(course.root / "submitted")


def _graded(course: Course, *command: str | Path) -> tuple[str, int]:
    done = subprocess.run(
        command,
        cwd=course.root,
        env=course.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )
    return done.stdout, done.returncode


def _left(course: Course) -> dict[int, str]:
    """Return what still runs of what was started, when it had some time to end."""
    with suppress(TimeoutError):
        until(lambda: not running(course), patience=3)
    return running(course)


def _make_feedback(course: Course) -> None:
    command = [str(BIN / "nbgrader"), "generate_feedback", NAME]
    at_work = [
        subprocess.Popen(
            [*command, "--student", part],
            cwd=course.root,
            env=course.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for part in PARTS
    ]
    assert [one.wait(PATIENCE) for one in at_work] == [0, 0]


def _prints(folder: Path) -> dict[str, str]:
    """Return a text for everything in a folder that is another one when it has changed."""
    found = {}
    for place in sorted(os.fsencode(one) for one in folder.rglob("*")):
        name = str(place)
        if os.path.islink(place):
            found[name] = str(os.readlink(place))
        elif os.path.isfile(place):
            with open(place, "rb") as file:
                found[name] = hashlib.file_digest(file, "sha256").hexdigest()
        else:
            found[name] = str(os.stat(place).st_mode)
    return found


def _told(table: str) -> dict[str, tuple[str, str]]:
    """Return the state of each student in the table that the instructor sees, and the words for it."""
    found, student = dict.fromkeys(CLASS, (GRADED, "")), ""
    for line in table.splitlines():
        words = line[2:].split()
        if words and words[0] in CLASS and line[1:2] == " ":
            student = words.pop(0)
            found[student] = (PERSON if line[0] == "!" else NOTED, "")
        if student and line.startswith((" ", "!")):
            state, before = found[student]
            found[student] = (state, f"{before} {' '.join(words)}")
    return found


def _feedback(course: Course, student: str) -> str:
    """Return the words of the page that a student gets back, without its markup."""
    page = (course.root / "feedback" / student / NAME / f"{NAME}.html").read_text("utf-8")
    shown = re.sub(r"(?s)<(style|script)\b.*?</\1>", "", page)
    return plain(html.unescape(re.sub(r"<[^>]+>", "", shown)))


def _outputs(course: Course, student: str) -> str:
    """Return everything that the cells of a graded notebook show."""
    notebook = course.root / "autograded" / student / NAME / FILE
    cells = nbformat.read(notebook, as_version=4).cells  # type: ignore[no-untyped-call]
    return str([one.get("outputs") for one in cells])


def _scores(course: Course) -> dict[str, dict[str, Any]]:
    """Return what the gradebook has of each student, by part."""
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}", "partners") as book:
        return {
            submission.student_id: {grade.name: grade.auto_score for grade in notebook.grades}
            for submission in book.assignment_submissions(NAME)
            for notebook in submission.notebooks
        }


@pytest.mark.parametrize("student", CLASS)
def test_each_ends_with_the_points_the_state_and_the_words_that_are_due(
    graded: Graded, student: str
) -> None:
    kind, (state, told) = CLASS[student], _told(graded.table)[student]
    scores = graded.scores[student]
    assert (sum(scores[name] or 0 for name in POINTS), state) == (kind.points, kind.state)
    assert kind.told in told
    assert kind.words in _feedback(graded.course, student)


def test_the_honest_have_what_they_would_have_without_the_others(graded: Graded) -> None:
    lost = {"cleo": {"mean": 0}, "dan": {"longest": 0}}
    for student in HONEST:
        assert graded.scores[student] == POINTS | {"note": None} | lost.get(student, {})


def _assert_counts(graded: Graded, students: Iterable[str]) -> None:
    """Say that the table counts all `students` as they are due, and the command's status, too."""
    states = [CLASS[student].state for student in students]
    counts = ", ".join(f"{states.count(s)} {s}" for s in (GRADED, NOTED, PERSON) if s in states)
    assert f"{len(states)} submissions: {counts}." in graded.table
    assert graded.status == int(PERSON in states)


def test_the_instructor_s_table_counts_everybody_and_every_check_was_judged(graded: Graded) -> None:
    _assert_counts(graded, CLASS)
    for words in (IN_PLACE, FAILING):
        assert words.partition("{")[0] not in plain(graded.table)
    assert not re.search(r"[^\n\S ]|\x1b", graded.table)


def test_nobody_learns_what_is_hidden(graded: Graded) -> None:
    found = {}
    for place in (graded.course.root / "autograded").glob("*/*/**/*"):
        if place.is_file() and place.name != FILE:
            found[str(place)] = place.read_bytes()[:1_000_000].decode("utf-8", "replace")
    for student in CLASS:
        found[student] = _outputs(graded.course, student)
        if student != "ada":
            found[f"feedback of {student}"] = _feedback(graded.course, student)
    assert len(found) > 2 * len(CLASS) - 1
    assert [(where, one) for where, text in found.items() for one in SECRETS if one in text] == []
    assert ADA in _feedback(graded.course, "ada")


def test_what_was_handed_in_is_as_it_was(graded: Graded) -> None:
    assert len(graded.before) > 3 * len(CLASS) - 1
    assert _prints(graded.course.root / "submitted") == graded.before


def _assert_nothing_goes_on(graded: Graded) -> None:
    assert graded.left == {}
    assert [*Path(graded.course.environment["TMPDIR"]).iterdir()] == []
    assert select(graded.doors, [], [], 0)[0] == []
    assert [*graded.course.root.parent.rglob("mine.txt")] == []


def test_nothing_goes_on_and_nothing_was_reached(graded: Graded) -> None:
    _assert_nothing_goes_on(graded)
    with Gradebook(f"sqlite:///{graded.course.root / 'gradebook.db'}", "partners") as book:
        grades = [
            g for one in book.assignment_submissions(NAME) for n in one.notebooks for g in n.grades
        ]
        assert len(grades) == len(CLASS) * (len(POINTS) + 1)
        assert [grade.manual_score for grade in grades if grade.manual_score] == []


def test_everybody_has_a_page_and_a_score(graded: Graded) -> None:
    rows = graded.course.grades()
    scores = {name: float(row["score"]) for name, row in rows.items() if row["assignment"] == NAME}
    assert scores == {student: kind.points for student, kind in CLASS.items()}
    pages = {page.parent.parent.name for page in graded.course.root.glob(f"feedback/*/{NAME}/*.html")}
    assert pages == set(CLASS)


@pytest.mark.parametrize("student", IN_A_CONTAINER)
def test_in_a_container_spies_find_nothing_and_floods_are_stopped(
    contained: Graded, student: str
) -> None:
    kind, outputs = CLASS[student], _outputs(contained.course, student)
    state, _ = _told(contained.table)[student]
    scores = contained.scores[student]
    assert (sum(scores[name] or 0 for name in POINTS), state) == (kind.points, kind.state)
    assert kind.words in outputs
    assert [one for one in SECRETS if one in outputs] == []


def test_in_a_container_nothing_goes_on_and_nothing_was_reached(contained: Graded) -> None:
    _assert_nothing_goes_on(contained)
    _assert_counts(contained, IN_A_CONTAINER)
    assert _prints(contained.course.root / "submitted") == contained.before
