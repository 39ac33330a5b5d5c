"""The marks in nbgrader's gradebook, and who of its students is whom in another list."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from partners.grading import roster

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from partners.grading.lms import Person
    from partners.grading.roster import Student

BY_NAME = "known by name only"


class GradebookError(ValueError):
    """Grades cannot be filled in; the message says why, where, and the way out."""

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


class Pair(NamedTuple):
    """The student of a record; `doubt` says why to look twice, if there is a reason."""

    student: Student
    doubt: str


@dataclass(frozen=True)
class Matches:
    """Pairs by row of the file, and the records without a student, with the reason for each."""

    pairs: dict[int, Pair]
    strangers: tuple[tuple[Person, str], ...]

    @property
    def found(self) -> set[str]:
        """The ids of the students who have a record."""
        return {pair.student.student_id for pair in self.pairs.values()}


def read_book(course: Path, assignments: Sequence[str] = ()) -> Book:
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
    from nbgrader.api import Gradebook  # noqa: PLC0415 - heavy
    from sqlalchemy.exc import DatabaseError  # noqa: PLC0415

    file = (course / "gradebook.db").resolve()
    if not file.is_file():
        raise GradebookError(
            f"There is no gradebook.db in {file.parent}. Go to the folder of your course first."
        )
    try:
        with Gradebook(f"sqlite:///{file.as_uri()}?mode=ro&uri=true", "") as gradebook:
            maxima = {found.name: found.max_score for found in gradebook.assignments}
            wanted = assignments or [
                found.name for found in gradebook.assignments if found.num_submissions
            ]
            _check_names(wanted, maxima)
            students = _students(gradebook, course / "roster.csv")
            marks = {(name, who): mark for name in wanted for who, mark in _marks(gradebook, name)}
    except DatabaseError:
        raise GradebookError(
            f"{file} cannot be read as nbgrader's gradebook. If it is older, run: nbgrader db upgrade"
        ) from None
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
            "The gradebook holds no submission yet. Run first: nbgrader autograde ASSIGNMENT"
        )


def _students(gradebook: Any, file: Path) -> tuple[Student, ...]:
    """Return nbgrader's students, with what the roster tells of them, else nbgrader."""
    listed = {student.student_id: student for student in roster.read(file)} if file.is_file() else {}
    known = [
        roster.Student(
            who.id, who.first_name or "", who.last_name or "", who.email or "", who.lms_user_id or ""
        )
        for who in gradebook.students
    ]
    return tuple(
        roster.Student(*(told or own for told, own in zip(listed.get(s.student_id, s), s, strict=True)))
        for s in known
    )


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


def match(people: Sequence[Person], students: Sequence[Student], *, by: bool) -> Matches:
    """Return who of the file's people is which student.

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
    records = Counter(student_id for found in fits.values() for student_id in found)
    own = {student.student_id: student for student in students}
    pairs, strangers = {}, []
    for person in people:
        found = fits[person.row]
        if len(found) == 1 and records[found[0]] == 1:
            pairs[person.row] = Pair(own[found[0]], _doubt(person, own[found[0]]))
        elif found:
            strangers.append((person, f"more than one record or student fits: {', '.join(found)}"))
        elif (
            not by
            and (student := _known_by_name(person, people, students))
            and not records[student.student_id]
        ):
            pairs[person.row] = Pair(student, BY_NAME)
        else:
            strangers.append((person, ""))
    return Matches(pairs, tuple(strangers))


def _logins(students: Sequence[Student], *, by: bool) -> dict[str, set[str]]:
    """Return whose each id and address is."""
    logins = defaultdict(set)
    for student in students:
        for login in [student.student_id] if by else [student.student_id, student.lms_id, student.email]:
            if login:
                logins[login.casefold()].add(student.student_id)
    return logins


def _known_by_name(
    person: Person, people: Sequence[Person], students: Sequence[Student]
) -> Student | None:
    found = roster.with_name(students, person.name)
    if len(found) != 1 or sum(bool(roster.with_name(found, other.name)) for other in people) != 1:
        return None
    return found[0]


def _doubt(person: Person, student: Student) -> str:
    """Say so if an id fits and the names have no word in common: it may be somebody else's id."""
    theirs, ours = _words(person.name), _words(f"{student.first_name} {student.last_name}")
    return f"check: {student} in nbgrader" if theirs and ours and not theirs & ours else ""


def _words(name: str) -> set[str]:
    letters = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    return set(letters.split())
