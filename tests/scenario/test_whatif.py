"""The nearest way to a partnership: the fewest changes, and of several the latest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from partners.scenario import engine, graph, whatif

if TYPE_CHECKING:
    from partners.scenario.model import RolePlay


@pytest.mark.parametrize(
    ("said", "instead", "changed"),
    [
        (["praise", "tell"], ["praise", "ask"], ["ask"]),
        (["but", "ask", "joke"], ["but", "ask", "sorry"], ["sorry"]),  # not the first word: the latest
        (["but", "tell"], ["but", "ask", "sorry"], ["ask", "sorry"]),  # also the latest
        (["leave"], ["praise", "ask"], ["praise", "ask"]),
        (["praise", "ask"], ["praise", "ask"], []),
    ],
)
def test_the_fewest_and_the_latest_changes(
    small_talk: RolePlay, said: list[str], instead: list[str], changed: list[str]
) -> None:
    play = engine.play(small_talk, said)
    other = whatif.nearest(graph.explore(small_talk), play)
    assert other
    assert [turn.key for turn in other.turns] == instead
    assert [turn.key for turn in whatif.changed(play, other)] == changed


def test_where_no_way_leads_to_a_partnership_there_is_none(small_talk: RolePlay) -> None:
    endings = {key: end for key, end in small_talk.endings.items() if end.kind != "partnership"}
    hopeless = small_talk.model_copy(update={"endings": endings})
    play = engine.play(hopeless, ["praise", "ask"])
    assert whatif.nearest(graph.explore(hopeless), play) is None


def fewest(found: graph.Graph, play: engine.Play) -> int:
    """The fewest changes to any partnership, by trying every move until nothing gets better."""
    given = {(turn.before.at, turn.key) for turn in play.turns}
    cost = {found.states[0]: 0}
    better = True
    while better:
        better = False
        for before, key, after in found.moves:
            if before in cost:
                by_this = cost[before] + ((before.at, key) not in given)
                if by_this < cost.get(after, 99):
                    cost[after], better = by_this, True
    return min(cost[state] for state in found.endings("partnership"))


def test_no_way_with_fewer_changes_was_overlooked(any_role_play: RolePlay) -> None:
    found = graph.explore(any_role_play)
    ends = [state for state in found.states if state.at in any_role_play.endings]
    for state in ends[:: len(ends) // 40 or 1]:
        play = engine.play(any_role_play, found.way_to(state))
        other = whatif.nearest(found, play)
        assert other
        assert other.ending
        assert other.ending.kind == "partnership"
        assert len(whatif.changed(play, other)) == fewest(found, play)
