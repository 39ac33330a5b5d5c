"""What the exercise notebooks call: answers checked in words, points for what is right.

Every function takes what a student handed in and trusts none of it. A missing or broken file costs
its own points and says why; it never raises.
"""

from __future__ import annotations

import os
import re
import textwrap
from itertools import pairwise, zip_longest
from math import floor
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from partners import RolePlay, library
from partners.course import forms, hundred_days, timetable
from partners.course.course_map import course_map
from partners.course.forms import WIDTH, Form, tell
from partners.course.hundred_days import TIME, WAYS, HundredDays
from partners.course.reading import Level, level
from partners.course.timetable import RULES, Evening
from partners.player import Placeholder
from partners.scenario import engine, transcript

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from partners.course.course_map import Dimension
    from partners.course.hundred_days import Card
    from partners.scenario.engine import Play, Turn


CODES = (0, 1, 2)
NO_EVENING = "talks.csv and booked.csv must lie beside the notebook. Fetch them again."
_FORM = re.compile(r'worksheet\.form\("\w+", """(.*?)"""', re.DOTALL)
_ORDINAL = {1: "First", 2: "Second"}


def warm_up(text: str) -> None:
    """Read the conversations and the forms that are in `text`; see ``partners.kernels.zygote``."""
    for name in library.role_plays():
        if f'"{name}"' in text:
            library.role_play(name)
    for form_text in _FORM.findall(text):
        forms.questions(form_text)


def conversation(name: str) -> Any:
    """Return the conversation `name` to be played; only its place where nbgrader runs the cells.

    The widget puts a transcript aside that it cannot go on with. The checks must still find it.
    """
    return Placeholder(name) if os.environ.get("NBGRADER_EXECUTION") else RolePlay(name)


def form(exercise: str, text: str, check: dict[str, Any] | None = None) -> Form:
    """Return the form of a part of an exercise, to be shown where the cell stands; see ``Form``."""
    return Form(exercise, text, check)


def attempts_needed(name: str) -> None:
    """Tell why there is no transcript of `name` beside the notebook that can be played again."""
    try:
        _attempts(name)
    except transcript.TranscriptError as error:
        tell(textwrap.fill(str(error), WIDTH))


def attempts_in_words(name: str) -> str:
    """Return what the transcript beside the notebook holds, or why it cannot be used."""
    try:
        plays = _attempts(name)
    except transcript.TranscriptError as error:
        return textwrap.fill(str(error), WIDTH)
    lines = [f"{_file(name).name}: {len(plays)} attempt{'' if len(plays) == 1 else 's'}."]
    for number, play in enumerate(plays, 1):
        how = f"ended with “{play.ending.title}”" if play.ending else "is not finished"
        lines.append(f"  Attempt {number}: {len(play.turns)} replies, {how}.")
    return "\n".join(lines)


def attempt_points(name: str, attempts: int, each: float, another_way: float) -> float:
    """Return points for finished attempts, and print what of them is missing.

    Parameters
    ----------
    name
        The conversation.
    attempts
        How many finished attempts are asked for.
    each
        Points for each of them.
    another_way
        Points if two finished attempts took different ways.
    """
    try:
        plays = [play for play in _attempts(name) if play.ending]
    except transcript.TranscriptError:
        return 0  # ``attempts_needed`` has told why
    counted = min(len(plays), attempts)
    if counted < attempts:
        print(f"{_file(name).name}: {counted} of {attempts} attempts are finished.")
    ways = {tuple(turn.key for turn in play.turns) for play in plays}
    if another_way and len(ways) < 2:
        print("No second attempt that takes another way than the first.")
    return counted * each + (another_way if len(ways) > 1 else 0)


def points_for(
    given: Mapping[str, Any], wanted: Mapping[str, tuple[Any, str]], each: float = 1
) -> float:
    """Return `each` points for every answer that is as wanted, and print why the others are not.

    Parameters
    ----------
    given
        Answer by question, as the student filled it in.
    wanted
        The right answer by question, and the sentence to print where another was given.
    each
        Points for each right answer.
    """
    right = 0
    for question, (answer, why) in wanted.items():
        if given.get(question) == answer:
            right += 1
        else:
            _say(f"{question}: {why}")
    return right * each


def _say(text: str) -> None:
    """Print `text` in lines that nobody has to scroll along, in the notebook and in the feedback."""
    print(textwrap.fill(text, WIDTH))


def near(given: Any, wanted: float, within: float) -> bool:
    """Say whether `given` is a number, and no further than `within` from the `wanted` one."""
    try:
        return abs(float(given) - wanted) <= within
    except (TypeError, ValueError, OverflowError):
        return False


