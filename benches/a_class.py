"""A class to grade: an ordinary data-science assignment, what its students hand in, and what each earns.

It is a plain nbgrader course that knows nothing of Partners. The same answers and tests are written
for otter-grader, too, so that its time stands beside others' for equal work.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import nbformat

BIN = Path(sys.executable).parent
NAME = "ps1"
# Otter's extra `grading` is what it installs itself where it grades; the libraries are the same as here.
OTTER = [
    "otter-grader[grading]>=7,<8",
    *(f"{n}=={version(n)}" for n in ("numpy", "pandas", "matplotlib")),
]


class Task(NamedTuple):
    """What is asked, three answers, and the tests: Python expressions that hold for a right answer.

    `wrong` is an honest mistake, `broken` raises in its own cell and earns nothing. `partial` is
    true where every test earns one point; elsewhere one that fails costs all.
    """

    name: str
    points: int
    asked: str
    right: str
    wrong: str
    wrong_earns: int
    broken: str
    shown: list[str]
    hidden: list[str]
    partial: bool = False


TASKS = (
    Task(
        name="mean_of",
        points=2,
        asked='def mean_of(values):\n    """Return the mean of a list of numbers."""',
        right="    return sum(values) / len(values)",
        wrong="    return sum(values) // len(values)",
        wrong_earns=0,
        broken="    return sum(values) / len(values",
        shown=["mean_of([1, 2, 3]) == 2", "mean_of([5]) == 5"],
        hidden=["mean_of([1, 2]) == 1.5", "mean_of([-1, 0.5]) == -0.25"],
    ),
    Task(
        name="mean_height",
        points=2,
        asked='def mean_height(frame, year):\n    """Return the mean height in a year."""',
        right='    return frame.loc[frame["year"] == year, "height"].mean()',
        wrong='    found = frame[frame["year"] == year]\n    return found["height"].sum() / len(found)',
        wrong_earns=1,
        broken='    return frame[frame["year"] = year]["height"].mean()',
        shown=['mean_height(pd.DataFrame({"year": [1, 1, 2], "height": [150, 170, 181]}), 1) == 160'],
        hidden=['mean_height(pd.DataFrame({"year": [1, 1, 2], "height": [150, None, 181]}), 1) == 150'],
        partial=True,
    ),
    Task(
        name="tallest",
        points=1,
        asked="# The name of the tallest student.",
        right='tallest = heights.loc[heights["height"].idxmax(), "name"]',
        wrong='tallest = heights["name"].max()',
        wrong_earns=0,
        broken='tallest = height.loc[height["height"].idxmax(), "name"]',
        shown=["isinstance(tallest, str)", 'tallest in set(heights["name"])'],
        hidden=['tallest == "Ida Q."'],
    ),
    Task(
        name="inches",
        points=2,
        asked="# All heights as a numpy array, in inches.",
        right='inches = heights["height"].to_numpy() / 2.54',
        wrong='inches = heights["height"].to_numpy() * 2.54',
        wrong_earns=0,
        broken='inches = heights["heigth"].to_numpy() / 2.54',
        shown=["isinstance(inches, np.ndarray)", "inches.shape == (40,)"],
        hidden=["np.isclose(inches.max(), 190 / 2.54)", "np.isclose(inches.min(), 150 / 2.54)"],
    ),
)

TITLE = """# How tall is this school?

Answer in the cells that say so. The tests below them show part of what is asked."""
IMPORTS = "import numpy as np\nimport pandas as pd\nimport matplotlib.pyplot as plt"
DATA = 'heights = pd.read_csv("heights.csv")\nheights.head()'
FIGURE = """by_year = heights.groupby("year")["height"].mean()
plt.bar(by_year.index, by_year, color="C{color}", width={width})
plt.title("Mean height by year")
plt.show()"""
QUESTION = "Look at the bars. What do they show, and what do they hide?"
READING = (
    "About {little} cm between the years, and nothing of how far apart the students of one year are."
)

# Grades all of a class in one process, and leaves each result as `otter run` would.
TOGETHER = """
import json, pathlib, sys
from otter.api import grade_submission
autograder, *folders = sys.argv[1:]
for folder in map(pathlib.Path, folders):
    total = grade_submission(str(folder / "ps1.ipynb"), autograder, quiet=True).total
    (folder / "results.json").write_text(json.dumps({"tests": [{"score": total}]}))
