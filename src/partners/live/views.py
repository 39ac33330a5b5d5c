"""What a screen shows, as small plain JSON: pure functions of a room.

A page gets them as frames of ``GET CODE/events`` (``event: NAME``, ``data: {…}``), or together from
``GET CODE/poll?after=V`` as ``{"about": …, "room": …, "you": …, "back": …}``; always whole, never as a
difference:

``about``  once, when the stream opens: what stays the same (``About``)
``room``   when it opens and at every change: what everybody sees (``Public``)
``you``    with a seat's token: when it opens and when it changed (``Mine``)
``back``   with the facilitator's key: when it opens and at every change (``Backstage``)

Every ``room`` frame begins with ``now``, the server's time in milliseconds as it is sent, to count
timers by whatever a phone's own clock says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict, cast

from partners.live import debrief, events, rules, trio_debrief, trio_views
from partners.live.trio_views import MineInTrio
from partners.scenario import engine

if TYPE_CHECKING:
    from partners.live.debrief import Debrief
    from partners.live.events import Body
    from partners.live.room import Beat as Place
    from partners.live.room import Room
    from partners.live.room import Timer as Clock
    from partners.live.trio_debrief import Seen
    from partners.live.trio_views import BackTrio, Trio
    from partners.scenario import model


class Person(TypedDict):
    """The parent. `portrait` is an address below ``CODE/``; `portrait_text` is its alternative text."""

    name: str
    who: str
    portrait: str
    portrait_text: str


class Child(TypedDict):
    """The child they talk about."""

    name: str
    about: str


class About(TypedDict):
    """What stays the same: `words` is the language of the role-play's own texts."""

    code: str
    title: str
    mode: str  # "vote" | "trio"
    words: str
    setting: str
    goal: str
    parent: Person
    child: Child
    trust: list[int]  # the lowest and the highest, for guesses
    links: list[str]  # where phones in this network find it, best first; [] behind a proxy


class Line(TypedDict):
    """Something the parent says; `mood` is "wary", "plain", "warm", "upset" or null."""

    line: str
    mood: str | None


class Before(TypedDict):
    """What led to a beat: the teacher's reply and how the parent took it."""

    said: str
    answer: str | None


class Reply(TypedDict):
    """Something the teacher can say."""

    key: str
    say: str


class Count(TypedDict):
    """The votes for a reply."""

    key: str
    votes: int


class Text(TypedDict):
    """Own words of somebody, without a name."""

    id: int
    text: str


class Over(TypedDict):
    """How the conversation ended; `kind` is partnership, progress, polite or breakdown."""

    title: str
    kind: str
    text: str


class Beat(TypedDict):
    """Where the conversation stands.

    While `vote` is "waiting" there is none yet; "open": phones vote and write; "closed": no more, and
    still hidden; "revealed": `tally` holds every reply, in the order of `replies`. `tally` is null
    before. Voting again after "revealed" hides it again. Once the facilitator has chosen, `chosen` is
    the reply's key and `answer` the parent's (null if there is none); the parent's next line is the next
    beat. The last beat has an `ending` and no replies. `own_words` is the scene's own question for
    free words; they can be sent to every beat. `guess` asks how far the parent trusts by now.
    """

    n: int
    phase: str | None  # "open" | "explore" | "plan" | "close", null at the ending
    says: Line
    before: Before | None
    replies: list[Reply]
    own_words: str | None
    guess: bool
    vote: str  # "waiting" | "open" | "closed" | "revealed"
    votes: int
    tally: list[Count] | None
    texts: list[Text]
    chosen: str | None
    answer: Line | None
    ending: Over | None


class Timer(TypedDict, total=False):
    """Milliseconds: `ends` by the server's clock while it runs, `left` while paused; `of` in all."""

    ends: int
    left: int
    of: int


class Tickets(TypedDict):
    """How many have handed in a line."""

    count: int


class Public(TypedDict):
    """What everybody sees. `v` counts the session's events; a greater one is newer."""

    v: int
    phase: str  # "lobby" | "talk" | "debrief" | "ticket" | "over"
    language: str  # of the interface
    here: int  # seats taken
    locked: bool
    paused: bool
    timer: Timer | None
    beat: Beat | None  # in "talk", mode "vote"
    trio: Trio | None  # in "talk", mode "trio", once a round has begun
    debrief: Debrief | None  # in "debrief"
    seen: Seen | None  # in "debrief", mode "trio"
    ticket: Tickets | None  # in "ticket"


