"""Which cells of an assignment are judged, and what each of them asks of a submission.

A locked cell is the instructor's. It is judged: it runs in a Python of its own, to which the values that
it needs cross as plain data. Which these are is read off the instructor's notebook: those that its open
cells write. A cell that does something else there than in the submission's own Python, such as looking
at a figure, is run in place, as nbgrader does it.
"""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from IPython.core.inputtransformer2 import TransformerManager
from nbgrader import utils

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

Given = dict[str, tuple[str, str]]
"""Names that are imported, each with the module and the name in it; or no name, for the module."""


@dataclass(frozen=True)
class Plan:
    """What is asked of a submission, by the id of the judged cell: names of values, and imports.

    `failing` are the checks that end with an error on the instructor's own answers.
    """

    asked: dict[str, list[str]] = field(default_factory=dict)
    given: dict[str, Given] = field(default_factory=dict)
    failing: list[str] = field(default_factory=list)

    def after(self, cells: list[Any], given: dict[str, Given]) -> Plan:
        """Return it with what a run of the instructor's notebook has shown, and imported for checks."""
        imports = {name: given.get(name, {}) for name in self.asked}
        asked = {name: [n for n in self.asked[name] if n not in imports[name]] for name in self.asked}
        return Plan(asked, imports, failing(cells))


def name_of(cell: Any) -> str:
    """Return the id of a locked cell of code, and nothing for any other."""
    marks = cell.metadata.get("nbgrader", {})
    locked = marks.get("locked") and not marks.get("solution")
    return marks.get("grade_id", "") if locked and cell.cell_type == "code" else ""


def made(cells: list[Any], judged: Container[str]) -> Plan:
    """Return the plan for the cells of an instructor's notebook, of which those in `judged` are judged.

    What was imported is not told apart yet from other values.
    """
    asked = dict[str, list[str]]()
    theirs, inner = dict[str, bool](), set[str]()
    for cell in cells:
        if cell.cell_type != "code":
            continue
        code, name = _Code(cell.source), name_of(cell)
        if name not in judged or not name:
            theirs |= dict.fromkeys(code.written, True)
            continue
        needed = {n for n in code.read | inner if theirs.get(n, not hasattr(builtins, n))}
        asked[name] = sorted(needed)
        theirs |= dict.fromkeys(code.written, False)
        inner |= code.inner
    return Plan(asked)


def program(source: str) -> ast.Module:
    """Return a cell of code as a program, without IPython's own syntax; an empty one if it is none."""
    try:
        return ast.parse(TransformerManager().transform_cell(source))
    except SyntaxError:
        return ast.Module([], [])


class _Code:
    """The names that a cell reads, those that it writes, and those that its functions read later."""

    def __init__(self, source: str) -> None:
        self.read, self.written, self.inner = set[str](), set[str](), set[str]()
        for node in ast.walk(program(source)):
            self.written.update(_written(node))
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                self.read.add(node.id)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
                parts = list(ast.walk(node))
                own = {one.arg for one in parts if isinstance(one, ast.arg)}
                names = (one for one in parts if isinstance(one, ast.Name))
                self.inner |= {one.id for one in names if isinstance(one.ctx, ast.Load)} - own


def _written(node: ast.AST) -> Iterator[str]:
    """Yield the names that a part of a program binds, or whose value it changes."""
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            yield name
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.alias(name=name, asname=other):
            yield (other or name).partition(".")[0]
        case ast.Subscript(ctx=ast.Store() | ast.Del()) | ast.Attribute(ctx=ast.Store() | ast.Del()):
            yield from _base(node)
        case ast.Expr(value=ast.Call(func=ast.Attribute() as method)):
            yield from _base(method)


def _base(node: ast.AST) -> Iterator[str]:
    """Yield the name at the start of ``name.part[item]``."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    if isinstance(node, ast.Name):
        yield node.id


def failing(cells: list[Any]) -> list[str]:
    """Return the checks among `cells` that ended with an error."""
    ended = ((cell, [output.output_type for output in cell.get("outputs", [])]) for cell in cells)
    return [name_of(cell) for cell, kinds in ended if "error" in kinds and utils.is_grade(cell)]


def same(there: list[Any], here: list[Any]) -> set[str]:
    """Return the ids of the locked cells that came out the same in two runs of one notebook."""
    pairs = zip(there, here, strict=True)
    return {name_of(a) for a, b in pairs if a.get("outputs") == b.get("outputs")} - {""}
