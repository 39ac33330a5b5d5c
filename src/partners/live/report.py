"""What a session tells afterwards, or so far: one set of findings, from which page and tables are made.

No names are in it. A count of fewer than three people is merged with others or withheld, with the
reason; sums by principle and by dimension are made from what is left, so that they tell no more.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any, Literal

from partners.course.course_map import course_map
from partners.course.small_groups import Count, Lot, counted, without_order
from partners.live import debrief, trio_debrief
from partners.live.debrief import FEWEST
from partners.scenario import engine

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from partners.live.debrief import Change, Guessed, Said
    from partners.live.room import Beat, Room
    from partners.live.rounds import Round
    from partners.live.trio_debrief import Points
    from partners.live.trios import Role
    from partners.scenario.engine import Play

FORMAT = "partners-live-report/1"
COLUMNS = ("session", "round", "beat", "principle", "dimension", "what", "item", "count", "note")
NOTES = {
    "": "",
    "merged": "merged: fewer than three gave one of these answers",
    "few": "withheld: fewer than three people",
    "open": "withheld: still open",
}
Withheld = Literal["", "few", "open"]


@dataclass(frozen=True)
class Option:
    """A reply that stood there: its letter on the screens, and how far it moves trust."""

    key: str
    letter: str
    say: str
    principle: str
    scores: Mapping[str, int]
    moves: int


@dataclass(frozen=True)
class Votes:
    """Who voted for what; `withheld` says why there are no lots although somebody may have voted."""

    people: int
    lots: tuple[Lot, ...]
    withheld: Withheld = ""


@dataclass(frozen=True)
class Guesses:
    """How far people thought that the parent trusts, and how far that `was` so."""

    was: int
    people: int
    groups: tuple[Guessed, ...]
    withheld: Withheld = ""


@dataclass(frozen=True)
class Texts:
    """What people wrote: how many, and those texts that may be read, in the order of the alphabet."""

    people: int
    texts: tuple[str, ...]
    withheld: Withheld = ""


@dataclass(frozen=True)
class Place:
    """A beat: what stood there and who chose what.

    `turn` is its number on the room's way, 0 if the room left it or stands `here`, undecided; then
    nothing is `said`. `tried` are the replies that were said here and taken back.
    """

    beat: int
    turn: int
    here: bool
    heard: str
    thinks: str | None
    options: tuple[Option, ...]
    trust: tuple[int, ...]
    said: str
    answer: str | None
    took: str | None
    coach: str
    tried: tuple[str, ...]
    votes: Votes
    guesses: Guesses | None
    words: Texts

    def option(self, key: str) -> Option:
        """Return one of the replies by its key."""
        return next(option for option in self.options if option.key == key)


@dataclass(frozen=True)
class Principle:
    """What stood under a principle: replies of the room's way, how far they moved trust, and votes.

    `votes` are for replies that move trust "up", "down" or leave it the "same"; "untold" are those that
    cannot be told apart from others.
    """

    id: str
    name: str
    turns: tuple[int, ...]
    moved: int
    votes: Mapping[str, int]


@dataclass(frozen=True)
class Dimension:
    """Points of the rubric on the room's way, and votes for replies with "2", "1" and "0" points."""

    id: str
    name: str
    earned: int
    possible: int
    votes: Mapping[str, int]


@dataclass(frozen=True)
class Observed:
    """What observers of trios saw of a dimension: how many ratings lie from `low` to `high` points."""

    id: str
    name: str
    two: str
    ratings: int
    points: tuple[Points, ...]
    withheld: Withheld = ""


@dataclass(frozen=True)
class Believed:
    """Who had a statement about the parent right; None if fewer than three have answered.

    In the first round (`clean`) only parents had seen the card; later some teachers had, too.
    """

    number: int
    say: str
    true: bool
    clean: bool
    teachers: Count | None
    parents: Count | None


