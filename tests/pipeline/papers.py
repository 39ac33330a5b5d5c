"""A class that hands in as classes do, right, late, broken or forged, and what must come of each."""

from __future__ import annotations

import copy
import json
import re
from functools import partial
from typing import TYPE_CHECKING, Any

import nbformat
from pipeline.term import EXERCISE, TALK, Data, Paper, cell, file_of_answers, plain, points, text

from partners.course import answers, exercises

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

v4: Any = nbformat.v4


def _between(start: str, end: str) -> Iterator[str]:
    """Yield every telling line of the instructor's notebook between two of nbgrader's marks."""
    for one in exercises.instructor_notebook(EXERCISE).cells:
        for part in re.findall(rf"(?s){start}(.*?){end}", one.source):
            yield from (plain(line) for line in part.splitlines() if len(line.strip()) > 12)


HIDDEN = [*_between("BEGIN HIDDEN TESTS", "END HIDDEN TESTS")]
SOLUTIONS = [*_between("BEGIN SOLUTION", "END SOLUTION")]
POINTS = points()
PLAYED, CHANNEL, EVIDENCE = (POINTS[name] for name in ("two_attempts", "channel", "evidence"))
RIGHT = PLAYED + CHANNEL + EVIDENCE
"""All points that tests give; the written parts are marked by hand."""
NOTE = "From the grading"


def _edited(edit: Callable[[Data], None]) -> Callable[[Data], str]:
    def make(data: Data) -> str:
        edit(data)
        return text(data)

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


def _own_test(notebook: Any) -> None:
    cell(notebook, "two_attempts").source = str(PLAYED)


def _without(*names: str) -> Callable[[Any], None]:
    def edit(notebook: Any) -> None:
        notebook.cells = [c for c in notebook.cells if c.id not in names]

    return edit


def _copied_test(notebook: Any) -> None:
    again = copy.deepcopy(cell(notebook, "channel"))
    again.id = "pasted"
    notebook.cells.append(again)


def _changed(grade_id: str, *changes: str) -> Callable[[Any], None]:
    def edit(notebook: Any) -> None:
        answer = cell(notebook, grade_id)
        for old, new in zip(changes[::2], changes[1::2], strict=True):
            assert old in answer.source
            answer.source = answer.source.replace(old, new)

    return edit


def _half(notebook: Any) -> None:
    _changed("channel_answer", '"Kowalski": "D"', '"Kowalski": "A"', '"Tran": "E"', '"Tran": "F"')(
        notebook
    )
    _changed("evidence_answer", 'best_claim = "B"', 'best_claim = "C"')(notebook)


def _emptied(notebook: Any) -> None:
    for each in notebook.cells:
        if each.metadata.get("nbgrader", {}).get("solution"):
            each.source = ""


def _with(source: str, before: str) -> Callable[[Any], None]:
    """Return what puts a cell of the student's own before another."""

    def edit(notebook: Any) -> None:
        at = notebook.cells.index(cell(notebook, before))
        notebook.cells.insert(at, v4.new_code_cell(source))

    return edit


def _ends_python(notebook: Any) -> None:
    for source in ("quit()", "import os; os._exit(1)"):
        _with(source, before="channel_answer")(notebook)


def _without_marks(notebook: Any) -> None:
    for number, each in enumerate(notebook.cells):
        each.update(id=str(number), metadata={})


def _format_3(notebook: Any) -> bytes:
    as_any: Any = nbformat
    return str(as_any.v3.writes_json(as_any.convert(notebook, 3))).encode()


