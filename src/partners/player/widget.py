"""The conversation as an ipywidget, with the page's own module."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from partners import files, library
from partners.player import MODULE, STYLE, page_data
from partners.scenario import engine, transcript


class RolePlay(anywidget.AnyWidget):  # type: ignore[misc]
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

    _esm = MODULE
    _css = STYLE
    role_play = traitlets.Dict().tag(sync=True)
    attempts = traitlets.List().tag(sync=True)

    def __init__(self, name: str) -> None:
        self.model_of_talk = library.role_play(name)
        self.file = Path.cwd() / f"{name}.transcript.json"
        super().__init__(role_play=page_data(self.model_of_talk), attempts=self._saved())
        self.on_msg(self._on_message)

    @property
    def transcript(self) -> dict[str, Any]:
        """The attempts so far, as plain data; empty of attempts before the first reply."""
        return transcript.write(
            self.model_of_talk, [self._attempt(a) for a in self.attempts if a["turns"]]
        )

    def save(self) -> Path:
        """Write the transcript beside the notebook and return its file."""
        files.write(self.file, json.dumps(self.transcript, indent=2, ensure_ascii=False) + "\n")
        return self.file

    def _attempt(self, kept: dict[str, Any]) -> dict[str, Any]:
        played = engine.play(self.model_of_talk, (key for _, key in kept["turns"]))
        return transcript.attempt(played, kept.get("began"), kept.get("ended"))

    def _saved(self) -> list[dict[str, Any]]:
        """Return the attempts of the saved file, to go on with; none if it is of another version."""
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
                "turns": [[turn["scene"], turn["reply"]] for turn in attempt["turns"]],
                "began": attempt["began"],
                "ended": attempt["ended"],
            }
            for attempt in data["attempts"]
        ]

    def _on_message(self, _: object, message: dict[str, Any], __: object) -> None:
        if message.get("save"):
            self.send({"saved": self.save().name})
