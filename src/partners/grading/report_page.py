"""A report as one page and its figures: what ``report.findings`` found, and nothing else."""

from __future__ import annotations

import base64
import io
import textwrap
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

from partners import files
from partners.course import figures
from partners.course.report_html import document, listed, table
from partners.grading.report import FEW, FEWEST, percent, talk_in_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from partners.course.small_groups import Count
    from partners.grading.report import Item, Part, Report, Spread, Talk

WIDTH = 4.2
"""Inches of every figure: the screen of a phone shows it without making its letters smaller."""
DOTS, SHOWN = 200, 416
"""Dots in an inch of the PNG, and pixels of its width on the page: the 26 rem of the style."""
_MARGIN = 0.15
_EDGE = 0.12
"""Inches that a mark at 0 or 100% needs beside its line."""
_FAINT = "#b9b3a6"

ADVICE = {
    True: "Nobody: the question may be unclear, the key may be wrong, or it was not taught yet. Read "
    "the question again with one of the answers beside it, before you speak of it in class.",
    False: "Everybody: it may be too easy, its words may give it away, or it was taught well. It tells "
    "nothing about who can do more.",
}


class Drawing(NamedTuple):
    """A figure; what it shows for those who do not see it; a table and a sentence that say it too."""

    name: str
    figure: Figure
    alt: str
    table: str
    sentence: str


def write(report: Report, folder: Path) -> Path:
    """Write the page and its figures into `folder`, and return the page.

    Figures of an earlier report of the same assignment are removed, so that none stays that shows
    more than this one may.
    """
    stem = f"{report.assignment}.report"
    body, kept = [], set()
    for part in _sections(report):
        if isinstance(part, str):
            body.append(part)
            continue
        png = io.BytesIO()
        part.figure.savefig(png, format="png", dpi=DOTS, metadata={"Software": None})
        body.append(_shown(part, png.getvalue()))
        file = folder / f"{stem}.{part.name}.png"
        files.write_bytes(file, png.getvalue())
        kept.add(file)
    for old in {*folder.glob(f"{stem}.*.png")} - kept:
        old.unlink()
    page = folder / f"{stem}.html"
    files.write(page, _page(report.title, "\n".join(body)))
    return page


# The page


def _page(name: str, body: str) -> str:
    title, today = escape(name), datetime.now().astimezone()
    made = f"A report for the instructor, made on {today:%B} {today.day}, {today.year}."
    head = f'<h1>{title}</h1>\n<p class="soft">{made}</p>'
    return document(f"Report: {title}", f"{head}\n{body}")


def _sections(report: Report) -> Iterator[str | Drawing]:
    yield f'<ul class="short">{listed(report.telling())}</ul>'
    yield f"<p>{escape(_who(report))}</p>"
    yield "<h2>Points by outcome</h2>"
    yield _points(report.parts)
    if any(part.items for part in report.parts):
        yield "<h2>Items</h2>"
        yield from _extremes(report.parts)
        for part in report.parts:
            if part.items:
                yield f"<h3>{escape(part.title)}</h3>\n{_outcomes(part)}"
                yield _items(part)
    if report.talks:
        yield "<h2>Conversations</h2>"
    for talk in report.talks:
        yield from _of_talk(talk)
    if report.people:
        yield "<h2>By name</h2>"
        yield table("Everybody on the list", ("Name", "Points so far", "Remarks"), report.people)
    yield f"<h2>How to read this</h2>\n<ul>{listed(_how_to_read(report))}</ul>"


def _who(report: Report) -> str:
    told = [f"{report.handed_in} of the {report.listed} on the list have handed in"]
    told.append(f"{report.graded} of these are graded")
    if report.unmarked:
        told.append(f"{report.unmarked} have written parts that are not marked yet")
    named = "People are named below: keep this where you keep marks."
    return f"{'; '.join(told)}. {named if report.people else 'Nobody is named.'}"


def _extremes(parts: Sequence[Part]) -> Iterator[str]:
    """Yield what nobody or everybody has right, with its part, its outcome and where that is taught."""
    yield "<h3>What nobody or everybody has right</h3>"
    lines: dict[bool, list[str]] = {True: [], False: []}
    for part in parts:
        for nobody, found in lines.items():
            found += [_named(f"“{item.name}”", part) for item in part.of_items(nobody=nobody)]
        if not part.items and (share := part.same_for_all()):
            lines[share == "none"].append(_named(f"{share.capitalize()} of its points", part))
    if not any(lines.values()):
        yield "<p>There is no such item: each tells some people from others.</p>"
    for nobody, found in lines.items():
        if found:
            yield f"<p>{escape(ADVICE[nobody])}</p>\n<ul>{listed(found)}</ul>"


