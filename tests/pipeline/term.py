"""What students hand in, what must come of it, and how nbgrader's commands are run."""

from __future__ import annotations

import copy
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
from partners.course import exercises
from partners.scenario import engine, transcript

if TYPE_CHECKING:
    from collections.abc import Callable

    from partners.scenario.model import RolePlay

EXERCISE = "first_contact"
TALK = "first_call_home"
BIN = Path(sys.executable).parent

Data = dict[str, Any]


class Paper(NamedTuple):
    """What a student hands in, and what must come of it."""

    transcript: Callable[[Data], str] | None
    two_attempts: float
    total: float
    words: str
    edit: Callable[[Any], None] = lambda notebook: None
    answered: bool = True
    where: str = "Grade cell: two_attempts"


def _text(data: Data) -> str:
    return json.dumps(data, ensure_ascii=False)


def _edited(edit: Callable[[Data], None]) -> Callable[[Data], str]:
    def make(data: Data) -> str:
        edit(data)
        return _text(data)

    return make


def _score(data: Data) -> None:
    next(iter(data["attempts"][0]["score"].values()))[0] += 1


def _impossible(data: Data) -> None:
    first, *_, last = data["attempts"][0]["turns"]
    first["reply"] = last["reply"]


def _words(data: Data) -> None:
    data["attempts"][1]["turns"][0]["said"] += " Every word counts."


def _one(data: Data) -> None:
    del data["attempts"][1]


def _same(data: Data) -> None:
    data["attempts"][1] = copy.deepcopy(data["attempts"][0])


def _open(data: Data) -> None:
    attempt = data["attempts"][1]
    attempt |= {"turns": [], "ending": None, "score": {}, "trust": attempt["trust"][:1]}


def cell(notebook: Any, grade_id: str) -> Any:
    """Return the cell with this id of nbgrader's."""
    return next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == grade_id)


def _skip(notebook: Any) -> None:
    cell(notebook, "two_attempts").metadata["tags"] = ["skip-execution"]


def _own_test(notebook: Any) -> None:
    cell(notebook, "two_attempts").source = "6"


def _no_test(notebook: Any) -> None:
    notebook.cells.remove(cell(notebook, "channel"))


def _wrong(notebook: Any) -> None:
    for grade_id, right, wrong in (
        ("channel_answer", '"Kowalski": "D"', '"Kowalski": "A"'),
        ("evidence_answer", 'best_claim = "B"', 'best_claim = "C"'),
    ):
        answer = cell(notebook, grade_id)
        assert right in answer.source
        answer.source = answer.source.replace(right, wrong)


MISSING = f"There is no file {TALK}.transcript.json beside the notebook."
PAPERS = {
    "right": Paper(
        _text, 6, 14, f"{TALK}.transcript.json: 2 attempts.", where="worksheet.attempts_in_words"
    ),
    "stub": Paper(None, 0, 0, MISSING, answered=False),
    "missing": Paper(None, 0, 8, MISSING),
    "cut": Paper(lambda data: _text(data)[:-300], 0, 8, "it was cut short or edited."),
    "score": Paper(_edited(_score), 0, 8, "Attempt 1: the score is not the one its replies lead to."),
    "impossible": Paper(_edited(_impossible), 0, 8, "which is not offered there."),
    "words": Paper(_edited(_words), 0, 8, "Attempt 2, turn 1 has other words than the conversation."),
    "one": Paper(_edited(_one), 2, 10, "1 of 2 attempts are finished."),
    "open": Paper(_edited(_open), 2, 10, "1 of 2 attempts are finished."),
    "same": Paper(_edited(_same), 4, 12, "No second attempt that takes another way than the first."),
    "wrong": Paper(
        _text, 6, 11, "Kowalski: At eleven he is asleep.", _wrong, where="Grade cell: channel"
    ),
    # What students do to the test cells moves no point.
    "skips": Paper(None, 0, 8, MISSING, _skip),
    "own_test": Paper(None, 0, 8, MISSING, _own_test),
    "no_test": Paper(
        _text, 6, 14, "This cell (id:channel) was missing", _no_test, where="Grade cell: channel"
    ),
}
BY_HAND = "in_formgrader"
"""One more who hands in what is right; graded in the formgrader, so in no table here."""


@dataclass(frozen=True)
class Course:
    """An instructor's course folder, and how commands are run for it."""

    root: Path
    environment: dict[str, str]

    def run(self, *command: str, at: Path | None = None) -> str:
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
            timeout=120,
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
        f"c.Exchange.root = {str(base / 'exchange')!r}\nc.Execute.shutdown_kernel = 'immediate'\n",
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
    for model in exercises.instructor_notebook(name).cells:
        if model.metadata.get("nbgrader", {}).get("solution"):
            cell(notebook, model.metadata.nbgrader.grade_id).source = re.sub(
                r".*(BEGIN|END) SOLUTION.*\n?", "", model.source
            )
    return notebook
