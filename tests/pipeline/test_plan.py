"""Which checks are judged on plain data and which run in place: as the instructor's own answers tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from pipeline.term import Course, new_course

from partners.grading import brief as briefs
from partners.grading import plan
from partners.grading.grade import planned
from partners.grading.workers import Workers
from partners.kernels import sandbox
from partners.kernels.zygote import zygote

if TYPE_CHECKING:
    from partners.grading.brief import Brief
    from partners.grading.plan import Plan

v4: Any = nbformat.v4
NAME = "mixed"


def cell(name: str, source: str, **marks: Any) -> Any:
    """Return a cell of code; `marks` are nbgrader's, and without any it is a plain one."""
    base = {"grade": False, "grade_id": name, "locked": True, "schema_version": 3}
    nbgrader = base | {"solution": False, "task": False} | marks
    return v4.new_code_cell(
        source, id=name or "imports", metadata={"nbgrader": nbgrader} if marks else {}
    )


def check(name: str, source: str) -> Any:
    return cell(name, source, grade=True, points=1)


def answer(name: str, source: str) -> Any:
    marked = f"### BEGIN SOLUTION\n{source}\n### END SOLUTION"
    return cell(name, marked, locked=False, solution=True)


CELLS = [
    cell(
        "", "import math\nimport pandas as pd\nfrom math import isclose\nimport matplotlib.pyplot as plt"
    ),
    cell("table", "calls = pd.DataFrame({'family': ['a', 'b'], 'calls': [1, 2]})", grade=False),
    cell("helper", "def all_of(numbers):\n    return sum(numbers) + extra", grade=False),
    answer(
        "own",
        "def twice(number):\n    return 2 * number\ncalls['twice'] = calls['calls'] * 2\nextra = 1",
    ),
    check("function", "assert twice(4) == 8"),
    check("changed", "assert isclose(calls['twice'].sum(), 6)\nmath.sqrt(1)"),
    check("through_helper", "assert all_of([1, 2]) == 4"),
    answer("drawn", "plt.plot([1, 2], [3, 4])\nline = plt.gca().get_lines()[0]"),
    check("figure", "from matplotlib.lines import Line2D\nassert isinstance(line, Line2D)"),
    check("partly", "1 - len([n for n in (1, 2) if twice(n) != 2 * n])"),
    check("wrong", "assert twice(4) == 9"),
]


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    course = new_course(tmp_path_factory.mktemp("plan"))
    write(course)
    return course


def brief_of(course: Course) -> Brief:
    return briefs.brief(briefs.course_at(course.root), NAME, sandbox.layers(), sandbox.Limits())


@pytest.fixture(scope="module")
def found(course: Course) -> Plan:
    brief = brief_of(course)
    zygote().preload(**brief.preload())
    with Workers(brief, 2) as crew:
        return planned(brief, crew)[f"{NAME}.ipynb"]


def write(course: Course) -> None:
    folder = course.root / "source" / NAME
    folder.mkdir()
    notebook = v4.new_notebook(cells=CELLS)
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, folder / f"{NAME}.ipynb")  # type: ignore[no-untyped-call]
    course.run("nbgrader", "generate_assignment", NAME)


def test_what_is_plain_data_or_a_function_is_judged_and_a_figure_runs_in_place(found: Plan) -> None:
    assert set(found.asked) == {
        "table",
        "helper",
        "function",
        "changed",
        "through_helper",
        "partly",
        "wrong",
    }


def test_a_check_asks_for_what_the_open_cells_have_made_or_changed(found: Plan) -> None:
    assert found.asked["function"] == ["extra", "twice"]  # the helper before it reads `extra`
    assert "calls" in found.asked["changed"]
    assert "extra" in found.asked["through_helper"]
    assert "all_of" not in found.asked["through_helper"]  # a locked cell’s


def test_what_was_imported_is_imported_for_the_check_and_never_asked_for(found: Plan) -> None:
    given = found.given["changed"]
    assert (tuple(given["math"]), tuple(given["isclose"])) == (("math", ""), ("math", "isclose"))
    assert not {"math", "isclose", "pd"} & {name for names in found.asked.values() for name in names}


def test_a_notebook_in_another_language_is_left_to_nbgrader(course: Course) -> None:
    file = course.root / "release" / NAME / f"{NAME}.ipynb"
    python = file.read_text("utf-8")
    file.write_text(python.replace('"language": "python"', '"language": "R"'), "utf-8")
    with pytest.raises(briefs.GradingError, match=f"in R.*nbgrader autograde {NAME}"):
        brief_of(course)
    file.write_text(python, "utf-8")


def test_a_notebook_beside_the_source_that_was_never_released_is_left_alone(course: Course) -> None:
    file = course.root / "source" / NAME / "scratch.ipynb"
    file.write_text("{}", "utf-8")
    assert list(brief_of(course).source) == [f"{NAME}.ipynb"]
    file.unlink()


def test_a_course_may_add_to_a_setting_instead_of_giving_all_of_it(course: Course) -> None:
    file = course.root / "nbgrader_config.py"
    settings = file.read_text("utf-8")
    word = "--InteractiveShell.xmode=Minimal"
    added = settings.replace(f'arguments = ["{word}"]', f'arguments.append("{word}")')
    assert added != settings
    file.write_text(added, "utf-8")
    zygote().preload(**brief_of(course).preload())
    assert brief_of(course).preload()["words"] == [word]
    file.write_text(settings, "utf-8")


def test_a_check_that_fails_on_the_instructor_s_own_answers_is_named(found: Plan) -> None:
    assert found.failing == ["wrong"]


def test_a_name_that_only_a_locked_cell_writes_is_the_judge_s_own() -> None:
    cells = [check("first", "limit = 3"), check("second", "limit + open_answer")]
    made = plan.made(cells, {"first", "second"})
    assert made.asked == {"first": [], "second": ["open_answer"]}
