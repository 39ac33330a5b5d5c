"""A kernel over one line shows what ipykernel shows."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from partners.kernels.line_client import Manager, Process
from partners.kernels.zygote import zygote

v4: Any = nbformat.v4
CELLS = {
    "a value": "6 * 7",
    "words": "import sys\nprint('out')\nprint('err', file=sys.stderr)\nprint('out again')",
    "a program": "!echo from a program",
    "a program of Python's": "import os, subprocess\nsubprocess.run(['echo', 'it'])\nos.system('echo and it')",
    "a script": "%%bash\necho one\necho two >&2",
    "an error": "1 / 0",
    "an end": "raise SystemExit('enough')",
    "a question": "input('Your name? ')",
    "a display": "from IPython.display import HTML, display\ndisplay(HTML('<b>bold</b>'), {'plain': 1})",
    "an update": "handle = display('first', display_id='d')\nhandle.update('second')",
    "cleared": "from IPython.display import clear_output\nprint('gone')\nclear_output()\nprint('stays')",
    "cleared late": "print('gone')\nclear_output(wait=True)\nprint('stays')",
    "awaited": "import asyncio\nawait asyncio.sleep(0.01)\nprint('awaited')",
    "a task": "task = asyncio.get_running_loop().create_task(asyncio.sleep(0, 'done'))",
    "of a task": "await task",
    "a loop that runs": "asyncio.run(asyncio.sleep(0))",
    "a figure": "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()",
    "a warning": "import warnings\nwarnings.warn_explicit('old', UserWarning, 'file', 1)",
    "a magic word": "%who_ls str",
    "unknown": "%nothing",
    "of threads": "import threading\none = threading.Thread(target=print, args=('in a thread',))\none.start()\none.join()",
    "not finished": "for",
    "the environment": "os.environ['TERM'], os.environ['MPLBACKEND'], sys.stdout.encoding, sys.stdout.isatty()",
    "what was before": "Out[1], In[1], _i.splitlines()[-1]",
}


class OverALine(NotebookClient):
    """nbclient as it is, but for where its kernel comes from."""

    folder: Path

    def create_kernel_manager(self) -> Any:
        self.km: Any = Manager(Process(self.folder, None, self.extra_arguments))
        return self.km


def run(client: type[NotebookClient], *sources: str, **options: Any) -> Any:
    """Run cells and return the notebook."""
    cells = [v4.new_code_cell(source) for source in sources]
    notebook = v4.new_notebook(cells=cells)
    client(notebook, kernel_name="python3", allow_errors=True, **options).execute()
    return notebook


@pytest.fixture(scope="module", autouse=True)
def room(tmp_path_factory: pytest.TempPathFactory) -> None:
    OverALine.folder = tmp_path_factory.mktemp("room")


@pytest.fixture(scope="module")
def shown(room: None) -> dict[str, tuple[Any, Any]]:
    """Return for each cell what ipykernel shows, and what the kernel over a line does."""
    zygote().preload(["matplotlib.pyplot"], words=[])
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("PYTEST_CURRENT_TEST")  # in which ipykernel leaves out what programs print
        both = [run(client, *CELLS.values()).cells for client in (NotebookClient, OverALine)]
    return {name: (theirs, ours) for name, theirs, ours in zip(CELLS, *both, strict=True)}


def told(cell: Any) -> tuple[Any, ...]:
    """Return what a cell shows: its words on both streams, and its other outputs in their order."""
    words = [output for output in cell.outputs if output.output_type == "stream"]
    streams = {
        name: "".join(one.text for one in words if one.name == name) for name in ("stdout", "stderr")
    }
    others = [output for output in cell.outputs if output.output_type != "stream"]
    for other in others:
        other.pop("traceback", None)
    return cell.execution_count, streams, others


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_shows_the_same(shown: dict[str, tuple[Any, Any]], name: str) -> None:
    theirs, ours = map(told, shown[name])
    assert ours == theirs


def test_a_widget_is_kept_in_the_notebook() -> None:
    notebook = run(OverALine, "import ipywidgets\nipywidgets.IntSlider(value=3)")
    kept = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
    [output] = notebook.cells[0].outputs
    model = output.data["application/vnd.jupyter.widget-view+json"]["model_id"]
    assert kept[model]["state"]["value"] == 3


def test_a_cell_can_be_stopped_also_while_it_prints_and_the_next_one_runs() -> None:
    endless = "while True:\n    print('x' * 100)"
    notebook = run(OverALine, endless, "1 + 1", timeout=1, interrupt_on_timeout=True)
    assert any(output.get("ename") == "KeyboardInterrupt" for output in notebook.cells[0].outputs)
    assert notebook.cells[1].outputs[0].data["text/plain"] == "2"


def test_what_it_was_not_told_of_its_settings_it_finds_when_it_starts() -> None:
    words = ["--InteractiveShell.ast_node_interactivity=all"]
    notebook = run(OverALine, "1\n2", extra_arguments=words)
    assert len(notebook.cells[0].outputs) == 2


def keeper() -> int:
    """Run a kernel, and return the process that keeps it."""
    notebook = run(OverALine, "import os\nos.getppid()")
    return int(notebook.cells[0].outputs[0].data["text/plain"])


def test_a_keeper_takes_the_next_kernel_and_its_own_end_costs_none() -> None:
    first = keeper()
    assert keeper() == first
    os.kill(first, signal.SIGKILL)
    while Path(f"/proc/{first}").exists():
        time.sleep(0.01)
    assert keeper() != first


def test_a_kernel_that_comes_after_a_preload_has_it() -> None:
    keeper()
    zygote().preload(["colorsys"], words=[])
    notebook = run(OverALine, "import sys\n'colorsys' in sys.modules")
    assert notebook.cells[0].outputs[0].data["text/plain"] == "True"