def points_for_numbers(
    given: Any, accepted: Mapping[str, tuple[Sequence[float], str]], each: float = 1
) -> float:
    """Return `each` points for every number that is one of those accepted, as ``points_for`` does.

    None is accepted where an attempt is missing, and that is then what is printed.
    """
    answers = given if isinstance(given, dict) else {}
    right = 0
    for question, (numbers, why) in accepted.items():
        if any(near(answers.get(question), number, 0) for number in numbers):
            right += 1
        else:
            told = why if numbers else "this attempt is not finished in your file."
            _say(f"{question}: {told}")
    return right * each


def rubric_in_words(*dimensions: str) -> str:
    """Return what earns 2, 1 and 0 points on these dimensions of the rubric, or on all ten."""
    rubric = course_map().rubric
    lines = []
    for key in dimensions or rubric:
        lines += [rubric[key].name]
        lines += [f"  {n}  {words}" for n, words in zip((2, 1, 0), _levels(rubric[key]), strict=True)]
    return "\n".join(lines)


class Agreement(NamedTuple):
    """How far two readers agree: moments matched, moments that luck would match, Cohen’s kappa.

    `kappa` is None where luck alone would match every moment.
    """

    matched: int
    by_luck: float
    kappa: float | None


def agreement(codes: Any, others: Mapping[int, int]) -> Agreement:
    """Return how far `codes` (0, 1 or 2 by moment) agree with the codes of another reader.

    Kappa is the unweighted one: agreement beyond luck, as a share of all there could be
    (cohen1960coefficient in ``references.bib``). What is no code agrees with nothing.
    """
    mine = [_code(codes, moment) for moment in others]
    theirs = list(others.values())
    matched = sum(one == other for one, other in zip(mine, theirs, strict=True))
    by_luck = sum(mine.count(code) * theirs.count(code) for code in CODES) / len(others)
    left = len(others) - by_luck
    return Agreement(matched, by_luck, (matched - by_luck) / left if left else None)


def codes_side_by_side(codes: Any, others: Mapping[int, int], name: str) -> str:
    """Return both readers' codes by moment, with a star where they differ, and how often each was given.

    `name` is the other reader's.
    """
    mine = {moment: _code(codes, moment) for moment in others}
    if None in mine.values():
        return f"Code every moment first. Then you see what {name} gave."
    rows = {
        "moment": others,
        "you": mine.values(),
        name: others.values(),
        "": ("*" if mine[moment] != code else "" for moment, code in others.items()),
    }
    lines = [f"{label:7}" + "".join(f"{cell:>4}" for cell in cells) for label, cells in rows.items()]
    for code in CODES:
        counts = [list(given.values()).count(code) for given in (mine, others)]
        lines.append(f"Times {code} was given: {counts[0]} by you, {counts[1]} by {name}.")
    return "\n".join(lines)


def reading_points(
    codes: Any,
    readings: tuple[Mapping[int, int], Mapping[int, int]],
    why: Mapping[int, str],
    most: float,
) -> float:
    """Return up to `most` points, in halves, for codes that agree with two readings of the same moments.

    All points are for agreeing with the two as well as they agree with each other. Printed is each
    moment whose code neither of the two has given, with the reason in `why`.
    """
    for moment in readings[0]:
        if _code(codes, moment) not in [reading[moment] for reading in readings]:
            _say(f"Moment {moment}: {why[moment]}")
    between = agreement(*readings).kappa
    with_each = [agreement(codes, reading).kappa for reading in readings]
    if not between or None in with_each:
        return 0
    told = " and ".join(f"{kappa:.2f}" for kappa in with_each)
    _say(f"Your kappa with the two readings: {told}; theirs with each other: {between:.2f}.")
    share = sum(kappa or 0 for kappa in with_each) / len(with_each) / between
    return floor(2 * most * min(1, max(0, share))) / 2


def attempts_side_by_side(name: str) -> str:
    """Return what was said in the first two finished attempts, reply by reply, with the trust after."""
    plays = _finished(name)[:2]
    if not plays:
        return f"No finished attempt yet. {attempts_in_words(name)}"
    lines = [f"Trust at the start: {plays[0].trust()[0]}"]
    for number in range(1, max(len(play.turns) for play in plays) + 1):
        lines += ["", f"Reply {number}"]
        for attempt, play in enumerate(plays, 1):
            if number <= len(play.turns):
                lines += [_wrapped(f"{_ORDINAL[attempt]}: {play.turns[number - 1].reply.say}")]
                lines += [f"     trust afterward: {play.trust()[number]}"]
    return "\n".join(lines)


