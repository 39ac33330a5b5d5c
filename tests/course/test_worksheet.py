"""What the checks on codes and on attempts give, and that nothing a student types makes them raise."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from partners import library
from partners.course import worksheet
from partners.course.forms import WIDTH
from partners.scenario import engine, transcript

if TYPE_CHECKING:
    from pathlib import Path

TALK = "angry_email"
JOY = dict(enumerate([0, 0, 1, 0, 2, 0, 1, 0, 0, 2], 1))
KIM = dict(enumerate([0, 0, 0, 0, 2, 0, 1, 0, 1, 2], 1))
NONSENSE: list[Any] = [None, 3, "ABC", [0, 1], {}, {1: [2]}, {1: "x", "2": 2}, {1: float("nan")}]


def _play(which: int) -> engine.Play:
    play = engine.Play(library.role_play(TALK))
    while not play.ending:
        keys = list(play.offers())
        play = play.choose(keys[which % len(keys)])
    return play


def _save(*plays: engine.Play) -> None:
    data = transcript.write(library.role_play(TALK), [transcript.attempt(play) for play in plays])
    worksheet._file(TALK).write_text(json.dumps(data), "utf-8")


@pytest.fixture(autouse=True)
def beside_the_notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_kappa_is_the_one_that_the_chapter_on_listening_works_out() -> None:
    matched, by_luck, kappa = worksheet.agreement(JOY, KIM)
    assert (matched, round(by_luck, 1)) == (8, 4.4)
    assert kappa is not None
    assert round(kappa, 2) == 0.64


def test_kappa_is_nothing_where_there_was_nothing_to_tell_apart() -> None:
    zeros = dict.fromkeys(range(20), 0)
    assert worksheet.agreement(zeros, zeros).kappa is None
    assert worksheet.agreement(zeros, zeros | {7: 1}).kappa == 0


def test_full_points_are_for_agreeing_as_well_as_the_two_readings_do() -> None:
    why = dict.fromkeys(JOY, "read again")
    assert worksheet.reading_points(JOY, (JOY, KIM), why, 4) == 4
    assert worksheet.reading_points(KIM, (JOY, KIM), why, 4) == 4
    assert worksheet.reading_points(dict.fromkeys(JOY, 0), (JOY, KIM), why, 4) == 0


def test_a_moment_is_named_only_where_neither_reading_has_the_code(
    capsys: pytest.CaptureFixture[str],
) -> None:
    why = {moment: f"why {moment}" for moment in JOY}
    worksheet.reading_points(JOY | {3: 2, 9: 1, 5: 0}, (JOY, KIM), why, 4)
    assert [line for line in capsys.readouterr().out.splitlines() if line.startswith("Moment")] == [
        "Moment 3: why 3",
        "Moment 5: why 5",
    ]


def test_trust_and_rubric_are_read_from_the_first_two_finished_attempts() -> None:
    first, second = _play(0), _play(2)
    _save(first.back(), first, second)
    rises = [after - before for before, after in zip(first.trust(), first.trust()[1:], strict=False)]
    assert {rises[n - 1] for n in worksheet.rose_most(TALK, 1)} == {max(rises)}
    assert {rises[n - 1] for n in worksheet.fell_most(TALK, 1)} == {min(rises)}
    assert worksheet.first_change(TALK) == [1]
    assert worksheet.rose_most(TALK, 3) == []
    assert "Reply 9" in worksheet.attempts_side_by_side(TALK)
    assert "(thinks)" in worksheet.reply_side_by_side(TALK, 3)


def test_why_an_answer_is_not_right_is_told_in_lines_that_fit(
    capsys: pytest.CaptureFixture[str],
) -> None:
    why = "The families were drawn by lot, so caring more cannot explain it. " * 3
    worksheet.points_for({"claim": "D"}, {"claim": ("B", why)})
    told = capsys.readouterr().out
    assert " ".join(told.split()) == f"claim: {why.strip()}"
    assert max(map(len, told.splitlines())) <= WIDTH


def test_without_a_file_nothing_is_accepted_and_nothing_raises(
    capsys: pytest.CaptureFixture[str],
) -> None:
    accepted = {"first rise": (worksheet.rose_most(TALK, 1), "look again")}
    assert worksheet.points_for_numbers({"first rise": 0}, accepted) == 0
    assert "not finished in your file" in capsys.readouterr().out
    assert worksheet.attempts_side_by_side(TALK).startswith("No finished attempt yet.")
    assert worksheet.reply_side_by_side(TALK, 1) == "There is no such reply in a finished attempt."


@pytest.mark.parametrize("typed", NONSENSE, ids=repr)
def test_nonsense_earns_nothing_and_raises_nothing(typed: Any) -> None:
    _save(_play(0))
    assert worksheet.reading_points(typed, (JOY, KIM), dict.fromkeys(JOY, "why"), 4) == 0
    assert worksheet.codes_side_by_side(typed, KIM, "Kim").startswith("Code every moment first.")
    assert worksheet.points_for_numbers(typed, {"first rise": ([1, 2], "look again")}) == 0
    assert worksheet.reply_side_by_side(TALK, typed)
