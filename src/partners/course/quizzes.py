"""Retrieval questions: written as YAML in a page, answered in the browser, with or without script."""

from __future__ import annotations

from html import escape
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Option(BaseModel):
    """One answer, and what to say to somebody who chose it."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1)
    feedback: str = Field(min_length=1)
    right: bool = False


class Quiz(BaseModel):
    """One question with one right answer and feedback on every answer."""

    model_config = ConfigDict(extra="forbid")

    ask: str = Field(min_length=1)
    options: list[Option] = Field(min_length=2)

    @model_validator(mode="after")
    def _one_right(self) -> Quiz:
        if sum(option.right for option in self.options) != 1:
            msg = "mark exactly one option with right: true"
            raise ValueError(msg)
        return self

    def summary(self, key: str) -> dict[str, Any]:
        """Return what the page “My course” tells an answer with."""
        return {
            "key": key,
            "ask": self.ask,
            "options": [option.text for option in self.options],
            "right": [option.right for option in self.options].index(True),
        }

    def html(self, key: str) -> str:
        """Return the question as a form; `key` names it among the learner's kept answers.

        Without script the feedback can be unfolded below; ``page.js`` takes it from there.
        """
        rows = "".join(
            f'<label><input type="radio" name="{key}" value="{i}"> <span>{escape(o.text)}</span></label>'
            for i, o in enumerate(self.options)
        )
        feedback = "".join(
            f'<li value="{i + 1}" data-right="{str(o.right).lower()}">'
            f"<strong>{'Yes.' if o.right else 'Not quite.'}</strong> {escape(o.feedback)}</li>"
            for i, o in enumerate(self.options)
        )
        return (
            f'<form class="pt-quiz" id="quiz-{key}" data-quiz="{key}">'
            f"<fieldset><legend>{escape(self.ask)}</legend>{rows}</fieldset>"
            f"<details><summary>Answers</summary><ol>{feedback}</ol></details>"
            '<p class="pt-feedback" role="status"></p></form>'
        )
