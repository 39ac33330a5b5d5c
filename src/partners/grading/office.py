"""Grading one submission, far from the gradebook: files go in, files come out.

It is nbgrader's own converter, at work in a private copy of the course that has one submission in it.
Only the kernels are others (``judge``), and the marks are left to ``record``.
"""

from __future__ import annotations

import copy
import traceback
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import nbformat
from nbgrader import preprocessors, utils
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde
from nbgrader.converters.base import BaseConverter
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config
from traitlets.utils.importstring import import_item

from partners.grading import brief as briefs
from partners.grading import execute, mend
from partners.grading.brief import GradingError
from partners.grading.judge import MEDDLED, Execute, TooLongError
from partners.grading.plan import Plan
from partners.kernels import rooms

if TYPE_CHECKING:
    from partners.grading.brief import Brief, Files
    from partners.grading.plan import Given

GRADED, NOTED, PERSON = "graded", "graded with a note", "needs a person"
MODEL = "model-answers"
"""Who hands in the instructor's own notebook, to find out what can be judged."""
_FOR_RECORD = (preprocessors.SaveAutoGrades, preprocessors.AssignLatePenalties)
_NEEDLESS = (
    preprocessors.CheckCellMetadata,
    preprocessors.DeduplicateIds,
    preprocessors.OverwriteKernelspec,
)
"""``mend`` has put the cells of the release in the place of those that came."""
MODEL_FAILED = "The notebook with the model answers cannot be graded itself: {}\n{}"
NOT_RUN = "This was not run. Your instructor will look at it."
TOO_LONG = "The notebook as a whole ran for more than {} minutes. Your instructor will look at it."
NOTHING = "There was no notebook in the submission; what else was there was graded."
FAILED = "The notebook could not be run here ({}). Your instructor will look at it."


@dataclass(frozen=True)
class Result:
    """What came of a submission.

    `files` are those of its ``autograded`` folder, `notes` what is to be said of it, and `trace` is how
    Python tells where it could not be run.
    """

    student: str
    state: str
    notes: list[str]
    files: Files
    trace: str = ""


class Trial(NamedTuple):
    """The cells of an instructor's notebook after a run, and what was imported for each judged one."""

    cells: list[Any]
    imports: dict[str, Given]


class Office:
    """A private copy of a course, for grading submissions of one assignment one after the other."""

    def __init__(self, brief: Brief, folder: Path) -> None:
        self.brief, self.folder = brief, folder
        for step, files in (("release", brief.release), ("source", brief.given)):
            briefs.write(files, folder / step / brief.assignment)
        (folder / "gradebook.db").write_bytes(brief.gradebook)
        self.url = f"sqlite:///{folder / 'gradebook.db'}"
        self.cells = _SourceCells(self.url)

    def grade(self, student: str, submission: Files, plans: dict[str, Plan]) -> Result:
        """Return what comes of the files that `student` has handed in; `plans` are by notebook."""
        converter = self._converter(student, submission, plans)
        try:
            converter.start()
            files = rooms.read(self._folder("autograded", student))
        finally:
            self._clear(student)
        notes = _told(files)
        state = PERSON if converter.problems else NOTED if notes else GRADED
        return Result(student, state, notes, files, converter.trace)

    def tried(self, plans: dict[str, Plan]) -> dict[str, Trial]:
        """Return what comes of the instructor's own notebooks, each judged by its plan.

        Raises
        ------
        GradingError
            If one cannot be run.
        """
        converter = self._converter(MODEL, {**self.brief.given, **self.brief.source}, plans)
        try:
            converter.start()
            if converter.problems:
                raise GradingError(MODEL_FAILED.format(converter.problems[0], converter.trace))
            found = briefs.notebooks(rooms.read(self._folder("autograded", MODEL)))
            return {name: Trial(found[name].cells, converter.executed[name].imports) for name in plans}
        finally:
            self._clear(MODEL)

    def _converter(self, student: str, submission: Files, plans: dict[str, Plan]) -> Converter:
        briefs.write(submission, self._folder("submitted", student))
        config = copy.deepcopy(Config(self.brief.settings))
        config.CourseDirectory.db_url = self.url
        config.Exporter.optimistic_validation = True  # once, and not after each step
        course = CourseDirectory(config=config, root=str(self.folder))
        course.assignment_id, course.student_id = self.brief.assignment, student
        return Converter(self.brief, plans, self.cells, coursedir=course, config=config)

    def _folder(self, step: str, student: str) -> Path:
        return self.folder / step / student / self.brief.assignment

    def _clear(self, student: str) -> None:
        for step in ("submitted", "autograded"):
            rooms.remove(self.folder / step / student)


