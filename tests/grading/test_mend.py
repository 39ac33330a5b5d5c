"""What students do to a notebook costs them nothing, and never more than the answer it is about."""

from __future__ import annotations

import copy
import html
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from partners.course import answers
from partners.grading import mend

if TYPE_CHECKING:
    from collections.abc import Callable

v4: Any = nbformat.v4
EXERCISE = "six_types"
FILE = f"{EXERCISE}.ipynb"
ANSWERED = {"types_answer": 'types = {"Picnic": "3"}', "message": "Good evening, this is Ms Hale."}
STUBS = {"types_answer": 'types = {"Picnic": ""}', "message": "YOUR ANSWER HERE"}


def marked(grade_id: str, source: str, **marks: Any) -> Any:
    nbgrader = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    new = v4.new_markdown_cell if grade_id == "message" else v4.new_code_cell
    metadata = {"nbgrader": nbgrader | marks | {"grade_id": grade_id}}
    return new(source, id=grade_id, metadata=metadata)


def released() -> Any:
    return v4.new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        cells=[
            v4.new_markdown_cell("# Sort the practices", id="text-0"),
            marked("setup", "from partners.course import worksheet", locked=True),
            v4.new_code_cell('language = "English"\nprint(language)', id="text-2"),
            v4.new_markdown_cell("One number for each.", id="text-3"),
            marked("types_answer", STUBS["types_answer"], solution=True),
            marked("types", "worksheet.points_for(types, {})", grade=True, locked=True, points=4),
            v4.new_markdown_cell("Write the first message.", id="text-6"),
            marked("message", STUBS["message"], grade=True, solution=True, points=8),
            v4.new_markdown_cell("That is all.", id="text-8"),
        ],
    )


def answered() -> Any:
    notebook = released()
    for cell in notebook.cells:
        cell.source = ANSWERED.get(cell.id, cell.source)
    return notebook


def cell(notebook: Any, name: str) -> Any:
    return next(c for c in notebook.cells if c.id == name)


