"""A class that does harm, spies and cheats, and what must come of each; next to four who are honest.

Each row bounds itself, so that a sandbox that fails harms nothing: no process sleeps for more than a
minute, no memory beyond 4 GB, no disk beyond 400 MB.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

import nbformat
from pipeline.term import cell, text

from partners.grading.execute import ENDED, TOO_MUCH
from partners.grading.judge import USED_UP
from partners.grading.office import GRADED, NOTED
from partners.kernels import keeper

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

v4: Any = nbformat.v4

# --- The assignment ---

NAME = "ps1"
FILE = f"{NAME}.ipynb"
HELPER = "def close(a, b):\n    return abs(a - b) < 0.001\n"
POINTS = {"mean": 3, "longest": 1, "piles": 4, "table": 2}
ALL = sum(POINTS.values())
TEST, SOURCE, ADA, PASSWORD = "otter-5c1e", "heron-9b2f", "wren-77ea", "plover-e043"
SECRETS = (TEST, "16.583", SOURCE, ADA, PASSWORD)
"""In the hidden tests, in the model answers, in Ada's notebook, in the instructor's environment."""

ANSWERS = {
    "mean_answer": "def mean_minutes(calls):\n    return sum(calls) / len(calls) if calls else 0",
    "longest_answer": "longest = 47",
    "piles_answer": 'piles = {"log": "home", "list": "home", "trip": "school", "coats": "school"}',
    "table_answer": 'table = pd.DataFrame({"call": ["first", "second"], "minutes": [12, 35]})\n'
    'totals = table["minutes"].cumsum().to_numpy()',
}
WRONG = {
    "mean_answer": "def mean_minutes(calls):\n    return -1",
    "longest_answer": "longest = -1",
    "piles_answer": "piles = {}",
    "table_answer": 'table = pd.DataFrame({"call": ["first"], "minutes": [-1]})\ntotals = np.array([-7])',
}
TESTS = {
    "mean": 'assert close(mean_minutes([2, 4]), 3), "Two and four minutes are three on average."',
    "longest": 'assert isinstance(longest, int), "The longest call is a number of minutes."',
    "piles": 'print(f"{len(piles)} things lie on piles.")',
    "table": 'assert list(table.columns) == ["call", "minutes"], "The table has two columns."',
}
HIDDEN = {
    "mean": "for calls, expected in [([7.25, 11, 31.5], 16.58333), ([90], 90), ([], 0)]:\n"
    '    assert close(mean_minutes(calls), expected), "Every call counts, and no call is zero."',
    "longest": 'assert longest == 47, "Look at the last call."',
    "piles": 'key = {"log": "home", "list": "home", "trip": "school", "coats": "school"}\n'
    "sum(piles.get(thing) == pile for thing, pile in key.items())",
    "table": 'assert table["minutes"].sum() == 47, "Both calls together take 47 minutes."\n'
    'assert np.array_equal(totals, np.cumsum(table["minutes"])), "Add up from the top."',
}


def instructors() -> Any:
    """Return the instructor's notebook: four answers with tests, and one that is marked by hand."""
    cells = [
        v4.new_markdown_cell("# Minutes on the phone", id="title"),
        v4.new_code_cell("import numpy as np\nimport pandas as pd", id="imports"),
        _marked("helper", "from helper import close", locked=True),
    ]
    for name, points in POINTS.items():
        answer = f"{name}_answer"
        solution = f"### BEGIN SOLUTION\n{ANSWERS[answer]}  # {SOURCE}\n### END SOLUTION"
        hidden = f"### BEGIN HIDDEN TESTS\n# {TEST}\n{HIDDEN[name]}\n### END HIDDEN TESTS"
        cells += [
            _marked(answer, solution, solution=True),
            _marked(name, f"{TESTS[name]}\n{hidden}", grade=True, locked=True, points=points),
        ]
    cells.append(_marked("note", "A model answer.", grade=True, solution=True, points=3))
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})


def _marked(name: str, source: str, **marks: Any) -> Any:
    new = v4.new_markdown_cell if name == "note" else v4.new_code_cell
    plain = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    return new(source, id=name, metadata={"nbgrader": plain | marks | {"grade_id": name}})


# --- What somebody hands in ---


class Kind(NamedTuple):
    """A kind of submission, and what must come of it.

    `edit` changes the notebook, in which all is answered right, `raw` makes its file, and `put` changes
    the folder. `state` and `told` stand in the table for the instructor, `words` in the feedback; in
    what a student writes, COURSE, PORT and MARK stand for those of the test.
    """

    points: float
    state: str
    words: str = ""
    told: str = ""
    edit: Callable[[Any], None] = lambda notebook: None
    raw: Callable[[Any], bytes] = lambda notebook: text(notebook).encode()
    put: Callable[[Path], None] = lambda folder: None


def does(source: str, **answers: str) -> Callable[[Any], None]:
    """Return what puts a cell of the student's own before the first answer, and other answers."""

    def edit(notebook: Any) -> None:
        for name, answer in answers.items():
            cell(notebook, f"{name}_answer").source = answer
        at = notebook.cells.index(cell(notebook, "mean_answer"))
        notebook.cells.insert(at, v4.new_code_cell(source, id="own"))

    return edit


def cheats(source: str, **answers: str) -> Callable[[Any], None]:
    """Return what does the same where all answers are wrong."""

    def edit(notebook: Any) -> None:
        for name, answer in WRONG.items():
            cell(notebook, name).source = answer
        does(source, **answers)(notebook)

    return edit


def _answers(**answers: str) -> Callable[[Any], None]:
    return does("", **answers)


def _beside(**contents: str) -> Callable[[Path], None]:
    """Return what puts modules beside the notebook."""

    def put(folder: Path) -> None:
        for name, content in contents.items():
            file = folder.joinpath(*name.split("_in_")[::-1]).with_suffix(".py")
            file.parent.mkdir(exist_ok=True)
            file.write_text(content, "utf-8")

    return put


def _instead(make: Callable[[Path], None]) -> Callable[[Path], None]:
    """Return what puts something else in the place of the notebook."""

    def put(folder: Path) -> None:
        (folder / FILE).unlink()
        make(folder / FILE)

    return put


HONEST = {
    "ada": Kind(ALL, GRADED, edit=does(f"# {ADA}: nobody else’s")),
    "ben": Kind(
        ALL,
        GRADED,
        edit=_answers(
            mean="def mean_minutes(calls):\n    return np.mean(calls) if len(calls) else 0.0",
            piles='piles = dict(log="home", list="home")\npiles |= dict.fromkeys(["trip", "coats"], "school")',
        ),
    ),
    "cleo": Kind(
        ALL - POINTS["mean"],
        GRADED,
        "Two and four minutes are three on average.",
        edit=_answers(mean="def mean_minutes(calls):\n    return max(calls)"),
    ),
    "dan": Kind(
        ALL - POINTS["longest"],
        GRADED,
        "division by zero",
        edit=_answers(longest="longest = 47 / 0"),
    ),
}
