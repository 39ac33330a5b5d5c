"""Kernels from the zygote, for everything that starts kernels with jupyter_client."""

from __future__ import annotations

import os
import time
from importlib.metadata import entry_points
from typing import Any

import nbformat
import pytest
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from nbclient import NotebookClient

from partners.kernels.provisioner import PROVISIONER, from_zygote

v4: Any = nbformat.v4


@pytest.fixture(scope="module", autouse=True)
def zygote() -> None:
    from_zygote(["numpy", "pandas", "matplotlib.pyplot"])


def run(*sources: str, **options: Any) -> list[list[Any]]:
    """Run cells with nbclient as it is, and return their outputs."""
    notebook = v4.new_notebook(cells=[v4.new_code_cell(source) for source in sources])
    NotebookClient(notebook, kernel_name="python3", **options).execute()
    return [cell.outputs for cell in notebook.cells]


def shown(outputs: list[Any]) -> str:
    return "".join(one.get("text", "") or one.get("data", {}).get("text/plain", "") for one in outputs)


def test_what_lies_ready_is_imported_at_once_and_no_name_of_it_is_there() -> None:
    modules, name = run("import sys; 'pandas' in sys.modules", "pd", allow_errors=True)
    assert shown(modules) == "True"
    assert name[0].ename == "NameError"


def test_no_two_kernels_draw_the_same_numbers() -> None:
    draw = "import random, numpy; (random.random(), numpy.random.rand())"
    first, second = (shown(run(draw)[0]) for _ in range(2))
    assert first != second


def test_figures_and_wide_tables_look_as_in_any_kernel() -> None:
    cells = (
        "import matplotlib.pyplot as plt; plt.plot([1, 2]); plt.show()",
        "import pandas; pandas.DataFrame({f'column {n}': [n] for n in range(30)})",
    )
    ours, factory = run(*cells), KernelProvisionerFactory.instance()
    factory.default_provisioner_name = "local-provisioner"
    try:
        assert ours == run(*cells)
    finally:
        factory.default_provisioner_name = PROVISIONER


def test_a_cell_can_be_stopped_and_the_next_one_runs() -> None:
    loop, after = run(
        "while True: pass", "1 + 1", timeout=1, interrupt_on_timeout=True, allow_errors=True
    )
    assert loop[0].ename == "KeyboardInterrupt"
    assert shown(after) == "2"


def test_what_a_kernel_has_started_ends_with_it() -> None:
    [started] = run("import subprocess; subprocess.Popen(['sleep', '300']).pid")
    pid = int(shown(started))
    until = time.monotonic() + 5
    while time.monotonic() < until and os.path.exists(f"/proc/{pid}"):
        time.sleep(0.05)
    assert not os.path.exists(f"/proc/{pid}")


def test_it_is_known_to_jupyter_client_by_its_name() -> None:
    assert PROVISIONER in entry_points(group="jupyter_client.kernel_provisioners").names
