"""What a phone has to load before the first vote, and before the first talk in a trio."""

from __future__ import annotations

import re

import pytest

from partners.live.assets import assets

VOTE, TRIO = 29_500, 35_000
"""Bytes, before they are packed."""


def loaded(language: str, *late: str) -> set[str]:
    """The page, what it asks for at once, and the `late` parts that it brings in."""
    files, found = assets(), {"phone.html", f"strings/{language}.json"}
    waiting = [*found, *late]
    while waiting:
        name = waiting.pop()
        text = files[name].body.decode()
        asked = re.findall(r'(?:href|src)="pages/([^"]+)"|from "\./([^"]+)"', text)
        new = {link or module for link, module in asked} - found
        found |= {name, *new}
        waiting += new
    return found


def weight(names: set[str]) -> int:
    files = assets()
    return sum(len(files[name].body) for name in names)


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_phone_loads_little_before_it_votes(language: str) -> None:
    names = loaded(language, "vote.js")
    assert {"live.css", "phone.css", "live.js", "phone.js"} < names
    assert weight(names) <= VOTE


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_phone_loads_little_before_it_talks_in_a_trio(language: str) -> None:
    assert weight(loaded(language, "trio.js", f"strings/trio.{language}.json")) <= TRIO


def test_comments_stay_at_home() -> None:
    for name, file in assets().items():
        if name.endswith((".js", ".css")):
            assert not re.search(rb"^ *(//|/\*)", file.body, re.MULTILINE), name
