"""What is read from a form: typed or from the file, and nothing that a student hands in makes it raise."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from partners.course import answers, worksheet

if TYPE_CHECKING:
    from pathlib import Path

    from partners.course.forms import Form

SPEC = """
types:
  kind: sort
  ask: Which type is it?
  options: {1: Parenting, 2: Communicating}
  items: [Winter concert, Five texts]
share:
  kind: number
  ask: Which share was it?
best:
  kind: choose
  ask: Which one?
  items:
    First: {text: The first, options: {A: one, B: two}}
"""
BLANK = {"types": {"Winter concert": "", "Five texts": ""}, "share": ..., "best": {"First": ""}}
FILLED = {"types": {"Winter concert": "2", "Five texts": "1"}, "share": 0.5, "best": {"First": "B"}}


@pytest.fixture
def form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Form:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    return worksheet.form("six_types", SPEC)


def keep(form: Form, exercise: str = "six_types", **found: Any) -> None:
    data = {"format": answers.FORMAT, "exercise": exercise, "answers": found}
    form.file.write_text(json.dumps(data), "utf-8")


def test_what_was_typed_counts_first_and_the_file_fills_what_was_not(form: Form) -> None:
    keep(form, types={"Winter concert": "2", "Five texts": "2"}, share="0,5", best={"First": "b "})
    typed = {"Winter concert": "1", "Five texts": ""}
    assert form.answers(types=typed, share=..., best={}) == (
        {"Winter concert": "1", "Five texts": "2"},
        0.5,
        {"First": "B"},
    )


def test_an_answer_that_is_none_of_the_choices_is_open(form: Form) -> None:
    keep(form, types={"Winter concert": "7", "Five texts": 1}, share="about half", best={"First": "C"})
    with pytest.raises(AssertionError) as told:
        form.answers(**BLANK)
    assert str(told.value).split("\n") == [
        "Which type is it? Still open: Winter concert.",
        "Which share was it? Still open.",
        "Which one? Still open: First.",
    ]


def test_while_it_is_graded_an_open_answer_costs_only_itself(
    form: Form, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    keep(form, types={"Five texts": "2"})
    assert form.answers(types=BLANK["types"]) == {"Winter concert": None, "Five texts": "2"}
    assert "Still open: Winter concert." in capsys.readouterr().out


def test_a_line_may_be_typed_as_a_list_and_what_is_there_so_far_is_given_without_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    plan = worksheet.form("plan", "weeks: {kind: line, ask: When?, items: [Ari, Bo, Bea]}")
    keep(plan, "plan", weeks={"Ari": "2 T", "Bo": "4 C"})
    typed = {"Ari": [3, "CT"], "Bo": [..., ""], "Bea": [10**5000, [1]]}
    assert plan.so_far(weeks=typed) == {"Ari": "3 CT", "Bo": "4 C", "Bea": None}
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "There is no file six_types.answers.json beside the notebook."),
        ('{"format": "partners-answers/1", "exer', "it was cut short or edited"),
        ("[" * 100_000, "it was cut short or edited"),
        ('{"format": 1, "exercise": "six_types"}', "“format” is not as the worksheet writes it"),
        ('{"format": "partners-answers/1", "exercise": "contact_log"}', "the exercise “contact_log”"),
        (" " * (answers.LONGEST + 1), "is too large to come from this exercise"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_in_words_and_typed_answers_still_count(
    form: Form, text: str | None, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if text is not None:
        form.file.write_text(text, "utf-8")
    assert form.answers(**FILLED) == tuple(FILLED.values())
    told = " ".join(capsys.readouterr().out.split())
    assert told == "" if text is None else words in told
    with pytest.raises(AssertionError) as open_ones:
        form.answers(**BLANK)
    assert words in " ".join(str(open_ones.value).split())


anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(in_file=st.dictionaries(st.sampled_from([*BLANK, "x"]), anything), typed=anything)
def test_nothing_that_is_handed_in_stops_the_grading(form: Form, in_file: Any, typed: Any) -> None:
    keep(form, **in_file)
    with pytest.MonkeyPatch.context() as grading:
        grading.setenv("NBGRADER_EXECUTION", "autograde")
        types, share, best = form.answers(types=typed, share=typed, best=typed)
    assert set(types.values()) <= {"1", "2", None}
    assert share is None or abs(share) < 1e9
    assert best["First"] in ("A", "B", None)


def test_an_author_is_told_what_a_form_lacks() -> None:
    with pytest.raises(ValueError, match=r"(?s)“six_types”.*give options"):
        worksheet.form("six_types", "types: {kind: sort, ask: Which?, items: [One]}")


def test_where_no_form_can_be_shown_its_questions_can_still_be_read(
    form: Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NBGRADER_EXECUTION")
    data, _ = form._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    for words in ("Which type is it?", "1 Parenting", "Winter concert", "The first", "B two"):
        assert words in data["text/html"]