class _SourceCells(Gradebook):  # type: ignore[misc]
    """A gradebook that has only the assignment's cells, and looks for each of them once."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.find_source_cell = cache(super().find_source_cell)
        self.find_graded_cell = cache(super().find_graded_cell)


class _OverwriteCells(preprocessors.OverwriteCells):  # type: ignore[misc]
    """nbgrader's step that puts the locked cells back; none is missing after ``mend``."""

    def __init__(self, cells: _SourceCells) -> None:
        super().__init__()
        self.gradebook = cells

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Put the cells back."""
        place = resources["nbgrader"]
        self.notebook_id, self.assignment_id = place["notebook"], place["assignment"]
        found: tuple[Any, Any] = preprocessors.NbGraderPreprocessor.preprocess(self, nb, resources)
        return found


class Converter(Autograde):  # type: ignore[misc]
    """nbgrader's autograder for one submission; it writes into no gradebook and always ends with a file.

    `problems` tells, in words, what could not be run; `executed` has what ran each notebook.
    """

    def __init__(
        self, brief: Brief, plans: dict[str, Plan], cells: _SourceCells, **options: Any
    ) -> None:
        super().__init__(**options)
        self.brief, self.plans, self.cells = brief, plans, cells
        self.notebooks: list[str] = []
        self.exporter_class = mend.Exporter
        self.problems: list[str] = []
        self.executed: dict[str, Execute] = {}
        self._name = self.trace = ""
        self.nothing = False

    def run_pre_convert_hook(self) -> None:
        """Put the released notebook where a submission has none; then do what the course asks for."""
        names = {"assignment": self.coursedir.assignment_id, "student": self.coursedir.student_id}
        mend.before_grading(**names, notebooks=self.notebooks)
        super().run_pre_convert_hook()

    def init_notebooks(self) -> None:
        """Find the notebooks; a submission without any is graded as one that is empty."""
        folder = Path(self._format_source(self.coursedir.assignment_id, self.coursedir.student_id))
        folder.mkdir(parents=True, exist_ok=True)
        found = sorted(str(file) for file in folder.glob("*.ipynb") if file.is_file())
        self.nothing = not found
        self.assignments = {str(folder): found or [str(folder / briefs.names(self.brief.release)[0])]}

    def init_assignment(self, assignment_id: str, student_id: str) -> None:
        """Copy the submission's files and, over them, the instructor's."""
        BaseConverter.init_assignment(self, assignment_id, student_id)
        briefs.write(self._given(), Path(self._format_dest(assignment_id, student_id)))
        released = briefs.names(self.brief.release)
        self.notebooks = [file for file in self.notebooks if Path(file).name in released]

    def convert_single_notebook(self, notebook_filename: str) -> None:
        """Convert a notebook; if it cannot be run, write it as it came, with the reason."""
        self._name = Path(notebook_filename).name
        try:
            super().convert_single_notebook(notebook_filename)
        except TooLongError:
            self._write_as_it_came(TOO_LONG.format(self.brief.limits.seconds // 60))
        except Exception as error:  # no submission may end without a word
            self.trace = traceback.format_exc()
            self._write_as_it_came(FAILED.format(type(error).__name__))
        else:
            self._tell(self.executed[self._name])

    def _given(self) -> Files:
        """Return the instructor's files, but those of which a course lets students hand in their own."""
        own = self.exclude_overwriting.get(self.brief.assignment, [])
        return {name: raw for name, raw in self.brief.given.items() if name not in own}

    def _init_preprocessors(self) -> None:
        """Register nbgrader's steps: with ``mend`` before all, and without those that write marks."""
        self.exporter._preprocessors = []
        steps = self.sanitize_preprocessors if self._sanitizing else self.autograde_preprocessors
        if self._sanitizing:
            self.exporter.register_preprocessor(mend.mend)
        for step in steps:
            found = import_item(step) if isinstance(step, str) else step
            if found is mend.mend or found in (*_FOR_RECORD, *_NEEDLESS):
                continue
            if isinstance(found, type) and issubclass(found, preprocessors.Execute):
                found = self._execute()
            elif found is preprocessors.OverwriteCells:
                found = _OverwriteCells(self.cells)
            self.exporter.register_preprocessor(found)

    def _execute(self) -> Execute:
        brief = self.brief
        judged = self.plans.get(self._name, Plan())
        made = Execute(judged, self._given(), brief.layers, brief.limits, parent=self.exporter)
        made.is_trial = self.coursedir.student_id == MODEL
        self.executed[self._name] = made
        return made

    def _tell(self, executed: Execute) -> None:
        """Say at the top of the notebook that was just graded what was noticed."""
        self.problems += executed.notes
        notes = [*executed.notes, *([NOTHING] if self.nothing else [])]
        if executed.meddled:
            notes.append(MEDDLED.format(", ".join(executed.meddled)))
        if notes:
            file = Path(self.writer.build_directory, self._name)
            notebook = nbformat.read(file, as_version=4)  # type: ignore[no-untyped-call]
            mend.note(notebook, notes)
            nbformat.write(notebook, file)  # type: ignore[no-untyped-call]

    def _write_as_it_came(self, why: str) -> None:
        """Write the mended notebook, or the released one, with a note and without any run."""
        self.problems.append(why)
        folder = Path(self._format_dest(self.coursedir.assignment_id, self.coursedir.student_id))
        folder.mkdir(parents=True, exist_ok=True)
        try:
            notebook = nbformat.read(folder / self._name, as_version=4)  # type: ignore[no-untyped-call]
        except (OSError, ValueError):
            notebook = briefs.notebooks(self.brief.release)[self._name]
        nbformat.write(_not_run(notebook, why), folder / self._name)  # type: ignore[no-untyped-call]


def unable(brief: Brief, student: str, why: str) -> Result:
    """Return a result that leaves a submission to the instructor: what was released, and the reason."""
    files = {
        name: nbformat.writes(_not_run(one, why)).encode()  # type: ignore[no-untyped-call]
        for name, one in briefs.notebooks(brief.release).items()
    }
    return Result(student, PERSON, [why], files)


def _not_run(notebook: Any, why: str) -> Any:
    """Say in a notebook why it was not run."""
    for cell in notebook.cells:
        if cell.cell_type == "code" and utils.is_grade(cell):
            cell.outputs = [execute.error(NOT_RUN)]
    mend.note(notebook, [why])
    return notebook


def _told(files: Files) -> list[str]:
    """Return what the notebooks among `files` say of the grading itself."""
    cells = [cell for notebook in briefs.notebooks(files).values() for cell in notebook.cells]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    stopped = {output.evalue for output in outputs if output.get("ename") == execute.STOPPED}
    return [*(line for cell in cells for line in mend.noted(cell)), *sorted(stopped - {NOT_RUN})]