def _named(what: str, part: Part) -> str:
    outcome = f" Outcome: {part.can()}." if part.outcomes else ""
    taught = f" Taught in {'; '.join(part.taught())}." if part.outcomes else ""
    return f"{what}, in “{part.title}”.{outcome}{taught}"


def _outcomes(part: Part) -> str:
    lines = [f"{part.can()}."] if part.outcomes else []
    if part.not_judged:
        lines.append(
            f"Not counted: {part.not_judged}, who left all of it open or whose notebook stopped with an "
            "error."
        )
    return "\n".join(f'<p class="soft">{escape(line)}</p>' for line in lines)


def _of_talk(talk: Talk) -> Iterator[str | Drawing]:
    yield f"<h3>{escape(talk.title)}</h3>\n<p>{escape(_transcripts(talk))}</p>"
    if any(spread.groups for spread in talk.endings):
        yield "<h4>Endings reached</h4>"
        yield _endings(talk)
        yield "<h4>The rubric, by attempt</h4>"
        yield _rubric(talk)
    yield "<h4>Time on task</h4>"
    if talk.minutes.groups:
        yield _time(talk)
    elif talk.minutes.people:
        yield f"<p>Known of fewer than {FEW} people, so it is not shown.</p>"
    else:
        yield "<p>Not known: no transcript tells when a talk began and ended.</p>"


def _transcripts(talk: Talk) -> str:
    told = [f"{talk.finished} with a finished attempt"]
    told += [f"{talk.unfinished} with none that is finished"] if talk.unfinished else []
    if talk.refused:
        told += [f"{talk.refused} with a file that was cut or edited, or is of another version"]
    told += [f"{talk.missing} without a file"] if talk.missing else []
    return f"Transcripts: {'; '.join(told)}."


def _how_to_read(report: Report) -> Iterator[str]:
    if report.people:
        yield "Names were asked for, so every group is shown as it is, however small."
    else:
        yield (
            f"A group of fewer than {FEW} people is merged with its neighbor, and a count says “1 to "
            f"{FEWEST - 1} of …” where it would tell of so few. Who has handed in and what waits for a "
            "mark is counted as it is."
        )
    yield (
        "Points: none; some is less than half; most is half or more; all. What is not marked yet is "
        "left out, never counted as zero. A written part that was left untouched has no points."
    )
    if report.talks:
        yield (
            "Only attempts that could be played again reply by reply are counted. The share on a "
            "dimension is what the replies earned of what they could have earned on their way."
        )
        yield (
            "Time runs from the first reply to the ending, by the clock of the student’s device, pauses "
            "included. How long answers and writing took is not recorded anywhere, so it is not here."
        )


# Tables and words


def _shown(drawing: Drawing, picture: bytes) -> str:
    data = base64.b64encode(picture).decode("ascii")
    wide, tall = drawing.figure.get_size_inches()
    return (
        f'<div class="shown">\n<figure><img alt="{escape(drawing.alt)}" width="{SHOWN}" '
        f'height="{SHOWN * tall / wide:.0f}" src="data:image/png;base64,{data}"></figure>\n'
        f"{drawing.table}\n<p>{escape(drawing.sentence)}</p>\n</div>"
    )


# The figures


def _points(parts: Sequence[Part]) -> Drawing:
    nowhere = "(no outcome of the course map)"
    strips = [(p.can() or f"{p.title} {nowhere}", _note(p), p.spread) for p in parts]
    rows = [
        (part.can() or part.title, percent(part.mean), str(part.spread), str(part.unmarked or "–"))
        for part in parts
    ]
    return Drawing(
        "points",
        _strips(strips),
        f"For each of {len(parts)} parts: how many people have none, some, most or all of its points.",
        table(
            "Points by outcome, people in each group",
            ("Outcome", "Average", "People by points", "Not marked"),
            rows,
        ),
        _points_in_words(parts),
    )


def _note(part: Part) -> str:
    waiting = f", {part.unmarked} not marked yet" if part.unmarked else ""
    return f"{part.points:g} points, {_people(part.scored)}{waiting}"


def _people(number: int) -> str:
    return "1 person" if number == 1 else f"{number} people"


def _points_in_words(parts: Sequence[Part]) -> str:
    scored = sorted((part for part in parts if part.mean is not None), key=lambda part: part.mean or 0)
    waiting = [f"“{part.title}” ({part.unmarked})" for part in parts if part.unmarked]
    told = [f"Not marked yet: {', '.join(waiting)}."] if waiting else []
    if not scored:
        return " ".join(["No part has points of enough people to be shown.", *told])
    ends = [
        f"“{part.title}” with {percent(part.mean)} of the points" for part in (scored[0], scored[-1])
    ]
    return " ".join([f"On average, hardest is {ends[0]}, easiest {ends[1]}.", *told])