class Mine(MineInTrio, total=False):
    """One seat's own, with that in a trio; only `v`, `seat` and `name` are always there.

    `beat` says which beat `vote` (a reply's key), `text` and `guess` belong to: show them only
    while the room is at that beat. `shown` says that the text is on everybody's screen. `reflections`
    holds texts by the prompt's place (as a string, for JSON).
    """

    v: int
    seat: int
    name: str
    beat: int
    vote: str
    text: str
    shown: bool
    guess: int
    reflections: dict[str, str]
    ticket: str
    removed: bool  # by the facilitator: this seat can do nothing any more


class BackText(TypedDict):
    """Own words, waiting (`shown` false) or on everybody's screen."""

    id: int
    text: str
    shown: bool


class BackSeat(TypedDict):
    """A seat, for the list from which it can be removed."""

    seat: int
    name: str


class Backstage(TypedDict):
    """What only the facilitator sees.

    `can` lists the kinds that can be done now, the suggested next step first. `leading` is the reply
    with most votes (the first of them on a tie), which ``chosen`` is offered with. `trio` is there while
    a round goes on.
    """

    v: int
    can: list[str]
    tally: list[Count]
    leading: str | None
    texts: list[BackText]
    unlisted: int  # earlier texts that nobody has let pass
    seats: list[BackSeat]  # the first 200
    guesses: int
    connected: int  # phones and screens whose stream is open
    reflections: int
    tickets: int
    trio: BackTrio | None


SEATS_LISTED, TEXTS_LISTED = 200, 100

_PROBES: list[Body] = [
    events.Began(), events.VoteOpened(), events.VoteClosed(), events.Revealed(), events.WentOn(),
    events.Back(), events.Paused(), events.Resumed(), events.Timed(seconds=60),
    events.Extended(seconds=60), events.TimerOff(), events.Locked(), events.Unlocked(),
    events.RoundBegan(), events.Debriefed(), events.Looked(turn=0), events.Ticketed(), events.Ended(),
]  # fmt: skip
_NEXT = {"lobby": "began", "debrief": "ticketed", "ticket": "ended"}
_NEXT_IN_TALK = {
    "waiting": "vote_opened",
    "open": "revealed",
    "closed": "revealed",
    "revealed": "chosen",
}
_NEXT_IN_TRIOS = {"round": "round_began", "debrief": "debriefed"}


def about(room: Room, links: list[str]) -> About:
    """Return what stays the same; `links` are the addresses that phones can reach."""
    told, trust = room.role_play, room.role_play.meters["trust"]
    return {
        "code": room.code,
        "title": told.title,
        "mode": room.mode,
        "words": told.language,
        "setting": told.setting.strip(),
        "goal": told.goal.strip(),
        "parent": {
            "name": told.parent.name,
            "who": told.parent.who,
            "portrait": "portrait.svg",
            "portrait_text": told.parent.portrait_text,
        },
        "child": {"name": told.child.name, "about": told.child.about},
        "trust": [trust.low, trust.high],
        "links": links,
    }


def public(room: Room) -> Public:
    """Return what everybody sees."""
    return {
        "v": room.changed,
        "phase": room.phase,
        "language": room.language,
        "here": room.here,
        "locked": room.locked,
        "paused": room.paused,
        "timer": _timer(room.timer) if room.timer else None,
        "beat": _beat(room.beat) if room.phase == "talk" and room.mode == "vote" else None,
        "trio": trio_views.trio(room),
        "debrief": debrief.view(room) if room.phase == "debrief" else None,
        "seen": trio_debrief.seen(room) if room.phase == "debrief" and room.mode == "trio" else None,
        "ticket": {"count": len(room.tickets)} if room.phase == "ticket" else None,
    }


def _timer(timer: Clock) -> Timer:
    if timer.ends is None:
        return {"left": timer.left, "of": timer.of}
    return {"ends": timer.ends, "of": timer.of}


