"""A submission put back on the notebook that was released, so that nothing handed in stops nbgrader.

Students delete cells, copy them, turn text into code, hand in under another name or in half a file.
``mend`` takes their answers out of what came and puts them where they belong; everything else is as it
was handed out. What was done stands in words at the top of the graded notebook. ``nbgrader_config.py``
names the three parts that nbgrader calls: ``Exporter``, ``before_grading``, ``mend``.
"""

from __future__ import annotations

import re
import shutil
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import nbformat
from nbconvert.exporters import NotebookExporter
from nbgrader.utils import parse_utc

from partners import files
from partners.course import answers
from partners.course.answers import AnswersError
from partners.grading import notebook_file

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from partners.grading.notebook_file import Cell

RELEASE, KEPT = "release", "release_kept"
"""Folders in the course: what students got, and a copy that outlives a failing generate_assignment."""
NOTE = "from-the-grading"
"""The id of the cell that tells what was mended."""
OTHERS = 5
"""Notebooks under other names that are looked at."""
_MARKUP = re.compile(r"[&<>\[\]`#*_~|\\]|^[-+=]")

_ASSIGNS = re.compile(r"^(\w+)\s*=(?!=)", re.MULTILINE)
IN_FORM = "# This was answered in the form above."

TOLD = {
    "deleted": ("{} had been deleted and was put back.", "{} had been deleted and were put back."),
    "text": ("Text or code of the exercise had been deleted and was put back.",) * 2,
    "changed": (
        "{} had been changed and was put back as it was handed out.",
        "{} had been changed and were put back as they were handed out.",
    ),
    "settings": ("The points or settings of {} had been changed and were put back.",) * 2,
    "type": ("{} had been made another kind of cell.",) * 2,
    "twice": ("{} stood there twice; one is left.",) * 2,
    "both": ("{} stood there twice; both are kept, and the first that was filled in is marked.",) * 2,
    "moved": (
        "The answer to {} stood in a cell of its own and was put in its place.",
        "The answers to {} stood in cells of their own and were put in their places.",
    ),
    "order": ("The cells stood in another order and were put back.",) * 2,
    "marks": ("The notebook had lost nbgrader’s marks on its cells; they were put back.",) * 2,
    "other": ("This is another release of the exercise; the checks are those of the present one.",) * 2,
}
"""What was done, in words, for one cell and for several."""


class Exporter(NotebookExporter):
    """nbgrader's exporter, except that ``mend`` reads what comes from a student."""

    def from_file(self, file_stream: Any, resources: Any = None, **options: Any) -> Any:
        """Export the notebook in the file, or an empty one where ``mend`` will put it together."""
        if mend not in self._preprocessors:
            return super().from_file(file_stream, resources, **options)
        empty = nbformat.v4.new_notebook()  # type: ignore[no-untyped-call]
        return self.from_notebook_node(empty, resources, **options)  # type: ignore[no-untyped-call]


def before_grading(assignment: str, student: str, notebooks: list[str]) -> None:
    """Put the released notebook where a submission has none of its name, as nbgrader grades no other.

    It is nbgrader's `pre_convert_hook`. The notebook that has another name is found by ``mend``. A
    time of handing in that is none would stop nbgrader, so it is put aside.
    """
    folder = Path(notebooks[0]).parent
    _put_aside_what_is_no_time(folder / "timestamp.txt")
    for release in sorted(_release_folder(assignment).glob("*.ipynb")):
        place = folder / release.name
        if not place.exists():
            shutil.copy(release, place)
            notebooks.append(str(place))


def _put_aside_what_is_no_time(file: Path) -> None:
    try:
        parse_utc(file.read_text("utf-8").strip() or None)
    except FileNotFoundError:
        pass
    except (ValueError, OverflowError):
        files.put_aside(file)


def mend(_: Any, resources: Any) -> tuple[Any, Any]:
    """Return the submission on the structure of the released notebook; a preprocessor of nbconvert.

    It stands first in ``Autograde.sanitize_preprocessors`` and reads the files itself. nbgrader runs it
    with the course as the working directory.

    Raises
    ------
    FileNotFoundError
        If the notebook was never released.
    """
    place = resources["nbgrader"]
    name = f"{place['notebook']}.ipynb"
    release = _release_folder(place["assignment"]) / name
    folder = Path(resources["metadata"]["path"])
    written, problem = _written(folder, place["assignment"])
    notebooks = [folder / name, *_others(folder, release.parent)]
    found = [rebuilt(notebook_file.read(file), release, written) for file in notebooks]
    best = max(found, key=lambda one: _worth(one, one is found[0]))
    told = [*_told_of_files(notebooks, found, best), *best.told, *([problem] if problem else [])]
    if told:
        note(best.notebook, told)
    return best.notebook, resources


