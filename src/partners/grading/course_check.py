"""What is missing in an instructor's course, found before it bites; nothing is changed.

Each check of ``CHECKS`` yields problems in words, as “where: what, and the way out”; one that yields
none is fine.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
import stat
import sys
import traceback
from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from partners.course import exercises
from partners.grading import course as courses
from partners.grading import marks, roster

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

ROOM = 1_000_000_000
"""Bytes that should be free: feedback of a class with figures takes some hundred million."""

MODES = {"": 0o755, "inbound": 0o2733, "outbound": 0o755, "feedback": 0o711}
"""What nbgrader gives the folders of a course in its exchange; the exchange itself has 777."""

OURS = Path(__file__).with_name("nbgrader_config.py.txt")
"""The settings that ``partners course new`` gives a course."""

_REGION = re.compile(r"(?s)BEGIN (?:SOLUTION|HIDDEN TESTS).*?END (?:SOLUTION|HIDDEN TESTS)")
_TELLING = 13  # shorter lines, such as `else:`, may stand anywhere
_MADE_WITH = re.compile(r"Partners (\d[\w.+-]*\w)")
_SCORE = re.compile(r"\(Score: ([\d.]+) /")


@dataclass(frozen=True)
class Course:
    """The folder of a course, read only."""

    root: Path

    @cached_property
    def config(self) -> Any:
        """The settings as nbgrader puts them together (a traitlets Config)."""
        return courses.settings(self.root)

    @cached_property
    def id(self) -> str:
        """The course's name in the exchange and the gradebook."""
        return str(self.config.CourseDirectory.get("course_id", ""))

    @cached_property
    def exchange(self) -> Path:
        """Where nbgrader's exchange is, or would be."""
        from nbgrader.exchange.default import Exchange  # noqa: PLC0415

        return Path(Exchange(config=self.config).root)

    def assignments(self, step: str) -> list[str]:
        """Return the names of the assignments in `step`, source or release."""
        return sorted(folder.name for folder in (self.root / step).glob("*") if folder.is_dir())

    def papers(self, step: str) -> dict[tuple[str, str], Path]:
        """Return the folders of `step`, submitted to feedback, by student and assignment."""
        names = {*self.assignments("source"), *self.assignments("release")}
        folders = sorted(f for f in (self.root / step).glob("*/*") if f.is_dir() and f.name in names)
        return {(f.parent.name, f.name): f for f in folders}

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of `query` from the gradebook."""
        address = f"{(self.root / 'gradebook.db').resolve().as_uri()}?mode=ro"
        with closing(sqlite3.connect(address, uri=True)) as book:
            return book.execute(query).fetchall()


def checked(directory: Path) -> dict[str, list[str]]:
    """Return the problems of the course in `directory`, by the name of the check that found them.

    Without a folder, settings and gradebook that can be read, nothing more is looked at.
    """
    course, found = Course(directory), dict[str, list[str]]()
    for name, check in CHECKS.items():
        found[name] = list(check(course))
        if found[name] and name in FIRST:
            break
    return found


def _folder(course: Course) -> Iterator[str]:
    if not (course.root / "nbgrader_config.py").is_file():
        yield (
            f"{course.root}: This is no course: there is no nbgrader_config.py. "
            "Go into the folder of your course, or make one: partners course new spring-term"
        )


def _settings(course: Course) -> Iterator[str]:
    from traitlets.config.loader import PyFileConfigLoader  # noqa: PLC0415

    file = course.root / "nbgrader_config.py"
    try:
        there = PyFileConfigLoader(file.name, path=str(course.root)).load_config()
    except Exception as error:
        yield (
            f"{file.name}:{_line(error, file)}: nbgrader cannot read it "
            f"({type(error).__name__}: {error}). "
            "Mend the line, or take the file of a new course: partners course new ../another"
        )
        return
    ours = PyFileConfigLoader(OURS.name, path=str(OURS.parent)).load_config()
    lacking = _set(ours) - _set(there)
    for setting, part in sorted(lacking):
        if not part or (setting, "") not in lacking:
            what = f"lacks {part}" if part else "is not set"
            yield (
                f"{file.name}: c.{setting} {what}. "
                "Take the line from the file of a new course: partners course new ../another"
            )
    if not there.CourseDirectory.get("course_id"):
        yield f'{file.name}: The course has no name. Write: c.CourseDirectory.course_id = "partners"'


def _version(course: Course) -> Iterator[str]:
    """Compare with the version in the README that ``partners course new`` wrote, if it is there."""
    readme, now = course.root / "README.md", version("partners")
    found = _MADE_WITH.search(readme.read_text("utf-8", "replace")) if readme.is_file() else None
    if found and found[1] != now:
        yield (
            f"{readme.name}: Partners {found[1]} made this course, and Partners {now} is installed. "
            f"Finish the term with {found[1]}, or compare with a new course and write {now} here."
        )


def _line(error: Exception, file: Path) -> int:
    """Return the line of `file` that `error` comes from."""
    if isinstance(error, SyntaxError):
        return error.lineno or 1
    frames = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).name == file.name]
    return (frames[-1].lineno or 1) if frames else 1


def _set(config: Any) -> set[tuple[str, str]]:
    """Return the names of what is set, each alone and with each part of this package that it names."""
    found = set()
    for section, settings in config.items():
        for name, value in settings.items():
            added = value.to_dict().values() if hasattr(value, "to_dict") else [value]
            items = chain.from_iterable(each if isinstance(each, list) else [each] for each in added)
            parts = [item for item in items if str(item).startswith("partners.")]
            found |= {(f"{section}.{name}", part) for part in ["", *parts]}
    return found


def _tools(course: Course) -> Iterator[str]:
    from jupyter_core.paths import jupyter_config_path  # noqa: PLC0415
    from jupyter_server.extension.config import ExtensionConfigManager  # noqa: PLC0415

    here = Path(sys.executable).parent
    for tool in ("nbgrader", "alembic"):
        found = shutil.which(tool)
        if found is None or Path(found).parent != here:
            where = "is not found" if found is None else f"is {found}, of another installation"
            yield (
                f"{tool}: The command {where}, so grading would stop or go wrong. "
                f"Activate the environment first: . {here}/activate"
            )
    manager = ExtensionConfigManager(read_config_path=jupyter_config_path())
    extensions = manager.get_jpserver_extensions()  # type: ignore[no-untyped-call]
    if not extensions.get("nbgrader.server_extensions.formgrader"):
        yield (
            "formgrader: It is switched off here, so written parts cannot be marked. "
            "Run: jupyter server extension enable nbgrader.server_extensions.formgrader"
        )
    free = shutil.disk_usage(course.root).free
    if free < ROOM:
        yield (
            f"{course.root}: Only {free // 1_000_000} MB of disk are free. Make room before you grade."
        )


def _gradebook(course: Course) -> Iterator[str]:
    from alembic.script import ScriptDirectory  # noqa: PLC0415
    from nbgrader.dbutil import ALEMBIC_DIR  # noqa: PLC0415

    book = course.root / "gradebook.db"
    if not book.exists():
        return
    try:
        versions = [row[0] for row in course.ask("SELECT version_num FROM alembic_version")]
        courses = [row[0] for row in course.ask("SELECT DISTINCT course_id FROM assignment")]
    except sqlite3.Error as error:
        yield f"{book.name}: It cannot be read ({error}). Put back your last copy of it."
        return
    if versions != [ScriptDirectory(ALEMBIC_DIR).get_current_head()]:
        yield f"{book.name}: Another version of nbgrader made it. Run: nbgrader db upgrade"
    if courses and course.id not in courses:
        yield (
            f"{book.name}: It holds the course {', '.join(courses)}, "
            f"and the settings name the course {course.id}. "
            f"Write its name there: c.CourseDirectory.course_id = {courses[0]!r}"
        )
    if not book.stat().st_mode & stat.S_IWUSR:
        yield f"{book.name}: You may not write to it. Run: chmod u+w {book.name}"


def _sources(course: Course) -> Iterator[str]:
    if not course.assignments("source"):
        yield "source: There is no assignment. Make a new course: partners course new ../another"
    for file in (course.root / "source").rglob("*.json"):
        if file.name.endswith((".answers.json", ".transcript.json")):
            place = file.parent.relative_to(course.root)
            yield f"{place}: {file.name} would be given to students. Move it elsewhere."


def _releases(course: Course) -> Iterator[str]:
    given_out = course.exchange / course.id / "outbound"
    for name in course.assignments("release"):
        source, release = course.root / "source" / name, course.root / "release" / name
        if not source.is_dir():
            continue
        again = f"Make it again: nbgrader generate_assignment {name} --force"
        yield from _leaks(source, release, again)
        yield from _notebooks(source, release, course.config, again)
        for file in _files(source):
            copy = release / file.relative_to(source)
            if file.suffix != ".ipynb" and not _same(file, copy):
                what = "is not that of the source" if copy.exists() else "is missing"
                yield f"release/{name}: {file.name} {what}. {again}"
        if given_out.is_dir():
            yield from _handed_out(release, given_out / name)


def _leaks(source: Path, release: Path, again: str) -> Iterator[str]:
    """Yield a problem for each file of the release that tells a solution or a hidden test."""
    texts = ["\n".join(text for _, text in _cells(file)) for file in source.glob("*.ipynb")]
    if release.name in exercises.names():
        texts.append("\n".join(c.source for c in exercises.instructor_notebook(release.name).cells))
    secrets = _secrets(texts)
    for file in release.rglob("*.ipynb"):
        shown = {line.strip() for _, text in _cells(file) for line in text.splitlines()}
        if told := sorted(secrets & shown):
            what = f"It tells an answer or a hidden test: “{told[0]}”"
            yield f"release/{release.name}/{file.name}: {what} Don’t give it out. {again}"


def _secrets(texts: Iterable[str]) -> set[str]:
    """Return the telling lines that stand between nbgrader's marks, and nowhere else."""
    secret: set[str] = set()
    open_: set[str] = set()
    for text in texts:
        secret |= {line.strip() for part in _REGION.findall(text) for line in part.splitlines()[1:-1]}
        open_ |= {line.strip() for line in _REGION.sub("", text).splitlines()}
    return {line for line in secret - open_ if len(line) >= _TELLING}