@dataclass(frozen=True)
class Report:
    """All findings of a session."""

    session: str
    role_play: str
    version: int
    title: str
    words: str
    language: str
    mode: str
    phase: str
    people: int
    parent: str
    hidden: str
    trust: tuple[int, ...]
    bounds: tuple[int, int]
    ending: str | None
    kind: str | None
    places: tuple[Place, ...]
    change: Change | None
    principles: tuple[Principle, ...]
    dimensions: tuple[Dimension, ...]
    rounds: int
    observed: tuple[Observed, ...]
    understood: tuple[Believed, ...]
    quotes: Texts
    reflections: Mapping[str, Texts]
    tickets: Texts

    def way(self) -> list[Place]:
        """Return the places at which the room said something that it went on from."""
        return [place for place in self.places if place.turn]

    def left(self) -> list[Place]:
        """Return those that the room went to and came back from."""
        return [place for place in self.places if not place.turn and not place.here]


def report(room: Room) -> Report:
    """Return what there is to tell of `room` so far."""
    told, play = room.role_play, room.beat.played
    meter = told.meters["trust"]
    exchanges = debrief.way(room) if room.mode == "vote" else []
    places = tuple(_places(room, exchanges)) if room.mode == "vote" else ()
    return Report(
        session=room.code,
        role_play=told.id,
        version=told.version,
        title=told.title,
        words=told.language,
        language=room.language,
        mode=room.mode,
        phase=room.phase,
        people=sum(not seat.removed for seat in room.seats.values()),
        parent=told.parent.name,
        hidden=told.parent.hidden,
        trust=tuple(play.trust()) if exchanges else (),
        bounds=(meter.low, meter.high),
        ending=play.ending.title if play.ending else None,
        kind=play.ending.kind if play.ending else None,
        places=places,
        change=debrief.change(play) if exchanges else None,
        principles=tuple(_principles(exchanges, places)),
        dimensions=tuple(_dimensions(play, places)),
        rounds=len(room.rounds),
        observed=tuple(_observed(room)) if room.rounds else (),
        understood=tuple(_understood(room)) if room.rounds else (),
        quotes=_quotes(room),
        reflections={
            prompt: _texts(room.reflections.get(place, {}).values())
            for place, prompt in enumerate(told.reflect)
        },
        tickets=_texts(room.tickets.values()),
    )


def _places(room: Room, exchanges: Iterable[Said]) -> Iterator[Place]:
    said = {each.beat.n: each for each in exchanges}
    for beat in room.beats:
        if beat.offers:
            yield _place(room, beat, said.get(beat.n))


def _place(room: Room, beat: Beat, said: Said | None) -> Place:
    told, turn = room.role_play, said.turn if said else None
    heard = engine.said(told, beat.play.state)
    answer = engine.answer(told, turn.after, turn.reply) if turn else None
    is_open = beat is room.beat and room.phase == "talk" and not beat.chosen
    key = turn.key if turn else ""
    return Place(
        beat=beat.n,
        turn=said.number if said else 0,
        here=beat is room.beat and not beat.chosen,
        heard=heard.line,
        thinks=heard.thinks,
        options=tuple(_options(beat)),
        trust=said.trust if said else (),
        said=key,
        answer=answer.line if answer else None,
        took=answer.thinks if answer else None,
        coach=turn.reply.coach if turn else "",
        tried=tuple(other for other in beat.tried if other != key),
        votes=_votes(beat, is_open and beat.vote == "open"),
        guesses=_guesses(beat, is_open) if beat.scene and beat.scene.guess else None,
        words=_words(beat),
    )


def _options(beat: Beat) -> Iterator[Option]:
    for letter, (key, reply) in zip("ABCDEFGH", beat.offers.items(), strict=False):
        before, after = debrief.moves(beat, key)
        yield Option(key, letter, reply.say, reply.why.principle, reply.scores, after - before)


def _votes(beat: Beat, is_open: bool) -> Votes:
    if is_open:
        return Votes(0, (), "open")
    lots = without_order({key: beat.tally.get(key, 0) for key in beat.offers}, FEWEST)
    return Votes(len(beat.votes), lots) if lots else Votes(0, (), "few")


def _guesses(beat: Beat, is_open: bool) -> Guesses:
    was = beat.play.trust()[-1]
    if is_open or not beat.guesses:
        return Guesses(was, 0, (), "open" if is_open else "")
    groups = tuple(debrief.guessed(beat))
    return Guesses(was, len(beat.guesses), groups) if groups else Guesses(was, 0, (), "few")


