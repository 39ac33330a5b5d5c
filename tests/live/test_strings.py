"""The words of the live pages: what lacks in a language is told with its file, its line and the way out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from partners.live import strings

if TYPE_CHECKING:
    from pathlib import Path

ENGLISH = {"join": "Join", "here": "{n} person is here.|{n} people are here.", "says": "{name}: {line}"}
SPANISH = {"join": "Entrar", "here": "Hay {n} persona.|Hay {n} personas.", "says": "{name}: {line}"}


def told(folder: Path) -> list[str]:
    return [f"{p.file.name}:{p.line}: {p.what}" for p in strings.missing(folder)]


def write(folder: Path, name: str, words: object) -> None:
    text = words if isinstance(words, str) else json.dumps(words, indent=0, ensure_ascii=False)
    (folder / name).write_text(text, "utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Words without a fault, in two languages and two parts, and a script that asks for some."""
    made = tmp_path / "strings"
    made.mkdir()
    for part in ("", "more."):
        write(made, f"{part}en.json", ENGLISH)
        write(made, f"{part}es.json", SPANISH)
    script = 'p(t("join"));\np(t(on ? "here" : "says", { n }), t(`sa${ys}`), at("nothing"));\n'
    (tmp_path / "phone.js").write_text(script, "utf-8")
    return made


def test_nothing_is_missing_in_the_live_pages() -> None:
    assert [str(problem) for problem in strings.missing()] == []


def test_words_that_fit_are_let_alone(folder: Path) -> None:
    assert told(folder) == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"here": None}, 'es.json:2: no text for "here": “{n} person is here.|{n} people are here.”'),
        ({"join": None}, 'es.json:1: no text for "join": “Join”'),
        ({"bye": "Adiós"}, 'es.json:5: en.json has no "bye"'),
        ({"says": "{nombre}: {line}"}, 'es.json:4: "says" has {line}, {nombre}, in en.json {line}, {name}'),
        ({"says": "dice"}, 'es.json:4: "says" has no placeholder, in en.json {line}, {name}'),
        ({"join": "Entra, {name}"}, 'es.json:2: "join" has {name}, in en.json no placeholder'),
        ({"here": "Hay {n} personas."}, 'es.json:3: "here" has one form, in en.json two'),
        ({"here": "Hay {n}.|Hay {n}.|Hay {n}."}, 'es.json:3: "here" has more than two forms'),
        ({"join": " "}, 'es.json:2: "join" has no text'),
        ({"join": {"a": "b"}}, 'es.json:2: "join" has no text'),
    ],
)  # fmt: skip
def test_what_a_language_lacks_is_told_by_line(
    folder: Path, change: dict[str, object], problem: str
) -> None:
    write(folder, "es.json", {k: v for k, v in {**SPANISH, **change}.items() if v is not None})
    assert told(folder) == [problem]


def test_more_forms_than_in_english_are_right_where_a_language_needs_them(folder: Path) -> None:
    write(folder, "en.json", ENGLISH | {"chose": "{n} voted for it."})
    write(folder, "es.json", SPANISH | {"chose": "{n} persona lo votó.|{n} personas lo votaron."})
    assert told(folder) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{\n"join": "Entrar"\n"here": "x"}', "es.json:3: this is not JSON: Expecting ',' delimiter"),
        ('{\n"join": "Entrar",\n}', "es.json:3: this is not JSON"),
        ('["join"]', "es.json:1: this holds no keys with their texts"),
        ('{\n"join": "Entrar",\n"join": "Pasar"\n}', 'es.json:3: "join" stands there twice'),
        ("", "es.json:1: this is not JSON"),
    ],
)
def test_a_file_that_a_browser_could_not_read_is_told(folder: Path, text: str, problem: str) -> None:
    write(folder, "es.json", text)
    assert [told.startswith(problem) for told in told(folder)] == [True]


def test_bytes_that_are_no_text_are_told(folder: Path) -> None:
    (folder / "more.es.json").write_bytes(b'{"join": "\xff"}')
    assert told(folder) == ["more.es.json:1: this is not plain text"]


@pytest.mark.parametrize("name", ["more.es.json", "en.json"])
def test_a_part_that_a_language_has_not_is_told(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert told(folder) == [f"{name}:1: this file is not there"]


def test_a_third_language_is_held_to_the_same(folder: Path) -> None:
    write(folder, "da.json", ENGLISH)
    assert told(folder) == ["more.da.json:1: this file is not there"]


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('p(t("jion"))', '"jion"'),
        ('p(t(on ? "link" : "says"))', '"link"'),
        ('p(t(on ? "says" : "link"))', '"link"'),
        ("p(t(`why.${why}`))", '"why."…'),
    ],
)
def test_a_key_that_a_page_asks_for_in_vain_is_told(folder: Path, line: str, key: str) -> None:
    (folder.parent / "stage.js").write_text(f'const t = 1;\n{line}; p(t("join"));\n', "utf-8")
    assert told(folder) == [f"stage.js:2: no string is called {key}"]
