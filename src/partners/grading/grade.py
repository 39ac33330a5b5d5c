"""``partners grade``: autograding of a class, in a sandbox, that can be stopped and gone on with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from partners.grading import brief as briefs
from partners.grading.brief import GradingError
from partners.grading.office import Result, unable
from partners.grading.record import Record
from partners.grading.workers import LostError, Task, Workers
from partners.kernels.manager import from_zygote
from partners.kernels.sandbox import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from partners.grading.brief import Brief

LOST = "Grading it was stopped twice from outside, perhaps because the machine had no memory left."
BROKEN = "Grading it failed ({}). This is a fault of Partners’, not of the submission; please report it."


class Outcome(NamedTuple):
    """How a submission ended: `state` in words, and what is to be said of it."""

    student: str
    state: str
    notes: list[str]
    new: bool
    seconds: float = 0


class Crew(Protocol):
    """Whoever does tasks: ``Workers`` here, or a cluster."""

    def run(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Any]]: ...


def grade(
    folder: Path,
    assignment: str,
    students: tuple[str, ...] = (),
    *,
    layers: tuple[str, ...],
    workers: int,
    again: bool = False,
    started: Callable[[int], None] = lambda number: None,
) -> Iterator[Outcome]:
    """Grade what was handed in, and yield how each submission ended, as it ends.

    Parameters
    ----------
    folder
        The course.
    assignment, students
        What to grade; without students, everybody's.
    layers
        What keeps a submission in; see ``sandbox.layers``.
    workers
        How many are graded at the same time.
    again
        Whether to grade those that were graded as they are now, too.
    started
        Is called with the number of submissions, before the first is graded.

    Raises
    ------
    GradingError
        If there is nothing to grade; the message tells the way out.
    """
    course = briefs.course_at(folder)
    brief = briefs.brief(course, assignment, layers, Limits())
    from_zygote(*brief.imports())
    with Record(course, brief) as record:
        there = record.students()
        chosen = [one for one in there if one in students or not students]
        if strangers := sorted(set(students) - set(there)):
            raise GradingError(
                f"Nothing is handed in for {assignment} by {', '.join(strangers)}. "
                f"Submissions lie in {course.submitted_directory}/STUDENT/{assignment}."
            )
        if not chosen:
            raise GradingError(
                f"Nothing is handed in for {assignment}: put submissions into "
                f"{course.submitted_directory}/STUDENT/{assignment}, or see: partners collect --help"
            )
        started(len(chosen))
        done = {} if again else _known(record, chosen)
        yield from (Outcome(s, note["state"], note["notes"], new=False) for s, note in done.items())
        todo = [student for student in chosen if student not in done]
        if todo:
            yield from _graded(record, brief, todo, workers)


def _known(record: Record, students: list[str]) -> dict[str, dict[str, Any]]:
    """Return the notes of the submissions that were graded as they are now."""
    prints = ((student, record.print_of(record.submission(student))) for student in students)
    notes = ((student, record.known(student, print_)) for student, print_ in prints)
    return {student: note for student, note in notes if note}


def _graded(record: Record, brief: Brief, students: list[str], workers: int) -> Iterator[Outcome]:
    with Workers(brief, 1) as one:
        [(_, plans)] = one.run([Task("plans")])
    if isinstance(plans, Exception):
        raise GradingError(f"The instructor’s own notebook could not be run: {plans!r}") from plans
    with Workers(brief.with_plans(plans), min(workers, len(students))) as crew:
        tasks = (Task("grade", student, record.submission(student)) for student in students)
        for task, found in _twice(crew, tasks):
            result = found if isinstance(found, Result) else unable(brief, task.student, _why(found))
            record.write(result, task.submission or {})
            yield Outcome(result.student, result.state, result.notes, new=True, seconds=result.seconds)


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