def _notebooks(source: Path, release: Path, config: Any, again: str) -> Iterator[str]:
    """Yield a problem for each notebook that is not what nbgrader would make of its source now."""
    for notebook in sorted(source.glob("*.ipynb")):
        try:
            now = _for_students(notebook, config)
        except Exception as error:
            place = f"source/{source.name}/{notebook.name}"
            what = f"nbgrader cannot make the students’ version of it ({error})."
            yield f"{place}: {what} Mend it, or take the file of a new course."
            continue
        if now != _cells(release / notebook.name):
            newer = _newest(source) > _newest(release)
            what = "The source was changed after it was made." if newer else "It was changed by hand."
            yield f"release/{release.name}: {what} {again}"


def _for_students(notebook: Path, config: Any) -> list[tuple[str, str]]:
    """Return the cells as ``nbgrader generate_assignment`` would make them now."""
    import nbformat  # noqa: PLC0415
    from nbconvert.exporters import NotebookExporter  # noqa: PLC0415

    exporter: Any = NotebookExporter(config=config)  # type: ignore[no-untyped-call]
    for step in config.GenerateAssignment.preprocessors:
        if not step.endswith((".SaveCells", ".InstantiateTests")):  # these write, or start Python
            exporter.register_preprocessor(step, enabled=True)
    made, _ = exporter.from_filename(str(notebook))
    cells = nbformat.reads(made, as_version=4).cells  # type: ignore[no-untyped-call]
    return [(cell.cell_type, cell.source) for cell in cells]


