"""The figures of a session's report, as SVG that takes its colors from the page it stands in."""

from __future__ import annotations

import textwrap
from html import escape
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

WIDE = 420
STYLE = """
svg { display: block; width: 26rem; max-width: 100%; height: auto; font-size: 13px; fill: var(--ink);
  --sun: #f2e3b8; --clay: #9c4221; }
svg text { stroke: none; }
.axis { fill: var(--soft); font-size: 12px; }
.grid, .untold { stroke: var(--soft); fill: none; }
.grid { stroke: var(--line); }
.untold { stroke-dasharray: 4 3; }
.way, .other { fill: none; stroke: var(--lake); stroke-width: 3; stroke-linejoin: round; }
.other { stroke: var(--clay); stroke-dasharray: 7 5; }
.good, .dot { fill: var(--lake); }
.even { fill: var(--sun); }
.bad, .true { fill: var(--clay); }
.ground { fill: var(--pale); }
.on { fill: var(--ground); text-anchor: middle; }
.even + .on { fill: #23302e; }
.untold + .on, .ground + .on { fill: var(--ink); }
.end { text-anchor: end; }
.middle { text-anchor: middle; }
@media (prefers-color-scheme: dark) { svg { --clay: #f0ab86; } }
@media print { svg { --clay: #9c4221; width: 11cm; print-color-adjust: exact;
  -webkit-print-color-adjust: exact; } }
"""


class Bar(NamedTuple):
    """A bar from 0: how long, from `low` to `high` if that may not be told exactly."""

    label: str
    low: float
    high: float
    told: str


class Part(NamedTuple):
    """A part of a bar: of how many, and its look (good, even, bad or untold)."""

    people: int
    look: str


