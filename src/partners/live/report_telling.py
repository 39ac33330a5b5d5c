"""How the page of a report tells something: its words and languages, and its pieces of HTML."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from partners.live import strings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from partners.live.report import Report

_ENGLISH = "en"
"""The language of the course map, whose names stand in every report."""


class Telling:
    """Tells `found` in the session's language.

    `t` are the words of the page, `name` the parent's first; `role_play` and `course_map` are the
    languages of their texts, None if it is that of the page.
    """

    def __init__(self, found: Report) -> None:
        self.found = found
        self.t = strings.words("report.", found.language)
        self.name = found.parent.partition(" ")[0]
        self.role_play = found.words if found.words != found.language else None
        self.course_map = _ENGLISH if found.language != _ENGLISH else None

    def heading(self, key: str) -> str:
        """Return a heading."""
        return f"<h2>{escape(self.t(key))}</h2>"

    def says(self, key: str, **values: object) -> str:
        """Return a paragraph of the page's own words."""
        return f"<p>{escape(self.t(key, **values))}</p>"

    def told(self, words: str) -> str:
        """Return a paragraph of the role-play's words."""
        return f"<p{lang(self.role_play)}>{escape(words)}</p>"

    def line(self, who: str, words: str) -> str:
        """Return something that was said."""
        said = f"<span{lang(self.role_play)}>{escape(words)}</span>"
        return f'<p class="line"><strong>{escape(who)}:</strong> {said}</p>'

    def thought(self, words: str | None) -> str:
        """Return what the parent thought, if it is known."""
        if not words:
            return ""
        text = self.t("thought", name=self.name, text=words)
        return f'<p class="thought"{lang(self.role_play)}>{escape(text)}</p>'

    def either(self, names: Sequence[str]) -> str:
        """Return names that are told together, such as “B, C or D”."""
        *some, last = names
        return self.t("or", some=", ".join(some), last=last) if some else last

    def span(self, low: int, high: int) -> str:
        """Return a number, or from which to which."""
        return str(low) if low == high else self.t("to", low=low, high=high)


def shown(figure: str, table: str, sentence: str) -> str:
    """Return a figure with the table and the sentence that say the same."""
    return f'<div class="shown">\n<figure>{figure}</figure>\n{table}\n<p>{escape(sentence)}</p>\n</div>'


def quotes(texts: Iterable[str]) -> str:
    """Return what people wrote."""
    return "".join(f"<blockquote><p>{escape(text)}</p></blockquote>" for text in texts)


def lang(language: str | None) -> str:
    """Return the attribute of a part in another language."""
    return f' lang="{language}"' if language else ""


def signed(by: int) -> str:
    """Return how far trust moved."""
    return f"+{by}" if by > 0 else f"−{-by}" if by else "±0"
