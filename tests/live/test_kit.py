"""The kit for a room without internet: what is on the run sheet and the slides, and what never is."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

import pytest

from partners import library
from partners.course import cards
from partners.course.run_sheets import run_sheet, run_sheets, table
from partners.live import kit

if TYPE_CHECKING:
    from pathlib import Path

    from partners.scenario.model import RolePlay

LENGTHS = (30, 60, 90)
ELSEWHERE = re.compile(r"""(?:src|href)=|url\(|@import|https?://(?!www\.w3\.org/)""")


@pytest.fixture
def role_play() -> RolePlay:
    return library.role_play("first_call_home")


def pages(role_play: RolePlay, minutes: int, folder: Path) -> dict[str, str]:
    return {file.stem: file.read_text("utf-8") for file in kit.make(role_play, minutes, folder)}


def sections(slides: str) -> list[str]:
    return re.findall(r"<section.*?</section>", slides, re.DOTALL)


@pytest.mark.parametrize("minutes", LENGTHS)
def test_every_conversation_fits_into_every_session(any_role_play: RolePlay, minutes: int) -> None:
    steps = run_sheet(any_role_play, minutes)
    assert [step.start for step in steps] == [
        sum(s.minutes for s in steps[:i]) for i in range(len(steps))
    ]
    assert sum(step.minutes for step in steps) == minutes
    assert all(step.minutes > 0 for step in steps)


def test_a_conversation_that_is_too_long_for_the_session_is_told_and_nothing_is_written(
    role_play: RolePlay, tmp_path: Path
) -> None:
    long = role_play.model_copy(update={"minutes": 25})
    with pytest.raises(
        ValueError, match="first_call_home takes 25 minutes: too long for a session of 30"
    ):
        kit.make(long, 30, tmp_path / "kit")
    assert not (tmp_path / "kit").exists()


@pytest.mark.parametrize("minutes", LENGTHS)
def test_the_run_sheet_is_that_of_the_facilitator_edition(
    role_play: RolePlay, minutes: int, tmp_path: Path
) -> None:
    sheet = pages(role_play, minutes, tmp_path)["run_sheet"]
    assert table(run_sheet(role_play, minutes)) in sheet
    assert all(escape(question) in sheet for question in role_play.reflect)
    assert all(escape(rule) in sheet for rule in run_sheets().rules)
    assert ("Print cards.html" in sheet) is (minutes > 30)


@pytest.mark.parametrize("minutes", LENGTHS)
def test_the_slides_go_through_the_session_step_by_step(
    role_play: RolePlay, minutes: int, tmp_path: Path
) -> None:
    slides = sections(pages(role_play, minutes, tmp_path)["slides"])
    steps = [slide for slide in slides if 'class="step"' in slide]
    for step, slide in zip(run_sheet(role_play, minutes), steps, strict=True):
        assert f"<h2>{escape(step.step)}</h2>" in slide
        assert escape(step.room) in slide
        assert f"<b>{step.minutes}</b> minutes" in slide
    told = [re.findall(r"<h2>(.*?)</h2>", slide)[0] for slide in slides]
    assert told[:5] == [role_play.title, "Arrive", "In this room", "The setting", role_play.parent.name]
    assert told.index("To talk about") == told.index("Debrief") + 1
    assert ("Three people, three roles" in told) is (minutes > 30)


def test_the_slides_hold_what_the_room_must_know(role_play: RolePlay, tmp_path: Path) -> None:
    slides = pages(role_play, 60, tmp_path)["slides"]
    must = [role_play.setting.strip(), role_play.goal, role_play.parent.portrait_text.strip()]
    must += [*role_play.reflect, *run_sheets().rules, *run_sheets().roles.values()]
    assert [text for text in must if escape(text) not in slides] == []


@pytest.mark.parametrize("name", library.role_plays())
def test_the_slides_give_nothing_away(name: str) -> None:
    role_play = library.role_play(name)
    slides = kit.slides_page(role_play, run_sheet(role_play, 60))
    secret = [role_play.parent.hidden, *(s.say for s in role_play.statements)]
    for scene in role_play.scenes.values():
        secret += [line.line for line in scene.says]
        secret += [reply.say for reply in scene.replies.values()]
    secret += [ending.text for ending in role_play.endings.values()]
    assert [text for text in secret if escape(text.strip()) in slides] == []


def test_the_cards_are_the_courses_and_nothing_is_fetched_from_elsewhere(
    role_play: RolePlay, tmp_path: Path
) -> None:
    made = pages(role_play, 90, tmp_path)
    assert made["cards"] == cards.document(role_play)
    assert [name for name, text in made.items() if ELSEWHERE.search(text)] == []


def test_signs_of_html_in_a_role_play_are_read_as_text(role_play: RolePlay, tmp_path: Path) -> None:
    sly = "<img src=x onerror=alert(1)> & “co”"
    texts = dict.fromkeys(("title", "summary", "setting", "goal"), sly) | {"reflect": [sly]}
    parent = role_play.parent.model_copy(update={"name": sly, "who": sly})
    made = pages(role_play.model_copy(update={**texts, "parent": parent}), 60, tmp_path)
    assert all("<img" not in text for text in made.values())
    assert all(escape(sly) in text for text in made.values())
