"""``partners grade``: autograding of a class, in a sandbox, that can be stopped and gone on with."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from nbgrader import utils

from partners import files
from partners.grading import brief as briefs
from partners.grading import plan
from partners.grading.brief import GradingError
from partners.grading.office import Result, unable
from partners.grading.plan import Plan
from partners.grading.record import Record
from partners.grading.workers import LostError, Task, Workers
from partners.kernels.sandbox import Limits
from partners.kernels.zygote import zygote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from contextlib import AbstractContextManager

    from partners.grading.brief import Brief
    from partners.grading.office import Trial

PLANS = ".partners/plans"
TRIALS = 2
"""How many trials of the instructor's notebooks there are at once, and how many one after the other."""
LOST = "Grading it was stopped twice from outside, perhaps because the machine had no memory left."
BROKEN = (
    "Grading it failed ({}). That is a fault of this program, not of the submission; please report it."
)


class Outcome(NamedTuple):
    """How a submission ended: `state` in words, what is to be said of it, if it was graded just now."""

    student: str
    state: str
    notes: list[str]
    new: bool


@dataclass(frozen=True)
class How:
    """How to grade: what keeps a submission in (see ``sandbox.layers``), how many at a time, and where.

    `again` grades those, too, that were graded as they are now; `dask` is the address of a cluster.
    """

    layers: tuple[str, ...]
    workers: int
    again: bool = False
    dask: str | None = None


class Crew(Protocol):
    """Whoever does tasks: processes on this machine, or a cluster."""

    def run(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Any]]:
        """Yield each task with what came of it, as it comes: a value, or the error that there was."""


class Grading:
    """The grading of one assignment; use it in a ``with``, which closes the gradebook.

    Parameters
    ----------
    folder
        The course.
    assignment, students
        What to grade; without students, everybody's.
    how
        How to grade.

    Raises
    ------
    GradingError
        If there is nothing to grade; the message tells the way out.
    """

    def __init__(self, folder: Path, assignment: str, students: tuple[str, ...], how: How) -> None:
        course = briefs.course_at(folder)
        self.how = how
        self.brief = briefs.brief(course, assignment, how.layers, Limits())
        self.plans = Path(course.root, PLANS, f"{assignment}.json")
        self.record = Record(course, self.brief)
        there = self.record.students()
        self.students = [one for one in there if one in students or not students]
        place = f"{course.submitted_directory}/STUDENT/{assignment}"
        if strangers := sorted(set(students) - set(there)):
            raise GradingError(f"There is no submission by {', '.join(strangers)}: they lie in {place}.")
        if not there:
            raise GradingError(
                f"There is no submission; they lie in {place}. To fill it: partners collect --help"
            )
        self.planned: dict[str, Plan] = {}

    def __enter__(self) -> Grading:
        return self

    def __exit__(self, *_: object) -> None:
        self.record.close()

    def outcomes(self) -> Iterator[Outcome]:
        """Yield how each submission ended, as it ends; those first that need not be graded again."""
        known = {} if self.how.again else self._known()
        for student, note in known.items():
            yield Outcome(student, note["state"], note["notes"], new=False)
        todo = [student for student in self.students if student not in known]
        if todo:
            yield from self._graded(todo)

    def in_place(self) -> list[str]:
        """Return the checks that run in the submission's own Python, once the first one was graded."""
        return [
            plan.name_of(cell)
            for name, notebook in briefs.notebooks(self.brief.release).items()
            for cell in notebook.cells
            if utils.is_grade(cell) and name in self.planned and plan.name_of(cell)
            if plan.name_of(cell) not in self.planned[name].asked
        ]

    def failing(self) -> list[str]:
        """Return the checks that fail on the instructor's own answers, once the first one was graded."""
        return [name for found in self.planned.values() for name in found.failing]

    def _known(self) -> dict[str, dict[str, Any]]:
        """Return the notes of the submissions that were graded as they are now."""
        notes = ((student, self.record.known(student)) for student in self.students)
        return {student: note for student, note in notes if note}

    def _graded(self, students: list[str]) -> Iterator[Outcome]:
        with self._crew(min(self.how.workers, max(TRIALS, len(students)))) as crew:
            self.planned = self._kept() or self._found_out(crew)
            tasks = (
                Task("grade", (student, self.record.submission(student), self.planned))
                for student in students
            )
            for task, found in _twice(crew, tasks):
                student, submission, _ = task.given
                done = isinstance(found, Result)
                result = found if done else unable(self.brief, student, _why(found))
                self.record.write(result, submission)
                yield Outcome(student, result.state, result.notes, new=True)

    def _crew(self, number: int) -> AbstractContextManager[Crew]:
        if self.how.dask:
            try:
                from partners.grading.cluster import Cluster  # noqa: PLC0415
            except ModuleNotFoundError:
                raise GradingError('Dask is not installed. Run: pip install "partners[dask]"') from None
            return Cluster(self.brief, self.how.dask)
        zygote().preload(**self.brief.preload())
        return Workers(self.brief, number)

    def _kept(self) -> dict[str, Plan]:
        """Return the plans as they are kept from last time; none if anything has changed since."""
        try:
            kept = json.loads(self.plans.read_text("utf-8"))
            if kept["print"] == self.brief.print:
                return {name: Plan(**plan) for name, plan in kept["plans"].items()}
        except (OSError, ValueError, KeyError, TypeError):
            pass
        return {}

    def _found_out(self, crew: Crew) -> dict[str, Plan]:
        """Return what is judged of each notebook, and keep it for the next time."""
        found = planned(self.brief, crew)
        told = {name: asdict(plan) for name, plan in found.items()}
        files.write(self.plans, json.dumps({"print": self.brief.print, "plans": told}))
        return found


def planned(brief: Brief, crew: Crew) -> dict[str, Plan]:
    """Return what can be judged of each notebook: what comes out the same there as in place.

    It is tried with the instructor's own notebooks. Where there are none, all is run in place.

    Raises
    ------
    GradingError
        If one of them cannot be run.
    """
    cells = {name: notebook.cells for name, notebook in briefs.notebooks(brief.source).items()}
    if not cells:
        return {}
    names = {name: {plan.name_of(cell) for cell in cells[name]} - {""} for name in cells}
    plans = {name: plan.made(cells[name], names[name]) for name in cells}
    there, here = _trials(crew, {name: Plan() for name in cells}, plans)
    for _ in range(TRIALS):
        same = {n: plan.same(there[n].cells, here[n].cells) & names[n] for n in cells}
        if same == names:
            break
        names, plans = same, {name: plan.made(cells[name], same[name]) for name in cells}
        [here] = _trials(crew, plans)
    return {name: found.after(*here[name]) for name, found in plans.items()}


def _trials(crew: Crew, *plans: dict[str, Plan]) -> list[dict[str, Trial]]:
    """Return what came of the instructor's notebooks under each of several plans."""
    tasks = [Task("tried", (each,)) for each in plans]
    came = list(_twice(crew, tasks))
    for _, found in came:
        if isinstance(found, Exception):
            raise found if isinstance(found, GradingError) else GradingError(_why(found))
    return [found for task in tasks for done, found in came if done is task]


def _twice(crew: Crew, tasks: Iterable[Task]) -> Iterator[tuple[Task, Any]]:
    """Yield what comes of tasks; one whose worker was lost is given to another one, once."""
    lost = []
    for task, found in crew.run(tasks):
        if isinstance(found, LostError):
            lost.append(task)
        else:
            yield task, found
    yield from crew.run(lost)


def _why(error: Exception) -> str:
    return LOST if isinstance(error, LostError) else BROKEN.format(repr(error))
