"""The conversation and the worksheet as ipywidgets, with the page's own modules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets
from pydantic import BaseModel, StrictStr, TypeAdapter, ValidationError

from partners import files, library
from partners.course.answers import FORMAT, Answers, AnswersError, load, read, written
from partners.player import STYLE, page_data, scripts
from partners.scenario import engine, transcript

if TYPE_CHECKING:
    from partners.course.forms import Form


class _Turn(transcript.Notes):
    """A turn as the browser keeps it: the scene, the reply, and what the learner added."""

    scene: StrictStr
    reply: StrictStr


class _Kept(BaseModel):
    """An attempt as the browser keeps it, and when it was played.

    The browser keeps more with it, of replies that are taken back; that is not read here.
    """

    turns: list[_Turn]
    began: StrictStr | None = None
    ended: StrictStr | None = None


_ATTEMPTS = TypeAdapter(list[_Kept])


class RolePlay(anywidget.AnyWidget):
    """A conversation with a parent, played in the notebook.

    What was saved beside the notebook is there again when the cell is run.

    Parameters
    ----------
    name
        The conversation, such as ``"first_call_home"``.

    Examples
    --------
    >>> talk = RolePlay("first_call_home")
    >>> talk                    # play
    >>> talk.transcript         # what has been said so far
    >>> talk.save()             # first_call_home.transcript.json, beside the notebook
    """

    _esm = scripts.module()
    _css = STYLE
    role_play: traitlets.Dict[str, Any] = traitlets.Dict().tag(sync=True)
    attempts: traitlets.List[Any] = traitlets.List().tag(sync=True)

    def __init__(self, name: str) -> None:
        self.model_of_talk = library.role_play(name)
        self.file = Path.cwd() / f"{name}.transcript.json"
        super().__init__(role_play=page_data(self.model_of_talk), attempts=self._saved())
        self.on_msg(self._on_message)

    @property
    def transcript(self) -> dict[str, Any]:
        """The attempts so far, as plain data; empty of attempts before the first reply.

        Raises
        ------
        TranscriptError
            If ``attempts`` was set to something that cannot be played.
        """
        try:
            kept = [attempt for attempt in _ATTEMPTS.validate_python(self.attempts) if attempt.turns]
        except ValidationError as error:
            msg = f"The attempts are not as the conversation keeps them: {transcript.unreadable(error)}."
            raise transcript.TranscriptError(msg) from None
        return transcript.write(
            self.model_of_talk, [self._attempt(n, attempt) for n, attempt in enumerate(kept, 1)]
        )

    def save(self) -> Path:
        """Write the transcript beside the notebook and return its file."""
        files.write(self.file, json.dumps(self.transcript, indent=2, ensure_ascii=False) + "\n")
        return self.file

    def _attempt(self, number: int, kept: _Kept) -> dict[str, Any]:
        play = engine.Play(self.model_of_talk)
        for count, turn in enumerate(kept.turns, 1):
            place = f"Attempt {number}, turn {count}"
            if turn.scene != play.state.at or turn.reply not in play.offers():
                msg = (
                    f"{place} gives the reply “{turn.reply}” at “{turn.scene}”, "
                    "where this conversation does not offer it."
                )
                raise transcript.TranscriptError(msg)
            transcript.check_notes(self.model_of_talk, turn.scene, turn, place)
            play = play.choose(turn.reply)
        notes = [turn.model_dump() for turn in kept.turns]
        return transcript.attempt(play, kept.began, kept.ended, notes)

    def _saved(self) -> list[dict[str, Any]]:
        """Return the attempts of the saved file, to go on with; none if it cannot be believed."""
        if not self.file.exists():
            return []
        try:
            data = transcript.read(self.file.read_text("utf-8", errors="replace"))
            transcript.replay(self.model_of_talk, data)
        except transcript.TranscriptError as error:
            aside = files.put_aside(self.file)
            print(f"{error} The file is kept as {aside.name}.")
            return []
        return [
            {
                "turns": [_Turn(**turn).model_dump(exclude_none=True) for turn in attempt["turns"]],
                "began": attempt["began"],
                "ended": attempt["ended"],
            }
            for attempt in data["attempts"]
        ]

    def _on_message(self, _: object, message: dict[str, Any], __: object) -> None:
        if not message.get("save"):
            return
        try:
            self.send({"saved": self.save().name})
        except transcript.TranscriptError as error:
            self.send({"failed": str(error)})
        except OSError as error:
            self.send({"failed": f"{self.file.name} cannot be written here: {error.strerror}."})


class Worksheet(anywidget.AnyWidget):
    """A form of an exercise in the notebook; what is answered is kept in the file beside it.

    Parameters
    ----------
    form
        The form; its file keeps the answers of all forms of the exercise.
    """

    _esm = scripts.worksheet_module()
    _css = STYLE
    form: traitlets.Dict[str, Any] = traitlets.Dict().tag(sync=True)
    answers: traitlets.Dict[str, Any] = traitlets.Dict().tag(sync=True)

    def __init__(self, form: Form) -> None:
        self.shown = form
        kept = self._kept().answers
        super().__init__(
            form=form.as_data(), answers={n: v for n, v in kept.items() if n in form.questions}
        )
        self.on_msg(self._on_message)

    def save(self, given: dict[str, Any]) -> Path:
        """Write what was answered to this form, and what the file holds of the others; return the file.

        Raises
        ------
        AnswersError
            If `given` are no answers.
        """
        kept = self._kept()
        others = {name: v for name, v in kept.answers.items() if name not in self.shown.questions}
        mine = {name: v for name, v in given.items() if name in self.shown.questions}
        data = kept.model_dump() | {"answers": others | mine}
        files.write(self.shown.file, written(read(json.dumps(data), kept.exercise)))
        self.answers = mine
        return self.shown.file

    def _kept(self) -> Answers:
        """Return what the file holds; a file that cannot be used is put aside, and nothing is lost."""
        file, exercise = self.shown.file, self.shown.exercise
        empty = Answers(format=FORMAT, exercise=exercise)
        if not file.exists():
            return empty
        try:
            return load(file, exercise)
        except AnswersError as error:
            print(f"{error} The file is kept as {files.put_aside(file).name}.")
            return empty

    def _on_message(self, _: object, message: dict[str, Any], __: object) -> None:
        if "coach" in message:
            self.send({"coach": scripts.coach_rules()})
        if not isinstance(message.get("save"), dict):
            return
        try:
            self.send({"saved": self.save(message["save"]).name})
        except AnswersError as error:
            self.send({"failed": str(error)})
        except OSError as error:
            self.send({"failed": f"{self.shown.file.name} cannot be written here: {error.strerror}."})
