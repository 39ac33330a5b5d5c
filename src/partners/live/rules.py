"""For each kind of event: what must hold for it to count, and what it does to the room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from partners.live import events, names

if TYPE_CHECKING:
    from collections.abc import Callable

    from partners.live.events import Body, Event
    from partners.live.room import Phase, Room

SEATS = 5_000
SHOWN = 4
"""How many texts a screen holds at once."""


class Need(NamedTuple):
    """Something that must hold, and what to answer if it does not."""

    holds: Callable[[Room, Any], bool]
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
    return Need(lambda room, _: room.phase in phases, "not_now")


NOT_OVER = Need(lambda room, _: room.phase != "over", "over")
LOBBY, DEBRIEF, TICKET = _phase("lobby"), _phase("debrief"), _phase("ticket")
DOOR_OPEN = Need(lambda room, _: not room.locked, "locked")
DOOR_LOCKED = Need(lambda room, _: room.locked, "not_now")
SEAT_LEFT = Need(lambda room, _: len(room.seats) < SEATS, "full")
RUNNING = Need(lambda room, _: not room.paused, "paused")
PAUSED = Need(lambda room, _: room.paused, "not_now")
TIMED = Need(lambda room, _: room.timer is not None, "no_timer")
TALK = Need(lambda room, _: room.phase == "talk" and room.mode == "vote", "not_now")
THIS_BEAT = Need(lambda room, body: room.beat.n == body.beat, "moved_on")
VOTE_OPEN = Need(lambda room, _: room.beat.vote == "open", "closed")
VOTE_NOT_OPEN = Need(lambda room, _: room.beat.vote != "open", "not_now")
VOTED = Need(lambda room, _: room.beat.vote in {"open", "closed"}, "not_now")
OFFERED = Need(lambda room, body: body.reply in room.beat.offers, "not_offered")
UNDECIDED = Need(lambda room, _: room.beat.chosen is None, "moved_on")
GOES_ON = Need(lambda room, _: bool(room.beat.offers), "not_now")
DECIDED = Need(lambda room, _: room.beat.chosen is not None, "not_now")
BEFORE = Need(lambda room, _: _has_before(room), "nothing_before")
WAITS = Need(lambda room, body: _shown(room, body.text) is False, "no_text")
SHOWS = Need(lambda room, body: _shown(room, body.text) is True, "no_text")
SPACE = Need(lambda room, _: sum(t.shown for t in room.beat.texts.values()) < SHOWN, "enough_shown")
TAKEN = Need(lambda room, body: body.seat in room.seats and not room.seats[body.seat].removed, "no_seat")
GUESS = Need(lambda room, body: _can_guess(room, body.trust), "not_asked")
PROMPT = Need(lambda room, body: body.prompt < len(room.role_play.reflect), "not_asked")
EXCHANGE = Need(lambda room, body: body.turn <= len(room.beat.played.turns), "not_asked")


def _has_before(room: Room) -> bool:
    if room.phase == "talk":
        return bool(room.beat.chosen or room.beat.before)
    return room.phase != "lobby"


def _shown(room: Room, text: int) -> bool | None:
    written = room.beat.texts.get(text)
    return written.shown if written else None


def _can_guess(room: Room, trust: int) -> bool:
    scene, meter = room.beat.scene, room.role_play.meters["trust"]
    return bool(scene and scene.guess and meter.low <= trust <= meter.high)


# The server


@rule(events.Opened, LOBBY)
def _opened(room: Room, _: Event, body: events.Opened) -> None:
    room.mode, room.language, room.seed = body.mode, body.language, body.seed


@rule(events.Joined, NOT_OVER, DOOR_OPEN, SEAT_LEFT)
def _joined(room: Room, event: Event, body: events.Joined) -> None:
    name = names.name(room.language, room.seed, len(room.seats) + 1)
    room.sit(body.token_hash, name, event.seq)


# The facilitator moves the session


@rule(events.Began, LOBBY)
def _began(room: Room, *_: object) -> None:
    room.phases.append("talk")


@rule(events.Debriefed, _phase("talk"))
def _debriefed(room: Room, *_: object) -> None:
    _turn_to(room, "debrief")


@rule(events.Ticketed, _phase("talk", "debrief"))
def _ticketed(room: Room, *_: object) -> None:
    _turn_to(room, "ticket")


@rule(events.Ended, NOT_OVER)
def _ended(room: Room, *_: object) -> None:
    _turn_to(room, "over")


def _turn_to(room: Room, phase: Phase) -> None:
    room.phases.append(phase)
    room.timer = None


@rule(events.Looked, DEBRIEF, EXCHANGE)
def _looked(room: Room, _: Event, body: events.Looked) -> None:
    room.looked = body.turn


@rule(events.Back, BEFORE)
def _back(room: Room, event: Event, _: Body) -> None:
    room.timer = None
    room.all_changed = event.seq
    if room.phase != "talk":
        room.phases.pop()
    elif room.beat.chosen is None and room.beat.before:
        room.beat = room.beat.before
        room.beat.chosen = None
    else:
        room.beat.chosen = None


# The facilitator leads the talk


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
    room.here -= seat.here
    seat.here, seat.removed, seat.changed = False, True, event.seq
    for beat in room.beats:
        beat.forget(body.seat)
    for texts in (*room.reflections.values(), room.tickets):
        texts.pop(body.seat, None)


# A person; ``event.seat`` is somebody who is there


@rule(events.Renamed, NOT_OVER)
def _renamed(room: Room, event: Event, body: events.Renamed) -> None:
    room.seats[event.seat].name = body.name


@rule(events.Left)
def _left(room: Room, event: Event, _: Body) -> None:
    room.seats[event.seat].here = False
    room.here -= 1


@rule(events.Voted, TALK, THIS_BEAT, RUNNING, VOTE_OPEN, OFFERED)
def _voted(room: Room, event: Event, body: events.Voted) -> None:
    room.beat.count(event.seat, body.reply)


@rule(events.Wrote, TALK, THIS_BEAT, RUNNING, VOTE_OPEN)
def _wrote(room: Room, event: Event, body: events.Wrote) -> None:
    room.beat.write(event.seat, event.seq, body.text)


@rule(events.Guessed, TALK, THIS_BEAT, RUNNING, UNDECIDED, GUESS)
def _guessed(room: Room, event: Event, body: events.Guessed) -> None:
    room.beat.guesses[event.seat] = body.trust


@rule(events.Reflected, _phase("debrief", "ticket"), PROMPT)
def _reflected(room: Room, event: Event, body: events.Reflected) -> None:
    room.reflections.setdefault(body.prompt, {})[event.seat] = body.text


@rule(events.Ticket, TICKET)
def _ticket(room: Room, event: Event, body: events.Ticket) -> None:
    room.tickets[event.seat] = body.text
