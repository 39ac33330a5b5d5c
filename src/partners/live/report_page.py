"""The report of a session as one page that opens anywhere: what ``report`` found, nothing else."""

from __future__ import annotations

from datetime import datetime
from html import escape
from typing import TYPE_CHECKING

from partners.course.report_html import document, listed
from partners.live import report_figures
from partners.live.report_talk import change_in_words, dimensions, principles, talk
from partners.live.report_telling import Telling, lang, quotes, signed
from partners.live.report_trios import in_short, trios

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partners.live.report import Place, Report

STYLE = """
.line { margin: .375rem 0; }
.thought { margin: .375rem 0; font-style: italic; color: var(--soft); }
blockquote { margin: .75rem 0; border-left: 4px solid var(--lake); padding: .25rem 0 .25rem 1rem;
  max-width: 44rem; }
blockquote p { margin: .25rem 0; }
td, th { hyphens: auto; }
@media (max-width: 24rem) {
  table { font-size: .8125rem; }
  thead { font-size: .6875rem; }
}
.notice { border: 2px solid var(--lake); border-radius: 10px; padding: .5rem 1rem; }
@media print {
  body { font-size: 10pt; }
  .shown, blockquote { break-inside: avoid; }
  .line, .thought { break-after: avoid; }
}
"""
ALONE = (
    '<meta http-equiv="Content-Security-Policy" '
    "content=\"default-src 'none'; style-src 'unsafe-inline'\">"
)
"""The page runs nothing and fetches nothing, whatever people have written."""


def page(found: Report) -> str:
    """Return the report as HTML, in the language of the session."""
    tell = Telling(found)
    title = escape(tell.t("title", title=found.title))
    made = tell.t("made", code=found.session, when=f"{datetime.now().astimezone():%Y-%m-%d, %H:%M}")
    goes_on = "" if found.phase == "over" else f" {tell.t('goes_on')}"
    head = f'<h1>{title}</h1>\n<p class="soft">{escape(made + goes_on)}</p>'
    body = "\n".join([head, *_sections(tell)])
    style = STYLE + report_figures.STYLE
    return document(title, body, language=found.language, style=style, head=ALONE)


def _sections(tell: Telling) -> Iterator[str]:
    found, t = tell.found, tell.t
    yield f'<ul class="short">{listed(_short(tell))}</ul>'
    if found.places:
        yield from talk(tell)
    if found.principles:
        yield from principles(tell)
        yield from dimensions(tell)
    if found.rounds:
        yield from trios(tell)
    yield from _written(tell)
    vote = ("reading.votes", "reading.trust") if found.mode == "vote" else ()
    yield tell.heading("reading")
    yield f"<ul>{listed(t(key) for key in (*vote, 'reading.few', 'reading.small'))}</ul>"
    kept = ("kept.here", "kept.server", "kept.never")
    yield tell.heading("kept")
    yield f"<ul>{listed(t(key, code=found.session) for key in kept)}</ul>"


def _short(tell: Telling) -> Iterator[str]:
    found, t = tell.found, tell.t
    people = t("people", n=found.people)
    if found.rounds:
        yield t("short.trio", people=people, n=found.rounds)
        yield from in_short(tell)
    elif not found.trust:
        yield t("short.none", people=people)
    if found.trust:
        yield _ended(tell, people)
        yield from _moved(tell)
        yield change_in_words(tell)


def _ended(tell: Telling, people: str) -> str:
    found = tell.found
    low, high = found.bounds
    key = "short.vote" if found.ending else "short.stopped"
    return tell.t(
        key,
        people=people,
        n=len(found.trust) - 1,
        ending=found.ending,
        first=found.trust[0],
        last=found.trust[-1],
        low=low,
        high=high,
    )


def _moved(tell: Telling) -> Iterator[str]:
    """Yield where trust rose most, and where it fell most."""
    way = sorted(tell.found.way(), key=_by)
    for key, place, moved in (("best", way[-1], _by(way[-1]) > 0), ("worst", way[0], _by(way[0]) < 0)):
        if moved:
            say = place.option(place.said).say
            yield tell.t(f"short.{key}", turn=place.turn, by=signed(_by(place)), say=say)


def _by(place: Place) -> int:
    before, after = place.trust
    return after - before


def _written(tell: Telling) -> Iterator[str]:
    found, t = tell.found, tell.t
    asked = [(prompt, tell.role_play, texts) for prompt, texts in found.reflections.items()]
    asked.append((t("ticket"), None, found.tickets))
    if not any(texts.people or texts.withheld for _, _, texts in asked):
        return
    yield tell.heading("written")
    if any(texts.texts for _, _, texts in asked):
        yield f'<p class="notice">{escape(t("written.notice"))}</p>'
    for prompt, language, texts in asked:
        yield f"<h3{lang(language)}>{escape(prompt)}</h3>"
        if texts.texts:
            yield quotes(texts.texts)
        else:
            yield tell.says("written.few" if texts.withheld else "written.none")
