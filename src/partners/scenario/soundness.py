"""What must hold of a conversation on its whole graph of states, not of its scenes alone.

Each property yields a fault with the shortest way, as replies from the start, on which it fails.
``proof`` gathers the figures that a sound conversation can show.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from partners.scenario import engine
from partners.scenario.faults import Fault, replies
from partners.scenario.graph import explore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from partners.scenario.engine import State
    from partners.scenario.faults import Place
    from partners.scenario.graph import Graph, Move
    from partners.scenario.model import Line, Reply, RolePlay

FEWEST, MOST = 6, 12
"""Replies on the way to an ending, unless the parent breaks off."""
RATIO = 1.25
"""How much longer the longest reply of a scene may be than the shortest."""


def unsound(role_play: RolePlay) -> Iterator[Fault]:
    """Yield every property that does not hold of `role_play`."""
    graph = explore(role_play)
    loop = _loop(graph)
    if loop:
        yield loop
        return  # the other properties ask for paths that end
    yield from _stuck(graph)
    yield from _never(graph)
    yield from _length(graph)
    yield from _locked(graph)
    yield from _forgiven(graph)
    yield from _no_choice(role_play)
    yield from _unscored(graph)
    yield from _unfixed(graph)
    yield from _uneven(role_play)


def dialogue(role_play: RolePlay, keys: list[str]) -> str:
    """Return what is said when the replies `keys` are given, line by line, with the trust."""
    name = role_play.parent.name.split()[0]
    play = engine.play(role_play, keys)
    lines = []
    for turn, trust in zip(play.turns, play.trust(), strict=False):
        lines.append(f"{name} (trust {trust}): {engine.said(role_play, turn.before).line}")
        lines.append(f"  You [{turn.key}]: {turn.reply.say}")
        answer = engine.answer(role_play, turn.after, turn.reply)
        if answer:
            lines.append(f"{name}: {answer.line}")
    lines.append(f"{name} (trust {play.trust()[-1]}): {engine.said(role_play, play.state).line}")
    return "\n".join(lines)


@dataclass(frozen=True)
class Proof:
    """Figures of a conversation: its size, its shortest and longest way, and each misstep's repair."""

    states: int
    moves: int
    shortest: int
    longest: int
    repairs: dict[str, int]


def proof(role_play: RolePlay) -> Proof:
    """Return the figures of a sound `role_play`.

    ``repairs`` holds, for each misstep, the fewest replies from just after it to a partnership.
    """
    graph = explore(role_play)
    ends = [s for s in graph.states if s.at in role_play.endings and not role_play.endings[s.at].at_once]
    steps = graph.steps_to(graph.endings("partnership"))
    repairs: dict[str, int] = {}
    for move in graph.moves:
        name = graph.reply(move).misstep
        if name and move.after in steps:
            repairs[name] = min(steps[move.after], repairs.get(name, MOST))
    shortest = min(len(graph.way_to(state)) for state in ends)
    return Proof(len(graph.states), len(graph.moves), shortest, _longest(graph), repairs)


def _loop(graph: Graph) -> Fault | None:
    """Return a fault for the loop nearest to the start, if there is one."""
    left = set(graph.states)
    _take_away(left, graph.moves_to, graph.moves_from)
    _take_away(left, graph.moves_from, graph.moves_to)
    for state in (state for state in graph.states if state in left):
        rounds = (_round(graph, move, state) for move in graph.moves_from[state])
        if found := [keys for keys in rounds if keys]:
            return Fault(
                ("scenes", state.at),
                "the conversation can go round for ever",
                "lead one of these replies onward",
                dialogue(graph.role_play, [*graph.way_to(state), *min(found, key=len)]),
            )
    return None


def _round(graph: Graph, move: Move, home: State) -> list[str] | None:
    """Return the fewest replies, beginning with `move`, that come back to `home`."""
    rest = graph.way(move.after, lambda state: state == home)
    return None if rest is None else [move.key, *rest]


