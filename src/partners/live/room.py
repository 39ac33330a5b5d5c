"""What a room is: the fold of its session's events, and nothing else.

``apply`` never raises on an event of a log. What does not hold at its place in the log is ignored, on
every machine alike, so that whoever folds the same events has the same room. An event takes the same
time however many people are there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

from partners.live import events, names, rules
from partners.live.rounds import STAGES, Round
from partners.live.trios import Trios
from partners.scenario.engine import Play

if TYPE_CHECKING:
    from collections.abc import Iterable

    from partners.live.events import Body, Event
    from partners.live.rounds import Stage
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
    """A place in the conversation where the room came, with what people did there.

    `tried` are all replies that were ever `chosen` here.
    """

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
    tried: list[str] = field(default_factory=list)
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
    `named` counts the names given. `rounds` are those that have begun, `round` is the number of
    the one that is going on.
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
    named: int = 0
    locked: bool = False
    paused: bool = False
    timer: Timer | None = None
    phases: list[Phase] = field(default_factory=lambda: ["lobby"])
    beats: list[Beat] = field(default_factory=list)
    rounds: list[Round] = field(default_factory=list)
    round: int = 0
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

    @property
    def current(self) -> Round | None:
        """The round that is going on."""
        return self.rounds[self.round - 1] if self.round else None

    @property
    def next_stage(self) -> Stage | None:
        """What comes next in this round, None if it is the last; without statements it has no more."""
        stages = STAGES if self.role_play.statements else STAGES[:3]
        after = stages.index(self.current.stage) + 1 if self.current else len(stages)
        return stages[after] if after < len(stages) else None

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
            if not need.holds(self, body, seat):
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
            self._heard(self.seats[event.seat], body, event.seq)
        if body.kind not in events.PERSON or body.kind in COUNTED:
            self.changed = event.seq
        rules.RULES[type(body)].do(self, event, body)
        return None

    def _heard(self, seat: Seat, body: Body, seq: int) -> None:
        """Know that `seat` is there, again if it had left."""
        seat.changed = seq
        if not seat.here and not isinstance(body, events.Left):
            seat.here = True
            self.here += 1
            self.changed = seq
            self.arrive(seat.number, seq)

    def next_name(self) -> str:
        """Return a name that nobody here was given yet."""
        self.named += 1
        return names.name(self.language, self.seed, self.named)

    def sit(self, token_hash: str, name: str, seq: int) -> None:
        """Give somebody the next seat."""
        seat = Seat(len(self.seats) + 1, token_hash, name, seq)
        self.seats[seat.number] = self.seat_of[token_hash] = seat
        self.here += 1
        self.arrive(seat.number, seq)

    def go(self, seat: int, seq: int) -> None:
        """Know that `seat` is not there any more."""
        self.here -= self.seats[seat].here
        self.seats[seat].here = False
        if self.current and self.phase == "talk":
            before = self.current.trios
            self.current.leave(seat)
            self._tell(before, seq)

    def arrive(self, seat: int, seq: int) -> None:
        """Give `seat` a place in the round, if one is going on."""
        if self.current and self.phase == "talk":
            before = self.current.trios
            self.current.arrive(seat)
            self._tell(before, seq)

    def _tell(self, before: Trios, seq: int) -> None:
        """Know that people see something new whose group is not what it was, and the guests."""
        if self.current is None:
            return
        groups = self.current.trios.groups
        changed = [group for number, group in groups.items() if before.groups.get(number) != group]
        for seat in [*self.current.guests, *(seat for group in changed for seat in group.seats)]:
            self.seats[seat].changed = seq

    def tell_group(self, seat: int, seq: int) -> None:
        """Know that those who sit with `seat` see something new, and perhaps a guest."""
        if self.current:
            group = self.current.trios.group_of(seat)
            for other in [*self.current.guests, *(group.seats if group else ())]:
                self.seats[other].changed = seq

    def begin_round(self) -> None:
        """Go on to the next round; if the room was there before, with all that it left there."""
        if self.round == len(self.rounds):
            last = self.current
            trios = last.trios.rotated() if last else Trios.begin(self._present(), self.seed)
            self.rounds.append(Round(trios))
        self.round += 1
        self.settle()

    def settle(self) -> None:
        """Seat those who are there in the round that is going on, and nobody else."""
        if self.current and self.phase == "talk":
            self.current.settle(self._present())

    def _present(self) -> list[int]:
        return [seat.number for seat in self.seats.values() if seat.here]

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
