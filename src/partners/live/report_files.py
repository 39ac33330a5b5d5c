"""The files that a facilitator keeps of a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from partners import files
from partners.live import replay, report, report_page
from partners.live.room import fold

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from partners.live.log import Store
    from partners.live.report import Report

KINDS: dict[str, Callable[[Report], str]] = {
    "html": report_page.page,
    "csv": report.as_csv,
    "json": report.as_json,
}


def write(log: Store, code: str, folder: Path) -> list[Path]:
    """Write the report of session `code` and its replay into `folder`, and return the files.

    Raises
    ------
    LookupError
        If there is no such session; the message lists those there are.
    """
    session = log.found(code)
    happened = log.read(code)
    found = report.report(fold(code, session.role_play, happened))
    texts = {f"{code}.report.{kind}": made(found) for kind, made in KINDS.items()}
    texts[f"{code}.replay.json"] = replay.recorded(code, session.role_play, happened)
    for name, text in texts.items():
        files.write(folder / name, text)
    return [folder / name for name in texts]
