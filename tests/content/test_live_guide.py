"""The guides to live sessions, held to what the pages and the command really say."""

from __future__ import annotations

import json
import re

import pytest

from partners import cli, library
from partners.live.strings import STRINGS

FOLDER = library.root() / "how_to"
GUIDE = "\n".join((FOLDER / name).read_text("utf-8") for name in ("live.md", "live_servers.md"))
WORDS = {
    text for file in STRINGS.glob("*en.json") for text in json.loads(file.read_text("utf-8")).values()
}
LABELS = sorted({*re.findall(r"(?<!\*)\*([^*\n]+?)\.?\*(?!\*)", GUIDE)})


@pytest.mark.parametrize("label", LABELS)
def test_a_label_is_called_so_on_the_pages(label: str) -> None:
    assert label.casefold() in {text.casefold() for text in WORDS}


@pytest.mark.parametrize("line", sorted({*re.findall(r"partners live(?: [^\n`(]+)?", GUIDE)}))
def test_a_command_is_there_with_its_options(line: str) -> None:
    words = line.removesuffix(".").split()[2:]
    known = cli.live.commands["open"]
    if words and words[0] not in library.role_plays() and not words[0].startswith("-"):
        known = cli.live.commands[words.pop(0)]
    names = {name for option in known.params for name in option.opts}
    assert {word for word in words if word.startswith("--")} <= names
