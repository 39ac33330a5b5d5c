"""A table to narrow down: what a cell holds is shown as it is, and every row stays without a script."""

from __future__ import annotations

import pandas as pd

from partners.course import tables


def test_a_table_shows_every_row_and_takes_nothing_in_it_for_html() -> None:
    frame = pd.DataFrame({"family <b>": ["Vu & Dang", "<script>"], "week": [1, 2]})
    html = tables.narrowed(frame, "Who & when", choose=["week"], rows="lines").data
    assert html.count("<tr>") == 1 + len(frame)
    assert "<td>Vu &amp; Dang</td><td>1</td>" in html
    assert "<script>" not in html
    assert "<b>" not in html
    assert html.count('data-narrow="choose"') == 1
    assert 'aria-label="Who &amp; when"' in html