def form(assignment: str, notebook: str, grade_id: str) -> str:
    """Return the text of a cell as it was released, or nothing if there is none with this id."""
    cells = notebook_file.read(_release_folder(assignment) / f"{notebook}.ipynb").cells
    return next((cell.source for cell in cells if cell.grade_id == grade_id), "")


def _worth(one: Mended, named: bool) -> tuple[bool, int, bool, bool]:
    """Return what a notebook among several is chosen by: first that it has the name, and answers."""
    return named and one.answered > 0, one.answered, not one.problem, not named


def _release_folder(assignment: str) -> Path:
    folders = [Path(step, assignment) for step in (RELEASE, KEPT)]
    found = next((folder for folder in folders if folder.is_dir()), None)
    if not found:
        msg = f"There is no folder {folders[0]}. Run: nbgrader generate_assignment {assignment}"
        raise FileNotFoundError(msg)
    return found


def _others(folder: Path, release: Path) -> list[Path]:
    """Return the notebooks in a submission that have no released name."""
    names = {file.name for file in release.glob("*.ipynb")}
    return sorted(f for f in folder.glob("*.ipynb") if f.name not in names and f.is_file())[:OTHERS]


def _written(folder: Path, assignment: str) -> tuple[dict[str, str], str]:
    """Return the texts in a submission's answers file, and what is wrong with the file, in words.

    An answer that is no text, because it has items, is there as an empty one.
    """
    file = folder / answers.file_name(assignment)
    if not file.exists():
        return {}, ""
    try:
        found = answers.load(file, assignment).answers
    except AnswersError as error:
        return {}, _inert(str(error))
    return {name: _inert(text) if isinstance(text, str) else "" for name, text in found.items()}, ""


def _inert(text: str) -> str:
    """Return what somebody wrote as Markdown that shows just that, line by line, and no more."""
    lines = [line.strip() for line in text.strip().splitlines()]
    return "  \n".join(_MARKUP.sub(lambda sign: f"&#{ord(sign[0])};", line) for line in lines)


def _told_of_files(notebooks: list[Path], found: list[Mended], best: Mended) -> list[str]:
    """Return what is to be said of notebooks under other names, and of one that cannot be read."""
    told = []
    for file, one in zip(notebooks, found, strict=True):
        name = _inert(file.name)
        if one is best and one is not found[0]:
            told.append(f"The notebook was called “{name}” and was graded as “{notebooks[0].name}”.")
        elif one is not best and one is not found[0]:
            why = f": it {one.problem}" if one.problem else ""
            told.append(f"“{name}” lies beside the notebook and was not graded{why}.")
        if one is best and one.problem:
            told.append(
                f"The file “{name}” {one.problem}. What is missing stands as it was handed out; an "
                "answers file and transcripts count all the same."
            )
    return told


def note(notebook: Any, lines: list[str]) -> None:
    """Say `lines` at the top of a notebook, below those that stand there already."""
    if not any(cell.id == NOTE for cell in notebook.cells):
        notebook.cells.insert(0, _markdown("**From the grading**\n", NOTE))
    notebook.cells[0].source += "".join(f"\n- {line}" for line in lines)


def noted(cell: Any) -> list[str]:
    """Return the lines that ``note`` has put into a cell."""
    lines = cell.source.splitlines() if cell.get("id") == NOTE else []
    return [line.removeprefix("- ") for line in lines if line.startswith("- ")]


class Mended(NamedTuple):
    """A submission on the released structure.

    `told` says what was done; `answered` counts the answer cells that the student filled in; `problem`
    is what was wrong with the file.
    """

    notebook: Any
    told: list[str]
    answered: int
    problem: str


