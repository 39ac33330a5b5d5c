"""The words of a role-play apart from its workings: another language, another persona."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from partners.scenario.faults import Fault
from partners.scenario.graph import explore
from partners.scenario.model import RolePlay

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from partners.scenario.faults import Place

_WORKINGS = {
    "format", "id", "version", "language", "level", "phase", "fixed", "mood", "kind", "portrait",
    "practises", "meters", "flags", "effects", "scores", "misstep", "repairs", "why", "goto", "if",
    "dimension", "variants", "minutes", "guess", "at_once", "true", "plainly_better", "irreversible",
}  # fmt: skip
"""Keys that hold no words for a learner."""


def texts(data: Any, place: Place = ()) -> Iterator[tuple[Place, str]]:
    """Yield every text of a role-play's plain data with its place."""
    if isinstance(data, str):
        yield place, data
    elif isinstance(data, dict):
        for key, value in data.items():
            if key not in _WORKINGS:
                yield from texts(value, (*place, key))
    elif isinstance(data, list):
        for i, value in enumerate(data):
            yield from texts(value, (*place, i))


def merged(data: Any, words: Any) -> Any:
    """Return `data` with every text replaced that `words`, of the same shape, holds."""
    if isinstance(data, dict) and isinstance(words, dict):
        return {key: merged(value, words.get(key)) for key, value in data.items()}
    if isinstance(data, list) and isinstance(words, list):
        padded = [*words, *[None] * (len(data) - len(words))]
        return [merged(value, word) for value, word in zip(data, padded, strict=False)]
    return words if isinstance(data, str) and isinstance(words, str) else data


def untranslated(data: Any, words: Any) -> list[Place]:
    """Return the places of the texts of `data` for which `words` has none."""
    there = {place for place, _ in texts(words)}
    return [place for place, _ in texts(data) if place not in there]


def as_variant(role_play: RolePlay, name: str) -> RolePlay:
    """Return `role_play` with the persona of its variant `name`."""
    swap = _swapper(role_play.variants[name].words)
    return RolePlay.model_validate(_mapped(role_play.model_dump(by_alias=True), swap))


def _mapped(data: Any, change: Callable[[str], str]) -> Any:
    if isinstance(data, dict):
        return {k: v if k in _WORKINGS else _mapped(v, change) for k, v in data.items()}
    if isinstance(data, list):
        return [_mapped(value, change) for value in data]
    return change(data) if isinstance(data, str) else data


def _swapper(words: dict[str, str]) -> Callable[[str], str]:
    longest_first = sorted(words, key=len, reverse=True)
    pattern = re.compile(r"\b(" + "|".join(map(re.escape, longest_first)) + r")(?!\w)")
    return lambda text: pattern.sub(lambda match: words[match[1]], text)


def persona_faults(role_play: RolePlay) -> Iterator[Fault]:
    """Yield what a change of persona changes besides words, and words that change nothing."""
    shapes = _shape(role_play)
    all_text = "\n".join(text for _, text in texts(role_play.model_dump(by_alias=True)))
    for name, variant in role_play.variants.items():
        place: Place = ("variants", name, "words")
        for word in variant.words:
            if not re.search(rf"\b{re.escape(word)}(?!\w)", all_text):
                yield Fault((*place, word), f"“{word}” stands nowhere", "leave it out, or mend it")
        if _shape(as_variant(role_play, name)) != shapes:
            what = "with this persona the conversation goes another way"
            yield Fault(place, what, "let effects, scores and guards be the same")


def _shape(role_play: RolePlay) -> object:
    graph = explore(role_play)
    scores = [(graph.reply(move).scores, graph.reply(move).effects) for move in graph.moves]
    return graph.states, graph.moves, scores
