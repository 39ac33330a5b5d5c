"""The page of a report, where the whole room talked with one parent."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from partners.course.report_html import table
from partners.live import debrief, report_figures
from partners.live.report_figures import Bar, Part
from partners.live.report_telling import lang, quotes, shown, signed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from partners.course.small_groups import Lot
    from partners.live.report import Dimension, Guesses, Option, Place, Texts
    from partners.live.report_telling import Telling


def talk(tell: Telling) -> Iterator[str]:
    """Yield the conversation: trust, what was hidden, the smallest change, and every reply."""
    found = tell.found
    if found.trust:
        yield tell.heading("talk")
        yield _trust(tell)
        yield f"<h3>{escape(tell.t('hidden', name=tell.name))}</h3>\n{tell.told(found.hidden)}"
        yield from _change(tell)
    yield tell.heading("turns")
    for place in found.way():
        yield _turn(tell, place)
        yield from _place(tell, place)
    for place in found.places:
        if place.here:
            yield _beat(tell, place) + tell.says("here")
            yield from _place(tell, place)
    if left := found.left():
        yield tell.heading("left")
        for place in left:
            yield _beat(tell, place)
            yield from _place(tell, place)


def _beat(tell: Telling, place: Place) -> str:
    return f"<h3>{escape(tell.t('beat', beat=place.beat))}</h3>"


def _turn(tell: Telling, place: Place) -> str:
    before, after = place.trust
    trust = escape(tell.t("turn.trust", before=before, after=after))
    return f'<h3>{escape(tell.t("turn", turn=place.turn))}, <span class="soft">{trust}</span></h3>'


def _trust(tell: Telling) -> str:
    found, t = tell.found, tell.t
    other = found.change["trust"] if found.change and found.change["others"] else []
    longest = max(len(found.trust), len(other))
    steps = [str(step) if step else t("trust.start") for step in range(longest)]
    lines = [(t("trust.room"), list(found.trust)), *([(t("trust.other"), other)] if other else [])]
    columns = [[name, *_padded(trust, longest)] for name, trust in lines]
    head, *rows = zip([t("trust.reply"), *steps], *columns, strict=True)
    low, high = found.bounds
    alt = t("trust.alt" if other else "trust.alt.one")
    return shown(
        report_figures.curve(lines, found.bounds, alt),
        table(t("trust.table", low=low, high=high), head, rows),
        t("trust.says", name=tell.name, steps=" → ".join(map(str, found.trust))),
    )


def _padded(trust: Sequence[int], length: int) -> list[str]:
    return [*map(str, trust), *["–"] * (length - len(trust))]


# The smallest change


def change_in_words(tell: Telling) -> str:
    """Return how little would have begun a partnership."""
    change, t = tell.found.change, tell.t
    if change is None:
        return t("change.never")
    ending, further = change["ending"], change["further"]
    if not change["others"]:
        return t("change.on", n=further, ending=ending) if further else t("change.done")
    turn, n = change["others"][0]["turn"], len(change["others"])
    says = t("change.says", n=n, ending=ending, turn=turn)
    return f"{says} {t('change.further', n=further)}" if further else says


def _change(tell: Telling) -> Iterator[str]:
    t, change = tell.t, tell.found.change
    yield f"{tell.heading('change')}\n<p>{escape(change_in_words(tell))}</p>"
    for each in change["others"] if change else ():
        yield f"<h3>{escape(t('turn', turn=each['turn']))}</h3>"
        yield tell.line(tell.name, each["heard"])
        yield tell.line(t("change.room"), each["said"])
        yield tell.line(t("change.would"), each["would"])
        if each["answer"]:
            yield tell.line(tell.name, each["answer"]) + tell.thought(each["took"])


# A place: what was heard, who voted for what, what was said


def _place(tell: Telling, place: Place) -> Iterator[str]:
    yield tell.line(tell.name, place.heard) + tell.thought(place.thinks)
    yield _votes(tell, place)
    if place.said:
        yield from _said(tell, place)
    if place.tried:
        letters = tell.either([place.option(key).letter for key in place.tried])
        yield tell.says("tried", letters=letters)
    if place.guesses:
        yield _guesses(tell, place.guesses)
    yield from _words(tell, place.words)


def _said(tell: Telling, place: Place) -> Iterator[str]:
    option = place.option(place.said)
    yield tell.line(tell.t("teacher"), option.say)
    if place.answer:
        yield tell.line(tell.name, place.answer) + tell.thought(place.took)
    principle = escape(debrief.principle(option.principle))
    named = f'<p class="soft"{lang(tell.course_map)}>{principle}</p>'
    yield f"<blockquote>{tell.told(place.coach)}{named}</blockquote>"


def _votes(tell: Telling, place: Place) -> str:
    t, votes = tell.t, place.votes
    if not votes.people:
        rows = [(o.letter, o.say, "–", signed(o.moves)) for o in place.options]
        return _vote_table(tell, rows) + tell.says(f"votes.{votes.withheld or 'none'}")
    lots = [(lot, [place.option(key) for key in lot.answers]) for lot in votes.lots]
    bars = [
        Bar(_label(tell, place, some), lot.people, lot.people, str(lot.people)) for lot, some in lots
    ]
    return shown(
        report_figures.bars(bars, votes.people, t("votes.alt")),
        _vote_table(tell, [_lot(tell, *each) for each in lots]),
        _votes_in_words(tell, place, lots),
    )


def _vote_table(tell: Telling, rows: Iterable[Sequence[str]]) -> str:
    head = [tell.t(f"votes.{name}") for name in ("reply", "words", "votes", "trust")]
    return table(tell.t("votes.table"), head, rows, tell.role_play)


def _lot(tell: Telling, lot: Lot, options: Sequence[Option]) -> Sequence[str]:
    quoted = [tell.t("quoted", text=option.say) for option in options]
    moves = " / ".join(signed(option.moves) for option in options)
    return _letters(tell, options), " ".join(quoted), str(lot.people), moves


def _letters(tell: Telling, options: Iterable[Option]) -> str:
    return tell.either([option.letter for option in options])


def _label(tell: Telling, place: Place, options: list[Option]) -> str:
    said = [option.key for option in options] == [place.said]
    return _letters(tell, options) + (" ✓" if said else "")


def _votes_in_words(tell: Telling, place: Place, lots: list[tuple[Lot, list[Option]]]) -> str:
    t = tell.t
    counts = "; ".join(f"{_letters(tell, options)} {lot.people}" for lot, options in lots)
    told = [t("votes.says", n=place.votes.people, counts=counts)]
    merged = [options for _, options in lots if len(options) > 1]
    told += [t("votes.merged", letters=_letters(tell, options)) for options in merged]
    if place.said:
        told.append(t("votes.said", letter=place.option(place.said).letter))
    return " ".join(told)


def _guesses(tell: Telling, guesses: Guesses) -> str:
    t, was = tell.t, guesses.was
    if not guesses.groups:
        return tell.says(f"guess.{guesses.withheld or 'none'}", was=was)
    groups = [(group["low"], group["high"], group["people"]) for group in guesses.groups]
    rows = [(tell.span(low, high), str(people)) for low, high, people in groups]
    counts = ", ".join(f"{name} ({people})" for name, people in rows)
    head = (t("guess.guess"), t("guess.people"))
    return shown(
        report_figures.strips([("", groups)], tell.found.bounds, t("guess.alt"), (t("guess.true"), was)),
        table(t("guess.table"), head, [*rows, (t("guess.true"), str(was))]),
        t("guess.says", n=guesses.people, counts=counts, was=was),
    )


def _words(tell: Telling, words: Texts) -> Iterator[str]:
    if words.withheld or words.people:
        yield tell.says("words.few" if words.withheld else "words.count", n=words.people)
    if words.texts:
        yield tell.says("words") + quotes(words.texts)


# By principle and by dimension


def principles(tell: Telling) -> Iterator[str]:
    """Yield what stood under each principle."""
    found, t = tell.found, tell.t
    looks = {"up": "good", "same": "even", "down": "bad", "untold": "untold"}
    names = [t(key) for key in looks]
    rows = [
        (
            each.name,
            ", ".join(map(str, each.turns)) or "–",
            signed(each.moved) if each.turns else "–",
            _counts(each.votes, zip(looks, names, strict=True)),
        )
        for each in found.principles
    ]
    head = [t(key) for key in ("principle", "principle.replies", "principle.moved", "votes.votes")]
    bars = [(each.name, _parts(each.votes, looks)) for each in found.principles]
    legend = list(zip(names, looks.values(), strict=True))
    yield tell.heading("principles")
    yield shown(
        report_figures.stacked(bars, legend, t("principles.alt")),
        table(t("principles.table"), head, rows, tell.course_map),
        _principles_in_words(tell),
    )


def _principles_in_words(tell: Telling) -> str:
    said = sorted((each for each in tell.found.principles if each.turns), key=lambda p: -p.moved)
    told = []
    if said and said[0].moved > 0:
        told.append(tell.t("principles.up", name=said[0].name, by=signed(said[0].moved)))
    if said and said[-1].moved < 0:
        told.append(tell.t("principles.down", name=said[-1].name, by=signed(said[-1].moved)))
    return " ".join(told) or tell.t("principles.flat")


def dimensions(tell: Telling) -> Iterator[str]:
    """Yield the points of each dimension of the rubric."""
    found, t = tell.found, tell.t
    looks = {"2": "good", "1": "even", "0": "bad", "untold": "untold"}
    names = [*(t(f"points.{points}") for points in "210"), t("untold")]
    rows = [
        (each.name, _points(tell, each), _counts(each.votes, zip(looks, names, strict=True)))
        for each in found.dimensions
    ]
    head = [t("dimension"), t("dimension.points"), t("votes.votes")]
    bars = [(each.name, _parts(each.votes, looks)) for each in found.dimensions]
    legend = list(zip(names, looks.values(), strict=True))
    yield tell.heading("dimensions")
    yield shown(
        report_figures.stacked(bars, legend, t("dimensions.alt")),
        table(t("dimensions.table"), head, rows, tell.course_map),
        _dimensions_in_words(tell),
    )


def _points(tell: Telling, each: Dimension) -> str:
    if not each.possible:
        return "–"
    return tell.t("dimension.of", earned=each.earned, possible=each.possible)


def _dimensions_in_words(tell: Telling) -> str:
    t, scored = tell.t, [each for each in tell.found.dimensions if each.possible]
    if not scored:
        return t("dimensions.none")
    scored.sort(key=lambda each: -each.earned / each.possible)
    best, worst = scored[0], scored[-1]
    high, low = _points(tell, best), _points(tell, worst)
    key = "dimensions.one" if best is worst else "dimensions.says"
    return t(key, best=best.name, worst=worst.name, high=high, low=low)


def _counts(votes: Mapping[str, int], names: Iterable[tuple[str, str]]) -> str:
    told = (f"{name}: {votes[key]}" for key, name in names if votes.get(key))
    return "; ".join(told) or "–"


def _parts(votes: Mapping[str, int], looks: Mapping[str, str]) -> list[Part]:
    return [Part(votes.get(name, 0), look) for name, look in looks.items()]
