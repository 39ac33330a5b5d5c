"""The one hand that writes: what came of each submission, into the course's folders and gradebook."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from nbgrader.api import Gradebook
from nbgrader.converters import Autograde
from nbgrader.preprocessors import AssignLatePenalties, NbGraderPreprocessor, SaveAutoGrades
from nbgrader.utils import parse_utc

from partners import files
from partners.grading import brief as briefs
from partners.grading.office import PERSON
from partners.kernels import rooms

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from nbgrader.api import SubmittedAssignment, SubmittedNotebook
    from nbgrader.coursedir import CourseDirectory

    from partners.grading.brief import Brief, Files
    from partners.grading.office import Result

LEDGER = ".partners/graded"
"""Where, in the course, a note says for each submission what it was when it was graded."""


class Record:
    """A gradebook that is open for the submissions of one assignment."""

    def __init__(self, course: CourseDirectory, brief: Brief) -> None:
        self.course, self.brief = course, brief
        self.ledger = Path(course.root, LEDGER, brief.assignment)
        self.gradebook = Gradebook(course.db_url, course.course_id)
        session = self.gradebook.db()
        session.autoflush = session.expire_on_commit = False
        self._commit, session.commit = session.commit, session.flush  # one transaction for a submission
        notebooks = self.gradebook.find_assignment(brief.assignment).notebooks
        self._held = [cell for notebook in notebooks for cell in notebook._base_cells]  # looked for once
        self._converter = Autograde(coursedir=course, config=course.config)

    def close(self) -> None:
        """Close the gradebook."""
        self.gradebook.close()

    def students(self) -> list[str]:
        """Return everybody who has handed in, in the order of the alphabet."""
        pattern = self.course.format_path(self.course.submitted_directory, "*", self.brief.assignment)
        places = Path(self.course.root).glob(str(Path(pattern).relative_to(self.course.root)))
        depth = Path(
            self.course.format_path(self.course.submitted_directory, "{}", self.brief.assignment)
        )
        at = depth.parts.index("{}")
        return sorted(place.parts[at] for place in places if place.is_dir())

    def submission(self, student: str) -> Files:
        """Return the files that `student` has handed in; what is none of a submission is left out."""
        return rooms.read(self._place(self.course.submitted_directory, student))

    def known(self, student: str) -> dict[str, Any] | None:
        """Return what was noted of `student`'s submission, if it was graded as it is now."""
        if not self._place(self.course.autograded_directory, student).is_dir():
            return None
        try:
            found = json.loads(self._note(student).read_text("utf-8"))
        except (OSError, ValueError):
            return None
        same = found.get("print") == self._print_of(self.submission(student))
        return dict(found) if same else None

    def _print_of(self, submission: Files) -> str:
        """Return a text that is another one when the submission or the assignment is."""
        told = [os.fsencode(name) + b"\0" + raw for name, raw in sorted(submission.items())]
        return hashlib.sha256(self.brief.print.encode() + b"\0".join(told)).hexdigest()

    def write(self, result: Result, submission: Files) -> None:
        """Write what came of a submission: the folder, then the marks, then the note that it is done.

        Whenever it is stopped, the next run finds no such note and grades the submission again.
        """
        note = self._note(result.student)
        note.unlink(missing_ok=True)
        place = self._place(self.course.autograded_directory, result.student)
        files.replace_folder(place, lambda draft: briefs.write(result.files, draft))
        self._converter.set_permissions(self.brief.assignment, result.student)
        try:
            row = self._write_marks(result, self._time(submission))
            self._commit()
        except BaseException:
            self.gradebook.db.rollback()
            raise
        if row.total_seconds_late > 0:
            self._write_penalties(result)
        told = {"print": self._print_of(submission), "state": result.state, "notes": result.notes}
        files.write(note, json.dumps(told | {"trace": result.trace}, ensure_ascii=False, indent=1))

    def _write_marks(self, result: Result, time: datetime | None) -> SubmittedAssignment:
        book, assignment = self.gradebook, self.brief.assignment
        book.update_or_create_student(result.student)
        handed_in = {"timestamp": time} if time else {}
        submission = book.update_or_create_submission(assignment, result.student, **handed_in)
        rows = {notebook.name: notebook for notebook in submission.notebooks}
        for name, notebook in self._graded(result):
            _SaveAutoGrades(rows[name]).save(notebook)
        for notebook in submission.notebooks:
            notebook.late_submission_penalty = None
            if result.state == PERSON:
                for grade in notebook.grades:
                    grade.needs_manual_grade = True
        return submission

    def _write_penalties(self, result: Result) -> None:
        names = {"student": result.student, "assignment": self.brief.assignment}
        for name, notebook in self._graded(result):
            late = AssignLatePenalties(config=self.course.config)
            place = names | {"notebook": name, "db_url": self.course.db_url}
            late.preprocess(notebook, {"nbgrader": place})
        self.gradebook.db.expire_all()

    def _graded(self, result: Result) -> Iterator[tuple[str, Any]]:
        """Yield the notebooks that were asked for, by the names that the gradebook has for them."""
        found = briefs.notebooks(result.files)
        for name in briefs.names(self.brief.release):
            yield Path(name).stem, found[name]

    def _time(self, submission: Files) -> datetime | None:
        try:
            text = submission.get("timestamp.txt", b"").decode().strip()
            return parse_utc(text) if text else None
        except (ValueError, OverflowError):
            return None

    def _place(self, step: str, student: str) -> Path:
        return Path(self.course.format_path(step, student, self.brief.assignment))

    def _note(self, student: str) -> Path:
        return self.ledger / f"{student}.json"


class _SaveAutoGrades(SaveAutoGrades):  # type: ignore[misc]
    """nbgrader's step that saves the marks; ``Record`` has found the rows, and commits them."""

    def __init__(self, notebook: SubmittedNotebook) -> None:
        super().__init__()
        self.gradebook = _Rows(notebook)
        self.notebook_id = self.assignment_id = self.student_id = ""

    def save(self, notebook: Any) -> None:
        """Save the marks and comments of each cell."""
        NbGraderPreprocessor.preprocess(self, notebook, {})


class _Rows:
    """The rows of one submitted notebook, as a gradebook finds them by the names of cells."""

    def __init__(self, notebook: SubmittedNotebook) -> None:
        self.grades = {grade.name: grade for grade in notebook.grades}
        self.comments = {comment.name: comment for comment in notebook.comments}
        self.db = SimpleNamespace(commit=lambda: None)

    def find_grade(self, name: str, *_: str) -> Any:
        return self.grades[name]

    def find_comment(self, name: str, *_: str) -> Any:
        return self.comments[name]
