"""The widget without a browser: what the page would set, and what may lie beside the notebook."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from partners import RolePlay, library
from partners.scenario import engine, transcript

if TYPE_CHECKING:
    from pathlib import Path

NAME = "first_call_home"
FILE = f"{NAME}.transcript.json"
Kept = dict[str, Any]


@pytest.fixture(autouse=True)
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in the notebook's folder, in a kernel and not in a build of the book."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PARTNERS_BOOK", raising=False)
    return tmp_path


def kept(replies: int, began: str | None = "2031-09-10T14:10:00.000Z", **notes: object) -> Kept:
    """Return an attempt as the page keeps it: always the first reply, and `notes` on the last turn."""
    play = engine.Play(library.role_play(NAME))
    for _ in range(replies):
        play = play.choose(next(iter(play.offers())))
    turns = [{"scene": turn.before.at, "reply": turn.key} for turn in play.turns]
    turns[-1] |= notes  # type: ignore[arg-type]
    return {"turns": turns, "began": began, "notes": {"some_scene": {"shown": True}}}


def asking(what: str) -> int:
    """The number of the turn, always taking the first reply, whose scene asks for `what`."""
    turns = kept(5)["turns"]
    scenes = library.role_play(NAME).scenes
    return next(n for n, turn in enumerate(turns, 1) if getattr(scenes[turn["scene"]], what))


def replayed(data: dict[str, Any]) -> list[engine.Play]:
    return transcript.replay(library.role_play(NAME), transcript.read(json.dumps(data)))


def save_pressed(talk: Any, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """Press the page's button and return what the page hears."""
    heard: list[dict[str, str]] = []
    monkeypatch.setattr(talk, "send", heard.append)
    talk._handle_custom_msg({"save": True}, [])
    return heard


def test_attempts_set_as_the_page_sets_them_are_the_transcript() -> None:
    talk = RolePlay(NAME)
    assert talk.transcript["attempts"] == []
    talk.attempts = [kept(2) | {"ended": None}, kept(1), {"turns": []}]
    plays = replayed(talk.transcript)
    assert [len(play.turns) for play in plays] == [2, 1]
    assert talk.transcript["attempts"][0]["began"] == "2031-09-10T14:10:00.000Z"


def test_own_words_their_code_and_a_guess_come_back_with_the_saved_file() -> None:
    talk = RolePlay(NAME)
    words, guess = asking("own_words"), asking("guess")
    talk.attempts = [kept(words, own_words="“Ah.” 👍", coded=1), kept(guess, guess=7)]
    talk.save()
    [own], [guessed] = (
        [{k: v for k, v in turn.items() if k not in {"scene", "reply"}} for turn in turns[-1:]]
        for turns in (attempt["turns"] for attempt in RolePlay(NAME).attempts)
    )
    assert own == {"own_words": "“Ah.” 👍", "coded": 1}
    assert guessed == {"guess": 7}


def test_the_page_s_button_saves_and_the_next_widget_goes_on(
    beside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = RolePlay(NAME)
    talk.attempts = [kept(3), kept(2, None)]
    assert save_pressed(talk, monkeypatch) == [{"saved": FILE}]
    assert json.loads((beside / FILE).read_text("utf-8")) == talk.transcript
    again = RolePlay(NAME)
    assert again.transcript == talk.transcript
    assert again.attempts[1]["turns"] == kept(2)["turns"]


def _forged(text: str) -> str:
    data = json.loads(text)
    data["attempts"][0]["trust"][-1] = 10
    return json.dumps(data)


def _cut(text: str) -> str:
    return text[: len(text) // 2]


def _other_version(text: str) -> str:
    return json.dumps(json.loads(text) | {"version": 99})


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (_forged, "Attempt 1: the trust is not the one its replies lead to."),
        (_cut, "it was cut short or edited"),
        (_other_version, "another version of"),
    ],
)
def test_a_file_that_cannot_be_believed_is_put_aside_with_a_message_and_not_lost(
    beside: Path, capsys: pytest.CaptureFixture[str], spoil: Any, reason: str
) -> None:
    talk = RolePlay(NAME)
    talk.attempts = [kept(2)]
    spoilt = spoil(talk.save().read_text("utf-8"))
    (beside / FILE).write_text(spoilt, "utf-8")
    for number in (1, 2):
        (beside / FILE).write_text(spoilt, "utf-8")
        assert RolePlay(NAME).attempts == []
        aside = beside / f"{NAME}.transcript.old-{number}.json"
        assert aside.read_text("utf-8") == spoilt
        out = capsys.readouterr().out
        assert reason in out
        assert f"kept as {aside.name}" in out
    assert not (beside / FILE).exists()


@pytest.mark.parametrize(
    ("attempts", "reason"),
    [
        (
            [kept(1), {"turns": [{"scene": "pick_up", "reply": "hang_up"}]}],
            "Attempt 2, turn 1 gives the reply “hang_up”",
        ),
        ([{"turns": [kept(1)["turns"][0] | {"scene": "nowhere"}]}], "at “nowhere”, where this"),
        ([{"turns": [*kept(1)["turns"], *kept(1)["turns"]]}], "Attempt 1, turn 2 gives the reply"),
        ([{"began": None}], "“0.turns” cannot be read"),
        ([kept(1, began=3)], "“0.began” cannot be read"),  # type: ignore[arg-type]
        ([[["pick_up", "hang_up"]]], "“0” cannot be read"),
        ([{"turns": [["pick_up", "hang_up"]]}], "“0.turns.0” cannot be read"),
        ([kept(1, own_words="Hi.")], "Attempt 1, turn 1 has own words where"),
        ([kept(1, guess=5)], "Attempt 1, turn 1 has a guess where"),
        ([kept(1, guess="5")], "“0.turns.0.guess” cannot be read"),
        ([kept(1, own_words="x" * 2001)], "at most 2000 characters"),
        ([kept(1, own_words="\ud800")], "“0.turns.0.own_words” cannot be read"),
    ],
)
def test_an_impossible_attempt_is_refused_in_words_and_the_widget_lives_on(
    beside: Path, monkeypatch: pytest.MonkeyPatch, attempts: list[Any], reason: str
) -> None:
    talk = RolePlay(NAME)
    talk.attempts = attempts
    with pytest.raises(transcript.TranscriptError, match=reason):
        _ = talk.transcript
    [answer] = save_pressed(talk, monkeypatch)
    assert reason in answer["failed"]
    assert list(beside.iterdir()) == []
    talk.attempts = [kept(1)]
    assert len(replayed(talk.transcript)) == 1


def test_a_folder_that_cannot_be_written_is_said_in_the_page(
    beside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = RolePlay(NAME)
    talk.attempts = [kept(1)]
    (beside / FILE).mkdir()
    (beside / FILE / "in the way").touch()
    [answer] = save_pressed(talk, monkeypatch)
    assert answer["failed"].startswith(f"{FILE} cannot be written here: ")


def test_a_name_that_is_no_conversation_lists_those_there_are() -> None:
    with pytest.raises(LookupError, match=NAME):
        RolePlay("first_call_hom")
