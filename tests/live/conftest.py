from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hub import machine
from live.served import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Elsewhere `make test` says that it is not run.
collect_ignore = [] if machine.postgres() and machine.program(machine.REDIS) else ["test_nodes.py"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for all sessions of a file of tests."""
    with Server(tmp_path_factory.mktemp("live") / "live.db") as running:
        yield running


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Server]:
    """A server for a test that brings others to its limits."""
    with Server(tmp_path / "live.db") as running:
        yield running