def _beat(beat: Place) -> Beat:
    play, scene = beat.play, beat.scene
    last = beat.played.turns[-1] if beat.chosen else None
    answer = engine.answer(play.role_play, last.after, last.reply) if last else None
    return {
        "n": beat.n,
        "phase": scene.phase if scene else None,
        "says": _line(engine.said(play.role_play, play.state)),
        "before": _before(play),
        "replies": [{"key": key, "say": reply.say} for key, reply in beat.offers.items()],
        "own_words": scene.own_words.prompt if scene and scene.own_words else None,
        "guess": bool(scene and scene.guess),
        "vote": beat.vote,
        "votes": len(beat.votes),
        "tally": _tally(beat) if beat.vote == "revealed" else None,
        "texts": [{"id": key, "text": text.text} for key, text in beat.texts.items() if text.shown],
        "chosen": beat.chosen,
        "answer": _line(answer) if answer else None,
        "ending": _over(play.ending) if play.ending else None,
    }


def _line(line: model.Line) -> Line:
    return {"line": line.line, "mood": line.mood}


def _over(ending: model.Ending) -> Over:
    return {"title": ending.title, "kind": ending.kind, "text": ending.text}


def _before(play: engine.Play) -> Before | None:
    if not play.turns:
        return None
    turn = play.turns[-1]
    answer = engine.answer(play.role_play, turn.after, turn.reply)
    return {"said": turn.reply.say, "answer": answer.line if answer else None}


def _tally(beat: Place) -> list[Count]:
    return [{"key": key, "votes": beat.tally.get(key, 0)} for key in beat.offers]


def mine(room: Room, number: int) -> Mine:
    """Return what the seat `number` sees alone."""
    seat, beat = room.seats[number], room.beat
    view = cast("Mine", trio_views.mine(room, number))
    view["v"] = max(seat.changed, room.all_changed)
    view["seat"], view["name"] = number, seat.name
    if seat.removed:
        view["removed"] = True
    if room.phase == "talk" and room.mode == "vote":
        view["beat"] = beat.n
        if number in beat.votes:
            view["vote"] = beat.votes[number]
        if number in beat.text_of:
            written = beat.texts[beat.text_of[number]]
            view["text"], view["shown"] = written.text, written.shown
        if number in beat.guesses:
            view["guess"] = beat.guesses[number]
    if room.reflections:
        view["reflections"] = {
            str(prompt): texts[number] for prompt, texts in room.reflections.items() if number in texts
        }
    if number in room.tickets:
        view["ticket"] = room.tickets[number]
    return view


def backstage(room: Room, connected: int) -> Backstage:
    """Return what only the facilitator sees; `connected` counts the open streams."""
    beat, seats = room.beat, [seat for seat in room.seats.values() if not seat.removed]
    return {
        "v": room.seq,
        "can": _can(room),
        "tally": _tally(beat),
        "leading": max(beat.offers, key=lambda key: beat.tally.get(key, 0), default=None),
        "texts": (texts := _listed(beat)),
        "unlisted": len(beat.texts) - len(texts),
        "seats": [{"seat": seat.number, "name": seat.name} for seat in seats[:SEATS_LISTED]],
        "guesses": len(beat.guesses),
        "connected": connected,
        "reflections": sum(len(texts) for texts in room.reflections.values()),
        "tickets": len(room.tickets),
        "trio": trio_views.backstage(room),
    }


def _listed(beat: Place) -> list[BackText]:
    """Return the texts that are shown, and the last of the others: a hall writes too many to list."""
    late = set(list(beat.texts)[-TEXTS_LISTED:])
    return [
        {"id": key, "text": text.text, "shown": text.shown}
        for key, text in beat.texts.items()
        if text.shown or key in late
    ]


def _can(room: Room) -> list[str]:
    choices: list[Body] = [events.Chosen(reply=key) for key in list(room.beat.offers)[:1]]
    if room.next_stage and room.next_stage != "find":
        choices.append(events.Stepped(step=room.next_stage))
    can = [body.kind for body in choices + _PROBES if room.refuses(body) is None]
    first = _suggested(room)
    return sorted(can, key=lambda kind: kind != first)


def _suggested(room: Room) -> str:
    if room.paused:
        return "resumed"
    if room.phase == "debrief" and room.looked < rules.last_stop(room):
        return "looked"
    if room.phase != "talk":
        return _NEXT.get(room.phase, "")
    if room.mode == "trio":
        return _NEXT_IN_TRIOS.get(trio_views.suggested(room), "step")
    if room.beat.chosen:
        return "went_on"
    return _NEXT_IN_TALK[room.beat.vote] if room.beat.offers else "debriefed"