def rebuilt(came: notebook_file.NotebookFile, release: Path, written: Mapping[str, str]) -> Mended:
    """Return the cells of the notebook in `release`, in their order, with a student's answers.

    Parameters
    ----------
    came
        What the student handed in.
    release
        The file of the released notebook.
    written
        Answers from the answers file by grade id, for written parts that are untouched in `came`.
    """
    given, problem = notebook_file.read(release).cells, came.problem
    if _of_another(came.cells, given):
        came, problem = notebook_file.NotebookFile([]), "is of another exercise"
    work = _Rebuilding(came.cells, given)
    sources = [work.source(i, written) for i in range(len(given))]
    notebook = work.built(nbformat.read(release, as_version=4), sources)  # type: ignore[no-untyped-call]
    return Mended(notebook, [] if problem else work.in_words(), work.answered, problem)


def _of_another(cells: list[Cell], given: list[Cell]) -> bool:
    """Say whether most cells that nbgrader marked belong to another exercise."""
    known, ids = {cell.grade_id for cell in given}, {cell.grade_id for cell in cells} - {""}
    return len(ids - known) > len(ids & known)


class _Rebuilding:
    """The cells that came, each with the released cell that it is, and those that were added.

    `own` is the student's cell by the index of the released one; `behind` are the added cells by the
    index of the released one behind which they stood, and -1 for the top.
    """

    def __init__(self, cells: list[Cell], given: list[Cell]) -> None:
        self.cells, self.given = cells, given
        self.told: dict[str, list[str]] = {}
        self.answered = 0
        pairs = self._pairs()
        self.own = {index: cells[number] for number, index in sorted(pairs.items())}
        self.behind = self._added(pairs)
        if list(self.own) != sorted(self.own):
            self._once("order", "")

    def source(self, index: int, written: Mapping[str, str]) -> str:
        """Return the text of the released cell with this index: the student's where it is theirs."""
        given, own = self.given[index], self.own.get(index)
        self._tell(given, own)
        if _locked(given):
            return given.source
        if own and _filled(own, given):
            self.answered += _answer(given)
            return own.source
        if _written_part(given):
            return written.get(given.grade_id) or self._beside(index) or given.source
        if _answer(given) and written.keys() & set(_ASSIGNS.findall(given.source)):
            return f"{given.source}\n{IN_FORM}"  # or nbgrader would tell the student “No response.”
        return given.source

    def built(self, notebook: Any, sources: list[str]) -> Any:
        """Return `notebook`, the released one, with these texts and with the cells that were added."""
        ids, cells = {NOTE, *(cell.id for cell in notebook.cells)}, []
        for index, cell in enumerate([None, *notebook.cells], -1):
            if cell:
                cell.source = sources[index]
                own = self.own.get(index)
                if own and cell.source == own.source:
                    _paste(cell, own)
                cells.append(cell)
            cells += [_new(added, ids) for added in self.behind[index]]
        notebook.cells = cells
        return notebook

    def in_words(self) -> list[str]:
        """Return a sentence for each thing that was done."""
        kinds = ("other", "twice", "both", "moved") if "other" in self.told else tuple(self.told)
        named = {kind: [f"“{name}”" for name in self.told.get(kind, ())] for kind in kinds}
        return [
            TOLD[kind][len(names) > 1].format(", ".join(names)) for kind, names in named.items() if names
        ]

    def _pairs(self) -> dict[int, int]:
        """Return the index of the released cell by that of the student's, by the best sign there is."""
        copies: dict[str, list[int]] = defaultdict(list)
        for number, cell in enumerate(self.cells):
            copies[cell.grade_id].append(number)
        pairs, loose = dict[int, int](), set(copies.pop("", []))
        for index, cell in enumerate(self.given):
            if numbers := copies.pop(cell.grade_id, []):
                filled = (n for n in numbers if _filled(self.cells[n], cell))
                pairs[next(filled, numbers[0])] = index
        loose.update(number for numbers in copies.values() for number in numbers)
        for sign in _SIGNS:
            self._pair(sign, pairs, loose)
        return pairs

    def _pair(self, sign: Callable[[Cell], Any], pairs: dict[int, int], loose: set[int]) -> None:
        """Add to `pairs` the cells without a place that have a `sign` in common, in their order."""
        free: dict[Any, list[int]] = defaultdict(list)
        for index, cell in enumerate(self.given):
            if index not in pairs.values():
                free[sign(cell)].append(index)
        for number in sorted(loose - pairs.keys()):
            key = sign(self.cells[number])
            if key and free[key]:
                pairs[number] = free[key].pop(0)

    def _added(self, pairs: dict[int, int]) -> dict[int, list[Cell]]:
        """Return the cells that are none of the released ones, but not bare copies of them."""
        behind: dict[int, list[Cell]] = defaultdict(list)
        released = {cell.grade_id: cell for cell in self.given if cell.grade_id}
        at = -1
        for number, cell in enumerate(self.cells):
            given = released.get(cell.grade_id)
            if number in pairs:
                at = pairs[number]
            elif given and not _filled(cell, given):
                self._once("twice", cell.grade_id)
            else:
                behind[at].append(cell)
                if given:
                    self._once("both" if _answer(given) else "twice", cell.grade_id)
        return behind

    def _beside(self, index: int) -> str:
        """Return the text that a student wrote into a new cell instead of the one that asks for it."""
        before = index if index in self.own else max((i for i in self.own if i < index), default=-1)
        texts = [c for c in self.behind[before] if c.type != "code" and c.source.strip()]
        if not texts:
            return ""
        self.behind[before].remove(texts[0])
        self._once("moved", self.given[index].grade_id)
        self.answered += 1
        return texts[0].source

    def _tell(self, given: Cell, own: Cell | None) -> None:
        name = given.grade_id
        if not own:
            self._once("deleted" if name else "text", name)
        elif not name:
            return
        elif not own.grade_id:
            self._once("marks", "")
        elif own.nbgrader.get("checksum", own) != given.nbgrader.get("checksum", own):
            self._once("other", "")
        else:
            if _locked(given) and _plain(own.source) != _plain(given.source):
                self._once("changed", name)
            if own.type != given.type:
                self._once("type", name)
            elif _settings(own) != _settings(given):
                self._once("settings", name)

    def _once(self, kind: str, name: str) -> None:
        names = self.told.setdefault(kind, [])
        if name not in names:
            names.append(name)


