"""What nbgrader leaves of an assignment in a course folder, as plain data.

It reads the gradebook, and in ``autograded`` each notebook with what its tests printed and the
transcripts beside it. Time is known from transcripts alone: when an answer was saved says nothing about
how long it took.
"""

from __future__ import annotations

import ast
import json
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from partners import library
from partners.course import answers
from partners.grading import marks
from partners.grading.marks import GradebookError
from partners.scenario import transcript

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from partners.scenario.engine import Play

    Data = dict[str, Any]
    Transcripts = dict[str, "list[Attempt] | str | None"]


class Asked(NamedTuple):
    """An item in the source of a test: its name there, and in which answer, where two have that name."""

    name: str
    hint: str
    within: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({self.within})" if self.within else self.name

    def wrong_in(self, printed: str) -> bool:
        """Say whether the test printed that this was not right."""
        if self.within:  # its name alone could be the other one’s
            return flat(f"{self.name}: {self.hint}") in flat(printed)
        return any(line.startswith(f"{self.name}: ") for line in printed.splitlines())


class Cell(NamedTuple):
    """A graded cell: its id, the heading it stands under, its points, and the items that it asks for."""

    key: str
    title: str
    points: float
    items: list[Asked]


class Attempt(NamedTuple):
    """A finished attempt, played again: the kind of its ending, and its minutes, if they are known."""

    play: Play
    kind: str
    minutes: float | None

    def share(self, dimension: str) -> float | None:
        """Return the share of the points on a dimension of the rubric, from 0 to 1."""
        tally = self.play.score().get(dimension)
        return tally.earned / tally.possible if tally else None


@dataclass(frozen=True)
class Coursework:
    """An assignment and what came of it.

    `cells` are in the order of the notebook. `names` has everybody on the list, by id, and `handed_in`
    those of whom there is anything. `marks`, `printed` and `talks` have those of whom there is an
    autograded notebook that can be read: their points by cell, None where a mark is missing; what each
    test printed, None if it did not run to its points; and by conversation the finished attempts, or why
    they cannot be played again, or None if there is no transcript.
    """

    assignment: str
    title: str
    cells: list[Cell]
    names: dict[str, str]
    handed_in: set[str]
    marks: dict[str, dict[str, float | None]]
    printed: dict[str, dict[str, str | None]]
    talks: dict[str, Transcripts]


def read(course: Path, assignment: str) -> Coursework:
    """Return what the nbgrader course folder `course` has of `assignment`.

    Raises
    ------
    GradebookError
        If the folder, the gradebook or the assignment is not there, or nothing is graded.
    """
    with marks.opened(course) as book:
        known = {found.name: found for found in book.assignments}
        if not known:
            raise GradebookError(marks.EMPTY)
        if assignment not in known:
            names = ", ".join(sorted(known))
            raise GradebookError(f"The gradebook has no “{assignment}”. It has: {names}.")
        notebooks = known[assignment].notebooks
        sources = {cell.name: cell.source or "" for n in notebooks for cell in n.source_cells}
        points = {c.name: c.max_score for n in notebooks for c in (*n.grade_cells, *n.task_cells)}
        given = {
            one.student_id: {grade.name: _points(grade) for n in one.notebooks for grade in n.grades}
            for one in book.assignment_submissions(assignment)
        }
        listed = {student.id: _full_name(student) for student in book.students}
    folders = {who: course / "autograded" / who / assignment for who in given}
    graded = {who: cells for who, folder in folders.items() if (cells := _cells(folder))}
    if not graded:
        raise GradebookError(f"Nobody’s “{assignment}” is graded yet. Run: partners grade {assignment}")
    made = (_cells(course / step / assignment) for step in ("source", "release"))
    title, headings = _outline(next(filter(None, made), next(iter(graded.values()))))
    titles = _titles({key: headings.get(key, "") for key in points})
    order = {key: place for place, key in enumerate(headings)}
    handed_in = {folder.parent.name for folder in course.glob(f"submitted/*/{assignment}")} | set(given)
    return Coursework(
        assignment=assignment,
        title=title or assignment,
        cells=[
            Cell(key, titles[key], points[key], _items(sources.get(key, "")))
            for key in sorted(points, key=lambda key: order.get(key, len(order)))
        ],
        names={who: who for who in handed_in} | listed,
        handed_in=handed_in,
        marks={who: given[who] for who in graded},
        printed={who: {_key(c): _printed(c) for c in cells} for who, cells in graded.items()},
        talks={
            talk: {who: _transcript(folders[who], talk, assignment) for who in graded}
            for talk in _talks("\n".join(sources.values()))
        },
    )


def flat(text: str) -> str:
    """Return `text` in one line."""
    return " ".join(text.split())


def _full_name(student: Any) -> str:
    name = " ".join(filter(None, (student.first_name, student.last_name)))
    return f"{name} ({student.id})" if name else str(student.id)


