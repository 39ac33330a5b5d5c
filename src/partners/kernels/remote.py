"""What two Pythons say to each other: the one in which a submission runs, and the one that judges it.

In the first, ``show`` gives named values as text. In the other, ``take`` makes them again.
What is no plain data, such as a function, stays where it is: the judge holds a ``Remote``, and what it
asks of it goes to ``act`` and comes back as plain data too.
"""

from __future__ import annotations

import builtins
import contextlib
import importlib
import io
import json
import sys
import types
from typing import TYPE_CHECKING, Any

from partners.kernels.plain import decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SHELL, IOPUB, ACT = "shell", "iopub", "act"
BUSY, IDLE = {"execution_state": "busy"}, {"execution_state": "idle"}
LONGEST = 20_000_000
"""Characters of the text of all values together."""
NO_ANSWER = "The notebook’s Python gave no answer."


# --- Where the submission runs ---

_held: list[Any] = []


def show(shell: Any, names: list[str], count: int) -> str:
    """Return the values of `names` in IPython's `shell` as text; those that are not there are left out.

    `count` will be the number of the next cell.
    """
    shell.execution_count = count
    space, found, room = shell.user_ns, [], LONGEST
    for name in names:
        if name in space:
            text = _text(space[name])
            text = text if len(text) < room else json.dumps({"#": "large"})
            room -= len(text)
            found.append(f"{json.dumps(name)}:{text}")
    return "{" + ",".join(found) + "}"


def act(_: Any, text: str) -> str:
    """Do what a ``Remote`` of the judge's asks in `text`; return what came of it."""
    asked = json.loads(text)
    given = decode(asked["with"], lambda data: _held[data["v"]])
    printed, value, error = io.StringIO(), "null", None
    try:
        with contextlib.redirect_stdout(printed):
            value = _text(_ACTS[asked["do"]](_held[asked["of"]], *given[0], **given[1]))
    except (Exception, SystemExit) as raised:
        error = [[kind.__name__ for kind in type(raised).__mro__], str(raised)]
    told = json.dumps({"error": error, "printed": printed.getvalue()})
    return f'{told[:-1]}, "value": {value}}}'


_ACTS: dict[str, Callable[..., Any]] = {
    "call": lambda it, *args, **named: it(*args, **named),
    "get": getattr,
    "item": lambda it, key: it[key],
    "len": len,
    "iter": list,
    "str": str,
    "repr": repr,
}


def _text(value: Any) -> str:
    """Return a value as JSON; one whose methods fail, or that is too much for JSON, stays here."""
    try:
        return json.dumps(encode(value, _hold))
    except Exception:
        return json.dumps(_hold(value))


def _hold(value: Any) -> Any:
    """Keep `value`, and tell its number, and from where it could be imported instead."""
    _held.append(value)
    return {"#": "remote", "v": len(_held) - 1, "import": _importable(value)}


def _importable(value: Any) -> tuple[str, str] | None:
    if isinstance(value, types.ModuleType):
        return value.__name__, ""
    module, name = (getattr(value, key, None) for key in ("__module__", "__name__"))
    there = getattr(sys.modules.get(str(module)), str(name), None) is value
    return (str(module), str(name)) if there and module != "__main__" else None


_PRISTINE = dict(vars(builtins))
_OF_IPYTHON = {"_", "copyright", "credits", "display", "exit", "get_ipython", "input", "license", "quit"}


def meddled(shell: Any) -> str:
    """Return what of Python and IPython a submission has changed; a note, on which nothing rests."""
    now = vars(builtins)
    found = [name for name, value in _PRISTINE.items() if now.get(name) is not value]
    parts = ("ast_transformers", "input_transformers_post")
    found += [part for part in parts if len(getattr(shell, part))]
    found += [name for name in ("showtraceback", "run_cell", "run_code") if name in vars(shell)]
    return json.dumps(sorted(set(found) - _OF_IPYTHON))


ASKED: dict[str, Callable[..., str]] = {"show": show, "act": act, "meddled": meddled}
"""What a submission's kernel is asked for, after a cell or between two."""


# --- Where it is judged ---

_NEVER = ("StopIteration", "StopAsyncIteration")
"""Errors that would end a loop of a check without a word."""


def take(asked: list[str], text: str, given: dict[str, tuple[str, str]], space: dict[str, Any]) -> None:
    """Put the values in `text`, from ``show``, into `space`: those that were `asked` for, and no others.

    `given` are names with the module, and the name in it, that they are imported from instead.
    """
    asked = [name for name in asked if name not in given]
    for name, (module, attribute) in given.items():
        found = importlib.import_module(module)
        space[name] = getattr(found, attribute) if attribute else found
    shown = _read(text)
    for name in asked:
        space.pop(name, None)
        if name in shown:
            try:
                space[name] = decode(shown[name], _found)
            except Exception:  # forged, or too large
                print(f"“{name}” could not be looked at: it is too large, or no data.")


def imported(text: str) -> dict[str, tuple[str, str]]:
    """Return, of the names in `text` from ``show``, those of what could be imported, as for ``take``."""
    told = {name: data.get("import") for name, data in _read(text).items() if isinstance(data, dict)}
    return {name: (found[0], found[1]) for name, found in told.items() if found}


def _read(text: str) -> dict[str, Any]:
    """Return the object in a JSON text, or an empty one."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _found(data: Any) -> Any:
    """Return a value that stays where it is."""
    return Remote(int(data["v"]))


class Remote:
    """A value that stays in the submission's Python: a function, an object of its own class.

    What is done with it is done there; `carry` brings a request to ``act`` and its answer back.
    """

    carry: Callable[[str], str]

    def __init__(self, number: int) -> None:
        self.__dict__["_number"] = number

    def __call__(self, *args: Any, **named: Any) -> Any:  # noqa: D102 - a function's own call
        return self._ask("call", *args, **named)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._ask("get", name)

    def __getitem__(self, key: Any) -> Any:
        return self._ask("item", key)

    def __len__(self) -> int:
        return int(self._ask("len"))

    def __iter__(self) -> Iterator[Any]:
        found = self._ask("iter")
        return iter(found if isinstance(found, list) else [])

    def __str__(self) -> str:
        return str(self._ask("str"))

    def __repr__(self) -> str:
        return str(self._ask("repr"))

    def _ask(self, do: str, *args: Any, **named: Any) -> Any:
        given = encode([list(args), dict(named)], _numbered)
        text = json.dumps({"do": do, "of": self._number, "with": given})
        reply = _read(Remote.carry(text))
        print(reply.get("printed", ""), end="")
        if reply.get("error"):
            raise _error(*reply["error"])
        if "value" not in reply:
            raise RuntimeError(NO_ANSWER)
        return decode(reply["value"], _found)


def _numbered(value: Any) -> Any:
    if isinstance(value, Remote):
        return {"#": "remote", "v": value._number}
    msg = f"A {type(value).__name__} cannot be passed to a function of the notebook as data."
    raise TypeError(msg)


def _error(kinds: list[str], text: str) -> Exception:
    """Return an error like the submission's: of the nearest kind that Python has, under its own name."""
    found = (getattr(builtins, str(name), None) for name in kinds if name not in _NEVER)
    kind = next(
        (one for one in found if isinstance(one, type) and issubclass(one, Exception)), Exception
    )
    made: Exception = type(str(kinds[0]), (kind,), {})(text)
    return kind(text) if kinds[0] == kind.__name__ else made
