"""The map of a conversation as SVG: scenes, replies, the trust they are reached with, endings."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, NamedTuple

from partners.scenario import engine
from partners.scenario.graph import explore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partners.scenario.graph import Graph
    from partners.scenario.model import Reply, RolePlay

WIDE, GAP, LINE, TOP = 210, 90, 20, 60
INK, SOFT, LAKE, CLAY, PAPER, SUN = "#23302e", "#586663", "#1d5f59", "#9c4221", "#fbf8f2", "#f2e3b8"


class Box(NamedTuple):
    """Where a scene or an ending stands, and its height."""

    x: float
    y: float
    tall: float


def draw(role_play: RolePlay) -> str:
    """Return the map of `role_play` as the text of an SVG file.

    Columns are the number of replies it takes at most to get there. A bar in each box shows the
    range of trust, low to high, with which it is reached.
    """
    graph = explore(role_play)
    boxes = _layout(graph)
    wide = max(box.x for box in boxes.values()) + WIDE + 20
    tall = max(box.y + box.tall for box in boxes.values()) + 20
    bands = _bands(graph)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:.0f} {tall:.0f}" role="img" '
        f'font-family="sans-serif" font-size="12" fill="{INK}" '
        f'aria-label="Map of the conversation {escape(role_play.title)}">',
        f'<rect width="100%" height="100%" fill="{PAPER}"/>',
        f'<text x="20" y="28" font-size="18" font-weight="bold">{escape(role_play.title)}</text>',
        f'<text x="20" y="46" fill="{SOFT}">▼ misstep   ✚ repair   bar: trust on arrival</text>',
        *_edges(graph, boxes),
        *(_box(role_play, at, box, bands[at]) for at, box in boxes.items()),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _layout(graph: Graph) -> dict[str, Box]:
    depth: dict[str, int] = {}
    for state in graph.states:
        depth[state.at] = max(depth.get(state.at, 0), len(graph.way_to(state)))
    endings = graph.role_play.endings
    last = max(depth[at] for at in depth if at not in endings) + 1
    column = {at: last if at in endings else d for at, d in depth.items()}
    heights = {at: 58 + LINE * len(_replies(graph.role_play, at)) for at in column}
    boxes: dict[str, Box] = {}
    for place in sorted(set(column.values())):
        y: float = TOP
        for at in (at for at in column if column[at] == place):
            boxes[at] = Box(20 + place * (WIDE + GAP), y, heights[at])
            y += heights[at] + 30
    return boxes


def _replies(role_play: RolePlay, at: str) -> dict[str, Reply]:
    return role_play.scenes[at].replies if at in role_play.scenes else {}


def _bands(graph: Graph) -> dict[str, tuple[int, int]]:
    bands: dict[str, tuple[int, int]] = {}
    for state in graph.states:
        trust = engine.named(graph.role_play, state)["trust"]
        low, high = bands.get(state.at, (trust, trust))
        bands[state.at] = (min(low, trust), max(high, trust))
    return bands


def _edges(graph: Graph, boxes: dict[str, Box]) -> Iterator[str]:
    ways = dict.fromkeys((move.before.at, move.key, move.after.at) for move in graph.moves)
    for at, key, to in ways:
        replies = graph.role_play.scenes[at].replies
        colour = CLAY if replies[key].misstep else LAKE
        yield _edge(boxes[at], list(replies).index(key), boxes[to], colour)


def _edge(start: Box, row: int, end: Box, colour: str) -> str:
    x, y = start.x + WIDE, start.y + 62 + LINE * row
    bend = (end.x - x) / 2
    return (
        f'<path d="M{x} {y} C{x + bend} {y} {end.x - bend} {end.y + 24} {end.x} {end.y + 24}" '
        f'fill="none" stroke="{colour}" stroke-opacity=".45" stroke-width="1.5"/>'
    )


def _box(role_play: RolePlay, at: str, box: Box, band: tuple[int, int]) -> str:
    over = role_play.endings.get(at)
    title, under = (over.title, over.kind) if over else (at, role_play.scenes[at].phase)
    lines = [
        f'<rect x="{box.x}" y="{box.y}" width="{WIDE}" height="{box.tall}" rx="8" '
        f'fill="#fffdf9" stroke="{LAKE if over else SOFT}"/>',
        f'<text x="{box.x + 10}" y="{box.y + 18}" font-weight="bold">{escape(title[:30])}</text>',
        f'<text x="{box.x + 10}" y="{box.y + 34}" fill="{SOFT}">{under}</text>',
        _band(role_play, box, band),
    ]
    for row, (key, reply) in enumerate(_replies(role_play, at).items()):
        mark = "▼ " if reply.misstep else "✚ " if reply.repairs else ""
        y = box.y + 66 + LINE * row
        lines.append(f'<text x="{box.x + 10}" y="{y}">{mark}{escape(key)}</text>')
    return "\n".join(lines)


def _band(role_play: RolePlay, box: Box, band: tuple[int, int]) -> str:
    meter = role_play.meters["trust"]
    x, wide = box.x + 90, WIDE - 130
    one = wide / (meter.high - meter.low)
    low, high = (x + one * (value - meter.low) for value in band)
    return (
        f'<rect x="{x}" y="{box.y + 26}" width="{wide}" height="8" rx="4" fill="{SUN}"/>'
        f'<rect x="{low:.1f}" y="{box.y + 26}" width="{max(4, high - low):.1f}" height="8" rx="4" '
        f'fill="{LAKE}"/>'
        f'<text x="{x + wide + 6}" y="{box.y + 34}" fill="{SOFT}">{band[0]}–{band[1]}</text>'
    )
