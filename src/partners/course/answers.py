"""The file that keeps what a student answered in an exercise: beside the notebook, or downloaded.

The page's “Download my work” and the notebook's widgets write the same file,
``<exercise>.answers.json``. It comes from a student and is trusted in nothing: what does not fit is
refused in words.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StrictFloat, StrictInt, StrictStr, ValidationError

if TYPE_CHECKING:
    from pathlib import Path

FORMAT = "partners-answers/1"
LONGEST = 3_000_000
"""Characters of the longest file that is read: all answers, and the longest transcripts."""

Value = Annotated[StrictStr, Field(max_length=20_000)] | StrictInt | StrictFloat
"""One answer: a letter, a number, or words."""


class AnswersError(ValueError):
    """The file cannot be used; the message tells the student why."""


class Answers(BaseModel):
    """What one student answered in one exercise.

    `answers` has for each question a value, or values by item; `transcripts` holds, in a file
    from the page, the conversations that were played there. `who` is what the student typed as name
    or number, and proves nothing.
    """

    model_config = ConfigDict(extra="forbid")

    format: StrictStr
    exercise: StrictStr
    answers: dict[str, Value | dict[str, Value]] = Field(default={}, max_length=200)
    transcripts: dict[str, Any] = Field(default={}, max_length=20)
    who: Annotated[StrictStr, Field(max_length=200)] = ""
    saved: Annotated[StrictStr, Field(max_length=40)] = ""


def file_name(exercise: str) -> str:
    """Return the name of the file of an exercise."""
    return f"{exercise}.answers.json"


def read(text: str, exercise: str | None = None) -> Answers:
    """Return the answers in `text`, which may be anything.

    Parameters
    ----------
    text
        What stands in the file.
    exercise
        The exercise that they must be of; any where None.

    Raises
    ------
    AnswersError
        With the reason in a student's words.
    """
    if len(text) > LONGEST:
        raise AnswersError("The answers file is too large to come from this exercise.")
    try:
        found = Answers.model_validate(json.loads(text.removeprefix("\ufeff")))
    except (ValueError, RecursionError) as error:
        raise AnswersError(_why(error)) from None
    if found.format != FORMAT:
        raise AnswersError("The answers file comes from another version of this course.")
    if exercise and found.exercise != exercise:
        raise AnswersError(f"The answers file belongs to the exercise “{found.exercise}”.")
    return found


def load(file: Path, exercise: str | None = None) -> Answers:
    """Return the answers in `file`; raises AnswersError as ``read`` does, also if there is none."""
    try:
        with file.open(encoding="utf-8", errors="replace") as lines:
            text = lines.read(LONGEST + 1)
    except OSError:
        raise AnswersError(f"There is no file {file.name} beside the notebook.") from None
    return read(text, exercise)


def written(found: Answers) -> str:
    """Return the text of a file with these answers."""
    return json.dumps(found.model_dump(exclude_defaults=True), ensure_ascii=False, indent=1) + "\n"


def _why(error: Exception) -> str:
    if isinstance(error, ValidationError):
        place = ".".join(str(part) for part in error.errors()[0]["loc"][:2])
        return f"The answers file was edited: “{place or 'the file'}” is not as the worksheet writes it."
    return "The answers file cannot be read: it was cut short or edited. Save it again."
