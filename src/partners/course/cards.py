"""A conversation on paper: cards for teacher and parent, a sheet for the observer."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from partners.course.course_map import course_map

if TYPE_CHECKING:
    from partners.scenario.model import RolePlay

STYLE = """
body { font: 16px/1.5 Charter, Cambria, Georgia, serif; color: #23302e; }
main { max-width: 44rem; margin: 2rem auto; padding: 0 1rem; }
article { border: 2px solid #1d5f59; border-radius: 12px; padding: 1.25rem 1.5rem; }
article { margin-bottom: 2rem; break-inside: avoid; }
h2 { margin: 0 0 .25rem; }
h3 { margin: 1rem 0 .25rem; }
.role { color: #9c4221; font-weight: bold; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { border: 1px solid #586663; padding: .375rem .5rem; text-align: left; vertical-align: top; }
td.tick { width: 2.5rem; }
.line { border-bottom: 1px solid #586663; height: 1.75rem; }
@media print {
  body { font-size: 10.5pt; margin: 0; }
  main { margin: 0; max-width: none; padding: 0; }
  article { break-after: page; border: 0; padding: 0; }
}
"""


def document(role_play: RolePlay) -> str:
    """Return the cards as one HTML page to print, one card on each sheet."""
    title = f"{escape(role_play.title)}: cards to print"
    return (
        f'<!DOCTYPE html>\n<html lang="{role_play.language}">\n<head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{title}</title>'
        f"<style>{STYLE}</style></head>\n<body>\n<main><h1>{title}</h1>\n{cards(role_play)}</main></body></html>\n"
    )


def cards(role_play: RolePlay) -> str:
    """Return the cards as HTML: teacher, parent, observer, and what both answer afterwards."""
    made = (_teacher, _parent, _observer, _afterwards)
    return "\n".join(card(role_play) for card in made)


def _card(role: str, name: str, *parts: str) -> str:
    body = "\n".join(parts)
    return f'<article><p class="role">{role}</p>\n<h2>{escape(name)}</h2>\n{body}\n</article>'


def _list(items: list[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(item)}</li>" for item in items) + "</ul>"


def _teacher(role_play: RolePlay) -> str:
    return _card(
        "Teacher",
        role_play.title,
        f"<p>{escape(role_play.setting)}</p>",
        f"<p><strong>What you want:</strong> {escape(role_play.goal)}</p>",
    )


def _parent(role_play: RolePlay) -> str:
    parent = role_play.parent
    return _card(
        "Parent. Do not show this card",
        parent.name,
        f"<p>{escape(parent.who)}. {escape(parent.job)}.</p>",
        f"<p><strong>What the teacher does not know:</strong> {escape(parent.hidden)}</p>",
        f"<p><strong>You begin:</strong> “{escape(first_line(role_play))}”</p>",
        "<h3>Say these, in your own words, whatever you hear</h3>",
        _list(fixed_lines(role_play)),
        "<p>Let your trust go up and down as it would. Give more when you are asked and heard; "
        "less when you are told, soothed or hurried.</p>",
    )


def first_line(role_play: RolePlay) -> str:
    """Return what the parent begins with."""
    return role_play.scenes[role_play.opening].says[-1].line


def fixed_lines(role_play: RolePlay) -> list[str]:
    """Return what the parent says, in own words, whatever the teacher has said."""
    return [scene.says[-1].line for scene in role_play.scenes.values() if scene.fixed is not None]


def _observer(role_play: RolePlay) -> str:
    rubric = course_map().rubric
    rows = "".join(
        f"<tr><th>{escape(rubric[name].name)}</th><td>2: {escape(rubric[name].two)}<br>"
        f"1: {escape(rubric[name].one)}<br>0: {escape(rubric[name].none)}</td>"
        '<td class="tick"></td></tr>'
        for name in role_play.practises
    )
    return _card(
        "Observer",
        role_play.title,
        "<p>Write down words, not judgments. One sentence of the teacher’s that opened something, one "
        "that closed something.</p>",
        '<div class="line"></div><div class="line"></div>',
        f"<table><tr><th>Look for</th><th>Points</th><th>Given</th></tr>{rows}</table>",
        "<h3>To talk about</h3>",
        _list(list(role_play.reflect)),
    )


def _afterwards(role_play: RolePlay) -> str:
    rows = "".join(
        f'<tr><td>{escape(statement.say)}</td><td class="tick">T</td><td class="tick">F</td></tr>'
        for statement in role_play.statements
    )
    key = ", ".join("T" if statement.true else "F" for statement in role_play.statements)
    return _card(
        "Afterwards, for teacher and parent, one copy each",
        f"What is true of {role_play.parent.name}?",
        "<p>Teacher: mark what you believe now. Parent: mark what your card says. Then compare, and ask "
        "each other what gave it away, or what would have.</p>",
        f"<table>{rows}</table>",
        f"<p>For the observer, in the order of the list: {key}.</p>",
    )
