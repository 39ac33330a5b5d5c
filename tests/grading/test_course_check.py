"""`partners course check`: each thing that would go wrong later is named now, with the way out."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pipeline.term import EXERCISE, TALK, Course, answered, attempts, new_course

from partners.grading.course_check import CHECKS, checked

if TYPE_CHECKING:
    from collections.abc import Callable

DATA = "contact_log"
STEPS = """
import json, sys
from nbgrader.apps import NbGrader, NbGraderAPI
app = NbGrader()
app.initialize([])
for step, *names in json.loads(sys.argv[1]):
    done = getattr(NbGraderAPI(config=app.config), step)(*names)
    assert done["success"], done
"""
ROSTER = "student_id,last_name,first_name,email,lms_id\nada,Osei,Ada,,\nben,Tran,Ben,,\n"


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Make a course in the middle of its term: one exercise graded by hand too, one just given out."""
    course = new_course(tmp_path_factory.mktemp("check"))
    given_out = [(do, name) for name in (EXERCISE, DATA) for do in ("generate", "release")]
    _nbgrader(course, *((f"{do}_assignment", name) for do, name in given_out))
    (course.root / "roster.csv").write_text(ROSTER, "utf-8")
    for student in ("ada", "ben"):
        paper = course.root / "submitted" / student / EXERCISE
        paper.mkdir(parents=True)
        (paper / f"{EXERCISE}.ipynb").write_text(json.dumps(answered(course)), "utf-8")
        (paper / f"{TALK}.transcript.json").write_text(json.dumps(attempts(TALK)), "utf-8")
    _nbgrader(course, *(("autograde", EXERCISE, student) for student in ("ada", "ben")))
    _sql(
        course.root, "UPDATE grade SET manual_score = 5, needs_manual_grade = 0 WHERE needs_manual_grade"
    )
    _nbgrader(course, ("generate_feedback", EXERCISE))
    return course


def _nbgrader(course: Course, *steps: tuple[str, ...]) -> None:
    """Let nbgrader do these steps in one process; its commands would start one for each."""
    course.run("python", "-c", STEPS, json.dumps(steps))