def _items(part: Part) -> Drawing:
    items = sorted(part.items, key=lambda item: (item.right.low, item.right.high))
    hardest, easiest = items[0], items[-1]
    return Drawing(
        f"items.{part.key}",
        _bars(items),
        f"A bar for each of {len(items)} items: how many people have it right, the hardest first.",
        table(
            "Right answers, and the hint that the others read",
            ("Item", "Right", "Hint"),
            [(item.name, str(item.right), item.hint) for item in items],
        ),
        f"Hardest: “{hardest.name}”, right for {hardest.right}. "
        f"Easiest: “{easiest.name}”, right for {easiest.right}.",
    )


def _endings(talk: Talk) -> Drawing:
    rows = list(zip(talk.attempts, talk.endings, strict=True))
    return Drawing(
        f"endings.{talk.name}",
        _strips([(attempt.capitalize(), _people(s.people), s) for attempt, s in rows]),
        f"For each attempt: how many people ended “{talk.title}” in breakdown, politely, with progress "
        "or in partnership.",
        table(
            "Endings by attempt",
            ("Attempt", "People", "Endings"),
            [(attempt.capitalize(), str(s.people), str(s)) for attempt, s in rows],
        ),
        talk_in_words(talk),
    )


def _rubric(talk: Talk) -> Drawing:
    heads = [
        f"{attempt.capitalize()} ({s.people})"
        for attempt, s in zip(talk.attempts, talk.endings, strict=True)
    ]
    return Drawing(
        f"rubric.{talk.name}",
        _dots(talk, heads),
        f"For each of {len(talk.dimensions)} dimensions of the rubric: the share of points, by attempt.",
        table(
            "Average share of the points on a dimension; people in parentheses",
            ("Dimension", *heads),
            [(d.name, *map(percent, d.shares)) for d in talk.dimensions],
        ),
        _change_in_words(talk),
    )


def _change_in_words(talk: Talk) -> str:
    if not talk.changes:
        return f"Too few people have finished two attempts to say what changed: fewer than {FEW}."
    least, *_, most = sorted(talk.changes, key=lambda change: change.by)
    ends = (f"“{change.dimension}” by {_signed(100 * change.by)}" for change in (most, least))
    return (
        f"What changed most, in points of a hundred, from the first attempt to the last of the "
        f"{most.people} people who made two or more: {' and '.join(ends)}."
    )


def _signed(number: float) -> str:
    return f"{number:+.0f}".replace("-", "−")


def _time(talk: Talk) -> Drawing:
    note = _people(talk.minutes.people)
    return Drawing(
        f"time.{talk.name}",
        _strips([("Minutes, all finished attempts together", note, talk.minutes)]),
        f"How many people spent how many minutes in “{talk.title}”.",
        table(
            "Minutes from first reply to ending, all finished attempts of a person together",
            ("Minutes", "People"),
            [(talk.minutes.label(group), str(group.people)) for group in talk.minutes.groups],
        ),
        f"Known of {talk.minutes.people} of {talk.finished} people with a finished attempt. Half of "
        f"them took {talk.median:.0f} minutes or more.",
    )


def _strips(strips: Sequence[tuple[str, str, Spread]]) -> Figure:
    """Draw a strip for each label, note in small and spread: a cell for each group of columns."""
    labels = [textwrap.wrap(label, 54) for label, _, _ in strips]
    figure, ax = _canvas(sum(0.19 * len(lines) + 0.88 for lines in labels) - 0.15)
    top = 0.0
    for lines, (_, note, spread) in zip(labels, strips, strict=True):
        _text(ax, 0, top, "\n".join(lines), fontsize=9.5, va="top", linespacing=1.3)
        top += 0.19 * len(lines)
        _text(ax, 0, top + 0.03, note, fontsize=8.5, va="top", color=figures.MUTED)
        _cells(ax, top + 0.23, spread)
        top += 0.88
    return figure


def _cells(ax: Axes, top: float, spread: Spread) -> None:
    wide, tall = WIDTH / len(spread.columns), 0.46
    _box(ax, 0, top, WIDTH, tall, facecolor="none", edgecolor=_FAINT, linestyle=(0, (2, 2)))
    if not spread.groups:
        _text(ax, WIDTH / 2, top + tall / 2, str(spread), fontsize=9, ha="center", color=figures.MUTED)
    for group in spread.groups:
        left, width = group.first * wide, (group.last - group.first + 1) * wide
        middle, shade = left + width / 2, _blend(group.people / spread.people)
        _box(ax, left, top, width, tall, facecolor=shade, edgecolor=figures.LAKE)
        _text(ax, middle, top + 0.16, str(group.people), fontsize=11, ha="center", weight="bold")
        _text(ax, middle, top + 0.34, spread.label(group), fontsize=8.5, ha="center")


