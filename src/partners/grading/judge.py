"""Running a submission in a sandbox, and its checks in a Python where the submission has no hand.

A submission's cells run in one kernel, each check in another one, on fresh copies of the values that it
asks for and of the files: see ``plan``. What a submission does to Python, to IPython or to the checks
moves nothing but its own values.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

from jupyter_core.utils import run_sync
from nbgrader import preprocessors, utils

from partners.grading import execute, plan, rooms
from partners.grading.execute import StuckError
from partners.kernels import keeper, plain, sandbox
from partners.kernels.manager import Manager

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from partners.grading.plan import Given, Plan
    from partners.kernels.sandbox import Limits

_ACT = "__import__('partners.kernels.plain', fromlist=['plain'])"
_RUNS = (".py", ".pyc", ".so", ".pth")
"""Files of a submission that the judge's Python could run, and does not get."""
USED_UP = {
    keeper.MEMORY: "This cell used more memory than there is for one submission.",
    keeper.DISK: "This cell wrote more to the disk than there is room for one submission.",
    keeper.PROCESSES: "This cell started more processes than there may be for one submission.",
}
OFF = "A check that runs in the submission’s own Python was switched off there."


class TooLongError(Exception):
    """A notebook as a whole ran longer than it may."""


class Kernel(NamedTuple):
    """A running kernel: its manager and its client."""

    km: Any
    kc: Any


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
    """

    def __init__(
        self, judged: Plan, given: Container[str], layers: tuple[str, ...], limits: Limits, **options: Any
    ) -> None:
        super().__init__(kernel_manager_class=Manager, shutdown_kernel="immediate", **options)
        self.plan, self.given, self.layers, self.limits = judged, given, layers, limits
        self.imports: dict[str, Given] = {}
        self.notes: list[str] = []

    def preprocess(self, nb: Any, resources: Any, km: Any = None) -> tuple[Any, Any]:
        """Run the notebook in rooms of its own; what files it made are left beside it."""
        place = Path(resources["metadata"]["path"])
        self._until = time.monotonic() + self.limits.seconds
        with TemporaryDirectory(prefix="partners-room-", ignore_cleanup_errors=True) as room:
            Path(room).chmod(0o711)
            self._desk, self._bench = Path(room, "submission"), Path(room, "judge")
            for folder in (self._desk, self._bench):
                folder.mkdir()
                rooms.copy(place, folder, lambda path: not path.endswith(".ipynb"))
            found = super().preprocess(nb, resources, km)
            rooms.copy(self._desk, place, self._is_theirs)
        return found

    def _is_theirs(self, path: str) -> bool:
        return path not in self.given and not path.endswith(".ipynb")

    def _run(self, nb: Any, resources: Any, km: Any) -> tuple[Any, Any]:
        self._judge: Kernel | None = None
        self._blamed: Any = None
        self._keepers: list[Any] = []
        self._reads = set[str]()
        try:
            return super()._run(nb, resources, km)
        finally:
            self._end_judge()

    async def _async_start(self, **_: Any) -> None:
        """Start both kernels at once."""
        starts = [self._started(self.km, self._desk)]
        if self.plan.asked:
            self._judge = Kernel(Manager(kernel_name=self.kernel_name, config=self.config), None)
            starts.append(self._started(self._judge.km, self._bench))
        await asyncio.gather(*starts)
        if self._judge:
            kc = self._judge.km.client()
            kc.start_channels()
            self._judge = Kernel(self._judge.km, kc)
            await kc.wait_for_ready(timeout=self.startup_timeout)
            kc.allow_stdin = True  # the way on which a check reaches the submission’s functions

    start_new_kernel = run_sync(_async_start)

    async def _started(self, km: Any, folder: Path) -> None:
        room = sandbox.of([folder], self._left(), self.layers) if self.layers else None
        words = [*self.extra_arguments, f"--HistoryManager.hist_file={self.ipython_hist_file}"]
        await km.start_kernel(extra_arguments=words, cwd=str(folder), sandbox=room)
        self._keepers.append(km.provisioner.process)

    def _left(self) -> Limits:
        """Return the limits, with the seconds that are left of those for all of the notebook."""
        return self.limits.with_seconds(max(1, int(self._until - time.monotonic())))

    async def _async_end_judge(self) -> None:
        if self._judge:
            await self._judge.km.shutdown_kernel(now=True)
            await self._judge.km.cleanup_resources()
            if self._judge.kc:
                self._judge.kc.stop_channels()

    _end_judge = run_sync(_async_end_judge)

    def preprocess_cell(self, cell: Any, resources: Any, index: int) -> tuple[Any, Any]:
        """Run a cell where it belongs."""
        name = plan.name_of(cell)
        if name in self.plan.asked:
            return self._judged(cell, resources, index, name)
        if name and not self.plan.asked:
            self._note_imports(name, cell)
        if utils.is_grade(cell) and cell.cell_type == "code" and not utils.is_solution(cell):
            self._try_a_failure()
        if cell.cell_type == "code":
            self._blamed = cell
        return super().preprocess_cell(cell, resources, index)

    def _judged(self, cell: Any, resources: Any, index: int, name: str) -> tuple[Any, Any]:
        if index == 0:
            self._ask(execute.BEGIN)
        self._at = self._blamed  # if the submission’s Python has ended, it was no check
        if not utils.is_grade(cell):
            self._ask(cell.source)
        number = self.code_cells_executed + 1
        told = self._told(f"show({self.plan.asked[name]!r}, globals(), {number + 1})")
        rooms.copy(self._desk, self._bench, self._crosses)
        assert self._judge
        take = f"{_ACT}.take({told!r}, {self.plan.given[name]!r}, globals(), {number})"
        self._at = cell
        with self._in(self._judge):
            self._ask(take)
            return preprocessors.Execute.preprocess_cell(self, cell, resources, index)

    def _crosses(self, path: str) -> bool:
        return self._is_theirs(path) and not path.endswith(_RUNS)

    @contextmanager
    def _in(self, kernel: Kernel) -> Iterator[None]:
        own = Kernel(self.km, self.kc)
        self.km, self.kc = kernel
        self._own = own
        try:
            yield
        finally:
            self.km, self.kc = own
            del self._own

    async def async_execute_cell(self, cell: Any, *args: Any, **options: Any) -> Any:
        """Execute a cell; while it is judged, answer what it asks of the submission’s functions."""
        if not hasattr(self, "_own"):
            return await super().async_execute_cell(cell, *args, **options)
        answering = asyncio.ensure_future(self._answer(self.kc, self._own))
        try:
            return await super().async_execute_cell(cell, *args, **options)
        finally:
            answering.cancel()

    execute_cell = run_sync(async_execute_cell)

    async def _answer(self, judge: Any, own: Kernel) -> None:
        while True:
            try:
                asked = (await judge.get_stdin_msg(timeout=60))["content"]["prompt"]
            except Empty:
                continue
            if asked.startswith(plain.ASKED):
                text = asked.removeprefix(plain.ASKED)
                judge.input(await self._shown(own, f"act({text!r})") or "")

    def _told(self, expression: str) -> str:
        """Return what an expression of ``plain`` shows in the submission’s kernel."""
        return str(run_sync(self._shown)(Kernel(self.km, self.kc), f"{expression}") or "{}")

    async def _shown(self, kernel: Kernel, expression: str) -> str:
        asked = kernel.kc.execute("", silent=True, user_expressions={"it": f"{_ACT}.{expression}"})
        until = time.monotonic() + (self.timeout or self.limits.seconds)
        while time.monotonic() < until:
            try:
                reply = await kernel.kc.get_shell_msg(timeout=1)
            except Empty:
                if await kernel.km.is_alive():
                    continue
                break
            if reply["parent_header"].get("msg_id") == asked:
                shown = reply["content"].get("user_expressions", {}).get("it", {}).get("data", {})
                text = shown.get(plain.MIME, "")
                return text if isinstance(text, str) else ""
        raise StuckError

    async def _async_handle_timeout(self, timeout: int, cell: Any = None) -> Any:
        """Interrupt both kernels: the one that is judged may be waiting for the other one."""
        if hasattr(self, "_own"):
            await self._own.km.interrupt_kernel()
        return await super()._async_handle_timeout(timeout, cell)

    def _note_imports(self, name: str, cell: Any) -> None:
        """Note what of the names that a cell reads was imported, to be imported for it later."""
        self._reads |= plan.reads(cell)
        number = self.code_cells_executed + 1
        shown = json.loads(self._told(f"show({sorted(self._reads)!r}, globals(), {number})"))
        imported = {n: data.get("import") for n, data in shown.items() if isinstance(data, dict)}
        self.imports[name] = {n: tuple(found) for n, found in imported.items() if found}

    def _try_a_failure(self) -> None:
        """See whether an assertion that fails still does so where a check is run in place."""
        word = secrets.token_hex(8)
        reply = self.wait_for_reply(self.kc.execute(f"assert False, {word!r}", silent=True))
        content = reply["content"] if reply else {}
        if (content.get("ename"), content.get("evalue")) != ("AssertionError", word) and OFF not in self.notes:
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