def _words(beat: Beat) -> Texts:
    """Return the room's own words, of those texts only that the facilitator shows."""
    shown = tuple(sorted(text.text for text in beat.texts.values() if text.shown))
    few = 0 < len(beat.texts) < FEWEST
    return Texts(0 if few else len(beat.texts), shown, "few" if few else "")


def _texts(texts: Iterable[str]) -> Texts:
    """Return texts that nobody has let pass; none if too few have written one."""
    found = tuple(sorted(texts, key=str.casefold))
    return Texts(0, (), "few") if 0 < len(found) < FEWEST else Texts(len(found), found)


def _lots(places: Iterable[Place]) -> Iterator[tuple[list[Option], int]]:
    """Yield the replies of each lot, and how many people chose one of them."""
    for place in places:
        for lot in place.votes.lots:
            yield [place.option(key) for key in lot.answers], lot.people


def _principles(exchanges: list[Said], places: Iterable[Place]) -> Iterator[Principle]:
    votes: dict[str, Counter[str]] = {}
    for options, people in _lots(places):
        kinds = {(option.principle, _direction(option.moves)) for option in options}
        told = "untold" if len(kinds) > 1 else next(iter(kinds))[1]
        for key in {principle for principle, _ in kinds}:
            votes.setdefault(key, Counter())[told] += people
    said = debrief.by_principle(exchanges)
    for key in dict.fromkeys([*said, *votes]):
        turns, moved = said.get(key, ((), 0))
        yield Principle(key, debrief.principle(key), tuple(turns), moved, dict(votes.get(key, {})))


def _direction(moves: int) -> str:
    return "up" if moves > 0 else "down" if moves < 0 else "same"


def _dimensions(play: Play, places: Iterable[Place]) -> Iterator[Dimension]:
    votes: dict[str, Counter[str]] = {}
    for options, people in _lots(places):
        for key in {key for option in options for key in option.scores}:
            points = {option.scores.get(key) for option in options}
            told = str(points.pop()) if len(points) == 1 else "untold"
            votes.setdefault(key, Counter())[told] += people
    score, rubric = play.score(), course_map().rubric
    for key in [name for name in rubric if name in score or name in votes]:
        earned, possible = score.get(key, (0, 0))
        yield Dimension(key, rubric[key].name, earned, possible, dict(votes.get(key, {})))


def _observed(room: Room) -> Iterator[Observed]:
    for key, row in zip(room.role_play.practises, trio_debrief.dimensions(room), strict=True):
        rated = any(key in points for now in room.rounds for points in now.ratings.values())
        few: Withheld = "few" if rated and not row["points"] else ""
        yield Observed(key, row["name"], row["two"], row["ratings"] or 0, tuple(row["points"]), few)


def _understood(room: Room) -> Iterator[Believed]:
    for clean, rounds in ((True, room.rounds[:1]), (False, room.rounds[1:])):
        for number, each in enumerate(room.role_play.statements if rounds else ()):
            teachers = _right(rounds, "teacher", number, each.true)
            parents = _right(rounds, "parent", number, each.true)
            yield Believed(number + 1, each.say, each.true, clean, teachers, parents)


def _right(rounds: Iterable[Round], role: Role, number: int, true: bool) -> Count | None:
    people = [seat for now in rounds for seat in now.answers.get(role, {}).values() if number in seat]
    right = sum(answers[number] is true for answers in people)
    return counted(right, len(people), FEWEST) if len(people) >= FEWEST else None


def _quotes(room: Room) -> Texts:
    """Return what observers wrote, of those texts only that they let be quoted."""
    notes = [note for now in room.rounds for note in now.notes.values()]
    quoted = tuple(sorted(note.text for note in notes if note.quote))
    few = 0 < len(notes) < FEWEST
    return Texts(0 if few else len(notes), quoted, "few" if few else "")


# As tables and as data


def as_json(found: Report) -> str:
    """Return all of it as JSON."""
    data = {"format": FORMAT, "fewest": FEWEST, **_plain(found)}
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def _plain(value: Any) -> Any:
    """Return `value` with its parts by name."""
    match value:
        case Lot() | Count():
            return {name: _plain(part) for name, part in value._asdict().items()}
        case tuple() | list():
            return [_plain(part) for part in value]
        case dict():
            return {name: _plain(part) for name, part in value.items()}
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    return value


