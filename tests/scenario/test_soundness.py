"""A conversation is proved sound on every state it can reach, or the way that breaks it is shown."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from partners import library
from partners.scenario import graph, soundness, texts
from partners.scenario.model import RolePlay

if TYPE_CHECKING:
    from collections.abc import Callable

    from partners.scenario.faults import Fault

Data = dict[str, Any]


def told(small_talk: RolePlay, edit: Callable[[Data], None], what: str) -> list[Fault]:
    """The faults that say `what` after `edit` has been made to the small role-play."""
    data = copy.deepcopy(small_talk.model_dump(by_alias=True))
    edit(data)
    return [f for f in soundness.unsound(RolePlay.model_validate(data)) if what in f.what]


def nothing(_: Data) -> None:
    """Leave the small role-play as it is: it is too small to be sound."""


def _loop(data: Data) -> None:
    data["scenes"]["talk"]["replies"]["tell"]["goto"] = "hello"


def _stuck(data: Data) -> None:
    for reply in data["scenes"]["mend"]["replies"].values():
        reply["if"] = {"trust": ">=9"}


def _no_repair(data: Data) -> None:
    data["scenes"]["mend"]["replies"]["sorry"]["repairs"] = []


def _two_missteps(data: Data) -> None:
    data["missteps"]["rush"] = {"what": "-", "instead": "-"}
    data["scenes"]["talk"]["replies"]["ask"] |= {"misstep": "rush", "goto": "end"}
    data["endings"]["partners"]["if"] = {"trust": ">=3", "asked": True}


def _unscored(data: Data) -> None:
    for reply in data["scenes"]["talk"]["replies"].values():
        reply["scores"] = {}


@pytest.mark.parametrize(
    ("edit", "what", "shown"),
    [
        (_loop, "round for ever", "You [tell]: Please read with her each night."),
        (_stuck, "nothing can be said here", "You [but]: Ida is lovely, but loud."),
        (_no_repair, 'after this "but" no partnership', "You [but]: Ida is lovely, but loud."),
        (_two_missteps, "reached with but and rush unrepaired", "You [ask]: What does she like"),
        (_unscored, '"elicits" cannot be scored on every way', "You [praise]"),
        (nothing, "it can be over after 2 replies", "You [praise]"),
        (nothing, "passes no scene with fixed: emotion", "You [praise]"),
        (nothing, "better in everything than all others", ""),
        (nothing, "length tells", ""),
    ],
)
def test_what_breaks_is_shown_as_the_shortest_dialogue(
    small_talk: RolePlay, edit: Callable[[Data], None], what: str, shown: str
) -> None:
    [fault, *_] = told(small_talk, edit, what)
    assert shown in fault.dialogue


def _declared(data: Data) -> None:
    _no_repair(data)
    data["missteps"]["but"]["irreversible"] = "He will not hear a second word."
    data["scenes"]["hello"]["replies"]["praise"]["plainly_better"] = "It opens the book."
    data["scenes"]["hello"]["fixed"] = "emotion"


@pytest.mark.parametrize(
    "what", ["no partnership", "better in everything than all others", "fixed: emotion"]
)
def test_what_an_author_declares_is_accepted(small_talk: RolePlay, what: str) -> None:
    places = [fault.place for fault in told(small_talk, _declared, what)]
    assert ("scenes", "hello") not in {place[:2] for place in places}
    assert () not in places


def test_a_loop_is_shown_until_it_closes(small_talk: RolePlay) -> None:
    [fault] = told(small_talk, _loop, "round for ever")
    first, *_, last = fault.dialogue.splitlines()
    assert first == last == "Tomas (trust 4): Yes?"


@pytest.mark.parametrize("name", library.role_plays())
def test_every_shipped_conversation_is_sound(name: str) -> None:
    role_play = library.role_play(name)
    assert [fault.what for fault in soundness.unsound(role_play)] == []
    assert [fault.what for fault in texts.persona_faults(role_play)] == []


@pytest.mark.parametrize("name", library.role_plays())
def test_every_shipped_conversation_is_whole(name: str) -> None:
    """It has everything that a lesson with it needs."""
    role_play = library.role_play(name)
    found = graph.explore(role_play)
    offered = {len(moves) for moves in found.moves_from.values() if moves}
    assert offered <= {3, 4}
    assert {end.kind for end in role_play.endings.values()} == {
        "partnership", "progress", "polite", "breakdown"
    }  # fmt: skip
    scenes = role_play.scenes.values()
    assert sum(scene.guess for scene in scenes) == 2
    assert sum(scene.own_words is not None for scene in scenes) >= 2
    assert len(role_play.missteps) >= 2
    assert len(role_play.statements) >= 5
    assert role_play.variants
    assert set(soundness.proof(role_play).repairs) == set(role_play.missteps)


@pytest.mark.parametrize("name", library.role_plays())
def test_with_another_persona_nothing_but_words_changes(name: str) -> None:
    role_play = library.role_play(name)
    for variant in role_play.variants:
        other = texts.as_variant(role_play, variant)
        assert other.parent.name != role_play.parent.name
        ours, theirs = graph.explore(role_play), graph.explore(other)
        assert (ours.states, ours.moves) == (theirs.states, theirs.moves)


def test_a_persona_that_changes_more_than_words_is_told(small_talk: RolePlay) -> None:
    data = small_talk.model_dump(by_alias=True)
    data["variants"] = {"mother": {"words": {"Tomas": "Marta", "godfather": "godmother"}}}
    [fault] = texts.persona_faults(RolePlay.model_validate(data))
    assert fault.what == "“godfather” stands nowhere"
