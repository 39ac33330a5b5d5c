"""Where the course's content lives: one place that knows, for a checkout and for a wheel alike.

What reads a role-play is imported when one is read: who grades a class only asks for the place.
"""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partners.scenario.faults import Fault
    from partners.scenario.model import RolePlay
    from partners.source import Problem


@cache
def root() -> Path:
    """Return the folder that holds ``case_studies/``, ``exercises/``, ``course_map.yml``."""
    checkout = Path(__file__).parents[2]
    inside = Path(__file__).parent / "content"
    return checkout if (checkout / "course_map.yml").exists() else inside


def role_plays() -> list[str]:
    """Return the names of all role-plays, in the order of the alphabet."""
    return sorted(file.parent.name for file in root().glob("case_studies/*/role_play.yaml"))


def role_play_file(name: str) -> Path:
    """Return the file of the role-play `name`, whether or not it is there."""
    return root() / "case_studies" / name / "role_play.yaml"


def role_play(name: str, language: str | None = None) -> RolePlay:
    """Return the role-play `name`, ready to be played, in its own or another `language`.

    Another language lies beside the first: ``role_play.es.yaml`` holds the texts, at the same
    places, and nothing else. A text that is missing there stays in the first language.

    Raises
    ------
    LookupError
        If there is none of that name or language; the message lists those there are.
    SourceError
        If its file is not sound, with the lines to mend.
    """
    if name not in role_plays():
        msg = f"There is no role-play “{name}”. There are: {', '.join(role_plays())}."
        raise LookupError(msg)
    file = role_play_file(name)
    if language is None:
        return read_role_play(file)
    words = translations(file)
    if language not in words:
        msg = f"“{name}” is not there in “{language}”. There are: {', '.join(words) or 'none'}."
        raise LookupError(msg)
    from partners import source  # noqa: PLC0415
    from partners.scenario.model import RolePlay  # noqa: PLC0415
    from partners.scenario.texts import merged  # noqa: PLC0415

    told = merged(with_places(file)[1], source.read_yaml(words[language]))
    return RolePlay.model_validate(told | {"language": language})


def translations(file: Path) -> dict[str, Path]:
    """Return the files of other languages beside the role-play `file`, by language."""
    found = sorted(file.parent.glob(f"{file.stem}.*{file.suffix}"))
    return {other.name.split(".")[-2]: other for other in found}


def read_role_play(file: Path) -> RolePlay:
    """Return the role-play in `file`; raises SourceError with every problem that stops it."""
    return with_places(file)[0]


def with_places(file: Path) -> tuple[RolePlay, Any]:
    """Return the role-play in `file`, and its data with the lines where everything stands."""
    return _read(file, file.stat().st_mtime_ns if file.exists() else 0)


@lru_cache(maxsize=64)
def _read(file: Path, _changed: int) -> tuple[RolePlay, Any]:
    """Read `file` once for every time that it was changed: YAML with its lines is slow to read."""
    from partners import source  # noqa: PLC0415
    from partners.scenario.faults import loose_ends  # noqa: PLC0415
    from partners.scenario.model import RolePlay  # noqa: PLC0415

    role_play, data = source.load(file, RolePlay)
    problems = list(located(file, data, loose_ends(role_play)))
    if problems:
        raise source.SourceError(problems)
    return role_play, data


def located(file: Path, data: object, faults: Iterator[Fault]) -> Iterator[Problem]:
    """Turn `faults` of the model into problems with a line of `file`."""
    from partners import source  # noqa: PLC0415

    for fault in faults:
        line = source.line_of(data, fault.place)
        yield source.Problem(file, line, fault.what, fault.mend, fault.dialogue)


def portrait(role_play: RolePlay) -> str:
    """Return the SVG text of the parent's portrait."""
    return (role_play_file(role_play.id).parent / role_play.parent.portrait).read_text("utf-8")