def reply_side_by_side(name: str, number: Any) -> str:
    """Return what was heard, said, answered and thought at reply `number` of the first two attempts."""
    lines = []
    for attempt, play in enumerate(_finished(name)[:2], 1):
        said = [turn for count, turn in enumerate(play.turns, 1) if near(number, count, 0)]
        lines += [f"{_ORDINAL[attempt]} attempt", *_told(play, *said), ""] if said else []
    return "\n".join(lines) or "There is no such reply in a finished attempt."


def rose_most(name: str, attempt: int) -> list[int]:
    """Return the replies of a finished attempt after which trust rose most; 0 if it never rose."""
    return _steepest(name, attempt, 1)


def fell_most(name: str, attempt: int) -> list[int]:
    """Return the replies of a finished attempt after which trust fell most; 0 if it never fell."""
    return _steepest(name, attempt, -1)


def first_change(name: str) -> list[int]:
    """Return the first reply in which the second finished attempt differs; 0 if none does."""
    plays = _finished(name)[:2]
    if len(plays) < 2:
        return []
    first, second = ([turn.key for turn in play.turns] for play in plays)
    return [next((n for n, (one, other) in enumerate(zip_longest(first, second), 1) if one != other), 0)]


def strongest(name: str, attempt: int, dimension: str) -> list[int]:
    """Return the replies of a finished attempt that earned most on a dimension; 0 if none earned any."""
    points = [turn.reply.scores.get(dimension, 0) for turn in _turns(name, attempt)]
    return _highest(points)


def evening_check() -> dict[str, Any] | None:
    """Return what the browser needs to say what of a conference evening cannot be kept.

    Without the two tables beside the notebook it is told that they are missing, and there is no check.
    """
    try:
        tables = timetable.tables(Path())
    except OSError:
        print(NO_EVENING)
        return None
    talks = [{key: cell for key, cell in row.items() if key != "told"} for row in tables["talks"]]
    return {"name": "evening", "rules": RULES, "apart": timetable.APART} | tables | {"talks": talks}


def evening_unread(plan: Any) -> str:
    """Return a sentence that names what of a conference evening has no time to be read, or nothing."""
    try:
        unread = Evening(plan, Path()).unread()
    except OSError:
        return NO_EVENING
    return _unread("a time", "5:10", unread)


def evening_in_words(plan: Any) -> str:
    """Return a planned conference evening in the order of the clock, and what of it cannot be kept."""
    try:
        evening = Evening(plan, Path())
    except OSError:
        return NO_EVENING
    lines = evening.in_order()
    if empty := evening.missing():
        lines += ["", _wrapped(f"No time yet: {', '.join(empty)}.")]
    for rule, conflicts in evening.conflicts().items():
        if conflicts:
            lines += ["", f"{RULES[rule]}:", *map(_wrapped, conflicts)]
    if not empty and not any(evening.conflicts().values()):
        lines += ["", "Nothing collides. Every family on the list fits in."]
    return "\n".join(lines).strip()


def evening_points(plan: Any, each: float) -> float:
    """Return `each` points for every rule that a conference evening keeps, as ``Evening`` counts them.

    Printed is each conflict.
    """
    try:
        evening = Evening(plan, Path())
    except OSError:
        return 0  # ``evening_unread`` has told why
    for conflicts in evening.conflicts().values():
        for conflict in conflicts:
            _say(conflict)
    return evening.points(each)


def level_in_words(text: Any) -> str:
    """Return how long and how hard to read `text` is, or that there is nothing to measure."""
    found = _level(text)
    if not found:
        return "There are no words to measure yet."
    return (
        f"{found.words} words\n"
        f"Flesch-Kincaid: grade {found.flesch_kincaid}\n"
        f"Coleman-Liau:   grade {found.coleman_liau}"
    )


def level_points(text: Any, fewest: int, most: int, grade: float) -> float:
    """Return 2 points for the length of `text` and 2 by each formula for its reading level.

    By each formula 2 points are for `grade` or below, and 1 for up to two grades above it. A text
    with fewer than `fewest` words earns nothing, because a level means little there.
    """
    found = _level(text)
    print(level_in_words(text))
    if not found or found.words < fewest:
        _say(f"A level means little for so short a text: write at least {fewest} words.")
        return 0
    points = 2.0 * (found.words <= most)
    if found.words > most:
        _say(f"It is {found.words - most} words too long. Which sentence could the reader do without?")
    for name, level_found in zip(("Flesch-Kincaid", "Coleman-Liau"), found[1:], strict=True):
        points += (level_found <= grade) + (level_found <= grade + 2)
        if level_found > grade:
            _say(f"{name}: {level_found} is above grade {grade}. Split the longest sentence.")
    return points


