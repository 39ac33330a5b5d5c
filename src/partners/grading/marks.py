"""The marks in nbgrader's gradebook, and who of its students is whom in another list."""

from __future__ import annotations

from collections import Counter, defaultdict
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from partners.grading import roster

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from partners.grading.lms import Person
    from partners.grading.roster import Student

EMPTY = (
    "The gradebook is empty. Run first: nbgrader generate_assignment ASSIGNMENT, "
    "and once work is handed in: partners grade ASSIGNMENT"
)


class GradebookError(ValueError):
    """Marks cannot be used; the message says why, where, and the way out."""

    def __init__(self, message: str) -> None:
        super().__init__(
            "".join(sign if sign.isprintable() or sign == "\n" else " " for sign in message)
        )


class Mark(NamedTuple):
    """Points for an assignment, or None and what the mark `waits` for; and the comments."""

    points: float | None
    waits: str
    comments: str


@dataclass(frozen=True)
class Book:
    """A gradebook: its students, maxima by assignment, marks by assignment and student."""

    students: tuple[Student, ...]
    maxima: dict[str, float]
    marks: dict[tuple[str, str], Mark]


@contextmanager
def opened(course: Path) -> Iterator[Any]:
    """Open ``gradebook.db`` of `course` as nbgrader's Gradebook, for reading only.

    Raises
    ------
    GradebookError
        If there is none, or it cannot be read.
    """
    from nbgrader.api import Gradebook  # noqa: PLC0415 - heavy
    from sqlalchemy.exc import DatabaseError  # noqa: PLC0415

    file = (course / "gradebook.db").resolve()
    if not file.is_file():
        raise GradebookError(
            f"There is no gradebook.db in {file.parent}. Go to the folder of your course first."
        )
    if not file.stat().st_size:
        raise GradebookError(EMPTY)
    try:
        # Without the name of a course nbgrader does not try to write one.
        with Gradebook(f"sqlite:///{file.as_uri()}?mode=ro&uri=true", "") as gradebook:
            yield gradebook
    except DatabaseError:
        raise GradebookError(
            f"{file} cannot be read as nbgrader’s gradebook. If it is older, run: nbgrader db upgrade"
        ) from None


def read_book(course: Path, assignments: Sequence[str]) -> Book:
    """Return the marks in ``gradebook.db`` of `course`; a ``roster.csv`` tells more of who is who.

    Parameters
    ----------
    course
        Folder of the nbgrader course.
    assignments
        Their names; all that somebody handed in, where empty.

    Raises
    ------
    GradebookError
        If there is no gradebook, or it doesn't know an assignment.
    RosterError
        If there is a roster that cannot be used.
    """
    with opened(course) as gradebook:
        maxima = {found.name: found.max_score for found in gradebook.assignments}
        wanted = assignments or [found.name for found in gradebook.assignments if found.num_submissions]
        _check_names(wanted, maxima)
        students = tuple(_students(gradebook, course / "roster.csv"))
        marks = {(name, who): mark for name in wanted for who, mark in _marks(gradebook, name)}
    return Book(students, {name: maxima[name] for name in wanted}, marks)


def _check_names(wanted: Sequence[str], maxima: dict[str, float]) -> None:
    for name in wanted:
        if name not in maxima:
            known = ", ".join(sorted(maxima)) or "none"
            raise GradebookError(f"The gradebook has no assignment “{name}”. It has: {known}.")
        if not maxima[name]:
            raise GradebookError(
                f"“{name}” has no points in the gradebook. Run: nbgrader generate_assignment {name}"
            )
    if not wanted:
        raise GradebookError(
            "The gradebook holds no submission yet. Run first: partners grade ASSIGNMENT"
        )


def _students(gradebook: Any, file: Path) -> Iterator[Student]:
    """Yield nbgrader's students, with what the roster tells of them, else nbgrader."""
    listed = {student.student_id: student for student in roster.read(file)} if file.is_file() else {}
    for who in gradebook.students:
        own = (who.id, who.first_name, who.last_name, who.email, who.lms_user_id)
        told = listed.get(who.id, own)
        yield roster.Student(*(first or second or "" for first, second in zip(told, own, strict=True)))