@pytest.fixture
def course(graded: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Copy the course and its exchange, to do harm to."""
    for name, value in graded.environment.items():
        monkeypatch.setenv(name, value)
    shutil.copytree(graded.root.parent, tmp_path / "term")
    config = tmp_path / "term" / "home" / "config"
    (config / "nbgrader_config.py").write_text(
        f"c.Exchange.root = {str(tmp_path / 'term' / 'exchange')!r}\n", "utf-8"
    )
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(config))
    return tmp_path / "term" / "course"


def _sql(course: Path, command: str) -> None:
    with closing(sqlite3.connect(course / "gradebook.db")) as book, book:
        book.execute(command)


def _edited(file: str, old: str, new: str) -> Callable[[Path], None]:
    def edit(course: Path) -> None:
        text = (course / file).read_text("utf-8")
        assert old in text
        (course / file).write_text(text.replace(old, new), "utf-8")

    return edit


def _removed(file: str) -> Callable[[Path], None]:
    return lambda course: (course / file).unlink()


def _told(course: Path) -> None:
    """Release what the instructor has, by a copy in the file manager."""
    shutil.copy(course / "source" / EXERCISE / f"{EXERCISE}.ipynb", course / "release" / EXERCISE)


def _own_answers(course: Path) -> None:
    (course / "source" / EXERCISE / f"{EXERCISE}.answers.json").write_text("{}", "utf-8")


def _no_end(course: Path) -> None:
    _edited(f"source/{DATA}/{DATA}.ipynb", "### END HIDDEN TESTS", "###")(course)


def _stranger(course: Path) -> None:
    (course / "submitted" / "ben").rename(course / "submitted" / "Ben Tran")


def _once_more(course: Path) -> None:
    notebook = course / "submitted" / "ben" / EXERCISE / f"{EXERCISE}.ipynb"
    os.utime(notebook, (notebook.stat().st_mtime + 3600,) * 2)


def _not_graded(course: Path) -> None:
    shutil.rmtree(course / "autograded" / "ben")


def _cut(course: Path) -> None:
    (course / "gradebook.db").write_bytes(b"SQLite format 4")


def _database(command: str) -> Callable[[Path], None]:
    return lambda course: _sql(course, command)


def _mode(place: str, mode: int) -> Callable[[Path], None]:
    return lambda course: (course / place).chmod(mode)


CONFIG = "nbgrader_config.py"
BOOK = "../exchange/partners"
HARM: dict[str, tuple[Callable[[Path], None], str, str]] = {
    "no config": (_removed(CONFIG), "This is no course", "partners course new"),
    "broken config": (
        _edited(CONFIG, "timeout = 30", "timeout = x"),
        f"{CONFIG}:",
        "name 'x' is not defined",
    ),
    "half a config": (
        _edited(
            CONFIG, 'c.Autograde.sanitize_preprocessors.prepend(["partners.grading.mend.mend"])', ""
        ),
        "c.Autograde.sanitize_preprocessors is not set.",
        "partners course new",
    ),
    "older config": (
        _edited(CONFIG, '    "partners.course.exercises.open_written_parts",\n', ""),
        "c.GenerateAssignment.preprocessors lacks partners.course.exercises.open_written_parts.",
        "partners course new",
    ),
    "older package": (
        _edited("README.md", "with Partners ", "with Partners 0.0."),
        "Partners 0.0.",
        "Finish the term with 0.0.",
    ),
    "no course id": (
        _edited(CONFIG, 'c.CourseDirectory.course_id = "partners"', 'c.CourseDirectory.course_id = ""'),
        "The course has no name.",
        "course_id",
    ),
    "other course id": (
        _edited(CONFIG, 'course_id = "partners"', 'course_id = "families"'),
        "It holds the course partners, and the settings name the course families.",
        "course_id = 'partners'",
    ),
    "old gradebook": (
        _database("UPDATE alembic_version SET version_num = '167914646830'"),
        "Another version of nbgrader made it.",
        "nbgrader db upgrade",
    ),
    "no gradebook": (
        _cut,
        "gradebook.db: It cannot be read",
        "last copy",
    ),
    "locked gradebook": (
        _mode("gradebook.db", 0o444),
        "You may not write to it.",
        "chmod u+w gradebook.db",
    ),
    "own answers": (_own_answers, f"{EXERCISE}.answers.json would be given to students.", "Move it"),
    "no end": (_no_end, "nbgrader cannot make the students’ version", "No end hidden tests"),
    "told": (
        _told,
        "It tells an answer or a hidden test: “",
        "generate_assignment first_contact --force",
    ),
    "old release": (
        _edited(f"source/{EXERCISE}/{EXERCISE}.ipynb", "About 45 minutes", "About 40 minutes"),
        "The source was changed after it was made.",
        "generate_assignment first_contact --force",
    ),
    "by hand": (
        _edited(f"release/{EXERCISE}/{EXERCISE}.ipynb", "About 45 minutes", "About 40 minutes"),
        "It was changed by hand.",
        "generate_assignment first_contact --force",
    ),
    "no data": (
        _removed(f"release/{DATA}/contacts.csv"),
        "contacts.csv is missing.",
        f"generate_assignment {DATA} --force",
    ),
    "not given out": (
        lambda course: shutil.rmtree(course / BOOK / "outbound" / DATA),
        f"release/{DATA}: It is not in the exchange yet.",
        f"nbgrader release_assignment {DATA}",
    ),
    "older given out": (
        _removed(f"{BOOK}/outbound/{DATA}/contacts.csv"),
        "Students find an older version in the exchange.",
        f"nbgrader release_assignment {DATA} --force",
    ),
    "inbound": (
        _mode(f"{BOOK}/inbound", 0o2755),
        "Its permissions are 2755; nbgrader needs 2733.",
        "chmod",
    ),
    "exchange": (
        _mode("../exchange", 0o755),
        "Its permissions are 755; nbgrader needs 777.",
        "chmod 777",
    ),
    "no exchange": (
        lambda course: shutil.rmtree(course / "../exchange"),
        "The exchange that the settings name is not there.",
        "mkdir -p",
    ),
    "no roster": (_removed("roster.csv"), "There is no class list.", "student_id"),
    "twice": (_edited("roster.csv", "ben,", "ada,"), "lines 2 and 3 have the same student_id", "ada"),
    "stranger": (_stranger, "Not in roster.csv: Ben Tran.", "rename the folder"),
    "not graded": (_not_graded, "Handed in and not graded: ben.", f"partners grade {EXERCISE}"),
    "once more": (_once_more, "Handed in again after grading: ben.", f"partners grade {EXERCISE}"),
    "by hand next": (
        _database("UPDATE grade SET needs_manual_grade = 1 WHERE manual_score = 5"),
        "Parts wait for your points: ada, ben.",
        "Formgrader",
    ),
    "old feedback": (
        _database("UPDATE grade SET manual_score = 6 WHERE manual_score = 5"),
        "Feedback is older than the grades: ada, ben.",
        f"nbgrader generate_feedback {EXERCISE} --force",
    ),
}


def test_a_sound_course_has_nothing_to_mend(graded: Course, course: Path) -> None:
    before = {file: file.stat().st_mtime_ns for file in course.rglob("*")}
    assert {name: problems for name, problems in checked(course).items() if problems} == {}
    assert graded.run("partners", "course", "check") == f"Fine: {', '.join(CHECKS)}.\n"
    assert {file: file.stat().st_mtime_ns for file in course.rglob("*")} == before


@pytest.mark.parametrize("harm", HARM)
def test_what_would_go_wrong_is_named_once_with_the_way_out(course: Path, harm: str) -> None:
    do, what, way_out = HARM[harm]
    do(course)
    problems = [problem for each in checked(course).values() for problem in each]
    [told] = [problem for problem in problems if what in problem]
    assert way_out in told


def test_answers_that_others_on_the_machine_can_read_are_told(course: Path) -> None:
    with tempfile.TemporaryDirectory() as place:  # pytest's own folders are closed to others
        term = shutil.copytree(course, Path(place) / "term")
        Path(place).chmod(0o755)
        [told] = checked(term)["exchange"]
        assert told.startswith(
            "source: Everybody with an account on this machine can read the answers. Run: chmod 700 "
        )
        term.chmod(0o700)
        assert checked(term)["exchange"] == []


def test_tools_of_another_environment_are_told(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.defpath)
    told = checked(course)["tools"]
    assert len(told) == 2
    for problem, tool in zip(told, ("nbgrader", "alembic"), strict=True):
        assert problem.startswith(f"{tool}: The command is")
        assert "activate" in problem
