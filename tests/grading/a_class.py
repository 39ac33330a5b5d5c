"""A class of twelve in a course folder as nbgrader leaves it, and what each of them has done.

The gradebook is filled by nbgrader's own steps. The test cells run here instead of in a kernel each,
so that it takes a second and not half a minute.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import io
import json
import os
import sys
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import nbformat
from nbgrader import preprocessors
from nbgrader.api import Gradebook

from partners import library
from partners.scenario import engine, graph, transcript

v4: Any = nbformat.v4

EXERCISE = "first_contact"
"""The name of the exercise that the course map knows; the notebook is a small one of its own."""
TALK = "first_call_home"

TESTS = {
    "two_attempts": f'worksheet.attempt_points("{TALK}", attempts=2, each=2, another_way=2)',
    "channel": """if not channel:
    print("Which first contact fits best? Still\\nopen: Rahimi; Kowalski; Brandt; Tran.")
worksheet.points_for(
    channel,
    {
        "Rahimi": ("B", "The family told you the channel that works."),
        "Kowalski": ("D", "At eleven he is asleep."),
        "Brandt": ("C", "Both are this child’s parents."),
        "Tran": ("E", "Two calls have failed."),
    },
) + worksheet.points_for(
    because,
    {
        "Kowalski": ("A", "What does the form say?"),
        "Tran": ("B", "Which number is it?"),
    },
)""",
}
"""Test cell → its source. “Kowalski” and “Tran” are asked twice."""


class Paper(NamedTuple):
    """What somebody hands in: letters of two answers, ways to an ending with minutes, points by hand."""

    channel: str
    because: str
    talks: tuple[tuple[str, int | None], ...] | None
    message: float | None


def _paper(
    channel: str, because: str, *talks: str | tuple[str, int], message: float | None = None
) -> Paper:
    """Return a paper; a talk is the kind of its ending, with its minutes where they are known."""
    timed = tuple((talk, None) if isinstance(talk, str) else talk for talk in talks)
    return Paper(channel, because, timed, message)


PAPERS = {
    "stu01": _paper("BDCA", "AB", ("polite", 4), ("partnership", 6), message=8),
    "stu02": _paper("BDCA", "AB", ("polite", 4), ("progress", 8), message=6),
    "stu03": _paper("BDCA", "AB", ("progress", 7), ("partnership", 9), message=6),
    "stu04": _paper("BDCA", "AB", ("breakdown", 3), ("partnership", 12), message=4),
    "stu05": _paper("BDCA", "AB", ("polite", 8), ("partnership", 30), message=2),
    "stu06": _paper("BDCF", "AB", ("polite", 5), ("partnership", 16), message=2),
    "stu07": _paper("BACF", "AB", ("polite", 6), "progress"),
    "stu08": _paper("BACF", "AB", ("progress", 11)),
    "stu09": _paper("BACF", "BB"),
    "stu10": _paper("BABF", "BB"),
    "stu11": _paper("no such name", "")._replace(talks=None),
    "stu12": Paper("", "", None, None),
}
"""Student → paper. stu09 has a cut file, stu10 an open attempt, stu11 an error, stu12 touched nothing."""
FIRST = ("Ada", "Bram", "Cleo", "Dov", "Enid", "Fitz", "Gus", "Hale", "Iris", "Jude", "Kirk", "Zora")
NAMES = dict(zip(PAPERS, FIRST, strict=True))
SURNAME = "Quibblewick"


def source() -> Any:
    """Return the instructor's notebook of the small exercise."""
    cells = [v4.new_markdown_cell("# Exercise: first contact\n\n## 1. Play the call twice")]
    cells += [_graded("two_attempts", 6), v4.new_markdown_cell("## 2. Three families & more")]
    answer = v4.new_code_cell("channel = {}\nbecause = {}")
    answer.metadata["nbgrader"] = _metadata("channel_answer", solution=True)
    cells += [answer, _graded("channel", 6), v4.new_markdown_cell("## 3. Write the first message")]
    message = v4.new_markdown_cell("Your message")
    message.metadata["nbgrader"] = _metadata("message", solution=True, grade=True, points=8)
    return v4.new_notebook(cells=[*cells, message])


def _graded(key: str, points: int) -> Any:
    cell = v4.new_code_cell(TESTS[key])
    cell.metadata["nbgrader"] = _metadata(key, grade=True, points=points, locked=True)
    return cell


