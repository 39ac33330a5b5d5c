"""A JupyterLab of its own for the tests, and how its cells are found and run."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import urllib.request
from typing import TYPE_CHECKING, Any

from partners import library
from partners.course import exercises

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator, Page

CHAPTER = library.root() / "chapters" / "first_contact.md"
EXERCISE = "first_contact"
TALK = """---
kernelspec: {name: python3, display_name: Python 3}
---

```{code-cell} python3
from partners import RolePlay

talk = RolePlay("first_call_home")
talk
```

```{code-cell} python3
import json

print(json.dumps(talk.transcript))
```
"""
QUIET: dict[str, dict[str, Any]] = {
    "notification": {"fetchNews": "false", "checkForUpdates": False},
    "themes": {"theme": "JupyterLab Light"},
}
IDLE = "Python 3 (ipykernel) | Idle"
PATIENCE = 20_000


class Lab:
    """A JupyterLab of its own: its port, token, home and course are nobody else's."""

    def __init__(self, folder: Path) -> None:
        self.course, self.home = folder / "course", folder / "home"
        self.settings = self.home / "config/lab/user-settings/@jupyterlab/apputils-extension"
        self.token = secrets.token_hex()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.address = f"http://127.0.0.1:{probe.getsockname()[1]}"
        for place in (*(self.course / name for name in ("chapters", "talk", EXERCISE)), self.settings):
            place.mkdir(parents=True)
        notebook = exercises.folder(EXERCISE) / f"{EXERCISE}.ipynb"
        shutil.copy(notebook, self.course / EXERCISE)
        shutil.copy(CHAPTER, self.course / "chapters")
        (self.course / "talk" / "talk.md").write_text(TALK, "utf-8")
        for name, values in QUIET.items():
            self.set(name, values)

    def set(self, name: str, values: dict[str, Any]) -> None:
        file = self.settings / f"{name}.jupyterlab-settings"
        file.write_text(json.dumps(values), "utf-8")

    def start(self) -> subprocess.Popen[bytes]:
        theirs = ("JUPYTER", "IPYTHON", "PARTNERS")
        environment = {k: v for k, v in os.environ.items() if not k.startswith(theirs)}
        environment |= {
            "HOME": str(self.home),
            "IPYTHONDIR": str(self.home / "ipython"),
            "JUPYTER_CONFIG_DIR": str(self.home / "config"),
            "JUPYTER_DATA_DIR": str(self.home / "data"),
            "JUPYTER_RUNTIME_DIR": str(self.home / "runtime"),
            "JUPYTER_TOKEN": self.token,
        }
        port = self.address.rpartition(":")[2]
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
        command += ["--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}"]
        command += ["--ServerApp.port_retries=0", f"--ServerApp.root_dir={self.course}"]
        with (self.home / "log").open("wb") as log:
            return subprocess.Popen(
                command, cwd=self.course, env=environment, stdout=log, stderr=subprocess.STDOUT
            )

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.address}/api/status?token={self.token}"):
                return True
        except OSError:
            return False


def cell(page: Page, holding: str) -> Locator:
    return page.locator(".jp-CodeCell", has=page.locator(".jp-InputArea", has_text=holding))


def run_cell(code: Locator) -> Locator:
    code.locator(".cm-content").click()
    code.page.keyboard.press("Control+Enter")
    return code.locator(".jp-OutputArea-child .jp-OutputArea-output").last
