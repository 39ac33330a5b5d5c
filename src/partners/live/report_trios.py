"""The page of a report, where people talked in trios."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from partners.course.report_html import table
from partners.live import report_figures
from partners.live.report_figures import Bar
from partners.live.report_telling import quotes, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partners.course.small_groups import Count
    from partners.live.report import Believed, Observed
    from partners.live.report_telling import Telling


def in_short(tell: Telling) -> Iterator[str]:
    """Yield what is most telling."""
    found = tell.found
    if rated := [each for each in found.observed if each.points]:
        yield tell.t("observed.says", best=max(rated, key=_with_two).name)
    if first := [each for each in found.understood if each.clean and each.teachers]:
        yield f"{tell.t('understood.clean')}: {_least(tell, first)}"


def trios(tell: Telling) -> Iterator[str]:
    """Yield what observers saw and heard, and what teachers understood."""
    t, found = tell.t, tell.found
    yield tell.heading("observed")
    if rated := [each for each in found.observed if each.points]:
        yield _observed(tell, rated)
    else:
        few = any(each.withheld for each in found.observed)
        yield tell.says("observed.few" if few else "observed.none")
    if found.quotes.texts:
        yield tell.says("quotes") + quotes(found.quotes.texts)
    if found.understood:
        yield tell.heading("understood")
        yield f"<h3>{escape(t('hidden', name=tell.name))}</h3>\n{tell.told(found.hidden)}"
    for clean in (True, False):
        if asked := [each for each in found.understood if each.clean is clean]:
            yield f"<h3>{escape(t('understood.clean' if clean else 'understood.later'))}</h3>"
            yield _understood(tell, asked)


def _observed(tell: Telling, rated: list[Observed]) -> str:
    t = tell.t
    strips = [(each.name, [(p["low"], p["high"], p["ratings"]) for p in each.points]) for each in rated]
    rows = [(each.name, _ratings(tell, each), _groups(tell, each)) for each in tell.found.observed]
    head = (t("dimension"), t("observed.ratings"), t("dimension.points"))
    return shown(
        report_figures.strips(strips, (0, 2), t("observed.alt")),
        table(t("observed.table"), head, rows, tell.course_map),
        t("observed.says", best=max(rated, key=_with_two).name),
    )


def _ratings(tell: Telling, each: Observed) -> str:
    return tell.t("few") if each.withheld else str(each.ratings)


def _groups(tell: Telling, each: Observed) -> str:
    told = (f"{tell.span(p['low'], p['high'])} ({p['ratings']})" for p in each.points)
    return ", ".join(told) or "–"


def _with_two(each: Observed) -> float:
    return sum(p["ratings"] for p in each.points if p["low"] == 2) / each.ratings


def _understood(tell: Telling, asked: list[Believed]) -> str:
    t = tell.t
    found = [(each, each.teachers) for each in asked if each.teachers]
    if not found:
        return tell.says("understood.few")
    bars = [Bar(str(e.number), count.low, count.high, _right(tell, count)) for e, count in found]
    head = [t(f"understood.{name}") for name in ("statement", "true", "teachers", "parents")]
    rows = [
        (
            f"{each.number}. {each.say}",
            t("true" if each.true else "false"),
            _right(tell, each.teachers),
            _right(tell, each.parents),
        )
        for each in asked
    ]
    return shown(
        report_figures.bars(bars, max(count.of for _, count in found), t("understood.alt"), wide=40),
        table(t("understood.table"), head, rows, tell.role_play),
        _least(tell, asked),
    )


def _least(tell: Telling, asked: list[Believed]) -> str:
    """Return which statement the fewest teachers had right."""
    found = [(count.low / count.of, each.number, count) for each in asked if (count := each.teachers)]
    _, number, count = min(found)
    return tell.t("understood.says", number=number, count=_right(tell, count))


def _right(tell: Telling, count: Count | None) -> str:
    if count is None:
        return tell.t("few")
    return tell.t("understood.count", right=tell.span(count.low, count.high), of=count.of)
