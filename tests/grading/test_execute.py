"""What a student's code does while it is graded, in a real kernel, costs no more than its own cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import nbformat
import pytest

from partners.grading.execute import ENDED, LEFT_OUT, NO_POINTS, Execute

if TYPE_CHECKING:
    from pathlib import Path

v4: Any = nbformat.v4
STUBBORN = """
import time
while True:
    try:
        time.sleep(0.1)
    except BaseException:
        pass
"""


def a_test(source: str) -> Any:
    marks = {"grade": True, "solution": False, "locked": True, "grade_id": "test", "points": 4}
    return v4.new_code_cell(source, metadata={"nbgrader": marks})


@pytest.fixture
def run(tmp_path: Path) -> Any:
    def run(*cells: Any) -> list[list[Any]]:
        notebook = v4.new_notebook(cells=list(cells))
        notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
        execute = Execute(timeout=2, shutdown_kernel="immediate", skip_cells_with_tag=LEFT_OUT)
        notebook, _ = execute.preprocess(notebook, {"metadata": {"path": str(tmp_path)}})
        nbformat.validate(notebook)
        return [cell.outputs for cell in notebook.cells]

    return run


def test_a_loop_that_cannot_be_interrupted_is_left_out_and_the_rest_is_run(run: Any) -> None:
    before, loop, after = run(
        v4.new_code_cell("x = 3; x"), v4.new_code_cell(STUBBORN), v4.new_code_cell("x + 1")
    )
    assert [before[0].data["text/plain"], loop[0].evalue, after[0].data["text/plain"]] == [
        "3",
        ENDED,
        "4",
    ]


def test_what_is_no_output_or_no_points_stops_nothing(run: Any) -> None:
    nonsense, warning, points, too_many = run(
        v4.new_code_cell('display({"text/plain": 5}, raw=True)'),
        v4.new_code_cell('import sys; print("old", file=sys.stderr)'),
        a_test('print("half right", file=sys.stderr)\n2'),
        a_test("1000"),
    )
    assert nonsense[0].evalue == ENDED
    assert warning[0].name == "stdout"
    assert (points[0].name, points[1].data["text/plain"]) == ("stdout", "2")
    assert too_many[0].evalue == NO_POINTS