def _answer(cell: Cell) -> bool:
    return bool(cell.nbgrader.get("solution"))


def _written_part(cell: Cell) -> bool:
    return _answer(cell) and bool(cell.nbgrader.get("grade")) and cell.type == "markdown"


def _locked(cell: Cell) -> bool:
    marks = cell.nbgrader
    return not _answer(cell) and any(marks.get(mark) for mark in ("grade", "locked", "task"))


def _settings(cell: Cell) -> Any:
    marks = ("grade", "solution", "locked", "task", "points")
    return cell.grade_id, [cell.nbgrader.get(mark) for mark in marks], cell.tags


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def _filled(own: Cell, given: Cell) -> bool:
    """Say whether a student wrote something of their own into a cell."""
    return _plain(own.source) not in ("", _plain(given.source))


def _assigned(cell: Cell) -> str:
    """Return the first name that an answer cell, or any cell of code, assigns at the start of a line."""
    found = _ASSIGNS.search(cell.source)
    return found[1] if found and cell.type == "code" else ""


_SIGNS: tuple[Callable[[Cell], Any], ...] = (
    lambda cell: cell.id and (cell.id, _plain(cell.source)),
    lambda cell: "" if _written_part(cell) else _plain(cell.source),
    lambda cell: cell.id,
    _assigned,
)
"""By what a cell without nbgrader's marks is known, the best sign first; what is empty is none."""


def _new(cell: Cell, ids: set[str]) -> Any:
    """Return a cell that a student added, without marks, and with an id that is not in `ids` yet."""
    name, number = cell.id if re.fullmatch(r"[\w-]{1,64}", cell.id, re.ASCII) else "", 0
    while not name or name in ids:
        number += 1
        name = f"added-{number}"
    ids.add(name)
    made = _markdown(cell.source, name)
    if cell.type == "markdown":
        _paste(made, cell)
    else:
        made.cell_type = cell.type
    if cell.type == "code":
        made |= {"execution_count": None, "outputs": []}
    return made


def _markdown(source: str, name: str) -> Any:
    return nbformat.v4.new_markdown_cell(source, id=name)  # type: ignore[no-untyped-call]


def _paste(cell: Any, own: Cell) -> None:
    """Put the pictures of a student's text cell into `cell`."""
    if own.attachments and cell.cell_type == "markdown":
        cell.attachments = nbformat.from_dict(own.attachments)  # type: ignore[no-untyped-call]
