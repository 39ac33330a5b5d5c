"""A transcript is believed as far as it can be played again, and no further."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest

from partners.scenario import engine, transcript

if TYPE_CHECKING:
    from partners.scenario.model import RolePlay

Data = dict[str, Any]


@pytest.fixture
def honest(small_talk: RolePlay) -> Data:
    attempts = [["but", "tell"], ["praise", "ask"]]
    return transcript.write(
        small_talk, [transcript.attempt(engine.play(small_talk, keys)) for keys in attempts]
    )


def reread(small_talk: RolePlay, data: Data) -> list[engine.Play]:
    return transcript.replay(small_talk, transcript.read(json.dumps(data)))


def test_an_honest_transcript_gives_the_conversations_back(small_talk: RolePlay, honest: Data) -> None:
    plays = reread(small_talk, honest)
    assert [play.state.at for play in plays] == ["polite", "partners"]


def test_what_a_learner_adds_is_kept_and_moves_nothing(small_talk: RolePlay, honest: Data) -> None:
    notes = [{}, {"own_words": "Has she siblings?", "coded": 1, "guess": 6}]
    play = engine.play(small_talk, ["praise", "ask"])
    added = transcript.write(small_talk, [transcript.attempt(play, notes=notes)])
    assert reread(small_talk, added) == [play]
    turns = added["attempts"][0]["turns"]
    assert turns[1] == honest["attempts"][1]["turns"][1] | notes[1]
    assert turns[0] == honest["attempts"][1]["turns"][0]
    for name in ("trust", "score", "ending"):
        assert added["attempts"][0][name] == honest["attempts"][1][name]


def test_a_transcript_from_before_there_were_notes_is_read(small_talk: RolePlay, honest: Data) -> None:
    for attempt in honest["attempts"]:
        for turn in attempt["turns"]:
            for name in transcript.NOTES:
                del turn[name]
    assert len(reread(small_talk, honest)) == 2


def _reply(data: Data) -> None:
    data["attempts"][0]["turns"][0]["reply"] = "praise"


def _impossible(data: Data) -> None:
    data["attempts"][1]["turns"][1]["reply"] = "sorry"


def _words(data: Data) -> None:
    data["attempts"][0]["turns"][1]["said"] = "What do you think?"


def _ending(data: Data) -> None:
    data["attempts"][0]["ending"] = {"id": "partners", "said": "Till tomorrow."}


def _score(data: Data) -> None:
    data["attempts"][0]["score"]["strength"] = [2, 2]


def _cut_turn(data: Data) -> None:
    del data["attempts"][1]["turns"][0]


def _other(data: Data) -> None:
    data["role_play"] = "first_call_home"


def _version(data: Data) -> None:
    data["version"] = 2


def _newer(data: Data) -> None:
    data["format"] = "partners-transcript/2"


def _shape(data: Data) -> None:
    data["attempts"][0]["turns"] = "all of them"


def _noted(turn: int, **notes: object) -> Any:
    return lambda data: data["attempts"][1]["turns"][turn].update(notes)


@pytest.mark.parametrize(
    ("forge", "reason"),
    [
        (_reply, "Attempt 1, turn 1 has other words"),
        (_impossible, "Attempt 2, turn 2 gives the reply “sorry”, which is not offered"),
        (_words, "Attempt 1, turn 2 has other words"),
        (_ending, "Attempt 1: the ending is not the one its replies lead to"),
        (_score, "Attempt 1: the score is not the one"),
        (_cut_turn, "Attempt 2, turn 1 stands at “talk”"),
        (_other, "a transcript of “first_call_home”, not of “small_talk”"),
        (_version, "another version of “At the gate”"),
        (_newer, "this course reads partners-transcript/1"),
        (_shape, "“attempts.0.turns” cannot be read"),
        (
            _noted(0, own_words="Hi."),
            "Attempt 2, turn 1 has own words where the conversation asks for none",
        ),
        (_noted(0, guess=4), "Attempt 2, turn 1 has a guess where the conversation asks for none"),
        (_noted(1, guess=11), "Attempt 2, turn 2 guesses 11; trust goes from 0 to 10"),
        (_noted(1, guess=5.5), "“attempts.1.turns.1.guess” cannot be read"),
        (_noted(1, coded=1), "Attempt 2, turn 2 codes own words, and there are none"),
        (_noted(1, own_words="Hi.", coded=3), "“attempts.1.turns.1.coded” cannot be read"),
        (_noted(1, own_words="x" * 2001), "at most 2000 characters"),
        (_noted(1, own_words=["Hi."]), "“attempts.1.turns.1.own_words” cannot be read"),
        (_noted(1, felt="good"), "“attempts.1.turns.1.felt” cannot be read"),
    ],
)
def test_a_forged_edited_or_impossible_transcript_is_refused_with_the_reason(
    small_talk: RolePlay, honest: Data, forge: Any, reason: str
) -> None:
    forged = copy.deepcopy(honest)
    forge(forged)
    with pytest.raises(transcript.TranscriptError, match=reason.replace("(", r"\(")):
        reread(small_talk, forged)


@pytest.mark.parametrize("text", ["", "[]", "null", '{"format": 3}', "[" * 100_000, "x" * 600_000])
def test_what_is_no_transcript_is_refused_in_words(text: str) -> None:
    with pytest.raises(transcript.TranscriptError):
        transcript.read(text)


def test_a_transcript_cut_short_says_so(honest: Data) -> None:
    with pytest.raises(transcript.TranscriptError, match="cut short"):
        transcript.read(json.dumps(honest)[:-20])
