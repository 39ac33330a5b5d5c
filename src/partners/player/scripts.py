"""The player's files, joined: one module for a notebook, classic scripts for a page.

Each file is an ES module. A page opened from the disk may not load modules, so its scripts are
classic ones; the debrief is loaded by the first once somebody plays. A page with a taster takes a
first script that holds the taster too. A notebook takes one text.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

HERE = Path(__file__).parent
_IMPORT = re.compile(r'^import \{([^}]*)\} from "\./\w+\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:const|function|class) (\w+))", re.MULTILINE)

FIRST = "roleplay.js"
TASTER = "taster.js"
LATER = "debrief.js"
"""The names of a page's scripts: the first one, with or without the taster, and the later one."""


def module() -> str:
    """Return the player as one ES module, with its engine to be tested: what anywidget takes."""
    texts = [_read(name) for name in ("engine", "talk", "debrief")]
    names = [name for text in texts for name in _EXPORT.findall(text) if name != "render"]
    code = "\n".join(_inside(text) for text in texts)
    return f"{code}\nexport default {{ render, engine: {{ {', '.join(names)} }} }};\n"


def page_scripts() -> dict[str, str]:
    """Return the classic scripts of a page by name: what it needs at once, and what comes later."""
    debrief = _read("debrief")
    shared = ", ".join(_imported(debrief))
    later = f"(() => {{\nconst {{ {shared} }} = window.partners;\n{_without_comments(debrief)}}})();\n"
    version = hashlib.sha256(later.encode()).hexdigest()[:8]
    end = (
        f'later.from = new URL("{LATER}?v={version}", document.currentScript.src);\n'
        f"window.partners = {{ mountAll, {shared} }};\n"
        "mountAll();\n"
        'document.addEventListener("readystatechange", mountAll);\n'
        "})();\n"
    )
    talk = ["engine", "talk"]
    return {FIRST: _first(talk, end), TASTER: _first([*talk, "taster"], end), LATER: later}


def _first(names: list[str], end: str) -> str:
    return f"(() => {{\n{_without_comments(''.join(map(_read, names)))}{end}"


def _read(name: str) -> str:
    return (HERE / f"{name}.js").read_text("utf-8")


def _imported(code: str) -> list[str]:
    names = (name.strip() for group in _IMPORT.findall(code) for name in group.split(","))
    return [name for name in names if name]


def _inside(code: str) -> str:
    """Return `code` without what makes it a module of its own."""
    inside = _EXPORT.sub("", _IMPORT.sub("", code))
    if re.search(r"^(import|export)\b", inside, re.MULTILINE):
        msg = "the player's files may only `import { names } from` each other and `export` declarations"
        raise ValueError(msg)
    return inside


def _without_comments(code: str) -> str:
    lines = (line.strip() for line in _inside(code).splitlines())
    return "".join(f"{line}\n" for line in lines if line and not line.startswith("//"))