"""


def student(number: int) -> str:
    """Return the id of student `number`, from 1."""
    return f"s{number:03}"


def expected(number: int) -> float:
    """Return the automatic points of student `number`."""
    return sum(_answer(task, number)[1] for task in TASKS)


def _answer(task: Task, number: int) -> tuple[str, int]:
    """Return what student `number` answers, and what it earns; mistakes go round the tasks."""
    which = TASKS.index(task)
    if number % 7 == 0 and number // 7 % len(TASKS) == which:
        return task.broken, 0
    if number % 5 == 0 and number // 5 % len(TASKS) == which:
        return task.wrong, task.wrong_earns
    return task.right, task.points


def environment(folder: Path) -> dict[str, str]:
    """Return an environment for the commands, in which nothing of the user's home is read or written."""
    home = folder / "home"
    places = {
        "HOME": home,
        "USERPROFILE": home,
        "IPYTHONDIR": home / "ipython",
        "JUPYTER_CONFIG_DIR": home / "config",
        "JUPYTER_DATA_DIR": home / "data",
        "JUPYTER_RUNTIME_DIR": home / "runtime",
    }
    home.mkdir(parents=True, exist_ok=True)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER_", "PARTNERS_"))}
    # nbgrader calls `alembic` by its bare name, as in an activated environment.
    path = os.pathsep.join([str(BIN), os.environ.get("PATH", "")])
    return kept | {key: str(place) for key, place in places.items()} | {"PATH": path}


def course(folder: Path, students: int = 30) -> Path:
    """Make a course in `folder`, with `ps1` released and handed in by `students`; return its place."""
    root = folder / "course"
    source = root / "source" / NAME
    source.mkdir(parents=True)
    (root / "nbgrader_config.py").write_text(
        'c = get_config()\nc.CourseDirectory.course_id = "data"\n', "utf-8"
    )
    (source / "heights.csv").write_text(_heights(), "utf-8")
    _write(source / f"{NAME}.ipynb", _assignment())
    command = [str(BIN / "nbgrader"), "generate_assignment", NAME]
    subprocess.run(command, cwd=root, env=environment(folder), check=True, capture_output=True)
    for number in range(1, students + 1):
        _hand_in(root, number)
    return root


def _heights() -> str:
    first = ("Ana", "Ben", "Chi", "Dov", "Eva", "Fay", "Gus", "Ida")
    rows = (f"{first[i % 8]} {'KMPQS'[i // 8]}.,{1 + i % 3},{150 + 37 * i % 41}" for i in range(40))
    return "\n".join(["name,year,height", *rows, ""])


def _assignment() -> Any:
    """Return the instructor's notebook."""
    cells = [_markdown("title", TITLE), _code("imports", IMPORTS), _code("data", DATA)]
    for task in TASKS:
        answer = f"{task.asked}\n### BEGIN SOLUTION\n{task.right}\n### END SOLUTION"
        cells.append(_code(task.name, answer, solution=True))
        cells.append(
            _code(f"test_{task.name}", _tests(task), grade=True, locked=True, points=task.points)
        )
    cells += [_code("figure", FIGURE.format(color=0, width=0.8)), _markdown("question", QUESTION)]
    cells.append(_markdown("reading", READING.format(little=1), grade=True, solution=True, points=3))
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})  # type: ignore[no-untyped-call]


def _code(name: str, source: str, **marks: Any) -> Any:
    cell = nbformat.v4.new_code_cell(source, id=name)  # type: ignore[no-untyped-call]
    return _marked(cell, name, marks)


def _markdown(name: str, source: str, **marks: Any) -> Any:
    cell = nbformat.v4.new_markdown_cell(source, id=name)  # type: ignore[no-untyped-call]
    return _marked(cell, name, marks)


def _marked(cell: Any, name: str, marks: dict[str, Any]) -> Any:
    if marks:
        plain = {"grade": False, "solution": False, "locked": False, "task": False}
        cell.metadata["nbgrader"] = plain | marks | {"grade_id": name, "schema_version": 3}
    return cell


def _tests(task: Task) -> str:
    """Return the cell that tests a task for nbgrader."""
    line = "earned += int({})" if task.partial else "assert {}"
    shown, hidden = ([line.format(test) for test in tests] for tests in (task.shown, task.hidden))
    lines = [*shown, "### BEGIN HIDDEN TESTS", *hidden, "### END HIDDEN TESTS"]
    return "\n".join(["earned = 0", *lines, "earned"] if task.partial else lines)


