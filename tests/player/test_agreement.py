"""A reader's codes beside the second reader's: the page finds what the notebook's cell prints."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

from partners.course import exercises, reading, worksheet

if TYPE_CHECKING:
    from collections.abc import Callable


READINGS = 200
CODES = ["0", "1", "2", " 1", 2, 0]
NONE = ["", "3", "x", "1,5", "0 or 1"]
WORDS = [
    "Dear Ms. Wrona, on 7 of the 9 days he came at 10:15. Call 555-0142.",
    "She’s a well-known “helper,” isn't she?\r\n\r\n☐ Yes ☐ No",
    "- one\n- two\n\n3. three",
    "7 9 11",
]


def readings(moments: list[str], chance: Random) -> list[dict[str, Any]]:
    """Return codes as the page keeps them: all moments coded, some of them, or badly."""

    def one() -> dict[str, Any]:
        odd = chance.choice([0, 0, 0.1, 0.6])
        chosen = {m: chance.choice(NONE if chance.random() < odd else CODES) for m in moments}
        return {"asking": {m: code for m, code in chosen.items() if chance.random() >= odd / 3}}

    return [{}, *(one() for _ in range(READINGS))]


def cells(line: str, count: int) -> list[str]:
    """Return what stands in the columns of a line that ``codes_side_by_side`` prints."""
    return [line[7 + 4 * n : 11 + 4 * n].strip() for n in range(count)]


def test_of_any_codes_page_and_notebook_say_the_same(
    in_page: Callable[..., list[dict[str, Any]]],
) -> None:
    [form] = (form for form in exercises.forms_of("code_transcript") if form.check)
    assert form.check
    others = form.check["codes"]
    answers = readings([str(moment) for moment in others], Random(5))
    complete = 0
    for given, theirs in zip(answers, in_page("codesCompared", answers, form.check), strict=True):
        codes = form.questions["asking"].merged(None, given.get("asking"))
        told = worksheet.codes_side_by_side(codes, others, "Thea").splitlines()
        assert theirs["open"] == [moment for moment, code in codes.items() if code is None], given
        if theirs["open"]:
            assert told == ["Code every moment first. Then you see what Thea gave."]
            continue
        complete += 1
        moments, mine, second, stars = (cells(line, len(others)) for line in told[:4])
        assert theirs["rows"] == [list(row) for row in zip(moments, mine, second, strict=True)], given
        assert [row[1] != row[2] for row in theirs["rows"]] == [star == "*" for star in stars], given
        assert told[4:] == [
            f"Times {code} was given: {mine} by you, {second} by Thea."
            for code, (mine, second) in enumerate(theirs["times"])
        ]
    assert complete > READINGS / 4


def test_words_are_counted_as_the_formulas_count_them(
    in_page: Callable[..., list[int]],
) -> None:
    assert in_page("countWords", WORDS, None) == [len(reading.WORD.findall(text)) for text in WORDS]