def as_csv(found: Report) -> str:
    """Return the counts as a long table: each row one count, or why there is none."""
    text = io.StringIO()
    table = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    table.writeheader()
    for row in rows(found):
        table.writerow({"session": found.session, **row})
    return text.getvalue()


Row = dict[str, object]


def rows(found: Report) -> Iterator[Row]:
    """Yield the rows of the table, without the session."""
    yield {"what": "people", "count": found.people}
    for step, trust in enumerate(found.trust):
        yield {"what": "trust after reply", "item": step, "count": trust}
    for place in found.places:
        yield from _of_place(place)
    for principle in found.principles:
        where = {"principle": principle.id}
        if principle.turns:
            yield {**where, "what": "trust moved", "count": principle.moved}
        for direction, people in principle.votes.items():
            yield {**where, "what": "votes by trust", "item": direction, "count": people}
    for dimension in found.dimensions:
        where = {"dimension": dimension.id}
        if dimension.possible:
            yield {**where, "what": "points earned", "count": dimension.earned}
            yield {**where, "what": "points possible", "count": dimension.possible}
        for points, people in dimension.votes.items():
            yield {**where, "what": "votes by points", "item": points, "count": people}
    yield from _of_trios(found)
    for number, texts in enumerate(found.reflections.values(), 1):
        yield _people({"what": "reflections", "item": number}, texts)
    yield _people({"what": "tickets"}, found.tickets)


def _of_place(place: Place) -> Iterator[Row]:
    where: Row = {"beat": place.beat}
    if place.said:
        option = place.option(place.said)
        yield {
            **where,
            "principle": option.principle,
            "what": "reply said",
            "item": place.said,
            "count": 1,
        }
    for lot in place.votes.lots:
        principles = {place.option(key).principle for key in lot.answers}
        yield {
            **where,
            "principle": principles.pop() if len(principles) == 1 else "",
            "what": "votes",
            "item": " or ".join(lot.answers),
            "count": lot.people,
            "note": NOTES["merged" if len(lot.answers) > 1 else ""],
        }
    if place.votes.withheld:
        yield {**where, "what": "votes", "note": NOTES[place.votes.withheld]}
    if place.guesses:
        yield from _of_guesses(where, place.guesses)
    yield _people({**where, "what": "own words"}, place.words)


def _of_guesses(where: Row, guesses: Guesses) -> Iterator[Row]:
    yield {**where, "what": "trust guessed at", "count": guesses.was}
    for group in guesses.groups:
        merged = group["low"] < group["high"]
        yield {
            **where,
            "what": "guesses",
            "item": _span(group["low"], group["high"]),
            "count": group["people"],
            "note": NOTES["merged" if merged else ""],
        }
    if guesses.withheld:
        yield {**where, "what": "guesses", "note": NOTES[guesses.withheld]}


def _of_trios(found: Report) -> Iterator[Row]:
    for seen in found.observed:
        where: Row = {"dimension": seen.id, "what": "ratings"}
        for group in seen.points:
            merged = group["low"] < group["high"]
            item = _span(group["low"], group["high"])
            note = NOTES["merged" if merged else ""]
            yield {**where, "item": item, "count": group["ratings"], "note": note}
        if seen.withheld:
            yield {**where, "note": NOTES[seen.withheld]}
    for each in found.understood:
        where = {"round": "1" if each.clean else "2 and later", "item": each.number}
        for who, count in (("teachers", each.teachers), ("parents", each.parents)):
            yield {**where, "what": f"{who} right", **_counted(count)}
            if count:
                yield {**where, "what": f"{who} answered", "count": count.of}


def _counted(count: Count | None) -> Row:
    if count is None:
        return {"note": NOTES["few"]}
    if count.low < count.high:
        return {"note": f"between {count.low} and {count.high}: fewer than three were right, or wrong"}
    return {"count": count.low}


def _span(low: int, high: int) -> str:
    return str(low) if low == high else f"{low} to {high}"


def _people(row: Row, texts: Texts) -> Row:
    if texts.withheld:
        return {**row, "note": NOTES[texts.withheld]}
    return {**row, "count": texts.people}