class Desk:
    """A course with a released exercise, and the folder of one who hands in."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "submitted" / "ana" / EXERCISE
        self.folder.mkdir(parents=True)
        (root / "release" / EXERCISE).mkdir(parents=True)
        (root / "release" / EXERCISE / FILE).write_text(v4.writes(released()), "utf-8")

    def put(self, notebook: Any, name: str = FILE) -> None:
        raw = notebook if isinstance(notebook, bytes) else json.dumps(notebook).encode()
        (self.folder / name).write_bytes(raw)

    def mended(self) -> tuple[Any, str]:
        """Return the notebook that is graded, and what it says of itself at its top."""
        notebooks = sorted(map(str, self.folder.glob("*.ipynb")))
        mend.before_grading(EXERCISE, "*", notebooks)
        assert str(self.folder / FILE) in notebooks
        place = {"assignment": EXERCISE, "notebook": EXERCISE, "student": "ana"}
        resources = {"nbgrader": place, "metadata": {"path": str(self.folder)}}
        notebook, _ = mend.mend(None, resources)
        nbformat.validate(notebook)
        told = notebook.cells.pop(0).source if notebook.cells[0].id == mend.NOTE else ""
        assert "<" not in told
        return notebook, html.unescape(told)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.chdir(tmp_path)
    return Desk(tmp_path)


def texts(notebook: Any) -> dict[str, str]:
    return {c.id: c.source for c in notebook.cells}


def test_a_cell_that_was_answered_in_the_form_is_not_called_unanswered(desk: Desk) -> None:
    given = answers.Answers(format=answers.FORMAT, exercise=EXERCISE, answers={"types": {"Picnic": "3"}})
    (desk.folder / answers.file_name(EXERCISE)).write_text(answers.written(given), "utf-8")
    desk.put(released())
    mended, told = desk.mended()
    assert told == ""
    # nbgrader writes “No response.” beside a cell that is as it was handed out.
    assert cell(mended, "types_answer").source == f"{STUBS['types_answer']}\n{mend.IN_FORM}"
    assert cell(mended, "message").source == STUBS["message"]


def test_an_honest_notebook_is_graded_as_it_is_cell_for_cell(desk: Desk) -> None:
    notebook = answered()
    cell(notebook, "text-2").source = 'language = "Somali"\nprint(language)'
    cell(notebook, "text-6").source += " (I did mine on the bus.)"
    notebook.cells.insert(3, v4.new_code_cell("1 + 1", id="mine"))
    notebook.cells += [v4.new_markdown_cell("My own notes", id="notes"), v4.new_code_cell("", id="last")]
    desk.put(notebook)
    mended, told = desk.mended()
    assert told == ""
    assert mended == notebook


def _delete(notebook: Any, name: str) -> None:
    notebook.cells.remove(cell(notebook, name))


def _copy_test(notebook: Any) -> None:
    notebook.cells.append(cell(notebook, "types") | {"id": "pasted"})


def _copy_answer(notebook: Any) -> None:
    notebook.cells.insert(4, copy.deepcopy(cell(notebook, "types_answer")))
    notebook.cells[4].update(id="pasted", source=STUBS["types_answer"])


def _retype(notebook: Any) -> None:
    old = cell(notebook, "message")
    new = v4.new_code_cell(old.source, id=old.id, metadata=old.metadata)
    notebook.cells[notebook.cells.index(old)] = new


def _repoint(notebook: Any) -> None:
    cell(notebook, "types").metadata.nbgrader.points = 100


def _skip(notebook: Any) -> None:
    cell(notebook, "types").metadata.tags = ["skip-execution"]


def _own_test(notebook: Any) -> None:
    cell(notebook, "types").source = "4"


def _turn_round(notebook: Any) -> None:
    notebook.cells.reverse()


def _without_marks(notebook: Any) -> None:
    for number, each in enumerate(notebook.cells):
        each.update(id=str(number), metadata={})


def _with_spaces(notebook: Any) -> None:
    cell(notebook, "types").metadata.nbgrader.grade_id = "the types"


def _message_below(notebook: Any) -> None:
    notebook.cells.insert(8, v4.new_markdown_cell(ANSWERED["message"]))
    cell(notebook, "message").source = STUBS["message"]


SETTINGS = "The points or settings of “types” had been changed and were put back."
EDITS = (
    (lambda notebook: _delete(notebook, "types"), "“types” had been deleted and was put back."),
    (lambda notebook: _delete(notebook, "text-3"), "Text or code of the exercise had been deleted"),
    (_copy_test, "“types” stood there twice"),
    (_copy_answer, "“types_answer” stood there twice"),
    (_retype, "“message” had been made another kind of cell."),
    (_repoint, SETTINGS),
    (_skip, SETTINGS),
    (_with_spaces, SETTINGS),
    (_own_test, "“types” had been changed and was put back as it was handed out."),
    (_turn_round, "The cells stood in another order"),
    (_without_marks, "had lost nbgrader’s marks"),
    (_message_below, "The answer to “message” stood in a cell of its own"),
)


@pytest.mark.parametrize(("edit", "words"), EDITS)
def test_what_a_student_did_to_the_cells_is_undone_and_told(
    desk: Desk, edit: Callable[[Any], None], words: str
) -> None:
    notebook = answered()
    edit(notebook)
    desk.put(notebook)
    mended, told = desk.mended()
    assert words in told
    added = [c for c in mended.cells if c.id not in texts(released())]
    assert [c for c in mended.cells if c not in added] == answered().cells
    assert [c for c in added if "nbgrader" in c.metadata] == []


def test_a_deleted_answer_gets_its_form_back_and_one_typed_elsewhere_is_found(desk: Desk) -> None:
    notebook = answered()
    _delete(notebook, "types_answer")
    _delete(notebook, "message")
    desk.put(notebook)
    mended, told = desk.mended()
    assert "“types_answer”, “message” had been deleted and were put back." in told
    assert mended.cells == released().cells

    notebook.cells.insert(2, v4.new_code_cell(f"# mine\n{ANSWERED['types_answer']}"))
    desk.put(notebook)
    mended, _ = desk.mended()
    assert cell(mended, "types_answer").source == f"# mine\n{ANSWERED['types_answer']}"


def test_of_two_copies_of_an_answer_both_are_kept(desk: Desk) -> None:
    notebook = answered()
    second = copy.deepcopy(cell(notebook, "message")) | {"id": "pasted", "source": "Or shorter?"}
    notebook.cells.insert(8, second)
    desk.put(notebook)
    mended, told = desk.mended()
    assert "“message” stood there twice; both are kept" in told
    assert [c.source for c in mended.cells[7:9]] == [ANSWERED["message"], "Or shorter?"]


def test_a_test_that_was_changed_after_the_release_is_no_student_s_doing(desk: Desk) -> None:
    notebook = answered()
    for name in ("types", "types_answer"):
        cell(notebook, name).metadata.nbgrader.checksum = "0" * 32
    cell(notebook, "types").source = "the test of last week"
    release = released()
    for name in ("types", "types_answer"):
        cell(release, name).metadata.nbgrader.checksum = "1" * 32
    Path("release", EXERCISE, FILE).write_text(v4.writes(release), "utf-8")
    desk.put(notebook)
    mended, told = desk.mended()
    assert "another release of the exercise" in told
    assert "had been changed" not in told
    assert cell(mended, "types").source == cell(released(), "types").source
    assert cell(mended, "types_answer").source == ANSWERED["types_answer"]


WRITTEN = (
    "Good evening,\n\n<script>alert(1)</script> & <b>two</b> ![](http://a.example/b.png)\n# Ms *Hale*"
)


def test_a_written_part_comes_from_the_answers_file_where_its_cell_is_untouched(desk: Desk) -> None:
    data = {"format": answers.FORMAT, "exercise": EXERCISE, "answers": {"message": WRITTEN}}
    (desk.folder / answers.file_name(EXERCISE)).write_text(json.dumps(data), "utf-8")
    desk.put(released())
    mended, told = desk.mended()
    assert told == ""
    from nbconvert.filters.markdown_mistune import markdown2html_mistune  # noqa: PLC0415

    shown = markdown2html_mistune(cell(mended, "message").source)
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &lt;b&gt;two&lt;/b&gt;" in shown
    assert "<br" in shown
    assert "# Ms *Hale*" in shown
    assert "<img" not in shown

    desk.put(answered())
    mended, _ = desk.mended()
    assert cell(mended, "message").source == ANSWERED["message"]


def test_an_answers_file_that_cannot_be_used_is_told(desk: Desk) -> None:
    (desk.folder / answers.file_name(EXERCISE)).write_text('{"format": "partners', "utf-8")
    desk.put(released())
    mended, told = desk.mended()
    assert "The answers file cannot be read: it was cut short or edited." in told
    assert mended.cells == released().cells


def _v3() -> bytes:
    as_any: Any = nbformat
    return str(as_any.v3.writes_json(as_any.convert(answered(), 3))).encode()


WHOLE = json.dumps(answered(), indent=1)
CONFLICT = WHOLE.replace(' "cells": [', ' "cells": [\n<<<<<<< HEAD')
FILES = {
    "byte order mark": ("\ufeff" + WHOLE).encode(),
    "another alphabet": json.dumps(answered(), ensure_ascii=False).encode("utf-16"),
    "git conflict": CONFLICT.encode(),
    "format 3": _v3(),
}


@pytest.mark.parametrize("name", FILES)
def test_the_answers_in_a_file_that_nbgrader_cannot_read_are_graded(desk: Desk, name: str) -> None:
    desk.put(FILES[name])
    mended, _ = desk.mended()
    assert {key: cell(mended, key).source for key in ANSWERED} == ANSWERED


def test_latin_1_keeps_its_accents(desk: Desk) -> None:
    notebook = answered()
    cell(notebook, "message").source = "Grüße, Frau Peña"
    desk.put(json.dumps(notebook, ensure_ascii=False).encode("latin-1"))
    mended, told = desk.mended()
    assert told == ""
    assert cell(mended, "message").source == "Grüße, Frau Peña"


def test_what_stands_before_a_cut_is_graded(desk: Desk) -> None:
    desk.put(WHOLE[: WHOLE.index('"Write the first message.')].encode())
    mended, told = desk.mended()
    assert f"“{FILE}” is cut short or damaged; 6 of its cells could be read." in told
    assert cell(mended, "types_answer").source == ANSWERED["types_answer"]
    assert cell(mended, "message").source == STUBS["message"]


HOPELESS = {
    "cannot be read as a notebook": (b"", b"<html>Log in</html>", b"\x89PNG\r\n\x1a\n", b"[" * 100_000),
    "is no notebook": (b"{}", b"[]", b"17", b'{"cells": 3}', b'{"cells": [], "nbformat": 4}'),
}


@pytest.mark.parametrize(("words", "raw"), [(w, raw) for w, found in HOPELESS.items() for raw in found])
def test_a_file_without_any_answer_is_graded_as_handed_out(desk: Desk, words: str, raw: bytes) -> None:
    desk.put(raw)
    mended, told = desk.mended()
    assert f"The file “{FILE}” {words}" in told
    assert "an answers file and transcripts count all the same" in told
    assert mended.cells == released().cells


@pytest.mark.parametrize("stub", [False, True])
def test_a_notebook_under_another_name_is_found(desk: Desk, stub: bool) -> None:
    desk.put(answered(), "six types (1) <b>.ipynb")
    if stub:  # and beside it the one from the book, never opened
        desk.put(released())
    mended, told = desk.mended()
    assert f"was called “six types (1) <b>.ipynb” and was graded as “{FILE}”." in told
    assert mended.cells == answered().cells


def test_a_second_notebook_is_told_and_another_exercise_is_none(desk: Desk) -> None:
    desk.put(answered())
    desk.put(released(), "old.ipynb")
    _, told = desk.mended()
    assert "“old.ipynb” lies beside the notebook and was not graded." in told

    other = answered()
    for each in other.cells:
        if "nbgrader" in each.metadata:
            each.metadata.nbgrader.grade_id = f"{each.id}_of_another"
    desk.put(other)
    (desk.folder / "old.ipynb").unlink()
    mended, told = desk.mended()
    assert f"“{FILE}” is of another exercise." in told
    assert mended.cells == released().cells


def test_a_time_of_handing_in_that_is_none_is_put_aside(desk: Desk) -> None:
    time = desk.folder / "timestamp.txt"
    desk.put(answered())
    time.write_bytes(b"2026-10-15 12:00:00 UTC")
    desk.mended()
    assert time.exists()
    time.write_bytes(b"\xffyesterday")
    desk.mended()
    assert not time.exists()


def test_without_a_release_it_is_said_what_to_run(desk: Desk) -> None:
    Path("release", EXERCISE, FILE).unlink()
    Path("release", EXERCISE).rmdir()
    desk.put(answered())
    with pytest.raises(FileNotFoundError, match=f"Run: nbgrader generate_assignment {EXERCISE}"):
        desk.mended()


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["cells", "cell_type", "source", "metadata", "nbgrader", "id", "attachments", "a"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_notebook_whatever_stands_in_it_stops_the_grading(desk: Desk, data: st.DataObject) -> None:
    notebook = answered()
    for each in data.draw(st.lists(st.sampled_from(notebook.cells), max_size=4)):
        key = data.draw(st.sampled_from(["source", "metadata", "cell_type", "id", "attachments"]))
        each[key] = data.draw(ANYTHING)
    text = json.dumps(data.draw(st.permutations(notebook.cells) | st.just(notebook.cells)))
    raw = f'{{"cells": {text}, "nbformat": 4}}'.encode()
    desk.put(raw[: data.draw(st.integers(0, len(raw)) | st.just(len(raw)))])
    mended, _ = desk.mended()
    given_out = [c for c in mended.cells if "nbgrader" in c.metadata]
    assert [c.metadata for c in given_out] == [
        c.metadata for c in released().cells if "nbgrader" in c.metadata
    ]
    v4.writes(mended).encode()