def _cells(notebook: Path) -> list[tuple[str, str]]:
    """Return kind and text of the cells in a file; none if it is no notebook."""
    import nbformat  # noqa: PLC0415

    try:
        cells = nbformat.read(notebook, as_version=4).cells  # type: ignore[no-untyped-call]
    except Exception:
        return []
    return [(cell.cell_type, cell.source) for cell in cells]


def _files(folder: Path) -> list[Path]:
    """Return all files in a folder, but those that Jupyter keeps for itself."""
    return [f for f in folder.rglob("*") if f.is_file() and ".ipynb_checkpoints" not in f.parts]


def _newest(folder: Path) -> float:
    return max((file.stat().st_mtime for file in _files(folder)), default=0)


def _same(one: Path, other: Path) -> bool:
    return other.is_file() and one.read_bytes() == other.read_bytes()


def _handed_out(release: Path, given_out: Path) -> Iterator[str]:
    """Yield a problem if students find another version in the exchange, or none."""
    if not given_out.is_dir():
        yield (
            f"release/{release.name}: It is not in the exchange yet. "
            f"When it is time: nbgrader release_assignment {release.name}"
        )
    elif not all(_same(file, given_out / file.relative_to(release)) for file in _files(release)):
        yield (
            f"release/{release.name}: Students find an older version in the exchange. "
            f"Run: nbgrader release_assignment {release.name} --force"
        )