def _take_away(
    left: set[State], needed: dict[State, list[Move]], freed: dict[State, list[Move]]
) -> None:
    """Take from `left`, in turn, every state that needs none of those left: what remains goes round."""
    counts = {s: sum(_other(move, s) in left for move in needed[s]) for s in left}
    ready = [state for state in left if not counts[state]]
    while ready:
        state = ready.pop()
        left.discard(state)
        for other in (_other(move, state) for move in freed[state]):
            counts[other] = counts.get(other, 0) - 1
            if other in left and not counts[other]:
                ready.append(other)


def _other(move: Move, state: State) -> State:
    return move.before if move.after == state else move.after


def _stuck(graph: Graph) -> Iterator[Fault]:
    for state in graph.states:
        if state.at not in graph.role_play.endings and not graph.moves_from[state]:
            yield Fault(
                ("scenes", state.at),
                "nothing can be said here",
                "give at least one reply without an `if`",
                dialogue(graph.role_play, graph.way_to(state)),
            )


def _never(graph: Graph) -> Iterator[Fault]:
    for place in _unreached(graph):
        yield Fault(place, "nobody can ever reach this", "mend its `if`, or the `goto` that leads to it")


def _unreached(graph: Graph) -> Iterator[Place]:
    role_play = graph.role_play
    reached = {state.at for state in graph.states}
    offered = {(move.before.at, move.key) for move in graph.moves}
    spoken = {id(engine.said(role_play, state)) for state in graph.states}
    spoken |= {id(engine.answer(role_play, move.after, graph.reply(move))) for move in graph.moves}
    yield from (("endings", key) for key in role_play.endings if key not in reached)
    for at, scene in role_play.scenes.items():
        if at not in reached:
            yield ("scenes", at)
            continue
        yield from _unsaid(("scenes", at, "says"), scene.says, spoken)
        for key, reply in scene.replies.items():
            place = ("scenes", at, "replies", key)
            if (at, key) not in offered:
                yield place
            else:
                yield from _unsaid((*place, "answer"), reply.answer or [], spoken)


def _unsaid(place: Place, lines: list[Line], spoken: set[int]) -> Iterator[Place]:
    return ((*place, i) for i, line in enumerate(lines) if id(line) not in spoken)


def _length(graph: Graph) -> Iterator[Fault]:
    role_play = graph.role_play
    for state in graph.states:
        way = graph.way_to(state)
        over = role_play.endings.get(state.at)
        if over and not over.at_once and len(way) < FEWEST:
            yield Fault(
                ("endings", state.at),
                f"it can be over after {len(way)} replies",
                f"give every way at least {FEWEST} replies, or let the ending come at_once",
                dialogue(role_play, way),
            )
            break
    longest = _longest(graph)
    if longest > MOST:
        what = f"it can take {longest} replies"
        yield Fault(("scenes",), what, f"let every way end within {MOST} replies")


def _longest(graph: Graph) -> int:
    """Return the most replies that the conversation can take; it must have no loop."""
    waiting = {state: len(graph.moves_to[state]) for state in graph.states}
    ready = [graph.states[0]]
    lengths = {graph.states[0]: 0}
    while ready:
        state = ready.pop()
        for move in graph.moves_from[state]:
            lengths[move.after] = max(lengths.get(move.after, 0), lengths[state] + 1)
            waiting[move.after] -= 1
            if not waiting[move.after]:
                ready.append(move.after)
    return max(lengths.values())


def _locked(graph: Graph) -> Iterator[Fault]:
    """Yield missteps that by themselves put partnership out of reach.

    Where the parent breaks off there and then, nothing is left to repair.
    """
    open_still = graph.steps_to(graph.endings("partnership"))
    told = set()
    for move in graph.moves:
        name = graph.reply(move).misstep
        if not name or (move.before.at, move.key) in told or move.before not in open_still:
            continue
        role_play = graph.role_play
        over = role_play.endings.get(move.after.at)
        broken_off = over is not None and over.at_once
        if move.after not in open_still and not role_play.missteps[name].irreversible and not broken_off:
            told.add((move.before.at, move.key))
            yield Fault(
                ("scenes", move.before.at, "replies", move.key, "misstep"),
                f'after this "{name}" no partnership can be reached any more',
                "let a later reply repair it, or say why not: irreversible: ...",
                dialogue(graph.role_play, [*graph.way_to(move.before), move.key]),
            )


