"""An author is told what is wrong, on which line, and how to mend it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from partners import cli
from partners.course import check
from partners.course.course_map import course_map

SMALL_TALK = (Path(__file__).parents[1] / "small_talk.yaml").read_text("utf-8")


def problems_of(tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "role_play.yaml"
    file.write_text(text, "utf-8")
    (tmp_path / "parent.svg").write_text("<svg></svg>", "utf-8")
    return [str(p) for p in check.role_play_problems(file, course_map())]


def line(text: str, part: str) -> int:
    """The number of the line of `text` in which `part` stands."""
    return text[: text.index(part)].count("\n") + 1


def test_the_course_as_it_is_has_no_problem() -> None:
    result = CliRunner().invoke(cli.main, ["check"])
    assert result.output.startswith("All is sound"), result.output
    assert result.exit_code == 0


@pytest.mark.parametrize(
    ("old", "new", "what", "mend"),
    [
        ("says: So she is loud.", "says: So she: is loud.", "not YAML", "put the words in quotes"),
        ('{trust: ">=7", asked', "{trust: >=7, asked", "not YAML", "in quotes"),
        ('{trust: ">=7", asked', '{trust: "at least 7", asked', '"trust" cannot be read', "in quotes"),
        ("    - if: {trust", "\t- if: {trust", "not YAML", "spaces, not with tabs"),
        ("coach: He hears", "coahc: He hears", 'unknown key "coahc"', 'did you mean "coach"?'),
        ("answer: {line: \"She did?\"", "answer: {x: 1, line: \"She did?\"", 'unknown key "x"', "remove it"),
        ("but:\n        say: Ida", "but:\n        sai: Ida", '"say" is missing', "add say"),
        ("phase: close", "phase: closing", '"closing" does not fit "phase"', "'open'"),
        ("goto: [{if: {but: true}, to: mend}", "goto: [{if: {but: true}, to: mendd}", 'no scene "mendd"', "mend, talk"),
        ('says: {line: "Yes?"', 'says: {if: {mood: true}, line: "Yes?"', 'called "mood"', "asked, but, trust"),
        ("effects: {trust: -4}", "effects: {turst: -4}", 'no meter or flag is called "turst"', "asked, trust"),
        ("asked: true}\n        scores", "asked: 1}\n        scores", "1 does not fit here", "true or false"),
        ("misstep: but", "misstep: however", 'no misstep "however"', "choose from but"),
        ("scores: {strength: 2}", "scores: {humour: 2}", '"humour" is scored but not practised', "practises"),
        ("scores: {strength: 2}", "scores: {strength: 3}", '"strength" does not fit', "CONTRIBUTING"),
        ("source: kraft2013effect", "source: kraft1313", 'no entry "kraft1313"', "cite one that is there"),
        ("good-news-first", "good-news", 'no principle "good-news"', "good-news-first"),
        ("portrait: parent.svg", "portrait: mother.svg", "mother.svg is not there", "draw"),
        ("trust: {start: 4", "trust: {start: 14", "outside 0 to 10", "between its bounds"),
        ('polite: {title: Polite, kind: polite,', 'polite: {title: Polite, kind: polite, if: {asked: true},', "the last ending has an `if`", "have none"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line_and_the_way_out(
    tmp_path: Path, old: str, new: str, what: str, mend: str
) -> None:
    assert old in SMALL_TALK
    text = SMALL_TALK.replace(old, new, 1)
    told = [p for p in problems_of(tmp_path, text) if what in p]
    assert told
    assert f"role_play.yaml:{line(SMALL_TALK, old.strip())}: " in told[0]
    assert mend in told[0]


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ('partners: {title: A beginning, kind: partnership, if: {trust: ">=7"', 'partners: {title: A beginning, kind: partnership, if: {trust: ">10"', "partners:"),
        ("to: mend}", "to: end}", "  mend:"),
        ("      ask:\n", "      ask:\n        if: {trust: \">9\"}\n", "      ask:"),
        ('      - if: {trust: ">=6"}', '      - if: {trust: ">9"}', '      - if: {trust: ">9"}'),
    ],
)  # fmt: skip
def test_what_nobody_can_ever_reach_is_told(tmp_path: Path, old: str, new: str, place: str) -> None:
    text = SMALL_TALK.replace(old, new, 1)
    found = problems_of(tmp_path, text)
    expected = f"role_play.yaml:{line(text, place)}: nobody can ever reach this"
    assert any(expected in problem for problem in found), found


@pytest.mark.parametrize(
    "data", [b"\xff\xfe\x00", b"", b"- a\n- b\n", b"title: x\ntitle: y\n", b"a: \x00"]
)
def test_a_file_that_is_no_role_play_is_told_in_words(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "role_play.yaml"
    file.write_bytes(data)
    found = [str(p) for p in check.role_play_problems(file, course_map())]
    assert found
    assert all("role_play.yaml:" in problem and "→" in problem for problem in found)