def _exchange(course: Course) -> Iterator[str]:
    root, of_course = course.exchange, course.exchange / course.id
    if not root.exists():
        if "root" in course.config.Exchange:
            yield (
                f"{root}: The exchange that the settings name is not there. "
                f"Make it as the administrator: mkdir -p {root} && chmod 777 {root}"
            )
        return
    if course.config.CourseDirectory.get("groupshared"):
        return  # then its permissions are the administrators' to choose
    source = course.root.resolve() / "source"
    if of_course.exists() and all(f.stat().st_mode & 0o001 for f in (source, *source.parents)):
        yield (
            "source: Everybody with an account on this machine can read the answers. "
            f"Run: chmod 700 {course.root.resolve()}"
        )
    modes = {root: 0o777} | {of_course / name: mode for name, mode in MODES.items()}
    for place, mode in modes.items():
        if place.exists() and stat.S_IMODE(place.stat().st_mode) & 0o2777 != mode:
            there = oct(stat.S_IMODE(place.stat().st_mode))[2:]
            yield (
                f"{place}: Its permissions are {there}; nbgrader needs {mode:o}. "
                f"Run: chmod {mode:o} {place}"
            )


def _roster(course: Course) -> Iterator[str]:
    file = course.root / "roster.csv"
    try:
        known = {student.student_id for student in roster.read(file)}
    except FileNotFoundError:
        yield f"{file.name}: There is no class list. Its first line is: {roster.EXAMPLE.split()[0]}"
        return
    except roster.RosterError as error:
        yield f"class list: {error}".strip()
        return
    strangers = sorted({student for student, _ in course.papers("submitted")} - known)
    if strangers:
        yield (
            f"submitted: Not in {file.name}: {_some(strangers)}. "
            "Add a line there, or rename the folder to the student’s id."
        )


def _grading(course: Course) -> Iterator[str]:
    autograded = course.papers("autograded")
    waiting, again = defaultdict[str, list[str]](list), defaultdict[str, list[str]](list)
    for (student, name), paper in course.papers("submitted").items():
        graded = autograded.get((student, name))
        if graded is None:
            waiting[name].append(student)
        elif _later(paper, graded):
            again[name].append(student)
    for name, students in waiting.items():
        yield f"{name}: Handed in and not graded: {_some(students)}. Run: partners grade {name}"
    for name, students in again.items():
        yield (f"{name}: Handed in again after grading: {_some(students)}. Run: partners grade {name}")
    if (course.root / "gradebook.db").exists():
        yield from _written_and_feedback(course)


def _later(paper: Path, graded: Path) -> bool:
    """Say whether `paper` was handed in after what was graded."""
    times = [folder / "timestamp.txt" for folder in (paper, graded)]
    if all(time.exists() for time in times):
        return times[0].read_text("utf-8") != times[1].read_text("utf-8")
    return _newest(paper) > _newest(graded)


def _written_and_feedback(course: Course) -> Iterator[str]:
    feedback = course.papers("feedback")
    with marks.opened(course.root) as book:
        for name in sorted({name for _, name in course.papers("autograded")}):
            rows = book.submission_dicts(name)
            by_hand = sorted(row["student"] for row in rows if row["needs_manual_grade"])
            if by_hand:
                yield (
                    f"{name}: Parts wait for your points: {_some(by_hand)}. "
                    "In JupyterLab’s menu Nbgrader, open Formgrader, Manual grading."
                )
            scores = {row["student"]: row["score"] for row in rows}
            given_back = {who: feedback[who, name] for who in scores if (who, name) in feedback}
            older = sorted(w for w, found in given_back.items() if not _tells(found, scores[w]))
            if older:
                yield (
                    f"{name}: Feedback is older than the grades: {_some(older)}. "
                    f"Run: nbgrader generate_feedback {name} --force"
                )


def _tells(feedback: Path, score: float) -> bool:
    """Say whether the feedback names the score that is in the gradebook."""
    scores = [_SCORE.search(file.read_text("utf-8")) for file in feedback.glob("*.html")]
    return abs(sum(float(found[1]) for found in scores if found) - score) < 0.01


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"


FIRST = {"folder", "settings", "gradebook"}
CHECKS: dict[str, Callable[[Course], Iterator[str]]] = {
    "folder": _folder,
    "settings": _settings,
    "gradebook": _gradebook,
    "version": _version,
    "tools": _tools,
    "sources": _sources,
    "releases": _releases,
    "exchange": _exchange,
    "roster": _roster,
    "grading": _grading,
}
