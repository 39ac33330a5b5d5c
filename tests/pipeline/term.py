"""What students hand in, and how nbgrader's commands are run for them."""

from __future__ import annotations

import csv
import html
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import jupytext

from partners import library
from partners.course import answers, exercises
from partners.scenario import engine, transcript

if TYPE_CHECKING:
    from collections.abc import Callable

    from partners.scenario.model import RolePlay

EXERCISE = "first_contact"
TALK = "first_call_home"
BIN = Path(sys.executable).parent
MESSAGE = "Good evening, Ms Hale here. On Tuesday <b>Lina</b> walked the new girl to lunch & back."

Data = dict[str, Any]


class Paper(NamedTuple):
    """What a student hands in, and what must come of it.

    `transcript` and `answers` make the text of the files beside the notebook, `edit` changes the
    notebook, which is `answered` or as it was released, and `raw` makes its file.
    """

    transcript: Callable[[Data], str] | None
    two_attempts: float
    total: float
    words: str
    edit: Callable[[Any], None] = lambda notebook: None
    answered: bool = True
    where: str = "Grade cell: two_attempts"
    answers: Callable[[], str] | None = None
    raw: Callable[[Any], bytes] = lambda notebook: text(notebook).encode()
    name: str = f"{EXERCISE}.ipynb"


def text(data: Any) -> str:
    """Return `data` as the JSON of a file."""
    return json.dumps(data, ensure_ascii=False, indent=1)


def cell(notebook: Any, grade_id: str) -> Any:
    """Return the cell with this id of nbgrader's."""
    return next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == grade_id)


def points(name: str = EXERCISE) -> dict[str, float]:
    """Return the points of each part of an exercise."""
    marks = [c.metadata.get("nbgrader", {}) for c in exercises.instructor_notebook(name).cells]
    return {each["grade_id"]: each["points"] for each in marks if each.get("grade")}


def model(cell: Any) -> str:
    """Return the model answer in a cell of the instructor's."""
    return re.sub(r".*(BEGIN|END) SOLUTION.*\n?", "", cell.source)


def file_of_answers(**others: Any) -> str:
    """Return an answers file with the model answers to what is marked by tests, and with `others`."""
    values: Data = {}
    for one in exercises.instructor_notebook(EXERCISE).cells:
        if one.cell_type == "code" and one.metadata.get("nbgrader", {}).get("solution"):
            exec(model(one), {}, values)
    data = {"format": answers.FORMAT, "exercise": EXERCISE, "answers": values | {"message": MESSAGE}}
    return text(data | others)


@dataclass(frozen=True)
class Course:
    """An instructor's course folder, and how commands are run for it."""

    root: Path
    environment: dict[str, str]

    def run(self, *command: str, at: Path | None = None, patience: int = 120) -> str:
        """Run `command` of this environment in the course, or `at` a place; return its words."""
        name, *words = command
        done = subprocess.run(
            [str(BIN / name), *words],
            cwd=at or self.root,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            timeout=patience,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    def grades(self) -> dict[str, dict[str, str]]:
        """Return the rows that nbgrader exports for a spreadsheet, by student."""
        self.run("nbgrader", "export", "--to", "grades.csv")
        with (self.root / "grades.csv").open(encoding="utf-8", newline="") as file:
            return {row["student_id"]: row for row in csv.DictReader(file)}

    def feedback(self, student: str) -> str:
        """Return the words of the page that the student gets back, without its markup."""
        page = self.root / "feedback" / student / EXERCISE / f"{EXERCISE}.html"
        shown = re.sub(r"(?s)<(style|script)\b.*?</\1>", "", page.read_text("utf-8"))
        return plain(html.unescape(re.sub(r"<[^>]+>", "", shown)))


def new_course(base: Path) -> Course:
    """Make a course in `base` with ``partners course new``.

    Nothing of the user's home is read or written: HOME and every Jupyter folder lie beside it.
    """
    home = base / "home"
    places = {
        "HOME": home,
        "USERPROFILE": home,
        "IPYTHONDIR": home / "ipython",
        "JUPYTER_CONFIG_DIR": home / "config",
        "JUPYTER_DATA_DIR": home / "data",
        "JUPYTER_RUNTIME_DIR": home / "runtime",
    }
    (home / "config").mkdir(parents=True)
    (home / "config" / "nbgrader_config.py").write_text(
        # A kernel that is killed at the end saves half a second for each paper.
        f"c.Exchange.root = {str(base / 'exchange')!r}\nc.Execute.shutdown_kernel = 'immediate'\n"
        "c.Execute.timeout = 8\n",
        "utf-8",
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER_", "PARTNERS_"))}
    environment |= {key: str(place) for key, place in places.items()}
    # nbgrader calls `alembic` by its bare name, as in an activated environment.
    environment["PATH"] = os.pathsep.join([str(BIN), os.environ.get("PATH", "")])
    made = Course(base / "course", environment)
    said = made.run("partners", "course", "new", str(made.root), at=base)
    assert EXERCISE in said
    assert "nbgrader generate_assignment" in said
    return made


def attempts(talk: str) -> Data:
    """Return a transcript of two finished attempts at `talk` that took different ways."""
    role_play = library.role_play(talk)
    plays = [_played(role_play, which) for which in (0, -1)]
    return transcript.write(role_play, [transcript.attempt(play) for play in plays])


def _played(role_play: RolePlay, which: int) -> engine.Play:
    play = engine.Play(role_play)
    while not play.ending:
        play = play.choose(list(play.offers())[which])
    return play


def plain(text: str) -> str:
    """Return `text` with every run of white space as one space."""
    return " ".join(text.split())


def release(course: Course, name: str = EXERCISE) -> Any:
    """Return the notebook that nbgrader released."""
    return jupytext.read(course.root / "release" / name / f"{name}.ipynb")


def answered(course: Course, name: str = EXERCISE) -> Any:
    """Return the released notebook with the model answers in the cells that ask for one."""
    notebook = release(course, name)
    for one in exercises.instructor_notebook(name).cells:
        if one.metadata.get("nbgrader", {}).get("solution"):
            cell(notebook, one.metadata.nbgrader.grade_id).source = model(one)
    return notebook