def _level(text: Any) -> Level | None:
    if not isinstance(text, str) or not re.search("[A-Za-z]", text):
        return None
    return level(text)


def hundred_days_check() -> dict[str, Any]:
    """Return what the browser needs to add up a plan of a hundred days."""
    names = ("FIRST", "LATER", "WAYS", "TIME", "LOOK")
    return {"name": "hundred_days"} | {name.lower(): getattr(hundred_days, name) for name in names}


def hundred_days_unread(calendar: Any) -> str:
    """Return a sentence that names the families whose week and way cannot be read, or nothing."""
    unread = HundredDays(calendar, {}, {}, ()).unread
    return _unread("a week and a letter for each home", "3 CT", unread)


def hundred_days_in_words(calendar: Any, minutes: Any, time: Any, look_again: Any) -> str:
    """Return the minutes that a plan takes, week by week and in all, beside those there are."""
    given = minutes | time if isinstance(minutes, dict) and isinstance(time, dict) else {}
    if empty := [name for name in (*WAYS, *TIME) if not near(given.get(name), 0, 1e9)]:
        return _wrapped(f"Give a number for each of these first: {'; '.join(empty)}.")
    plan = HundredDays(calendar, minutes, time, look_again)
    if not plan.contacts:
        return "Write a week and a way for at least one family, such as 3 C."
    lines = [f"Families with a week and a way: {len(plan.contacts)}", ""]
    for week, needed in plan.by_week().items():
        full = "   too full" if week in plan.too_full() else ""
        lines.append(f"Week {week:2}: {needed:4.0f} of {plan.there_are(week):.0f} minutes{full}")
    lines += ["", f"In all: {plan.in_all():.0f} minutes of {plan.there_are():.0f}"]
    return "\n".join(lines)


def hundred_days_points(
    calendar: Any, minutes: Any, time: Any, look_again: Any, cards: Mapping[str, Card]
) -> float:
    """Return points for a plan of a hundred days, as ``HundredDays`` counts them, and print each gap."""
    points, gaps = HundredDays(calendar, minutes, time, look_again).points(cards)
    for gap in gaps:
        _say(gap)
    return points


def _unread(what: str, example: str, names: list[str]) -> str:
    if not names:
        return ""
    return textwrap.fill(f"Write {what}, as in {example}. Not read: {'; '.join(names)}.", WIDTH)


def _steepest(name: str, attempt: int, sign: int) -> list[int]:
    trust = [play.trust() for play in _finished(name)[attempt - 1 : attempt]]
    return _highest([sign * (after - before) for before, after in pairwise(trust[0])]) if trust else []


def _highest(values: list[int]) -> list[int]:
    if not values:
        return []
    top = max(values)
    return [n for n, value in enumerate(values, 1) if value == top] if top > 0 else [0]


def _turns(name: str, attempt: int) -> tuple[Turn, ...]:
    return next((play.turns for play in _finished(name)[attempt - 1 : attempt]), ())


def _told(play: Play, turn: Turn) -> list[str]:
    role_play, parent = play.role_play, play.role_play.parent.name
    answer = engine.answer(role_play, turn.after, turn.reply) or engine.said(role_play, turn.after)
    told = (
        f"{parent}: {engine.said(role_play, turn.before).line}",
        f"You: {turn.reply.say}",
        f"{parent}: {answer.line}",
        f"(thinks) {answer.thinks or '…'}",
    )
    return [_wrapped(line) for line in told]


def _wrapped(text: str) -> str:
    return textwrap.fill(text, WIDTH, initial_indent="  ", subsequent_indent="     ")


def _levels(dimension: Dimension) -> tuple[str, str, str]:
    return dimension.two, dimension.one, dimension.none


def _code(codes: Any, moment: int) -> int | None:
    """Return the code of a moment: typed as ``{3: 2}``, or as a form gives it, ``{"3": "2"}``."""
    given = codes if isinstance(codes, dict) else {}
    code = given.get(moment, given.get(str(moment)))
    return next((one for one in CODES if near(code, one, 0)), None)


def _finished(name: str) -> list[Play]:
    try:
        return [play for play in _attempts(name) if play.ending]
    except transcript.TranscriptError:
        return []


def _file(name: str) -> Path:
    return Path(f"{name}.transcript.json")


def _attempts(name: str) -> list[Play]:
    try:
        with _file(name).open(encoding="utf-8-sig", errors="replace") as file:
            text = file.read(transcript.LONGEST + 1)
    except OSError:
        raise transcript.TranscriptError(
            f"There is no file {_file(name)} beside the notebook. Play, then press "
            "“Save beside the notebook”."
        ) from None
    return transcript.replay(library.role_play(name), transcript.read(text))
