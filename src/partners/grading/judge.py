"""Running a submission in a sandbox, and its checks in a Python where the submission has no hand.

A submission's cells run in one kernel, each check in another one, on fresh copies of the values that it
asks for and of the files: see ``plan``. What a submission does to Python, to IPython or to the checks
moves nothing but its own values.
"""

from __future__ import annotations

import json
import secrets
import select
import signal
import time
from contextlib import nullcontext, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from nbgrader import utils

from partners.grading import execute, plan
from partners.grading.execute import StuckError
from partners.kernels import keeper, remote, rooms, sandbox
from partners.kernels.line_client import LONGEST, Manager, Process, read
from partners.kernels.remote import ACT, IDLE, IOPUB

if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from partners.grading.plan import Given, Plan
    from partners.kernels.sandbox import Limits, Sandbox

_RUNS = (".py", ".pyc", ".so", ".pth")
"""Files of a submission that the judge's Python could run, and does not get."""
USED_UP = {
    keeper.MEMORY: "This cell used more memory than there is for one submission.",
    keeper.DISK: "This cell wrote more to the disk than there is room for one submission.",
    keeper.PROCESSES: "This cell started more processes than there may be for one submission.",
}
STOPPING = 10
"""Seconds that a judged cell has to end after it was interrupted."""
ANSWERING = 2
"""Seconds that a cell has left, once, when the submission took all its time to answer it."""
NOTHING = "{}"
MEDDLED = "This notebook changes parts of Python itself ({}). That moves no mark."
OFF = "A check that fails was made to pass in this notebook. Your instructor will look at it."


class TooLongError(Exception):
    """A notebook as a whole ran longer than it may."""


class Judge:
    """The Python in which cells are judged; use it in a ``with``."""

    def __init__(self, folder: Path, room: Sandbox | None, words: list[str]) -> None:
        self.process = Process(folder, room, words)
        self.line, self.ready = Connection(self.process.line.detach()), select.poll()
        self.ready.register(self.line, select.POLLIN)
        self.line.recv_bytes()

    def run(
        self,
        request: dict[str, Any],
        act: Callable[[str], str],
        show: Callable[[dict[str, Any]], None],
        timeout: float,
    ) -> bool:
        """Run a cell, and say whether it came to its end; if not, it ran too long and was stopped.

        Parameters
        ----------
        request
            The cell and the values that it is given, see ``line_kernel``.
        act
            Answers what it asks of the submission's functions.
        show
            Takes what it says, messages of Jupyter's.
        timeout
            Seconds that it may take.

        Raises
        ------
        StuckError
            If Python ended, or could not be stopped.
        """
        until, stopped, waited = time.monotonic() + timeout, False, False
        try:
            self.line.send_bytes(json.dumps(request).encode())
            while True:
                if not self.ready.poll(1000 * max(0, until - time.monotonic())):
                    if stopped:
                        raise StuckError
                    self.process.kept.send_signal(signal.SIGINT)
                    until, stopped = time.monotonic() + STOPPING, True
                    continue
                for channel, message in read(self.line.recv_bytes(LONGEST)):
                    if message.get("content") == IDLE:
                        return not stopped
                    if channel == IOPUB:
                        show(message)
                    elif channel == ACT:
                        self.line.send_bytes(act(message[ACT]).encode())
                        if time.monotonic() > until and not waited:
                            until, waited = time.monotonic() + ANSWERING, True
        except (OSError, EOFError):
            raise StuckError from None

    def __enter__(self) -> Judge:
        return self

    def __exit__(self, *_: object) -> None:
        self.line.close()
        self.process.end()