def _bars(items: Sequence[Item]) -> Figure:
    """Draw a bar for each item from 0 to all people; hatched is what may not be told exactly."""
    labels = [textwrap.fill(item.name, 24) for item in items]
    heights = [0.17 * label.count("\n") + 0.34 for label in labels]
    figure, ax = _canvas(sum(heights))
    top, left, wide = 0.0, 1.72, 1.5
    for item, label, height in zip(items, labels, heights, strict=True):
        middle, right = top + height / 2, item.right
        _text(ax, left - 0.1, middle, label, fontsize=9, ha="right", linespacing=1.2)
        _box(ax, left, middle - 0.1, wide, 0.2, facecolor=figures.PALE, edgecolor="none")
        _bar(ax, left, middle, wide, right)
        _text(ax, WIDTH, middle, str(right), fontsize=9, ha="right")
        top += height
    return figure


def _bar(ax: Axes, left: float, middle: float, wide: float, right: Count) -> None:
    low, high = (wide * people / right.of for people in (right.low, right.high))
    _box(ax, left, middle - 0.1, low, 0.2, facecolor=figures.LAKE, edgecolor="none")
    if high > low:
        look = {"facecolor": "none", "hatch": "////", "edgecolor": figures.LAKE}
        _box(ax, left + low, middle - 0.1, high - low, 0.2, **look)


def _dots(talk: Talk, heads: Sequence[str]) -> Figure:
    """Draw a line from 0 to 100% for each dimension, with a mark for each attempt."""
    legend = 0.24 * len(heads)
    figure, ax = _canvas(legend + 0.52 * len(talk.dimensions) + 0.35)
    for place, head in enumerate(heads):
        _mark(ax, 0.12, 0.12 + 0.24 * place, place)
        _text(ax, 0.3, 0.12 + 0.24 * place, head, fontsize=9)
    for row, dimension in enumerate(talk.dimensions):
        line = legend + 0.45 + 0.52 * row
        _text(ax, 0, line - 0.23, dimension.name, fontsize=9.5)
        ax.plot([_EDGE, WIDTH - _EDGE], [line, line], color=_FAINT, linewidth=1, zorder=1)
        for place, share in enumerate(dimension.shares):
            if share is not None:
                _mark(ax, _EDGE + share * (WIDTH - 2 * _EDGE), line, place)
    low = legend + 0.52 * len(talk.dimensions) + 0.22
    for at, where, words in ((0.0, "left", "0%"), (WIDTH, "right", "100% of the points")):
        _text(ax, at, low, words, fontsize=8.5, ha=where, color=figures.MUTED)
    return figure


def _mark(ax: Axes, x: float, y: float, attempt: int) -> None:
    """Draw the mark of an attempt, smaller for each later one: where they meet, all are seen."""
    shape, colour, size = (("o", figures.LAKE, 11), ("s", figures.CLAY, 7), ("D", figures.INK, 3.5))[
        attempt
    ]
    face = "none" if attempt == 0 else colour
    ax.plot(x, y, shape, color=colour, markerfacecolor=face, markersize=size, markeredgewidth=1.5)


def _canvas(height: float) -> tuple[Figure, Axes]:
    """Return an empty canvas with a margin, measured in inches from its upper left corner."""
    wide, tall = WIDTH + 2 * _MARGIN, height + 2 * _MARGIN
    figure, ax = figures.drawing(wide, tall)
    figure.set_layout_engine("none")
    ax.set_position((_MARGIN / wide, _MARGIN / tall, WIDTH / wide, height / tall))
    ax.set(xlim=(0, WIDTH), ylim=(height, 0))
    return figure, ax


def _text(ax: Axes, x: float, y: float, words: str, **look: Any) -> None:
    ax.text(x, y, words, **{"va": "center", "color": figures.INK, **look})


def _box(ax: Axes, x: float, y: float, wide: float, tall: float, **look: Any) -> None:
    from matplotlib.patches import Rectangle  # noqa: PLC0415

    ax.add_patch(Rectangle((x, y), wide, tall, clip_on=False, **look))


def _blend(share: float) -> str:
    """Return a shade between pale and lake that dark letters can be read on (4.6 to 1 at the least)."""
    ends = [[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in (figures.PALE, figures.LAKE)]
    mixed = [round(pale + 0.55 * share * (lake - pale)) for pale, lake in zip(*ends, strict=True)]
    return "#" + "".join(f"{value:02x}" for value in mixed)