def _metadata(key: str, **more: Any) -> dict[str, Any]:
    plain = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    return plain | {"grade_id": key, "cell_type": "code"} | more


def make(course: Path, papers: dict[str, Paper] = PAPERS) -> Path:
    """Make the course folder `course`: one more is on the list, and one more was handed in."""
    course.mkdir(parents=True)
    url = f"sqlite:///{course / 'gradebook.db'}"
    # nbgrader calls `alembic` by its bare name, as in an activated environment.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    with mock.patch.dict(os.environ, PATH=path), Gradebook(url, "partners") as book:
        book.add_assignment(EXERCISE)
        for student in [*papers, "stu13", "stu14"]:
            book.add_student(student, first_name=NAMES.get(student, "Nell"), last_name=SURNAME)
    model = _step("SaveCells", _step("ComputeChecksums", source(), url), url)
    _save(course / "source" / EXERCISE, model)
    (course / "submitted" / "stu13" / EXERCISE).mkdir(parents=True)
    for student, paper in papers.items():
        _grade(course, url, student, paper, copy.deepcopy(model))
    return course


def _step(name: str, notebook: Any, url: str, student: str = "") -> Any:
    about = {"notebook": EXERCISE, "assignment": EXERCISE, "student": student, "db_url": url}
    return getattr(preprocessors, name)().preprocess(notebook, {"nbgrader": about})[0]


def _save(folder: Path, notebook: Any) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{EXERCISE}.ipynb").write_text(v4.writes(notebook), "utf-8")


def _grade(course: Path, url: str, student: str, paper: Paper, notebook: Any) -> None:
    folder = course / "autograded" / student / EXERCISE
    folder.mkdir(parents=True)
    if paper.talks is not None:
        text = json.dumps(_transcript(paper.talks))
        (folder / f"{TALK}.transcript.json").write_text(text[: -200 if student == "stu09" else None])
    families, reasons = ("Rahimi", "Kowalski", "Brandt", "Tran"), ("Kowalski", "Tran")
    by_name = {"because": dict(zip(reasons, paper.because, strict=False))}
    if paper.channel != "no such name":
        by_name["channel"] = dict(zip(families, paper.channel, strict=False))
    for cell in notebook.cells:
        key = cell.metadata.get("nbgrader", {}).get("grade_id")
        if key in TESTS:
            cell.outputs = _run(cell.source, by_name, folder)
        if key == "message" and paper.channel:
            cell.source = "Good evening, Lina walked the new girl to lunch."
    with Gradebook(url, "partners") as book:
        book.add_submission(EXERCISE, student)
    _save(folder, _step("SaveAutoGrades", notebook, url, student))
    if paper.message is not None:
        with Gradebook(url, "partners") as book:
            grade = book.find_grade("message", EXERCISE, EXERCISE, student)
            grade.manual_score, grade.needs_manual_grade = paper.message, False
            book.db.commit()


def _run(test: str, names: dict[str, Any], folder: Path) -> list[Any]:
    """Return the outputs that a kernel gives for a test cell in the student's folder."""
    *body, last = ast.parse(f"from partners.course import worksheet\n{test}").body
    printed, space = io.StringIO(), dict(names)
    assert isinstance(last, ast.Expr)
    try:
        with contextlib.chdir(folder), contextlib.redirect_stdout(printed):
            exec(compile(ast.Module(body, []), "<test>", "exec"), space)
            points = eval(compile(ast.Expression(last.value), "<test>", "eval"), space)
    except NameError as error:
        return [v4.new_output("error", ename="NameError", evalue=str(error), traceback=[])]
    made = [v4.new_output("stream", name="stdout", text=printed.getvalue())]
    return [*made, v4.new_output("execute_result", {"text/plain": repr(points)})]


def _transcript(talks: tuple[tuple[str, int | None], ...]) -> dict[str, Any]:
    """Return a transcript of attempts that end as asked; without any, of one that is not finished."""
    role_play = library.role_play(TALK)
    found = graph.explore(role_play)
    attempts = []
    for kind, minutes in talks:
        play = engine.play(role_play, found.way_to(found.endings(kind)[0]))
        began, ended = "2026-11-20T10:00:00.000Z", f"2026-11-20T10:{minutes or 0:02}:00.000Z"
        attempts.append(transcript.attempt(play, *((began, ended) if minutes else ())))
    return transcript.write(role_play, attempts or [transcript.attempt(engine.Play(role_play))])
