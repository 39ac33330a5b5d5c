"""A class that does harm, spies and cheats is graded, and nobody gets, loses or learns what is not theirs."""

from __future__ import annotations

import hashlib
import html
import os
import re
import shutil
import socket
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from select import select
from typing import TYPE_CHECKING, Any, NamedTuple

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
from pipeline.small_class import MARK, running, until
from pipeline.term import BIN, Course, cell, new_course, plain, release

from partners.grading.office import GRADED, NOTED, PERSON

if TYPE_CHECKING:
    from collections.abc import Iterator

CLASS = HONEST | KINDS
PATIENCE = 300
SECONDS = 4
"""That a cell may take."""
PARTS = ("[a-h]*", "[i-z]*")
"""Whose feedback is made at once."""


class Graded(NamedTuple):
    """A course in which the class was graded: what the command said, and who called at the doors."""

    course: Course
    table: str
    status: int
    before: dict[str, str]
    left: dict[int, str]
    doors: list[socket.socket]
    scratch: Path


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Graded]:
    base = tmp_path_factory.mktemp("hostile")
    scratch = Path(tempfile.mkdtemp(prefix="hostile-"))  # where names of sockets are short
    scratch.chmod(0o711)
    doors = _doors(base)
    try:
        yield _graded(_course(base, scratch), scratch, doors)
    finally:
        for door in doors:
            door.close()
        subprocess.run(["rm", "-rf", str(scratch)], check=True)  # however deep it is


def _course(base: Path, scratch: Path) -> Course:
    made = new_course(base)
    folder = made.root / "source" / NAME
    folder.mkdir()
    (folder / "helper.py").write_text(HELPER, "utf-8")
    nbformat.write(instructors(), folder / FILE)  # type: ignore[no-untyped-call]
    with (made.root / "nbgrader_config.py").open("a", encoding="utf-8") as settings:
        settings.write(f"c.Execute.timeout = {SECONDS}\n")
    made.run("nbgrader", "generate_assignment", NAME)
    secret = {"LMS_PASSWORD": PASSWORD, "TMPDIR": str(scratch), MARK: str(made.root)}
    return Course(made.root, made.environment | secret)


def _doors(base: Path) -> list[socket.socket]:
    """Return what listens on this machine's own network, at a file, and at a name."""
    network = socket.create_server(("127.0.0.1", 0))
    file, name = (socket.socket(socket.AF_UNIX) for _ in range(2))
    file.bind(str(base / "door"))
    name.bind(f"\0partners-{network.getsockname()[1]}")
    for door in (file, name):
        door.listen()
    return [network, file, name]


def _graded(course: Course, scratch: Path, doors: list[socket.socket]) -> Graded:
    values = {
        "COURSE": str(course.root),
        "PORT": str(doors[0].getsockname()[1]),
        "MARK": str(course.root),
    }
    for student, kind in CLASS.items():
        _hand_in(course, student, kind, values)
    before = _prints(course.root / "submitted")
    done = subprocess.run(
        [BIN / "partners", "grade", NAME],
        cwd=course.root,
        env=course.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )
    with suppress(TimeoutError):
        until(lambda: not running(course), patience=3)
    left = running(course)
    _make_feedback(course)
    return Graded(course, done.stdout, done.returncode, before, left, doors, scratch)


def _hand_in(course: Course, student: str, kind: Kind, values: dict[str, str]) -> None:
    folder = course.root / "submitted" / student / NAME
    shutil.copytree(course.root / "release" / NAME, folder)
    notebook = release(course, NAME)
    for name, answer in (ANSWERS | {"note": "I call again on Friday."}).items():
        cell(notebook, name).source = answer
    kind.edit(notebook)
    for own in (one for one in notebook.cells if one.id == "own"):
        for name, value in values.items():
            own.source = own.source.replace(name, value)
    (folder / FILE).write_bytes(kind.raw(notebook))
    kind.put(folder)


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


def _scores(course: Course, student: str) -> dict[str, Any]:
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}", "partners") as book:
        [notebook] = book.find_submission(NAME, student).notebooks
        return {grade.name: grade.auto_score for grade in notebook.grades}


@pytest.mark.parametrize("student", CLASS)
def test_each_ends_with_the_points_the_state_and_the_words_that_are_due(
    graded: Graded, student: str
) -> None:
    kind, (state, told) = CLASS[student], _told(graded.table)[student]
    scores = _scores(graded.course, student)
    assert (sum(scores[name] or 0 for name in POINTS), state) == (kind.points, kind.state)
    assert kind.told in told
    assert kind.words in _feedback(graded.course, student)


def test_the_honest_have_what_they_would_have_without_the_others(graded: Graded) -> None:
    lost = {"ada": {}, "ben": {}, "cleo": {"mean": 0}, "dan": {"longest": 0}}
    for student, parts in lost.items():
        assert _scores(graded.course, student) == POINTS | {"note": None} | parts


def test_the_instructor_s_table_counts_everybody_and_every_check_was_judged(graded: Graded) -> None:
    states = [kind.state for kind in CLASS.values()]
    counts = ", ".join(f"{states.count(s)} {s}" for s in (GRADED, NOTED, PERSON) if s in states)
    assert f"{len(CLASS)} submissions: {counts}." in graded.table
    assert graded.status == int(PERSON in states)
    assert "Run in the submission’s own Python" not in graded.table
    assert not re.search(r"[^\n\S ]|\x1b", graded.table)


def test_nobody_learns_what_is_hidden(graded: Graded) -> None:
    found = {}
    for place in (graded.course.root / "autograded").glob("*/*/**/*"):
        if place.is_file() and place.name != FILE:
            found[str(place)] = place.read_bytes()[:1_000_000].decode("utf-8", "replace")
    for student in CLASS:
        notebook = graded.course.root / "autograded" / student / NAME / FILE
        cells = nbformat.read(notebook, as_version=4).cells  # type: ignore[no-untyped-call]
        found[str(notebook)] = str([one.get("outputs") for one in cells])
        if student != "ada":
            found[f"feedback of {student}"] = _feedback(graded.course, student)
    assert len(found) > 2 * len(CLASS) - 1
    assert [(where, one) for where, text in found.items() for one in SECRETS if one in text] == []
    assert ADA in _feedback(graded.course, "ada")


def test_what_was_handed_in_is_as_it_was(graded: Graded) -> None:
    assert len(graded.before) > 3 * len(CLASS) - 1
    assert _prints(graded.course.root / "submitted") == graded.before


def test_nothing_goes_on_and_nothing_was_reached(graded: Graded) -> None:
    assert graded.left == {}
    assert [*graded.scratch.iterdir()] == []
    assert select(graded.doors, [], [], 0)[0] == []
    assert [*graded.course.root.parent.rglob("mine.txt")] == []
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
