"""What students install: the conversations are in it wherever it is used, the answers are not."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel and unpack it, far from the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    [wheel] = folder.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(folder / "site")
    return folder / "site"


def run(installed: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words],
        cwd=installed.parent,
        env=os.environ | {"PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_conversation_is_found_from_any_folder(installed: Path) -> None:
    code = (
        "from partners import RolePlay, library; "
        "assert 'site' in str(library.root()), library.root(); "
        "print(RolePlay('first_call_home').role_play['title'])"
    )
    done = run(installed, "-c", code)
    assert done.stdout.startswith("A first call"), done.stderr


def test_no_answer_is_in_it(installed: Path) -> None:
    texts = [f.read_text("utf-8", errors="replace") for f in installed.rglob("*") if f.is_file()]
    assert not any("BEGIN HIDDEN TESTS\n" in text for text in texts)
    done = run(installed, "-m", "partners.cli", "course", "new", "term")
    assert "Use a checkout of the course." in done.stderr
    assert not (installed.parent / "term").exists()
