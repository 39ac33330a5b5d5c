"""How far the message coach can be trusted, by rule, and what it costs.

Precision and recall are those on the labelled set, beside the held-out part of it; the time for a
message stands beside the time for its reading level alone.
"""

from __future__ import annotations

import gzip
import json
import statistics
import time
from typing import TYPE_CHECKING

from partners import writing
from partners.course import reading
from partners.writing.labelled import trusted

if TYPE_CHECKING:
    from collections.abc import Callable


def milliseconds(work: Callable[[str, str], object], messages: list[tuple[str, str]]) -> float:
    """Return the median over five rounds of the time that `work` takes for one message."""
    rounds = []
    for _ in range(5):
        start = time.perf_counter()
        for text, channel in messages:
            work(text, channel)
        rounds.append(1000 * (time.perf_counter() - start) / len(messages))
    return statistics.median(rounds)


def zipped(data: object) -> float:
    """Return the kB that `data` takes on its way to a browser."""
    return len(gzip.compress(json.dumps(data, ensure_ascii=False).encode())) / 1000


def share(part: int, whole: int) -> str:
    """Return how much of `whole` is `part`, or a dash where there is nothing."""
    return f"{part / whole:.2f}" if whole else "–"


def main() -> None:
    """Print the tables."""
    parts = [sample.held_out for sample in writing.samples()]
    print(f"{len(parts)} labelled sentences and messages, {sum(parts)} of them held out\n")
    columns = f"{'notes':>7}{'precision':>11}{'recall':>8}"
    print(f"{'':17}{'all':>26}{'held out':>26}\n{'rule':17}{columns}{columns}   shown")
    held_out = writing.measure(held_out=True)
    for rule, overall in writing.measure().items():
        figures = "".join(
            f"{part.hits:7}{share(part.right, part.hits):>11}{share(part.met, part.labels):>8}"
            for part in (overall, held_out[rule])
        )
        print(f"{rule:17}{figures}   {'yes' if trusted(rule) else 'no'}")

    messages = [(s.text, s.channel) for s in writing.samples() if s.channel != "sentence"]
    level = milliseconds(lambda text, _: reading.level(text), messages)
    coach = milliseconds(writing.coach, messages)
    print(f"\na message: {coach:.1f} ms, {coach / level:.0f} times its reading level alone")
    data = writing.rules_for_page()
    hyphens = zipped(data.pop("hyphens"))
    print(f"to a page: rules {zipped(data):.1f} kB, hyphenation {hyphens:.1f} kB, both gzipped")


if __name__ == "__main__":
    main()
