"""Running a submission so that a cell that loops, ends Python or floods costs no more than itself."""

from __future__ import annotations

from typing import Any

import nbformat
from nbgrader import preprocessors, utils

from partners.grading import mend

MOST_OF_CELL, MOST_OF_NOTEBOOK = 2_000_000, 5_000_000
"""Characters of output that are kept, pictures in base64 included."""
TOO_MUCH = "\n(The rest of this output was too long and is left out.)\n"
LEFT_OUT = "left-out"
"""The tag of a cell that is not run again, as ``Execute.skip_cells_with_tag`` in the course's config."""
MOST_LEFT_OUT = 5
LONGEST_ERROR = 5_000
"""Characters of one line of an error."""

ENDED = "This cell ended Python or could not be stopped. It was left out, and the rest was run again."
NO_POINTS = "What came out in place of points is none. Ask your instructor to look."
STOPPED = "Stopped"
SHOWN = ("stream", "display_data", "execute_result", "update_display_data")
BEGIN = "del exit, quit"
"""Takes away two words that would end Python some time later."""
DEFINE = """
def _form(names):
    exec({!r}, names)
    for name, value in names.items():
        globals().setdefault(name, value)
_form(dict(globals()))
del _form
"""
"""Defines what an answer cell should have defined, as in the form that was handed out."""


class StuckError(Exception):
    """A cell went on after it was interrupted."""


class Execute(preprocessors.Execute):  # type: ignore[misc]
    """nbgrader's execution, which goes on where a cell stops it.

    A cell that ends Python, cannot be interrupted or sends what is no output is left out and the rest
    is run again. What an answer cell with an error has not defined is as in the released form, so that
    the checks can say what is open. A warning costs no points; output has a limit.
    """

    def preprocess(self, nb: Any, resources: Any, km: Any = None) -> tuple[Any, Any]:
        """Run the notebook, if need be again without the cell that stopped it."""
        for _ in range(MOST_LEFT_OUT):
            self._at: Any = None
            try:
                return self._run(nb, resources, km)
            except Exception:  # whatever the cell has done
                if self._at is None:  # it was none
                    raise
                self._at.metadata["tags"] = [*self._at.metadata.get("tags", []), LEFT_OUT]
                self._at.outputs = [error(self.ended())]
        return self._run(nb, resources, km)

    def ended(self) -> str:
        """Return why the cell at which the notebook stopped is left out, in words."""
        return ENDED

    def _run(self, nb: Any, resources: Any, km: Any) -> tuple[Any, Any]:
        self._length: dict[str, int] = {}
        nb, resources = super().preprocess(nb, resources, km)
        self._at = None
        sound = _valid(nb)
        for cell in nb.cells:
            if cell.cell_type == "code":
                _tidy(cell, sound)
        return nb, resources

    def preprocess_cell(self, cell: Any, resources: Any, index: int) -> tuple[Any, Any]:
        """Run a cell, and see that the next one can be run."""
        if index == 0:
            self._ask(BEGIN)
        self._at = cell
        cell, resources = super().preprocess_cell(cell, resources, index)
        if any(output.output_type == "error" for output in cell.get("outputs", [])):
            self._ask(self._define(cell) if utils.is_solution(cell) else "")
        return cell, resources

    def process_message(self, msg: Any, cell: Any, cell_index: int) -> Any:
        """Take a message from the kernel, unless it brings more output than is kept."""
        kind = msg["msg_type"]
        points = kind == "execute_result" and utils.is_grade(cell)
        if kind in SHOWN and not points and not self._fits(cell, len(str(msg["content"]))):
            return None
        return super().process_message(msg, cell, cell_index)

    def _fits(self, cell: Any, length: int) -> bool:
        of_cell = self._length.get(cell.id, 0) + length
        of_notebook = sum(self._length.values()) + length
        if of_cell > MOST_OF_CELL or (of_notebook > MOST_OF_NOTEBOOK and not utils.is_grade(cell)):
            if not cell.outputs or cell.outputs[-1].get("text") != TOO_MUCH:
                cell.outputs.append(_output("stream", name="stdout", text=TOO_MUCH))
            return False
        self._length[cell.id] = of_cell
        return True

    def _ask(self, code: str) -> None:
        """Run `code` unseen.

        Raises
        ------
        StuckError
            If Python does not answer, because a cell before cannot be interrupted.
        """
        if not self.wait_for_reply(self.kc.execute(code, silent=True, store_history=False)):
            raise StuckError

    def _define(self, cell: Any) -> str:
        place, name = self.resources["nbgrader"], cell.metadata.nbgrader["grade_id"]
        return DEFINE.format(mend.form(place["assignment"], place["notebook"], name))


def _tidy(cell: Any, sound: bool) -> None:
    """Drop outputs that are none, unless all are `sound`; a warning is no error; odd points are none."""
    if not sound:
        cell.outputs = [output for output in cell.outputs if _valid(output, "output")]
    for output in cell.outputs:
        if output.get("name") == "stderr":
            output.name = "stdout"
        if output.output_type == "error":
            output.evalue = output.evalue[:LONGEST_ERROR]
            output.traceback = [line[:LONGEST_ERROR] for line in output.traceback]
    if utils.is_grade(cell) and not utils.is_solution(cell):
        try:
            utils.determine_grade(cell)
        except Exception:  # whatever the cell has shown in place of its points
            cell.outputs.insert(0, error(NO_POINTS))


def _valid(node: Any, kind: str | None = None) -> bool:
    """Say whether a notebook is one, or a part of this `kind`, which takes longer."""
    try:
        nbformat.validate(node, ref=kind, version=4, relax_add_props=True)
    except nbformat.ValidationError:
        return False
    return True


def error(words: str) -> Any:
    """Return the output of a cell that was stopped, with the reason."""
    return _output("error", ename=STOPPED, evalue=words, traceback=[words])


def _output(kind: str, **content: Any) -> Any:
    return nbformat.v4.new_output(kind, **content)  # type: ignore[no-untyped-call]
