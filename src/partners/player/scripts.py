"""The player's files, joined: one module for a notebook, classic scripts for a page.

Each file is an ES module. A page opened from the disk may not load modules, so its scripts are
classic ones; the debrief is loaded by the first once somebody plays. A page with a taster or with
the worksheet of an exercise takes a first script that holds that too. A notebook takes one text.
"""

from __future__ import annotations

import hashlib
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
_IMPORT = re.compile(r'^import \{([^}]*)\} from "\./\w+\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:const|function|class) (\w+))", re.MULTILINE)

FIRST = "roleplay.js"
TASTER = "taster.js"
WORKSHEET = "worksheet.js"
LATER = "debrief.js"
COACH = "coach_rules.js"
"""The names of a page's scripts: the first one of three kinds, and those that come later."""

_TALK = ("dom", "engine", "talk")
_SHEET = (
    "notebook",
    "answers",
    "cards",
    "coach",
    "evening",
    "hundred_days",
    "agreement",
    "checks",
    "worksheet",
)


def module() -> str:
    """Return the player as one ES module, with its engine to be tested: what anywidget takes."""
    return _module(*_TALK, "notebook", "debrief", "talk_widget", render="render")


def worksheet_module() -> str:
    """Return the worksheet as one ES module, with its parts to be tested: what anywidget takes."""
    return _module("dom", *_SHEET, render="renderWorksheet")


def _module(*files: str, render: str) -> str:
    names = [name for file in files for name in _EXPORT.findall(_read(file)) if name != render]
    code = "".join(map(_scoped, files))
    return f"{code}export default {{ render: {render}, engine: {{ {', '.join(names)} }} }};\n"


def page_scripts() -> dict[str, str]:
    """Return the classic scripts of a page by name: what it needs at once, and what comes later."""
    debrief = _read("debrief")
    shared = ", ".join(_imported(debrief))
    rules = f"window.partners.coachBook.rules = {json.dumps(coach_rules(), ensure_ascii=False)};\n"
    code = _without_comments(_inside(debrief))
    later = f"(() => {{\nconst {{ {shared} }} = window.partners;\n{code}}})();\n"
    start = (
        f'later.from = new URL("{LATER}?v={_version(later)}", document.currentScript.src);\n'
        f"window.partners = {{ mountAll, {shared} }};\n"
    )
    book_of_coach = (
        f'coachBook.from = new URL("{COACH}?v={_version(rules)}", document.currentScript.src);\n'
        "window.partners.coachBook = coachBook;\n"
    )
    return {
        FIRST: _first(_TALK, start),
        TASTER: _first((*_TALK, "taster"), start),
        WORKSHEET: _first(
            (*_TALK, *_SHEET, "hand_in"), start + book_of_coach, "mountAll", "mountWorksheets"
        ),
        LATER: later,
        COACH: rules,
    }


def _first(names: tuple[str, ...], start: str, *mounts: str) -> str:
    now = "".join(
        f'{mount}();\ndocument.addEventListener("readystatechange", {mount});\n'
        for mount in mounts or ("mountAll",)
    )
    code = _without_comments("".join(map(_scoped, names)))
    return f"(() => {{\n{code}{start}{now}}})();\n"


def _scoped(name: str) -> str:
    """Return a file as an expression of its exports: its other names are its own, as in a module."""
    code = _read(name)
    exports = ", ".join(_EXPORT.findall(code))
    return f"const {{ {exports} }} = (() => {{\n{_inside(code)}\nreturn {{ {exports} }};\n}})();\n"


@cache
def coach_rules() -> dict[str, Any]:
    """Return what the coach goes by, as plain data for the browser."""
    from partners import writing  # noqa: PLC0415 - most pages need no coach

    return writing.rules_for_page()


def _version(script: str) -> str:
    return hashlib.sha256(script.encode()).hexdigest()[:8]


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
    lines = (line.strip() for line in code.splitlines())
    return "".join(f"{line}\n" for line in lines if line and not line.startswith("//"))
