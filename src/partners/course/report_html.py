"""The look of a report for instructors: one file that opens anywhere, in the dark and on paper, too."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

STYLE = """
:root { color-scheme: light dark; --ground: #fffdf9; --ink: #23302e; --soft: #586663; --lake: #1d5f59;
  --line: #d9d2c5; --pale: #e3efec; }
@media (prefers-color-scheme: dark) { :root { --ground: #171e1d; --ink: #ece7dd; --soft: #b3bbb6;
  --lake: #8fd0c6; --line: #3e4a47; --pale: #24403c; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 1rem/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
main { max-width: 64rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1, h2, h3, h4 { font-family: Charter, "Bitstream Charter", Cambria, Georgia, serif; line-height: 1.25;
  text-wrap: balance; break-after: avoid; overflow-wrap: break-word; }
h1 { margin: 0; color: var(--lake); }
h2 { margin: 2.5rem 0 .5rem; border-top: 1px solid var(--line); padding-top: 1.25rem; }
h3 { margin: 1.75rem 0 .5rem; }
h4 { margin: 1.25rem 0 .25rem; }
p, li { max-width: 44rem; }
.soft { color: var(--soft); margin: .25rem 0; }
.short { background: var(--pale); border-left: 4px solid var(--lake); padding: .75rem 1rem .75rem 2rem;
  margin: 1rem 0; max-width: 46rem; }
.shown { margin: .75rem 0 1.5rem; }
figure { margin: 0; }
img { display: block; width: 26rem; max-width: 100%; height: auto; border-radius: 10px;
  border: 1px solid var(--line); }
table { border-collapse: collapse; width: 100%; font-size: .875rem; line-height: 1.4; margin: .75rem 0; }
caption { text-align: left; color: var(--soft); padding-bottom: .25rem; }
th, td { text-align: left; vertical-align: top; border-bottom: 1px solid var(--line);
  padding: .375rem .5rem .375rem 0; overflow-wrap: break-word; }
thead th { color: var(--soft); font-weight: 600; }
tbody th { font-weight: 400; }
@media (min-width: 60rem) {
  .shown { display: grid; grid-template-columns: 26rem 1fr; column-gap: 2rem; align-items: start; }
  .shown table { margin-top: 0; }
  .shown p { grid-column: 2; margin-top: 0; }
  .shown figure { grid-row: 1 / span 2; }
}
@media print {
  :root { color-scheme: light; --ground: #fff; --ink: #23302e; --soft: #586663; --lake: #1d5f59;
    --line: #d9d2c5; --pale: #e3efec; }
  main { max-width: none; padding: 0; }
  img { width: 10cm; }
  figure, tr, li { break-inside: avoid; }
}
"""


def document(title: str, body: str, *, language: str = "en", style: str = "", head: str = "") -> str:
    """Return the whole page; `title` and `body` are HTML, `style` and `head` come after the usual."""
    return (
        f'<!DOCTYPE html>\n<html lang="{language}">\n<head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">{head}'
        f"<title>{title}</title>\n<style>{STYLE}{style}</style></head>\n<body>\n<main>\n"
        f"{body}\n</main>\n</body>\n</html>\n"
    )


def table(
    caption: str, head: Sequence[str], rows: Iterable[Sequence[str]], language: str | None = None
) -> str:
    """Return a table of texts, the first of each row names it; `language` is that of the rows."""
    other = f' lang="{language}"' if language else ""
    top = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
    body = "\n".join(
        f'<tr><th scope="row">{escape(first)}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in rest)
        + "</tr>"
        for first, *rest in rows
    )
    return (
        f"<table><caption>{escape(caption)}</caption>\n<thead><tr>{top}</tr></thead>\n"
        f"<tbody{other}>{body}</tbody></table>"
    )


def listed(lines: Iterable[str]) -> str:
    """Return the items of a list of texts."""
    return "".join(f"<li>{escape(line)}</li>" for line in lines)