def _marks(gradebook: Any, assignment: str) -> list[tuple[str, Mark]]:
    """Return the marks of an assignment by student, in a few queries for the whole class."""
    from nbgrader.api import Comment, Grade, SubmittedAssignment, SubmittedNotebook  # noqa: PLC0415
    from sqlalchemy.orm import selectinload  # noqa: PLC0415

    notebooks = selectinload(SubmittedAssignment.notebooks)
    query = gradebook.db.query(SubmittedAssignment).options(
        notebooks.selectinload(SubmittedNotebook.grades).selectinload(Grade.cell),
        notebooks.selectinload(SubmittedNotebook.comments).selectinload(Comment.cell),
    )
    found = query.filter_by(assignment_id=gradebook.find_assignment(assignment).id)
    return [(submission.student_id, _mark(submission)) for submission in found]


def _mark(submission: Any) -> Mark:
    """Return what a submission has; nbgrader itself counts a part without a mark as 0 points."""
    grades = [grade for notebook in submission.notebooks for grade in notebook.grades]
    bare = [grade for grade in grades if grade.auto_score is None and grade.manual_score is None]
    waiting = sorted(grade.name for grade in grades if grade in bare or grade.needs_manual_grade)
    if len(bare) == len(grades):
        return Mark(None, "not graded yet", "")
    if waiting:
        return Mark(None, f"not graded yet ({', '.join(waiting)})", "")
    penalty = sum(notebook.late_submission_penalty or 0 for notebook in submission.notebooks)
    comments = (comment for notebook in submission.notebooks for comment in notebook.comments)
    words = [
        f"{comment.name}: {' '.join(comment.comment.split())}" for comment in comments if comment.comment
    ]
    return Mark(max(0.0, sum(grade.score for grade in grades) - penalty), "", "; ".join(sorted(words)))


def match(
    people: Sequence[Person], students: Sequence[Student], *, by: bool
) -> tuple[dict[int, tuple[Student, str]], list[tuple[Person, str]]]:
    """Return the student of each row of the file, and the people who are none, with the reasons.

    Beside the student stands why to look twice, if there is a reason, and else "".

    A record's ids and address must hold a student_id, lms_id or address, capital letters aside;
    failing that, its name must be a student's, and the only one of its kind on both sides. Where two
    fit, nobody is taken.

    Parameters
    ----------
    people
        The records of the file.
    students
        Those of nbgrader.
    by
        Whether the record's id is the student_id itself, so that nothing else counts.
    """
    logins = _logins(students, by=by)
    told = {person.row: (*person.ids.values(), *([] if by else [person.email])) for person in people}
    fits = {
        row: sorted({s for text in texts for s in logins[text.casefold()]})
        for row, texts in told.items()
    }
    records = Counter(student for found in fits.values() for student in found)
    pairs, strangers = {}, []
    for person in people:
        found = fits[person.row]
        if len(found) == 1 and records[found[0]] == 1:
            pairs[person.row] = found[0], _doubt(person, found[0])
        elif found:
            ids = ", ".join(student.student_id for student in found)
            strangers.append((person, f"more than one record or student fits: {ids}"))
        elif not by and (student := _with_name(person, people, students)) and not records[student]:
            pairs[person.row] = student, "known by name only"
        else:
            strangers.append((person, ""))
    return pairs, strangers


def _logins(students: Sequence[Student], *, by: bool) -> dict[str, set[Student]]:
    """Return whose each id and address is."""
    logins = defaultdict(set)
    for student in students:
        for login in [student.student_id.casefold()] if by else student.logins:
            logins[login].add(student)
    return logins


def _with_name(person: Person, people: Sequence[Person], students: Sequence[Student]) -> Student | None:
    """Return who alone has the name of `person`, if nobody else in the file has it."""
    found = roster.with_name(students, person.name)
    alike = [other for other in people if roster.with_name(found, other.name)]
    return found[0] if len(found) == len(alike) == 1 else None


def _doubt(person: Person, student: Student) -> str:
    """Say so if an id fits and the names have no word in common: it may be somebody else's id."""
    theirs, ours = map(roster.words, (person.name, f"{student.first_name} {student.last_name}"))
    return f"check: {student} in nbgrader" if theirs and ours and not {*theirs} & {*ours} else ""
