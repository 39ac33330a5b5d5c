"""A form of an exercise: questions with their choices, written as YAML where the question stands.

One form is shown in a notebook, in the book's page, and read by the tests that grade it. What was
answered comes from the file beside the notebook (see ``answers``) or was typed in a plain cell, which
counts first. It holds no right answer: a `back` question is asked about every choice alike.
"""

from __future__ import annotations

import os
import textwrap
from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from partners.course import answers
from partners.course.answers import AnswersError

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDTH = 66
"""``nbgrader validate`` cuts each line of an error at 87 characters, and takes some for itself."""


def _texts(given: Any) -> Any:
    """Return a mapping of texts from one, or from a list of names."""
    if isinstance(given, list):
        return {str(name): "" for name in given}
    return {str(k): v for k, v in given.items()} if isinstance(given, dict) else given


Texts = Annotated[dict[str, str], BeforeValidator(_texts)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Item(_Part):
    """One thing to answer for: what stands beside its name, and choices of its own, if it has some."""

    text: str = ""
    options: Texts = {}
    back: Texts = {}


def _items(given: Any) -> Any:
    if isinstance(given, list | dict):
        rows = _texts(given).items()
        return {name: row if isinstance(row, dict) else {"text": row or ""} for name, row in rows}
    return given


class Question(_Part):
    """One named answer: a value, or a value for each of its items.

    `kind` is ``choose`` (one of `options`), ``sort`` (the same, as cards in piles), ``number``,
    ``line`` (a few signs, as in `example`) or ``write`` (text of `words` from and to, coached for
    its `channel`). `back` asks something back about each option, or about any answer (``any``).
    """

    kind: Literal["choose", "sort", "number", "line", "write"]
    ask: str = Field(min_length=1)
    options: Texts = {}
    items: Annotated[dict[str, Item], BeforeValidator(_items)] = {}
    back: Texts = {}
    example: str = ""
    words: tuple[int, int] | None = None
    channel: Literal["text message", "email", "letter", "call script"] | None = None

    @model_validator(mode="after")
    def _has_choices(self) -> Question:
        own = [item.options for item in self.items.values()]
        if self.kind in ("choose", "sort") and not self.options and not (own and all(own)):
            msg = "give options, or options for each of its items"
            raise ValueError(msg)
        if self.kind == "write" and self.items:
            msg = "what is written has no items"
            raise ValueError(msg)
        return self

    def read(self, given: Any, item: str = "") -> Any:
        """Return `given`, from anywhere, as an answer to this question; None if it is none."""
        match self.kind:
            case "number":
                return _number(given)
            case "choose" | "sort":
                options = self.items[item].options if item in self.items else {}
                letter = "" if given is ... else str(given).strip().upper()
                return letter if letter in (options or self.options) else None
            case _:
                return _line(given)

    def merged(self, typed: Any, kept: Any) -> Any:
        """Return what was `typed` in the notebook; where nothing was, what was `kept` in the file."""
        if not self.items:
            found = self.read(typed)
            return self.read(kept) if found is None else found
        rows = [given if isinstance(given, dict) else {} for given in (typed, kept)]
        return {
            item: next((v for row in rows if (v := self.read(row.get(item), item)) is not None), None)
            for item in self.items
        }

    def each(self, value: Any) -> list[tuple[str, Any]]:
        """Return a merged `value` as pairs of item and answer; the item is empty if there are none."""
        return list(value.items()) if self.items else [("", value)]

    def open(self, value: Any) -> list[str]:
        """Return what has no answer yet: the items, or what is asked."""
        return [item or self.ask for item, answer in self.each(value) if answer is None]

    def in_words(self, answer: Any, item: str = "") -> str:
        """Return an answer with the words of the option that it is."""
        options = (self.items[item].options if item in self.items else {}) or self.options
        words = options.get(str(answer), "")
        return "" if answer is None else f"{answer}: {words}" if words else str(answer)


@cache
def questions(text: str) -> dict[str, Question]:
    """Return the questions of a form in YAML, by their names; read once, because it takes its time."""
    spec = YAML(typ="safe").load(text)
    return {str(name): Question.model_validate(question) for name, question in spec.items()}


class Form:
    """The questions of one part of an exercise, and what was answered to them.

    Parameters
    ----------
    exercise
        Its name, such as ``"six_types"``.
    text
        YAML: the questions by the names that the tests know them by; see ``Question``.
    check
        The name of one of the checks of ``checks.js`` that looks at all of the form, and what it
        needs to know, if it has one.

    Raises
    ------
    ValueError
        If `text` is no such YAML; for the author, when the book is built.
    """

    def __init__(self, exercise: str, text: str, check: dict[str, Any] | None = None) -> None:
        self.exercise, self.check = exercise, check
        try:
            self.questions = questions(text)
        except (YAMLError, ValidationError, AttributeError) as error:
            msg = f"A form of the exercise “{exercise}” is not as it should be: {error}"
            raise ValueError(msg) from None
        self.file = Path.cwd() / answers.file_name(exercise)

    def answers(self, **typed: Any) -> Any:
        """Return the answers, one for each of `typed` and in their order; alone if it is one.

        Each is what was typed in the cell under that name or else what the file holds: a value, or a
        dict with a value for every item; None is where there is no answer.

        Raises
        ------
        AssertionError
            As ``tell`` does, naming what is still open.
        """
        found, problem = self._found(typed)
        if left := self._left(found):
            tell(f"{left}\n{problem}" if problem else left)
        elif problem and self.file.exists():
            print(problem)
        return _alone(found)

    def so_far(self, **typed: Any) -> Any:
        """Return the answers as ``answers`` does, and tell nothing of what is open."""
        return _alone(self._found(typed)[0])

    def as_data(self) -> dict[str, Any]:
        """Return what the browser needs to show it, as plain data."""
        questions = {n: q.model_dump(exclude_defaults=True) for n, q in self.questions.items()}
        return {"exercise": self.exercise, "questions": questions, "check": self.check}

    def words(self) -> Iterator[str]:
        """Yield its questions as HTML, for where no form can be shown: all that is needed to answer."""
        for question in self.questions.values():
            yield f"<p>{escape(question.ask)}</p>"
            yield _list(question.options)
            for item, row in question.items.items():
                yield f"<p><b>{escape(item)}</b> {escape(row.text)}</p>{_list(row.options)}"

    def _kept(self) -> tuple[dict[str, Any], str]:
        try:
            return answers.load(self.file, self.exercise).answers, ""
        except AnswersError as error:
            return {}, textwrap.fill(str(error), WIDTH)

    def _found(self, typed: dict[str, Any]) -> tuple[dict[str, Any], str]:
        kept, problem = self._kept()
        return {n: self.questions[n].merged(value, kept.get(n)) for n, value in typed.items()}, problem

    def _left(self, found: dict[str, Any]) -> str:
        lines = []
        for name, value in found.items():
            question = self.questions[name]
            if left := question.open(value):
                which = f": {'; '.join(left)}" if question.items else ""
                lines.append(textwrap.fill(f"{question.ask} Still open{which}.", WIDTH))
        return "\n".join(lines)

    def _repr_mimebundle_(self, **options: Any) -> Any:
        if os.environ.get("NBGRADER_EXECUTION"):
            return {"text/plain": f"{len(self.questions)} questions", "text/html": self._answered()}
        from partners.player.widget import Worksheet  # noqa: PLC0415 - tests and pages need no widget

        self.widget = Worksheet(self)
        data, metadata = self.widget._repr_mimebundle_(**options) or ({}, {})
        return data | {"text/html": "".join(self.words())}, metadata

    def _answered(self) -> str:
        """Return what the file holds for this form, as a table for whoever marks it."""
        kept, problem = self._kept()
        cells = [
            f"<td>{escape(item or question.ask)}</td><td>{escape(question.in_words(value, item))}</td>"
            for name, question in self.questions.items()
            if question.kind != "write"
            for item, value in question.each(question.merged(None, kept.get(name)))
        ]
        rows = "".join(f"<tr>{row}</tr>" for row in cells)
        return f"<p>{escape(problem)}</p><table>{rows}</table>" if rows else ""


def tell(problem: str) -> None:
    """Print what is missing, if anything is, so that the cells below still run.

    Raises
    ------
    AssertionError
        While nbgrader validates: its way to show a student what is missing.
    """
    if problem and os.environ.get("NBGRADER_EXECUTION") == "validate":
        raise AssertionError(problem) from None  # its cause would only be a longer traceback
    if problem:
        print(problem)


def _list(options: dict[str, str]) -> str:
    rows = (f"<li>{escape(key)} {escape(text)}</li>" for key, text in options.items())
    return f"<ul>{''.join(rows)}</ul>" if options else ""


def _alone(found: dict[str, Any]) -> Any:
    return next(iter(found.values())) if len(found) == 1 else tuple(found.values())


def _line(given: Any) -> str | None:
    """Return `given` as text; a list that was typed, such as ``[3, "C"]``, as its parts."""
    if isinstance(given, list | tuple):
        parts = (part if isinstance(part, str) else _number(part) for part in given)
        given = " ".join(str(part) for part in parts if part is not None)
    return given.strip() or None if isinstance(given, str) else None


def _number(given: Any) -> float | int | None:
    """Return `given` as a number; text may have a decimal comma."""
    if isinstance(given, str):
        given = given.strip().replace(",", ".").replace("−", "-")
    try:
        number = float(given)
    except (TypeError, ValueError, OverflowError):
        return None
    if not abs(number) < 1e9:  # not what is no number either
        return None
    return int(number) if number == int(number) else number
