"""What is made from an exercise's source follows it, and holds nothing that lay beside it by chance."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from partners import library
from partners.course import exercises
from partners.grading.course import new_course

if TYPE_CHECKING:
    from pathlib import Path

NAME = "first_contact"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = tmp_path / "course" / "exercises" / NAME
    made.mkdir(parents=True)
    shutil.copy(exercises.folder(NAME) / "source.md", made)
    monkeypatch.setattr(library, "root", lambda: tmp_path / "course")
    return made


def test_a_transcript_that_an_author_left_there_is_not_handed_out(folder: Path, tmp_path: Path) -> None:
    (folder / "first_call_home.transcript.json").write_text("{}", "utf-8")
    (folder / "log.csv").write_text("family,channel\n", "utf-8")
    new_course(tmp_path / "term")
    handed_out = {file.name for file in (tmp_path / "term" / "source" / NAME).iterdir()}
    assert handed_out == {f"{NAME}.ipynb", "log.csv"}


def test_students_files_are_made_anew_when_the_way_they_are_made_has_changed(folder: Path) -> None:
    exercises.write_student_files()
    page = folder / "worksheet.md"
    page.write_text("made by an older version of the course", "utf-8")
    os.utime(folder / "source.md", (1, 1))
    os.utime(page, (2, 2))  # newer than its source, older than the code that makes it
    exercises.write_student_files()
    assert page.read_text("utf-8").startswith("---\njupytext:")
