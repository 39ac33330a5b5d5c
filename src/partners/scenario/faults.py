"""What names something that is not there: faults that stop a role-play from being played at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from partners.scenario.model import END, RolePlay

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partners.scenario.model import Branch, Guard, Line, Reply

Place = tuple[str | int, ...]
"""Keys that lead from the top of a file to what is meant: ``("scenes", "hello", "says", 0)``."""


class Fault(NamedTuple):
    """Something wrong with a role-play: where, what, how to mend it, and a dialogue that shows it."""

    place: Place
    what: str
    mend: str
    dialogue: str = ""


def loose_ends(role_play: RolePlay) -> Iterator[Fault]:
    """Yield what names something that is not there. A role-play with a loose end cannot be played."""
    yield from _meter_faults(role_play)
    yield from _guard_faults(role_play)
    yield from _fallback_faults(role_play)
    for place, reply in replies(role_play):
        yield from _reply_faults(role_play, place, reply)
    for at, scene in role_play.scenes.items():
        own = scene.own_words
        if own and own.dimension not in role_play.practises:
            yield Fault(
                ("scenes", at, "own_words", "dimension"),
                f'"{own.dimension}" is asked for but not practised',
                "choose from " + ", ".join(role_play.practises),
            )
    for dimension in role_play.practises:
        if dimension not in role_play.coaching:
            yield Fault(
                ("coaching",),
                f'nothing to say before a second attempt about "{dimension}"',
                f"add a note: coaching: {{{dimension}: ...}}",
            )


def replies(role_play: RolePlay) -> Iterator[tuple[Place, Reply]]:
    """Yield every reply with its place."""
    for at, scene in role_play.scenes.items():
        for key, reply in scene.replies.items():
            yield ("scenes", at, "replies", key), reply


def _meter_faults(role_play: RolePlay) -> Iterator[Fault]:
    if "trust" not in role_play.meters:
        yield Fault(("meters",), "no meter named trust", "add trust: {start: 4, from: 0, to: 10}")
    for name, meter in role_play.meters.items():
        if not meter.low <= meter.start <= meter.high:
            yield Fault(
                ("meters", name),
                f"starts at {meter.start}, outside {meter.low} to {meter.high}",
                "let it start between its bounds",
            )
    names = [v.name for v in role_play.variables]
    for name in sorted({n for n in names if names.count(n) > 1}):
        yield Fault((), f'"{name}" names two things', "give meters, flags and missteps different names")
    for key in set(role_play.scenes) & set(role_play.endings) | {END} & set(role_play.scenes):
        yield Fault(("scenes", key), f'"{key}" also names an ending', "give the scene another id")


def _guards(role_play: RolePlay) -> Iterator[tuple[Place, Guard]]:
    for key, end in role_play.endings.items():
        yield ("endings", key, "if"), end.guard
    for at, scene in role_play.scenes.items():
        for i, line in enumerate(scene.says):
            yield ("scenes", at, "says", i, "if"), line.guard
    for place, reply in replies(role_play):
        yield (*place, "if"), reply.guard
        for i, line in enumerate(reply.answer or []):
            yield (*place, "answer", i, "if"), line.guard
        for i, branch in enumerate(reply.goto):
            yield (*place, "goto", i, "if"), branch.guard


def _guard_faults(role_play: RolePlay) -> Iterator[Fault]:
    known = {v.name for v in role_play.variables}
    for place, guard in _guards(role_play):
        for name in guard.keys() - known:
            yield Fault(
                (*place, name),
                f'no meter, flag or misstep is called "{name}"',
                _choose_from(known),
            )


def _fallbacks(role_play: RolePlay) -> Iterator[tuple[Place, list[Line] | list[Branch]]]:
    for at, scene in role_play.scenes.items():
        yield ("scenes", at, "says"), scene.says
    for place, reply in replies(role_play):
        yield (*place, "goto"), reply.goto
        if reply.answer:
            yield (*place, "answer"), reply.answer


def _fallback_faults(role_play: RolePlay) -> Iterator[Fault]:
    for place, choices in _fallbacks(role_play):
        if choices[-1].guard:
            yield Fault(place, "the last one has an `if`", "let the last one hold in every case")
    *_, last = role_play.endings
    if role_play.endings[last].guard:
        yield Fault(("endings", last), "the last ending has an `if`", "let the last ending have none")


def _reply_faults(role_play: RolePlay, place: Place, reply: Reply) -> Iterator[Fault]:
    for i, branch in enumerate(reply.goto):
        if branch.to != END and branch.to not in role_play.scenes:
            yield Fault(
                (*place, "goto", i),
                f'there is no scene "{branch.to}"',
                _choose_from({*role_play.scenes, END}),
            )
    for name, change in reply.effects.items():
        switch = name in role_play.flags
        if name not in role_play.meters and not switch:
            yield Fault(
                (*place, "effects", name),
                f'no meter or flag is called "{name}"',
                _choose_from({*role_play.meters, *role_play.flags}),
            )
        elif switch is not isinstance(change, bool):
            wanted = "true or false" if switch else "a whole number such as +1"
            yield Fault((*place, "effects", name), f"{change} does not fit here", f"write {wanted}")
    committed = [reply.misstep] if reply.misstep else []
    for key, missteps in (("misstep", committed), ("repairs", reply.repairs)):
        for name in set(missteps) - set(role_play.missteps):
            what = f'there is no misstep "{name}"'
            yield Fault((*place, key), what, _choose_from(set(role_play.missteps)))
    for name in reply.scores.keys() - set(role_play.practises):
        yield Fault(
            (*place, "scores", name),
            f'"{name}" is scored but not practised',
            "add it to `practises`, or score " + ", ".join(role_play.practises),
        )


def _choose_from(known: set[str]) -> str:
    return "choose from " + ", ".join(sorted(known)) if known else "declare it first"
