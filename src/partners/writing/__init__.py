"""The message coach: it points at words of a message to a family, explains, cites, and never marks.

``coach`` gives the notes on a text, ``in_words`` prints them in a notebook, ``rules_for_page`` hands
the same rules to the browser (``player/coach.js``), ``measure`` tells how far each can be trusted.
"""

from __future__ import annotations

from partners.writing.labelled import Measured, Sample, measure, samples
from partners.writing.notes import Note, coach, everything, in_words
from partners.writing.rules import hyphens_for_page, rules, rules_for_page

__all__ = [
    "Measured",
    "Note",
    "Sample",
    "coach",
    "everything",
    "hyphens_for_page",
    "in_words",
    "measure",
    "rules",
    "rules_for_page",
    "samples",
]