def _points(grade: Any) -> float | None:
    """Return the points without extra credit, or None while nbgrader waits for somebody to mark it."""
    given = grade.auto_score if grade.manual_score is None else grade.manual_score
    return None if grade.needs_manual_grade else given


def _cells(folder: Path) -> list[Data]:
    """Return the cells of the notebooks in `folder`; of one that cannot be read, none."""
    found: list[Data] = []
    for file in sorted(folder.glob("*.ipynb")):
        try:
            found += json.loads(file.read_text("utf-8"))["cells"]
        except (ValueError, KeyError, TypeError, OSError):
            continue
    return found


def _key(cell: Data) -> str:
    return str(cell["metadata"].get("nbgrader", {}).get("grade_id", ""))


def _outline(cells: list[Data]) -> tuple[str, dict[str, str]]:
    """Return the title of a notebook, and for each of its cells the heading it stands under."""
    title, heading, headings = "", "", {}
    for cell in cells:
        lines = "".join(cell["source"]).splitlines() if cell["cell_type"] == "markdown" else []
        for line in lines:
            title = title or (line[2:].strip() if line.startswith("# ") else "")
            heading = line[3:].strip() if line.startswith("## ") else heading
        headings[_key(cell)] = heading
    return title, headings


def _titles(headings: dict[str, str]) -> dict[str, str]:
    """Return a title for each graded cell: its heading, and its id where that is not enough."""
    often, titles = Counter(headings.values()), {}
    for key, heading in headings.items():
        words = key.replace("_", " ")
        titles[key] = f"{heading} ({words})" if often[heading] > 1 else heading
        if not heading:
            titles[key] = words.capitalize()
    return titles


def _printed(cell: Data) -> str | None:
    """Return what a test cell printed; None if it did not run to its points."""
    outputs = cell.get("outputs", [])
    kinds = {output["output_type"] for output in outputs}
    if "error" in kinds or "execute_result" not in kinds:
        return None
    return "".join(chain.from_iterable(o["text"] for o in outputs if o.get("name") == "stdout"))


def _items(source: str) -> list[Asked]:
    """Return the items in a test: the keys of what is handed to a function of ``worksheet`` for points.

    They are read from the gradebook’s own copy, so they are those that were graded.
    """
    try:
        calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    except (SyntaxError, ValueError):
        return []
    calls.sort(key=lambda call: (call.end_lineno or 0, call.end_col_offset or 0))
    found = list(chain.from_iterable(map(_asked, calls)))
    often = Counter(item.name for item in found)
    return [item if often[item.name] > 1 else item._replace(within="") for item in found]


def _asked(call: ast.Call) -> Iterator[Asked]:
    if "points" not in getattr(call.func, "attr", "") or not call.args:
        return
    named = [node.id for node in ast.walk(call.args[0]) if isinstance(node, ast.Name)]
    within = next((name for name in named if name != "worksheet"), "another answer")
    given = [*call.args[1:], *(word.value for word in call.keywords)]
    for argument in (node for node in given if isinstance(node, ast.Dict)):
        for key, value in zip(argument.keys, argument.values, strict=True):
            why = value.elts[-1] if isinstance(value, ast.Tuple) and value.elts else value
            if isinstance(key, ast.Constant) and isinstance(why, ast.Constant):
                name = key.value if isinstance(key.value, str) else f"Moment {key.value!r}"
                yield Asked(name, str(why.value), within)


def _talks(sources: str) -> list[str]:
    """Return the conversations that an assignment asks for, in its order."""
    return sorted((n for n in library.role_plays() if f'"{n}"' in sources), key=sources.index)


def _transcript(folder: Path, talk: str, exercise: str) -> list[Attempt] | str | None:
    """Return the finished attempts at `talk` that lie in `folder`, alone or in the answers file."""
    try:
        with (folder / f"{talk}.transcript.json").open(encoding="utf-8-sig", errors="replace") as file:
            text = file.read(transcript.LONGEST + 1)
    except OSError:
        try:
            kept = answers.load(folder / answers.file_name(exercise), exercise)
            text = json.dumps(kept.transcripts[talk])
        except (answers.AnswersError, KeyError):
            return None
    try:
        data = transcript.read(text)
        plays = transcript.replay(library.role_play(talk), data)
    except transcript.TranscriptError as error:
        return str(error)
    return [
        Attempt(play, play.ending.kind, _minutes(given["began"], given["ended"]))
        for play, given in zip(plays, data["attempts"], strict=True)
        if play.ending
    ]


def _minutes(began: str | None, ended: str | None) -> float | None:
    """Return the minutes between two times; None if one is missing, unreadable, or they are reversed."""
    try:
        took = datetime.fromisoformat(ended or "") - datetime.fromisoformat(began or "")
    except (ValueError, TypeError):
        return None
    return took.total_seconds() / 60 if took.total_seconds() > 0 else None