def _forgiven(graph: Graph) -> Iterator[Fault]:
    """Yield a partnership that is reached with two missteps unrepaired."""
    for state in graph.endings("partnership"):
        values = engine.named(graph.role_play, state)
        standing = [name for name in graph.role_play.missteps if values[name]]
        if len(standing) > 1:
            yield Fault(
                ("endings", state.at, "if"),
                f"it is reached with {' and '.join(standing)} unrepaired",
                f"ask for {standing[0]}: false",
                dialogue(graph.role_play, graph.way_to(state)),
            )
            return


def _no_choice(role_play: RolePlay) -> Iterator[Fault]:
    """Yield replies that beat all others in everything: they leave nothing to choose."""
    for at, scene in role_play.scenes.items():
        for key, reply in scene.replies.items():
            others = [other for name, other in scene.replies.items() if name != key]
            unguarded = not reply.guard and not reply.plainly_better
            if unguarded and all(_beats(reply, other) for other in others):
                yield Fault(
                    ("scenes", at, "replies", key),
                    "this reply is better in everything than all others of the scene",
                    "give another one something it does better, or say why not: plainly_better: ...",
                )


def _beats(one: Reply, other: Reply) -> bool:
    """Say whether `one` is at least as good in every way and better in one."""
    ours, theirs = _goods(one), _goods(other)
    names = ours.keys() | theirs.keys()
    pairs = [(ours.get(name, 0), theirs.get(name, 0)) for name in names]
    return all(a >= b for a, b in pairs) and any(a > b for a, b in pairs)


def _goods(reply: Reply) -> dict[str, int]:
    changes = {name: int(change) for name, change in reply.effects.items()}
    repairs = {f"repairs {name}": 1 for name in reply.repairs}
    return changes | reply.scores | repairs | ({"misstep": -1} if reply.misstep else {})


def _unscored(graph: Graph) -> Iterator[Fault]:
    for i, dimension in enumerate(graph.role_play.practises):
        way = _way_past(graph, partial(_scores, graph, dimension))
        if way is not None:
            yield Fault(
                ("practises", i),
                f'"{dimension}" cannot be scored on every way',
                "let every way pass a scene whose replies score it",
                dialogue(graph.role_play, way),
            )


def _scores(graph: Graph, dimension: str, state: State) -> bool:
    return any(dimension in graph.reply(move).scores for move in graph.moves_from[state])


def _unfixed(graph: Graph) -> Iterator[Fault]:
    scenes = graph.role_play.scenes
    for kind in ("challenge", "emotion"):
        marked = {at for at, scene in scenes.items() if scene.fixed == kind}
        way = _way_past(graph, partial(_stands_in, marked))
        if way is not None:
            yield Fault(
                ("scenes",),
                f"a way passes no scene with fixed: {kind}",
                "mark a scene that comes whatever the teacher says",
                dialogue(graph.role_play, way),
            )


def _stands_in(scenes: set[str], state: State) -> bool:
    return state.at in scenes


def _way_past(graph: Graph, avoided: Callable[[State], bool]) -> list[str] | None:
    """Return the shortest way to an ending that is not at_once, past all states avoided."""
    endings = graph.role_play.endings
    return graph.way(
        graph.states[0],
        lambda state: state.at in endings and not endings[state.at].at_once,
        avoided,
    )


def _uneven(role_play: RolePlay) -> Iterator[Fault]:
    for at, scene in role_play.scenes.items():
        lengths = {key: len(reply.say) for key, reply in scene.replies.items()}
        longest, shortest = max(lengths, key=lengths.__getitem__), min(lengths, key=lengths.__getitem__)
        if lengths[longest] > RATIO * lengths[shortest]:
            yield Fault(
                ("scenes", at, "replies", longest, "say"),
                f"{lengths[longest]} characters beside {lengths[shortest]} of {shortest}: length tells",
                f"keep the longest within {RATIO} times the shortest",
            )


def unpractised(role_plays: list[RolePlay], principles: list[str]) -> list[str]:
    """Return the principles that no reply of any role-play is warranted by."""
    used = {reply.why.principle for play in role_plays for _, reply in chain(replies(play))}
    return [name for name in principles if name not in used]
