"""The conversation as an ipywidget, with the page's own module."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import anywidget
import traitlets
from pydantic import BaseModel, StrictStr, TypeAdapter, ValidationError

from partners import files, library
from partners.player import STYLE, page_data, scripts
from partners.scenario import engine, transcript


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
