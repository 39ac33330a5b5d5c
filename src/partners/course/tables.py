"""Tables as HTML that a keyboard can scroll, and that a reader of the book's page can narrow down."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    import pandas as pd
    from IPython.display import HTML


def narrowed(frame: pd.DataFrame, name: str, choose: Collection[str], rows: str) -> HTML:
    """Return `frame` as a table that a page of the book lets its reader narrow down.

    A notebook, and a page without script, shows all of it.

    Parameters
    ----------
    frame
        The rows, in the order and the words in which they are read. Its index is not shown.
    name
        What the table is called.
    choose
        The columns from whose values a reader may choose one.
    rows
        What one row stands for, in the plural: the page counts them, “3 of 25 families”.
    """
    from IPython.display import HTML  # noqa: PLC0415 - the book's other pages need no notebook

    table = of_frame(frame, name, choose)
    return HTML(f'<div class="pt-table" data-rows="{escape(rows)}">{table}</div>')


def of_frame(frame: pd.DataFrame, name: str, choose: Collection[str] = ()) -> str:
    """Return the rows of `frame` as a table with the caption `name`; see ``narrowed`` for `choose`."""
    head = "".join(_head(column, column in choose) for column in frame.columns)
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in row)}</tr>"
        for row in frame.itertuples(index=False)
    )
    inside = f"<caption>{escape(name)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    return scrolling("pt-scroll pt-data", name, inside)


def scrolling(classes: str, name: str, inside: str) -> str:
    """Return a table called `name`, of rows `inside`, that a keyboard can scroll."""
    # In a cell's output the theme gives dark colors to a `dataframe` alone.
    return (
        f'<div class="{classes}" tabindex="0" role="region" aria-label="{escape(name)}">'
        f'<table class="dataframe">{inside}</table></div>'
    )


def _head(column: str, chosen: bool) -> str:
    how = ' data-narrow="choose"' if chosen else ""
    # Over text, a head is not to the right, as it is in a cell's output otherwise.
    return f'<th scope="col" style="text-align: left"{how}>{escape(column)}</th>'
