"""How far each rule can be trusted: its notes on ``evidence/coach_sentences.csv``, beside our labels.

All of it is ours. It was written and labelled in batches, by what somebody who teaches teachers would
say: the first before there was any rule, each later one while the rules stood still. A batch that had
been measured was then used to tune them. Held out are the last messages, and sentences after which no
rule that points at words was changed, but for one list of letters that are no acronym. One person wrote
rules and sentences: expect the rules to miss more in other people's letters, above all phrases.
"""

from __future__ import annotations

import csv
from functools import cache
from typing import NamedTuple

from partners import library
from partners.writing.notes import Note, everything
from partners.writing.rules import rules

ENOUGH = 5
"""So many hits on the held-out part make its precision the one that counts; else the overall one."""
SHOWN_FROM = 0.8


class Sample(NamedTuple):
    """A sentence or message, and its labels: a rule, and words where it points at some."""

    text: str
    channel: str
    labels: tuple[tuple[str, str], ...]
    held_out: bool


class Measured(NamedTuple):
    """How a rule did: `hits` notes, `right` of them labelled; `labels`, `met` of them noted."""

    hits: int
    right: int
    labels: int
    met: int

    @property
    def precision(self) -> float:
        """The share of its notes that a careful reader would make; 1 where there is none."""
        return self.right / self.hits if self.hits else 1

    @property
    def recall(self) -> float:
        """The share of a careful reader's labels that it notes; 1 where there is none."""
        return self.met / self.labels if self.labels else 1


@cache
def samples() -> list[Sample]:
    """Return the labelled sentences and messages.

    A line's ``labels`` are set apart by ``;``: ``blame: you failed to; question`` is a label on words
    and one on the whole text.
    """
    file = library.root() / "evidence" / "coach_sentences.csv"
    with file.open(encoding="utf-8", newline="") as lines:
        return [_sample(**row) for row in csv.DictReader(lines)]


def measure(*, held_out: bool = False) -> dict[str, Measured]:
    """Return how each rule did on all samples, or on those of the held-out part.

    A note that points at words is right if it meets labelled words, and a label is met if a note does.
    """
    chosen = [_compared(sample) for sample in samples() if sample.held_out or not held_out]
    return {rule: _sum([compared[rule] for compared in chosen]) for rule in rules().rules}


def trusted(rule: str) -> bool:
    """Say whether `rule` is precise enough to be shown to students."""
    held_out, overall = measure(held_out=True)[rule], measure()[rule]
    return (held_out if held_out.hits >= ENOUGH else overall).precision >= SHOWN_FROM


def _sample(text: str, channel: str, labels: str, part: str) -> Sample:
    pairs = (label.strip().partition(": ") for label in labels.split(";") if label.strip())
    return Sample(text, channel, tuple((rule, words) for rule, _, words in pairs), part == "held_out")


@cache
def _compared(sample: Sample) -> dict[str, Measured]:
    notes = everything(sample.text, sample.channel)
    return {rule: _of_rule(rule, sample, notes) for rule in rules().rules}


def _of_rule(rule: str, sample: Sample, all_notes: list[Note]) -> Measured:
    notes = [note for note in all_notes if note.rule == rule]
    labels = [words for labelled, words in sample.labels if labelled == rule]
    right = sum(any(_meets(note, sample.text, words) for words in labels) for note in notes)
    met = sum(any(_meets(note, sample.text, words) for note in notes) for words in labels)
    return Measured(len(notes), right, len(labels), met)


def _meets(note: Note, text: str, words: str) -> bool:
    """Say whether `note` and the labelled `words` have a sign in common; no words are the whole text."""
    start = text.index(words)
    return not words or (note.start < start + len(words) and start < note.end)


def _sum(parts: list[Measured]) -> Measured:
    return Measured(*map(sum, zip(*parts, strict=True)))
