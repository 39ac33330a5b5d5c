"""What a room is: the fold of its session's events, and nothing else.

``apply`` never raises on an event of a log. What does not hold at its place in the log is ignored, on
every machine alike, so that whoever folds the same events has the same room. An event takes the same
time however many people are there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

from partners.live import events, rules
from partners.scenario.engine import Play

if TYPE_CHECKING:
    from collections.abc import Iterable

    from partners.live.events import Body, Event
    from partners.scenario.model import Reply, RolePlay, Scene

Phase = Literal["lobby", "talk", "debrief", "ticket", "over"]
Vote = Literal["waiting", "open", "closed", "revealed"]

COUNTED = {"left", "voted", "ticket"}
"""What people do that changes a number on everybody's screen."""


@dataclass(slots=True)
class Seat:
    """Somebody. `changed` is the event that last changed what only they see."""

    number: int
    token_hash: str
    name: str
    changed: int
    here: bool = True
    removed: bool = False


@dataclass(slots=True)
class Written:
    """Own words instead of a reply."""

    seat: int
    text: str
    shown: bool = False


@dataclass(slots=True, eq=False)
class Beat:
    """A place in the conversation where the room came, with what people did there."""

    n: int
    play: Play
    before: Beat | None
    offers: dict[str, Reply]
    vote: Vote = "waiting"
    votes: dict[int, str] = field(default_factory=dict)
    tally: dict[str, int] = field(default_factory=dict)
    texts: dict[int, Written] = field(default_factory=dict)
    text_of: dict[int, int] = field(default_factory=dict)
    guesses: dict[int, int] = field(default_factory=dict)
    chosen: str | None = None
    after: dict[str, Beat] = field(default_factory=dict)

    @property
    def scene(self) -> Scene | None:
        """The scene, None at an ending."""
        return self.play.role_play.scenes.get(self.play.state.at)

    @property
    def played(self) -> Play:
        """The conversation with the reply that was chosen here, if one was."""
        return self.play.choose(self.chosen) if self.chosen else self.play

    def count(self, seat: int, reply: str) -> None:
        """Count the vote of `seat`, in the place of its vote before."""
        if before := self.votes.get(seat):
            self.tally[before] -= 1
        self.votes[seat] = reply
        self.tally[reply] = self.tally.get(reply, 0) + 1

    def write(self, seat: int, text_id: int, text: str) -> None:
        """Keep the words of `seat` in the place of its last; nobody has let these pass yet."""
        self.texts.pop(self.text_of.get(seat, 0), None)
        self.texts[text_id] = Written(seat, text)
        self.text_of[seat] = text_id

    def forget(self, seat: int) -> None:
        """Take out what `seat` did here."""
        if reply := self.votes.pop(seat, None):
            self.tally[reply] -= 1
        if text := self.text_of.pop(seat, None):
            del self.texts[text]
        self.guesses.pop(seat, None)


class Timer(NamedTuple):
    """Milliseconds: when it `ends`, or how many are `left` while the room pauses; `of` how many."""

    ends: int | None
    left: int
    of: int

    def stopped(self, at: int) -> Timer:
        """Return it as it stands still at the time `at`."""
        return self if self.ends is None else Timer(None, max(0, self.ends - at), self.of)

    def going(self, at: int) -> Timer:
        """Return it as it runs from the time `at`."""
        return Timer(at + self.left, self.left, self.of) if self.ends is None else self


@dataclass(eq=False)
class Room:
    """A session as its log tells it. Read it freely; only ``apply`` changes it.

    `changed` is the last event that changed everybody's screen, `all_changed` the last that changed what
    each sees alone; `ignored` says why an event did not count; `looked` is an exchange of the debrief.
    """

    code: str
    role_play: RolePlay
    mode: events.Mode = "vote"
    language: events.Language = "en"
    seed: int = 0
    seq: int = 0
    changed: int = 0
    all_changed: int = 0
    ignored: dict[int, str] = field(default_factory=dict)
    seats: dict[int, Seat] = field(default_factory=dict)
    seat_of: dict[str, Seat] = field(default_factory=dict)
    here: int = 0
    locked: bool = False
    paused: bool = False
    timer: Timer | None = None
    phases: list[Phase] = field(default_factory=lambda: ["lobby"])
    beats: list[Beat] = field(default_factory=list)
    looked: int = 0
    reflections: dict[int, dict[int, str]] = field(default_factory=dict)
    tickets: dict[int, str] = field(default_factory=dict)
    beat: Beat = field(init=False)

    def __post_init__(self) -> None:
        play = Play(self.role_play)
        self.beat = Beat(1, play, None, play.offers())
        self.beats.append(self.beat)

    @property
    def phase(self) -> Phase:
        """Where the session stands."""
        return self.phases[-1]

    def refuses(self, body: Body, seat: int = 0) -> str | None:
        """Return why `body` cannot be done now by `seat` or the facilitator, as a key of the strings."""
        rule = rules.RULES.get(type(body))
        if rule is None:
            return "not_now"
        if body.kind in events.PERSON:
            who = self.seats.get(seat)
            if who is None or who.removed:
                return "removed" if who else "no_seat"
        for need in rule.needs:
            if not need.holds(self, body):
                return need.why
        return None

    def apply(self, event: Event) -> str | None:
        """Let `event` happen, or return why it is ignored."""
        body = event.body
        if event.seq <= self.seq:
            return self.ignored.get(event.seq)
        self.seq = event.seq
        why = self.refuses(body, event.seat) if body else "not_now"
        if why or not body:
            self.ignored[event.seq] = why or "not_now"
            return why
        if body.kind in events.PERSON:
            self._heard(self.seats[event.seat], event.seq)
        if body.kind not in events.PERSON or body.kind in COUNTED:
            self.changed = event.seq
        rules.RULES[type(body)].do(self, event, body)
        return None

    def _heard(self, seat: Seat, seq: int) -> None:
        """Know that `seat` is there, again if it had left."""
        seat.changed = seq
        if not seat.here:
            seat.here = True
            self.here += 1
            self.changed = seq

    def sit(self, token_hash: str, name: str, seq: int) -> None:
        """Give somebody the next seat."""
        seat = Seat(len(self.seats) + 1, token_hash, name, seq)
        self.seats[seat.number] = self.seat_of[token_hash] = seat
        self.here += 1

    def new_beat(self, reply: str) -> Beat:
        """Return the beat that the reply of this one leads to, where nobody has been."""
        play = self.beat.play.choose(reply)
        beat = Beat(len(self.beats) + 1, play, self.beat, play.offers())
        self.beats.append(beat)
        self.beat.after[reply] = beat
        return beat

    def set_timer(self, left: int, of: int, at: int) -> None:
        """Let a timer run, unless the room pauses."""
        timer = Timer(None, left, of)
        self.timer = timer if self.paused else timer.going(at)


def fold(code: str, role_play: RolePlay, log: Iterable[Event]) -> Room:
    """Return the room that the events of `log` make."""
    room = Room(code, role_play)
    for event in log:
        room.apply(event)
    return room