def _hand_in(root: Path, number: int) -> None:
    """Write what student `number` hands in: the released notebook, filled in."""
    released = root / "release" / NAME
    folder = root / "submitted" / student(number) / NAME
    folder.mkdir(parents=True)
    notebook = _read(released / f"{NAME}.ipynb")
    cells = {cell.id: cell for cell in notebook.cells}
    for task in TASKS:
        cells[task.name].source = f"# {student(number)}\n{task.asked}\n{_answer(task, number)[0]}"
    cells["figure"].source = FIGURE.format(color=number % 10, width=(50 + number % 40) / 100)
    cells["reading"].source = READING.format(little=number % 5)
    _write(folder / f"{NAME}.ipynb", notebook)
    shutil.copy(released / "heights.csv", folder)
    when = f"2026-10-02 {8 + number // 60 % 12:02}:{number % 60:02}:00 UTC"
    (folder / "timestamp.txt").write_text(when, "utf-8")


def _read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]


def _write(path: Path, notebook: Any) -> None:
    path.write_text(nbformat.writes(notebook), "utf-8")  # type: ignore[no-untyped-call]


class Otter(NamedTuple):
    """How otter grades the class: a command for each student, or one for all in one process."""

    folder: Path
    each: dict[str, list[str]]
    together: list[str]

    def score(self, student: str) -> float:
        """Return what `student` has earned, once a command has run."""
        results = json.loads((self.folder / student / "results.json").read_text("utf-8"))
        return float(sum(test.get("score", 0) for test in results["tests"]))


def otter_environment(folder: Path) -> Path:
    """Make an environment with otter in `folder`, and return its Python."""
    uv, python = str(BIN / "uv"), folder / "bin" / "python"
    for command in (
        ["venv", "--python", sys.executable, str(folder)],
        ["pip", "install", "--python", str(python), "--compile-bytecode", *OTTER],
    ):
        subprocess.run([uv, "--quiet", *command], check=True)
    return python


def otter(course: Path, folder: Path, python: Path) -> Otter:
    """Write what is handed in to `course`, and its tests, for the otter of `python` into `folder`."""
    tests = folder / "tests"
    tests.mkdir(parents=True)
    for task in TASKS:
        (tests / f"{task.name}.py").write_text(_otter_test(task), "utf-8")
    shutil.copy(course / "source" / NAME / "heights.csv", folder)
    command = str(python.with_name("otter"))
    subprocess.run(
        [command, "generate", "--tests-dir", "tests", "heights.csv"],
        cwd=folder,
        env=environment(course.parent),
        check=True,
        capture_output=True,
    )
    autograder = str(folder / "autograder.zip")
    each = {}
    for paper in sorted((course / "submitted").glob(f"*/{NAME}/{NAME}.ipynb")):
        place = folder / paper.parts[-3]
        place.mkdir()
        _write(place / paper.name, _for_otter(_read(paper)))
        words = ["run", "--no-logo", "--autograder", autograder, "--output-dir", str(place)]
        each[place.name] = [command, *words, str(place / paper.name)]
    places = [str(folder / name) for name in each]
    return Otter(folder, each, [str(python), "-c", TOGETHER, autograder, *places])


def _otter_test(task: Task) -> str:
    """Return the file that tests a task for otter."""
    cases = [
        {"code": f">>> bool({test})\nTrue", "hidden": tests is task.hidden}
        for tests in (task.shown, task.hidden)
        for test in tests
    ]
    suite = {"type": "doctest", "cases": cases}
    test = {
        "name": task.name,
        "points": task.points,
        "all_or_nothing": not task.partial,
        "suites": [suite],
    }
    return f"OK_FORMAT = True\ntest = {test!r}\n"


def _for_otter(notebook: Any) -> Any:
    """Return a notebook that was handed in, with otter's checks in the place of nbgrader's tests."""
    for cell in notebook.cells:
        if cell.metadata.pop("nbgrader", {}).get("locked") and cell.cell_type == "code":
            cell.source = f'grader.check("{cell.id.removeprefix("test_")}")'
    notebook.cells.insert(1, _code("otter", f'import otter\ngrader = otter.Notebook("{NAME}.ipynb")'))
    return notebook