class Execute(execute.Execute):
    """Runs a notebook in a sandbox, as ``execute.Execute`` does, and what is judged in another one.

    Parameters
    ----------
    judged
        What is judged, and what it asks for.
    given
        The paths of the files that are the instructor's.
    layers
        What keeps a kernel in; without any it is started free.
    limits
        What a submission may use.

    What was imported in a notebook is imported for its checks, too: as the plan says, or in a trial as
    it comes out, which is noted in `imports`.
    """

    def __init__(
        self,
        judged: Plan,
        given: Container[str],
        layers: tuple[str, ...],
        limits: Limits,
        **options: Any,
    ) -> None:
        super().__init__(
            shell_timeout_interval=1,  # seconds until it is noticed that a kernel has ended
            **options,
        )
        self.plan, self.given, self.layers, self.limits = judged, given, layers, limits
        self.is_trial = False
        self.imports: dict[str, Given] = {}
        self.notes: list[str] = []
        self.meddled: list[str] = []

    def preprocess(self, nb: Any, resources: Any, km: Any = None) -> tuple[Any, Any]:
        """Run the notebook, if need be again, for no longer than it may."""
        self._until = time.monotonic() + self.limits.seconds
        return super().preprocess(nb, resources, km)

    def _is_theirs(self, path: str) -> bool:
        return path not in self.given and not path.endswith(".ipynb")

    def _run(self, nb: Any, resources: Any, km: Any) -> tuple[Any, Any]:
        """Run it in rooms of its own; what files it made are left beside it."""
        self._blamed: Any = None
        self._keepers: list[Any] = []
        place = Path(resources["metadata"]["path"])
        with rooms.new("partners-room-") as room:
            self._desk, self._bench = room / "submission", room / "judge"
            for folder in (self._desk, self._bench):
                folder.mkdir()
            rooms.copy(place, self._desk, lambda path: not path.endswith(".ipynb"))
            rooms.copy(place, self._bench, lambda path: path in self.given or self._crosses(path))
            with self._new_judge() or nullcontext() as self._judge:
                found = super()._run(nb, resources, km)
            rooms.copy(self._desk, place, self._is_theirs)
        return found

    def _new_judge(self) -> Judge | None:
        if not self.plan.asked:
            return None
        judge = Judge(self._bench, self._room(self._bench), self.extra_arguments)
        self._keepers.append(judge.process.kept)
        return judge

    def create_kernel_manager(self) -> Manager:
        """Start a kernel in the sandbox, and return who manages it."""
        process = Process(self._desk, self._room(self._desk), self.extra_arguments)
        self._keepers.append(process.kept)
        self.km = Manager(process)
        return self.km

    def _room(self, folder: Path) -> Sandbox | None:
        """Return the sandbox for a kernel in `folder`, with the seconds that the notebook has left."""
        left = self.limits.with_seconds(max(1, int(self._until - time.monotonic())))
        return sandbox.of([folder], left, self.layers) if self.layers else None

    def preprocess_cell(self, cell: Any, resources: Any, index: int) -> tuple[Any, Any]:
        """Run a cell where it belongs; after the last one, look at what has become of Python."""
        cell, resources = self._placed(cell, resources, index)
        if index == len(self.nb.cells) - 1:
            with suppress(Exception):  # it may have ended, or answer with anything
                self.meddled = [n for n in json.loads(self._told("meddled")) if n.isidentifier()]
        return cell, resources

    def _placed(self, cell: Any, resources: Any, index: int) -> tuple[Any, Any]:
        name = plan.name_of(cell)
        if self.is_trial and not any(map(plan.name_of, self.nb.cells[index:])):
            return cell, resources  # nothing of it is looked at
        if name in self.plan.asked:
            if execute.LEFT_OUT not in cell.metadata.get("tags", []):
                self._judged(cell, index, name)
            return cell, resources
        if utils.is_grade(cell) and cell.cell_type == "code" and not utils.is_solution(cell):
            self._try_a_failure()
        if cell.cell_type == "code":
            self._blamed = cell
        return super().preprocess_cell(cell, resources, index)

    def _judged(self, cell: Any, index: int, name: str) -> None:
        if index == 0:
            self._ask(execute.BEGIN)
        self._at = self._blamed  # if the submission’s Python has ended, it was no check
        self.code_cells_executed += 1
        number = self.code_cells_executed
        asked, given = self.plan.asked[name], self.plan.given.get(name, {})
        helper = "" if utils.is_grade(cell) else cell.source
        told = self._told("show", asked, number + 1, after=helper)
        if self.is_trial:
            self.imports[name] = given = remote.imported(told)
        rooms.copy(self._desk, self._bench, self._crosses)
        self._at = cell
        request = {
            "id": name,
            "take": {"asked": asked, "told": told, "given": given, "count": number},
            "execute": {"code": cell.source, "silent": False},
        }
        self._slow, cell.outputs, cell.metadata["execution"] = False, [], {}
        self.clear_before_next_output = False  # as nbclient begins each cell
        assert self._judge  # noqa: S101 - there is one where something is judged
        ended = self._judge.run(
            request,
            self._act,
            lambda message: self.process_message(message, cell, index),
            self.timeout or self.limits.seconds,
        )
        if self._slow or not ended:
            cell.outputs = [nbformat.v4.new_output("error", **self.error_on_timeout)]  # type: ignore[no-untyped-call]

    def _crosses(self, path: str) -> bool:
        return self._is_theirs(path) and not path.endswith(_RUNS)

    def _act(self, text: str) -> str:
        """Return what the submission's Python answers to a ``Remote``; an error if it takes too long."""
        try:
            return self._told("act", text)
        except StuckError:
            self._ask("")  # or it could not be interrupted
            self._slow = True
            return json.dumps({"error": [["TimeoutError"], ""], "printed": ""})

    def _told(self, *ask: Any, after: str = "") -> str:
        """Return what the submission's kernel answers, see ``remote``, after a locked cell.

        Raises
        ------
        StuckError
            If it does not answer.
        """
        reply = self.wait_for_reply(self.kc.ask(*ask, after=after))
        if not reply:
            raise StuckError
        text = reply["content"].get("told")
        return text if isinstance(text, str) else NOTHING  # it may be forged

    def _try_a_failure(self) -> None:
        """See whether an assertion that fails still does so where a check is run in place."""
        word = secrets.token_hex(8)
        reply = self.wait_for_reply(self.kc.execute(f"assert False, {word!r}", silent=True))
        content = reply["content"] if reply else {}
        failed = content.get("ename") == "AssertionError" and content.get("evalue") == word
        if not failed and OFF not in self.notes:
            self.notes.append(OFF)

    def ended(self) -> str:
        """Return why the cell at which the notebook stopped is left out.

        Raises
        ------
        TooLongError
            If it was the notebook as a whole that took too long.
        """
        why = next((one.why for one in self._keepers if one.poll() is not None and one.why), "")
        if why == keeper.TIME:
            raise TooLongError
        return USED_UP.get(why, super().ended())
