"""For each kind of event: what must hold for it to count, and what it does to the room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from partners.live import debrief, events, trio_debrief
from partners.live.rounds import Note

if TYPE_CHECKING:
    from collections.abc import Callable

    from partners.live.events import Body, Event
    from partners.live.room import Phase, Room
    from partners.live.rounds import Round
    from partners.live.trios import Role

SEATS = 5_000
SHOWN = 4
"""How many texts a screen holds at once."""


class Need(NamedTuple):
    """Something that must hold of the room, the body and the seat, and what to answer if it does not."""

    holds: Callable[[Room, Any, int], bool]
    why: str


class Rule(NamedTuple):
    """What a kind of event needs and does."""

    needs: tuple[Need, ...]
    do: Callable[[Room, Event, Any], None]


RULES: dict[type[Body], Rule] = {}


def rule(
    body: type[Body], *needs: Need
) -> Callable[[Callable[[Room, Event, Any], None]], Callable[[Room, Event, Any], None]]:
    """Make a function the rule of a kind of event; the first of `needs` that does not hold is told."""

    def kept(do: Callable[[Room, Event, Any], None]) -> Callable[[Room, Event, Any], None]:
        RULES[body] = Rule(needs, do)
        return do

    return kept


def _phase(*phases: Phase) -> Need:
    return Need(lambda room, *_: room.phase in phases, "not_now")


NOT_OVER = Need(lambda room, *_: room.phase != "over", "over")
LOBBY, DEBRIEF, TICKET = _phase("lobby"), _phase("debrief"), _phase("ticket")
DOOR_OPEN = Need(lambda room, *_: not room.locked, "locked")
DOOR_LOCKED = Need(lambda room, *_: room.locked, "not_now")
SEAT_LEFT = Need(lambda room, *_: len(room.seats) < SEATS, "full")
RUNNING = Need(lambda room, *_: not room.paused, "paused")
PAUSED = Need(lambda room, *_: room.paused, "not_now")
TIMED = Need(lambda room, *_: room.timer is not None, "no_timer")
TALK = Need(lambda room, *_: room.phase == "talk" and room.mode == "vote", "not_now")
THIS_BEAT = Need(lambda room, body, _: room.beat.n == body.beat, "moved_on")
VOTE_OPEN = Need(lambda room, *_: room.beat.vote == "open", "closed")
VOTE_NOT_OPEN = Need(lambda room, *_: room.beat.vote != "open", "not_now")
VOTED = Need(lambda room, *_: room.beat.vote in {"open", "closed"}, "not_now")
OFFERED = Need(lambda room, body, _: body.reply in room.beat.offers, "not_offered")
UNDECIDED = Need(lambda room, *_: room.beat.chosen is None, "moved_on")
GOES_ON = Need(lambda room, *_: bool(room.beat.offers), "not_now")
DECIDED = Need(lambda room, *_: room.beat.chosen is not None, "not_now")
BEFORE = Need(lambda room, *_: _has_before(room), "nothing_before")
WAITS = Need(lambda room, body, _: _shown(room, body.text) is False, "no_text")
SHOWS = Need(lambda room, body, _: _shown(room, body.text) is True, "no_text")
SPACE = Need(lambda room, *_: sum(t.shown for t in room.beat.texts.values()) < SHOWN, "enough_shown")
TAKEN = Need(
    lambda room, body, _: body.seat in room.seats and not room.seats[body.seat].removed, "no_seat"
)
GUESS = Need(lambda room, body, _: _can_guess(room, body.trust), "not_asked")
PROMPT = Need(lambda room, body, _: body.prompt < len(room.role_play.reflect), "not_asked")
THERE = Need(lambda room, body, _: body.turn <= last_stop(room), "not_asked")
TRIOS = Need(lambda room, *_: room.phase == "talk" and room.mode == "trio", "not_now")
TALKED = Need(lambda room, *_: room.current is None or room.current.talked, "not_now")
NEXT_STAGE = Need(lambda room, body, _: body.step == room.next_stage, "not_now")
LATE = _phase("talk", "debrief")
OBSERVES = Need(lambda room, body, seat: _role(room, body.round, seat) == "observer", "not_asked")
PRACTISED = Need(lambda room, body, _: body.dimension in room.role_play.practises, "not_asked")
ASKED = Need(lambda room, body, _: _asks(room, body.round), "moved_on")
KNOWS = Need(
    lambda room, body, seat: _role(room, body.round, seat) in {"teacher", "parent"}, "not_asked"
)
STATEMENT = Need(lambda room, body, _: body.statement < len(room.role_play.statements), "not_asked")


def last_stop(room: Room) -> int:
    """Return the last thing that there is to look at in the debrief."""
    return trio_debrief.last_stop(room) if room.mode == "trio" else debrief.last_stop(room)


def _has_before(room: Room) -> bool:
    if room.phase == "talk":
        return bool(room.beat.chosen or room.beat.before or room.round)
    return room.phase != "lobby"


def _shown(room: Room, text: int) -> bool | None:
    written = room.beat.texts.get(text)
    return written.shown if written else None


def _can_guess(room: Room, trust: int) -> bool:
    scene, meter = room.beat.scene, room.role_play.meters["trust"]
    return bool(scene and scene.guess and meter.low <= trust <= meter.high)


def _role(room: Room, number: int, seat: int) -> Role | None:
    begun = 0 < number <= len(room.rounds)
    return room.rounds[number - 1].trios.role_of(seat) if begun else None


def _asks(room: Room, number: int) -> bool:
    return room.round == number and room.current is not None and room.current.stage == "statements"


# The server


@rule(events.Opened, LOBBY)
def _opened(room: Room, _: Event, body: events.Opened) -> None:
    room.mode, room.language, room.seed = body.mode, body.language, body.seed


@rule(events.Joined, NOT_OVER, DOOR_OPEN, SEAT_LEFT)
def _joined(room: Room, event: Event, body: events.Joined) -> None:
    room.sit(body.token_hash, room.next_name(), event.seq)


# The facilitator moves the session


@rule(events.Began, LOBBY)
def _began(room: Room, *_: object) -> None:
    room.phases.append("talk")


@rule(events.Debriefed, _phase("talk"))
def _debriefed(room: Room, *_: object) -> None:
    _turn_to(room, "debrief")
    room.looked = 0


@rule(events.Ticketed, _phase("talk", "debrief"))
def _ticketed(room: Room, *_: object) -> None:
    _turn_to(room, "ticket")


@rule(events.Ended, NOT_OVER)
def _ended(room: Room, *_: object) -> None:
    _turn_to(room, "over")


def _turn_to(room: Room, phase: Phase) -> None:
    room.phases.append(phase)
    room.timer = None


@rule(events.Looked, DEBRIEF, THERE)
def _looked(room: Room, _: Event, body: events.Looked) -> None:
    room.looked = body.turn


@rule(events.Back, BEFORE)
def _back(room: Room, event: Event, _: Body) -> None:
    room.timer = None
    room.all_changed = event.seq
    if room.phase != "talk":
        room.phases.pop()
        room.settle()
    elif room.current:
        _stage_back(room, room.current)
    elif room.beat.chosen is None and room.beat.before:
        room.beat = room.beat.before
        room.beat.chosen = None
    else:
        room.beat.chosen = None


def _stage_back(room: Room, now: Round) -> None:
    if now.begun:
        now.stages.pop()
    else:
        room.round -= 1
        room.settle()


# The facilitator leads the talk of all


@rule(events.VoteOpened, TALK, GOES_ON, UNDECIDED, VOTE_NOT_OPEN)
def _vote_opened(room: Room, *_: object) -> None:
    room.beat.vote = "open"


@rule(events.VoteClosed, TALK, VOTE_OPEN)
def _vote_closed(room: Room, *_: object) -> None:
    room.beat.vote = "closed"
    room.timer = None


@rule(events.Revealed, TALK, VOTED)
def _revealed(room: Room, *_: object) -> None:
    room.beat.vote = "revealed"
    room.timer = None


@rule(events.Chosen, TALK, UNDECIDED, OFFERED)
def _chosen(room: Room, _: Event, body: events.Chosen) -> None:
    room.beat.chosen = body.reply
    if body.reply not in room.beat.tried:
        room.beat.tried.append(body.reply)
    room.timer = None
    if room.beat.vote == "open":
        room.beat.vote = "closed"


@rule(events.WentOn, TALK, DECIDED)
def _went_on(room: Room, event: Event, _: Body) -> None:
    """Go to the next beat; if the room was there before, with all that it left there."""
    chosen = room.beat.chosen or ""
    if chosen in room.beat.after:
        room.all_changed = event.seq
    room.beat = room.beat.after.get(chosen) or room.new_beat(chosen)
    room.timer = None


@rule(events.Shown, TALK, WAITS, SPACE)
def _text_shown(room: Room, event: Event, body: events.Shown) -> None:
    _show(room, event, body.text, True)


@rule(events.Hidden, TALK, SHOWS)
def _text_hidden(room: Room, event: Event, body: events.Hidden) -> None:
    _show(room, event, body.text, False)


def _show(room: Room, event: Event, text: int, shown: bool) -> None:
    written = room.beat.texts[text]
    written.shown = shown
    room.seats[written.seat].changed = event.seq


# The facilitator leads the rounds of the trios


@rule(events.RoundBegan, TRIOS, TALKED)
def _round_began(room: Room, event: Event, _: Body) -> None:
    room.begin_round()
    room.timer = None
    room.all_changed = event.seq


@rule(events.Stepped, TRIOS, NEXT_STAGE)
def _stepped(room: Room, event: Event, body: events.Stepped) -> None:
    if room.current:
        room.current.stages.append(body.step)
    room.timer = None
    room.all_changed = event.seq


# The facilitator keeps time and door


@rule(events.Paused, NOT_OVER, RUNNING)
def _paused(room: Room, event: Event, _: Body) -> None:
    room.paused = True
    if room.timer:
        room.timer = room.timer.stopped(event.at)


@rule(events.Resumed, PAUSED)
def _resumed(room: Room, event: Event, _: Body) -> None:
    room.paused = False
    if room.timer:
        room.timer = room.timer.going(event.at)


@rule(events.Timed, NOT_OVER)
def _timed(room: Room, event: Event, body: events.Timed) -> None:
    room.set_timer(body.seconds * 1000, body.seconds * 1000, event.at)


@rule(events.Extended, TIMED)
def _extended(room: Room, event: Event, body: events.Extended) -> None:
    if timer := room.timer:
        more = body.seconds * 1000
        room.set_timer(timer.stopped(event.at).left + more, timer.of + more, event.at)


@rule(events.TimerOff, TIMED)
def _timer_off(room: Room, *_: object) -> None:
    room.timer = None


@rule(events.Locked, NOT_OVER, DOOR_OPEN)
def _locked(room: Room, *_: object) -> None:
    room.locked = True


@rule(events.Unlocked, DOOR_LOCKED)
def _unlocked(room: Room, *_: object) -> None:
    room.locked = False


@rule(events.Spoken)
def _spoken(room: Room, _: Event, body: events.Spoken) -> None:
    room.language = body.language


@rule(events.Removed, TAKEN)
def _removed(room: Room, event: Event, body: events.Removed) -> None:
    seat = room.seats[body.seat]
    room.go(body.seat, event.seq)
    seat.removed, seat.changed = True, event.seq
    for beat in room.beats:
        beat.forget(body.seat)
    for each in room.rounds:
        each.forget(body.seat)
    for texts in (*room.reflections.values(), room.tickets):
        texts.pop(body.seat, None)


# A person; ``event.seat`` is somebody who is there


@rule(events.Renamed, NOT_OVER)
def _renamed(room: Room, event: Event, body: events.Renamed) -> None:
    room.seats[event.seat].name = body.name or room.next_name()
    if room.current:
        room.tell_group(event.seat, event.seq)
        room.changed = event.seq


@rule(events.Left)
def _left(room: Room, event: Event, _: Body) -> None:
    room.go(event.seat, event.seq)


@rule(events.Voted, TALK, THIS_BEAT, RUNNING, VOTE_OPEN, OFFERED)
def _voted(room: Room, event: Event, body: events.Voted) -> None:
    room.beat.count(event.seat, body.reply)


@rule(events.Wrote, TALK, THIS_BEAT, RUNNING, VOTE_OPEN)
def _wrote(room: Room, event: Event, body: events.Wrote) -> None:
    room.beat.write(event.seat, event.seq, body.text)


@rule(events.Guessed, TALK, THIS_BEAT, RUNNING, UNDECIDED, GUESS)
def _guessed(room: Room, event: Event, body: events.Guessed) -> None:
    room.beat.guesses[event.seat] = body.trust


@rule(events.Rated, LATE, OBSERVES, PRACTISED)
def _rated(room: Room, event: Event, body: events.Rated) -> None:
    room.rounds[body.round - 1].rate(event.seat, body.dimension, body.points)


@rule(events.Noted, LATE, OBSERVES)
def _noted(room: Room, event: Event, body: events.Noted) -> None:
    now = room.rounds[body.round - 1]
    now.note(event.seat, Note(body.text, body.quote))
    if now.talked:  # the others are reading it
        room.tell_group(event.seat, event.seq)
        room.changed = event.seq


@rule(events.Answered, TRIOS, ASKED, KNOWS, STATEMENT)
def _answered(room: Room, event: Event, body: events.Answered) -> None:
    room.rounds[body.round - 1].answer(event.seat, body.statement, body.true)


@rule(events.Reflected, _phase("debrief", "ticket"), PROMPT)
def _reflected(room: Room, event: Event, body: events.Reflected) -> None:
    room.reflections.setdefault(body.prompt, {})[event.seat] = body.text


@rule(events.Ticket, TICKET)
def _ticket(room: Room, event: Event, body: events.Ticket) -> None:
    room.tickets[event.seat] = body.text
