"""The worksheet's own JavaScript, run by node."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import playwright
import pytest

from partners.player import scripts

if TYPE_CHECKING:
    from collections.abc import Callable

Found = dict[str, Any]

NODE = Path(playwright.__file__).parent / "driver" / "node"


@pytest.fixture
def in_page(tmp_path: Path) -> Callable[[str, list[Any], Any], list[Found]]:
    """Return what finds something in answers with the page's own function, given its check."""

    def find(name: str, answers: list[Any], check: Any) -> list[Found]:
        module, pairs = tmp_path / "worksheet.mjs", tmp_path / "pairs.json"
        module.write_text(scripts.worksheet_module(), "utf-8")
        pairs.write_text(json.dumps([[one, check] for one in answers]), "utf-8")
        command = map(str, (NODE, Path(__file__).parent / "checks.mjs", module, name, pairs))
        done = subprocess.run([*command], check=True, capture_output=True, text=True)
        return list(json.loads(done.stdout))

    return find
