"""An author is told what is wrong, on which line, and how to mend it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML

from partners import cli
from partners.course import check
from partners.course.course_map import CourseMap, course_map

ROOT = Path(__file__).parents[2]
SMALL_TALK = (Path(__file__).parents[1] / "small_talk.yaml").read_text("utf-8")


def problems_of(tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "role_play.yaml"
    file.write_text(text, "utf-8")
    (tmp_path / "parent.svg").write_text("<svg></svg>", "utf-8")
    return [str(p) for p in check.role_play_problems(file, course_map())]


def line(text: str, part: str) -> int:
    """The number of the line of `text` in which `part` stands."""
    return text[: text.index(part)].count("\n") + 1


def test_the_course_as_it_is_has_no_problem_and_what_was_proved_is_told() -> None:
    result = CliRunner().invoke(cli.main, ["check"])
    assert result.output.startswith("All is sound"), result.output
    assert result.exit_code == 0
    assert re.search(r"^first_call_home: \d+ states, \d+ moves", result.output, re.MULTILINE)
    for told in ("partnership is", "Principles never practised:", "Best reply told by its looks:"):
        assert told in result.output


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


def map_problems(old: str, new: str) -> list[str]:
    text = (ROOT / "course_map.yml").read_text("utf-8")
    assert old in text
    cmap = CourseMap.model_validate(YAML(typ="safe").load(text.replace(old, new, 1)))
    return [f"{fault.what}; {fault.mend}" for fault in check.map_faults(cmap)]


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("#small-and-regular", "#big-and-rare", "chapters/first_contact has no section #big-and-rare; choose from"),
        ("taught: chapters/first_contact#", "taught: chapters/frist_contact#", "no page chapters/frist_contact"),
        ("tags: [nafsce-3,", "tags: [nafsce-33,", 'frameworks has no "nafsce-33"'),
        ("quiz: call-log", "quiz: call-lock", 'there is no question "call-lock" in chapters/first_contact'),
        ("question: channel", "question: chanel", 'no exercise "first_contact" grades a cell "chanel"'),
    ],
)  # fmt: skip
def test_an_outcome_without_its_place_is_told(old: str, new: str, what: str) -> None:
    [problem] = map_problems(old, new)
    assert problem.startswith(what)


def test_a_topic_that_no_section_teaches_is_told() -> None:
    [problem] = map_problems("#three-weeks-twenty-eight-families", "#three-weeks")
    assert problem.startswith("chapters/first_contact has no section #three-weeks")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("About 41% of them answered.", ["2: “41%”"]),
        ("An effect of d = 0.25 is small.", ["2: “d = 0.25”"]),
        ("{effect}`kraft2015-fail-any` failed.", []),
        ("“At least 80 percent of you did it,” she said.", []),
        ("```{quiz} a\nask: Was it 41% or 15.8%?\n```", []),
        ("```{quiz} a\nask: Was it 43.7%?\n```", ["3: “43.7%”"]),
    ],
)
def test_a_number_of_research_that_is_typed_by_hand_is_told(
    tmp_path: Path, text: str, told: list[str]
) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"# A page\n{text}\n", "utf-8")
    assert [str(p).split("page.md:")[1].split(" stands")[0] for p in check.page_problems(page)] == told