def _half_a_file(notebook: Any) -> bytes:
    whole = text(notebook)
    return whole[: len(whole) // 2].encode()


def _cut_answers() -> str:
    return file_of_answers()[:-30]


def _other_answers() -> str:
    return file_of_answers(exercise="six_types")


def _large_answers() -> str:
    return file_of_answers() + " " * answers.LONGEST


def _forged_answers() -> str:
    data = json.loads(file_of_answers())
    data["answers"]["channel"] = [[PLAYED]]
    return text(data)


WARNS = """\
import sys, warnings
class Letters(dict):
    def get(self, *key):
        warnings.warn("This is an old way to write it.")
        return super().get(*key)
channel = Letters(channel)
channel.get("Tran")
"""
FLOODS = """\
print("x" * 3_000_000)
for _ in range(12):
    display({"image/png": "A" * 1_000_000}, raw=True)
"""
SAVED, SHOWN = f"{TALK}.transcript.json: 2 attempts.", "worksheet.attempts_in_words"
MISSING = f"There is no file {TALK}.transcript.json beside the notebook."
NO_ANSWERS = f"There is no file {answers.file_name(EXERCISE)} beside the notebook."
_in_forms = partial(Paper, text, PLAYED, PLAYED, answered=False, where="Grade cell: channel")
"""One who has played, and whose plain cells are untouched: the answers are in the file, or nowhere."""

PAPERS = {
    "right": Paper(text, PLAYED, RIGHT, SAVED, where=SHOWN),
    "half_right": Paper(
        text,
        PLAYED,
        PLAYED + 2 + 2,
        "Kowalski: At eleven he is asleep.",
        _half,
        where="Grade cell: channel",
    ),
    "stub": Paper(None, 0, 0, MISSING, answered=False),
    "emptied": Paper(text, PLAYED, PLAYED, NO_ANSWERS, _emptied, where="Grade cell: channel"),
    "late": Paper(text, PLAYED, RIGHT, SAVED, where=SHOWN),
    "twice": Paper(None, 0, 0, MISSING, answered=False),
    # From the page: everything stands in the answers file.
    "page": Paper(text, PLAYED, RIGHT, "RahimiB", answered=False, answers=file_of_answers),
    "cut_answers": _in_forms("it was cut short or edited", answers=_cut_answers),
    "other_answers": _in_forms("belongs to the exercise “six_types”", answers=_other_answers),
    "large_answers": _in_forms("is too large", answers=_large_answers),
    "forged_answers": _in_forms("“answers.channel” is not as the worksheet", answers=_forged_answers),
    # Transcripts.
    "missing": Paper(None, 0, RIGHT - PLAYED, MISSING),
    "score": Paper(
        _edited(_score), 0, RIGHT - PLAYED, "Attempt 1: the score is not the one its replies lead to."
    ),
    "impossible": Paper(_edited(_impossible), 0, RIGHT - PLAYED, "which is not offered there."),
    "words": Paper(
        _edited(_words), 0, RIGHT - PLAYED, "Attempt 2, turn 1 has other words than the conversation."
    ),
    "one": Paper(_edited(_one), 2, RIGHT - PLAYED + 2, "1 of 2 attempts are finished."),
    "same": Paper(
        _edited(_same), 4, RIGHT - PLAYED + 4, "No second attempt that takes another way than the first."
    ),
    # What students do to the cells moves no point.
    "own_test": Paper(None, 0, RIGHT - PLAYED, MISSING, _own_test),
    "no_test": Paper(
        text,
        PLAYED,
        RIGHT,
        "“channel” had been deleted and was put back.",
        _without("channel"),
        where=NOTE,
    ),
    "no_test_nor_answer": Paper(
        text,
        PLAYED,
        RIGHT - CHANNEL,
        "“channel_answer”, “channel” had been deleted and were put back.",
        _without("channel", "channel_answer"),
        where=NOTE,
    ),
    "copied_test": Paper(text, PLAYED, RIGHT, "“channel” stood there twice", _copied_test, where=NOTE),
    "no_marks": Paper(text, PLAYED, RIGHT, "had lost nbgrader’s marks", _without_marks, where=NOTE),
    # Files.
    "renamed": Paper(
        text,
        PLAYED,
        RIGHT,
        f"was called “{EXERCISE} (1).ipynb” and was graded as “{EXERCISE}.ipynb”.",
        where=NOTE,
        name=f"{EXERCISE} (1).ipynb",
    ),
    "broken": Paper(
        text,
        PLAYED,
        RIGHT,
        "of its cells could be read. What is missing stands as it was handed out; an answers file and "
        "transcripts count all the same.",
        answered=False,
        where=NOTE,
        answers=file_of_answers,
        raw=_half_a_file,
    ),
    "byte_order_mark": Paper(
        text, PLAYED, RIGHT, SAVED, where=SHOWN, raw=lambda n: ("\ufeff" + text(n)).encode()
    ),
    "latin_1": Paper(
        text,
        PLAYED,
        RIGHT,
        "Grüße an Frau Peña",
        _changed("message", "Good evening", "Grüße an Frau Peña"),
        where=f"Score: 0.0 / {POINTS['message']:.1f} (Top)",
        raw=lambda notebook: text(notebook).encode("cp1252", "replace"),
    ),
    "format_3": Paper(text, PLAYED, RIGHT, SAVED, where=SHOWN, raw=_format_3),
    # What runs.
    "error": Paper(
        text,
        PLAYED,
        RIGHT - 2,
        "name 'B' is not defined",
        _changed("evidence_answer", '"B"', "B"),
        where="best_claim = B",
    ),
    "endless": Paper(
        text,
        PLAYED,
        RIGHT,
        "This cell ran too long and was stopped.",
        _with('while True:\n    print("again")', before="channel_answer"),
    ),
    "ends_python": Paper(
        text,
        PLAYED,
        RIGHT,
        "This cell ended Python or could not be stopped.",
        _ends_python,
    ),
    "warns": Paper(
        text, PLAYED, RIGHT, "UserWarning", _with(WARNS, before="channel"), where='channel.get("Tran")'
    ),
    "floods": Paper(
        text,
        PLAYED,
        RIGHT,
        "The rest of this output was too long and is left out.",
        _with(FLOODS, before="channel_answer"),
    ),
}
