"""Files as authors write them: YAML read with its line numbers, and faults told by file and line."""

from __future__ import annotations

from difflib import get_close_matches
from textwrap import indent
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pydantic_core import ErrorDetails

Model = TypeVar("Model", bound=BaseModel)


class Problem(NamedTuple):
    """What is wrong, where (`line` from 1), the way out, and perhaps a dialogue that shows it."""

    file: Path
    line: int
    what: str
    mend: str
    dialogue: str = ""

    def __str__(self) -> str:
        told = f"{self.file}:{self.line}: {self.what}\n    → {self.mend}"
        return told + indent(self.dialogue and f"\n{self.dialogue}", "      ")


class SourceError(ValueError):
    """A file that cannot be used; `problems` tell why."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(str(problem) for problem in problems))


def read_yaml(file: Path) -> Any:
    """Return the YAML 1.2 data of `file`, with positions that ``line_of`` can find.

    Raises
    ------
    SourceError
        If it is not YAML, not UTF-8, or not there.
    """
    try:
        return YAML(typ="rt").load(file.read_text("utf-8"))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        what = f"this is not YAML: {error.problem or error.context}"
        raise SourceError([Problem(file, line, what, _yaml_advice(file, line))]) from None
    except (YAMLError, UnicodeDecodeError):
        mend = "save it as UTF-8 text, without control characters"
        raise SourceError([Problem(file, 1, "this is not plain text", mend)]) from None
    except OSError as error:
        mend = "look at the name of the file and its folder"
        raise SourceError([Problem(file, 1, error.strerror or "cannot be read", mend)]) from None


def _yaml_advice(file: Path, line: int) -> str:
    lines = file.read_text("utf-8", errors="replace").splitlines()
    text = lines[line - 1] if line <= len(lines) else ""
    if ": >" in text or ": <" in text or ": =" in text:
        return 'put the comparison in quotes: trust: ">=6"'
    if "\t" in text:
        return "indent with spaces, not with tabs"
    if ": " in text.partition(": ")[2]:
        return "put the words in quotes, or after `>-` on lines of their own: they hold a colon"
    return "look at the quotes and the indentation of this line and the one before"


def line_of(data: Any, place: Sequence[str | int]) -> int:
    """Return the line (from 1) of the deepest part of `place` that `data` really has."""
    line = 0
    for key in place:
        if isinstance(data, CommentedMap) and key in data:
            line, data = data.lc.key(key)[0], data[key]
        elif isinstance(data, CommentedSeq) and isinstance(key, int) and key < len(data):
            line, data = data.lc.item(key)[0], data[key]
    return line + 1


def load(file: Path, model: type[Model]) -> tuple[Model, Any]:
    """Return the `model` that `file` describes, and the data with its positions.

    Raises
    ------
    SourceError
        With one problem for each thing that does not fit the model.
    """
    data = read_yaml(file)
    try:
        return model.model_validate(data), data
    except ValidationError as error:
        raise SourceError(list(_problems(file, data, model, error))) from None


def _problems(
    file: Path, data: Any, model: type[BaseModel], error: ValidationError
) -> Iterator[Problem]:
    for detail in error.errors():
        what, mend = _words(detail, model)
        yield Problem(file, line_of(data, detail["loc"]), what, mend)


def _words(detail: ErrorDetails, model: type[BaseModel]) -> tuple[str, str]:
    keys = [key for key in detail["loc"] if isinstance(key, str)]
    key = keys[-1] if keys else "the file"
    match detail["type"]:
        case "extra_forbidden":
            close = get_close_matches(key, _all_keys(model), n=1)
            return f'unknown key "{key}"', f'did you mean "{close[0]}"?' if close else "remove it"
        case "missing":
            return f'"{key}" is missing', f"add {key}: ..."
        case "literal_error":
            return f'"{detail["input"]}" does not fit "{key}"', f"write {detail['ctx']['expected']}"
        case "value_error":
            return f'"{key}" cannot be read', str(detail["ctx"]["error"])
        case _:
            return (
                f'"{key}" does not fit: {detail["msg"]}',
                "see CONTRIBUTING, “Add a conversation”",
            )


def _all_keys(model: type[BaseModel]) -> set[str]:
    """Every key that may stand anywhere in a file of `model`."""
    schema = model.model_json_schema(by_alias=True)
    parts = [schema, *schema.get("$defs", {}).values()]
    return {key for part in parts for key in part.get("properties", {})}
