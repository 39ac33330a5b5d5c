"""The message coach: what it points at, that the page's twin agrees, and how far its rules go."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import playwright
import pytest

from partners import library
from partners.course import reading
from partners.course.references import references
from partners.player import scripts
from partners.writing import (
    coach,
    everything,
    in_words,
    measure,
    rules,
    rules_for_page,
    samples,
)
from partners.writing.labelled import trusted

NODE = Path(playwright.__file__).parent / "driver" / "node"
TWIN = Path(scripts.__file__).parent / "coach.js"
WHOLE = ["text message", "email", "letter", "call script"]


def _in_the_page(texts: list[tuple[str, str]], folder: Path) -> list[Any]:
    """What the browser's engine says: for each text its notes, and its words and two grades."""
    (folder / "coach.mjs").write_text(TWIN.read_text("utf-8"), "utf-8")
    for name, data in (("rules", rules_for_page()), ("texts", texts)):
        (folder / f"{name}.json").write_text(json.dumps(data), "utf-8")
    files = [
        str(Path(__file__).parent / "parity.mjs"),
        str(folder / "coach.mjs"),
        "rules.json",
        "texts.json",
    ]
    done = subprocess.run([NODE, *files], cwd=folder, check=True, capture_output=True, text=True)
    return list(json.loads(done.stdout))


def _units(text: str, place: int) -> int:
    """The place in `text` as a browser counts it, in UTF-16 units."""
    return len(text[:place].encode("utf-16-le")) // 2


def test_the_page_and_python_say_the_same_of_every_text(tmp_path: Path) -> None:
    written = [(sample.text, sample.channel) for sample in samples()]
    sources = sorted((library.root() / "exercises").glob("*/source.md"))
    parts = [part for file in sources for part in re.split(r"\n#+ |```", file.read_text("utf-8"))]
    long = [(part, WHOLE[n % 4]) for n, part in enumerate(parts) if 1000 < len(part) < 2000]
    odd = [
        ("🌙 Don’t   touch\nbase,\r\n\r\nMs. É. Zoé 🌙 IEP.\u00a0Low\u00a0group?!", "email"),
        ("!?", "letter"),
    ]
    texts = [*written, *long, *odd]
    for (text, channel), (theirs, level) in zip(texts, _in_the_page(texts, tmp_path), strict=True):
        ours = [note._asdict() for note in coach(text, channel)]
        for note in ours:
            note |= {"start": _units(text, note["start"]), "end": _units(text, note["end"])}
        assert theirs == ours, text
        assert not reading.WORD.search(text) or tuple(level) == reading.level(text)


def test_exactly_the_rules_with_four_right_notes_in_five_are_shown() -> None:
    assert {name: rule.shown for name, rule in rules().rules.items()} == {
        name: trusted(name) for name in rules().rules
    }


def test_the_labelled_set_is_what_it_is_said_to_be() -> None:
    assert len(samples()) >= 180
    assert len({sample.text for sample in samples()}) == len(samples())
    assert {sample.channel for sample in samples()} == set(rules().channels)
    for sample in samples():
        for rule, words in sample.labels:
            assert rule in rules().rules
            assert words in sample.text


def test_every_rule_meets_some_label_and_rests_on_a_source_of_ours() -> None:
    measured = measure()
    assert all(found.met for found in measured.values()), measured
    assert {rule.source for rule in rules().rules.values()} <= references().keys()


def test_it_points_at_the_words_explains_and_offers_plainer_ones() -> None:
    text = "You failed to sign the IEP. Let’s touch base."
    notes = coach(text, "sentence")
    assert [(text[note.start : note.end], note.rule) for note in notes] == [
        ("You failed to", "blame"),
        ("IEP", "acronym"),
        ("touch base", "idiom"),
    ]
    assert all(note.says and note.source for note in notes)
    assert notes[-1].instead == "talk"


@pytest.mark.parametrize(
    "text",
    [
        "Her IEP (the plan for her help at school) says so. The IEP is yours to change.",
        "The low tables are by the door, behind the gym.",
        "On Friday we sit on the same page of the map and take turns in the boat.",
    ],
)
def test_it_leaves_alone_what_only_looks_like_a_hit(text: str) -> None:
    assert not coach(text, "sentence")


def test_what_is_missing_is_noted_once_for_the_whole_message() -> None:
    bare = coach(
        "Dear Ms. Lee, Sam was late again. He was late on Monday, too. He is late a lot.", "letter"
    )
    missing = [note.rule for note in bare if note.start == note.end == 0]
    shown = {name for name, rule in rules().rules.items() if rule.missing and rule.shown}
    assert sorted(missing) == sorted(shown)
    whole = (
        "Dear Ms. Lee, on Monday Sam fixed the pump of our fish tank. He was late on two days. What makes "
        "the mornings hard? I will call on Friday at 3 with an interpreter, or text me: 555-0101."
    )
    assert not coach(whole, "letter")


def test_a_weak_form_is_pointed_at_instead() -> None:
    text = "Dear Ms. Lee, Sam is a joy to have in class. Do you have any questions?"
    weak = {note.rule: text[note.start : note.end] for note in everything(text, "email")}
    assert "joy" in weak["strength"]
    assert weak["question"] == "Do you have any questions?"


def test_no_note_gives_a_mark() -> None:
    for rule in rules().rules.values():
        assert not re.search(
            r"\b(points?|score|marks?|bad|wrong|grade [A-F]|\d+%)\b", rule.says + rule.missing
        )


def test_an_unknown_channel_is_told_with_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"no channel “fax”\. There are: text message, email"):
        coach("Hello.", "fax")


@pytest.mark.parametrize("nothing", ["", "  \n", "🌙 …", None, 3])
def test_without_words_there_is_nothing_to_say(nothing: object) -> None:
    assert in_words(nothing, "email") == "There are no words to read yet."
    assert not isinstance(nothing, str) or coach(nothing, "email") == []


def test_a_notebook_shows_length_level_and_notes_in_narrow_lines() -> None:
    letter = "Dear Ms. Lee,\n\nplease do not hesitate\nto touch base about Sam’s IEP."
    shown = in_words(
        f"{letter} The office is open until four. You can also write to me there.", "letter"
    )
    assert shown.startswith("26 words, 4 sentences\nFlesch-Kincaid: grade ")
    assert in_words(letter, "letter").startswith("13 words, 2 sentences\n\n")  # too short for a level
    assert "“touch base”" in shown
    assert "  Perhaps: talk" in shown
    assert "[Khoong et al. (2019)]" in shown
    assert max(map(len, shown.splitlines())) <= 66


def test_a_page_gets_what_is_shown_and_is_not_weighed_down() -> None:
    data = rules_for_page()
    assert set(data["rules"]) == {name for name, rule in rules().rules.items() if rule.shown}
    assert {rule["source"] for rule in data["rules"].values()} == set(data["sources"])
    assert len(gzip.compress(json.dumps(data, ensure_ascii=False).encode())) < 60_000