def curve(lines: Sequence[tuple[str, Sequence[int]]], bounds: tuple[int, int], alt: str) -> str:
    """Draw trust after each reply for one or two lines with their names; the second is dashed."""
    low, high = bounds
    (_, room), *_ = lines
    steps = max(1, *(len(values) - 1 for _, values in lines))
    top = 24 * (len(lines) > 1)

    def place(step: int, trust: int) -> tuple[float, float]:
        return 30 + 370 * step / steps, top + 170 - 150 * (trust - low) / (high - low)

    def line(values: Sequence[int], look: str) -> str:
        points = " ".join(f"{x:.0f},{y:.0f}" for x, y in map(place, range(len(values)), values))
        return f'<polyline class="{look}" points="{points}"/>'

    parts = []
    for value in (low, (low + high) // 2, high):
        _, y = place(0, value)
        parts.append(f'<path class="grid" d="M30 {y:.0f}H{WIDE - 15}"/>')
        parts.append(_text(20, y + 4, value, "axis end"))
    left = 30.0
    for (name, values), look in reversed(list(zip(lines, ("way", "other"), strict=False))):
        parts.append(line(values, look))
        if top:
            parts += [
                f'<path class="{look}" d="M{left:.0f} 12h30"/>',
                _text(left + 36, 16, name, "axis"),
            ]
            left += 60 + 6.3 * len(name)
    for step in range(steps + 1):
        parts.append(_text(place(step, low)[0], top + 192, step, "axis middle"))
    for step, trust in enumerate(room):
        x, y = place(step, trust)
        parts.append(f'<circle class="dot" cx="{x:.0f}" cy="{y:.0f}" r="5"/>')
    return _svg(top + 200, alt, parts)


def bars(rows: Sequence[Bar], most: float, alt: str, wide: int = 110) -> str:
    """Draw a bar for each row, `most` as long as can be; hatched is what may not be told exactly."""
    parts: list[str] = []
    top = 4
    for label, low, high, told in rows:
        lines = textwrap.wrap(label, wide // 7) or [""]
        middle = top + 8 * len(lines) + 5
        one = (WIDE - wide - 80) / (most or 1)
        parts += [
            _text(wide - 8, middle + 4 + 16 * (i - (len(lines) - 1) / 2), words, "end")
            for i, words in enumerate(lines)
        ]
        parts.append(f'<path class="grid" d="M{wide} {middle - 12}v24"/>')
        parts.append(_box(wide, middle - 9, one * low, 18, "good"))
        if high > low:
            parts.append(_box(wide + one * low, middle - 9, one * (high - low), 18, "untold"))
        parts.append(_text(wide + one * high + 8, middle + 4, told))
        top += 16 * len(lines) + 14
    return _svg(top, alt, parts)


def stacked(
    rows: Sequence[tuple[str, Sequence[Part]]], legend: Iterable[tuple[str, str]], alt: str
) -> str:
    """Draw for each label a bar of its parts, all on one scale; `legend` has names and looks."""
    most = max((sum(part.people for part in parts) for _, parts in rows), default=0) or 1
    drawn: list[str] = []
    left = top = 0.0
    for name, look in legend:
        wide = 36 + 6.3 * len(name)
        if left + wide > WIDE:
            left, top = 0, top + 20
        drawn += [_box(left, top + 2, 14, 14, look), _text(left + 20, top + 14, name, "axis")]
        left += wide
    top += 30
    for label, parts in rows:
        for line in textwrap.wrap(label, 58):
            drawn.append(_text(0, top + 12, line))
            top += 17
        drawn.append(f'<path class="grid" d="M0 {top}v22"/>')
        drawn += _side_by_side(parts, top + 1, WIDE / most)
        top += 34
    return _svg(top, alt, drawn)


def _side_by_side(parts: Iterable[Part], top: float, one: float) -> Iterator[str]:
    left = 0.0
    for people, look in parts:
        wide = one * people
        if people:
            yield _box(left, top, wide, 20, look)
        if wide > 9 * len(str(people)):
            yield _text(left + wide / 2, top + 15, people, "on")
        left += wide


def strips(
    rows: Sequence[tuple[str, Sequence[tuple[int, int, int]]]],
    bounds: tuple[int, int],
    alt: str,
    true: tuple[str, int] | None = None,
) -> str:
    """Draw for each label its groups of people, each from one value to another, and the true value."""
    low, high = bounds
    one = WIDE / (high - low + 1)
    drawn: list[str] = []
    top = 0
    for label, groups in rows:
        for line in textwrap.wrap(label, 58):
            drawn.append(_text(0, top + 13, line))
            top += 17
        everybody = sum(people for _, _, people in groups) or 1
        drawn.append(f'<path class="grid" d="M0 {top + 27}H{WIDE}"/>')
        for first, last, people in groups:
            left, wide = one * (first - low), one * (last - first + 1)
            look = "good" if 2 * people > everybody else "ground"
            drawn.append(_box(left + 1, top + 2, wide - 2, 25, look))
            drawn.append(_text(left + wide / 2, top + 19, people, "on"))
        drawn += [
            _text(one * (value - low + 0.5), top + 42, value, "axis middle")
            for value in range(low, high + 1)
        ]
        top += 52
        if true:
            drawn += _marked(one * (true[1] - low + 0.5), top, true[0])
            top += 16
    return _svg(top, alt, drawn)


def _marked(x: float, top: float, name: str) -> Iterator[str]:
    yield f'<path class="true" d="M{x:.0f} {top - 5}l8 12h-16z"/>'
    right = x < WIDE / 2
    yield _text(x + (14 if right else -14), top + 7, name, "axis" if right else "axis end")


def _svg(tall: float, alt: str, parts: Iterable[str]) -> str:
    return (
        f'<svg viewBox="0 0 {WIDE} {tall:.0f}" role="img" aria-label="{escape(alt)}">'
        f"{''.join(parts)}</svg>"
    )


def _text(x: float, y: float, words: object, look: str = "") -> str:
    kind = f' class="{look}"' if look else ""
    return f'<text x="{x:.0f}" y="{y:.0f}"{kind}>{escape(str(words))}</text>'


def _box(x: float, y: float, wide: float, tall: float, look: str) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{tall:.0f}" rx="3" class="{look}"/>'
    )
