"""A class whose gradebook is a real PostgreSQL is graded as with nbgrader's own file."""

from __future__ import annotations

import os
import signal
import tempfile
from pathlib import Path

from pipeline import servers
from pipeline.small_class import (
    ANSWERS, NAME, PATIENCE, SCORES, autograded, copied, new_course, noted, rows, scores, start, until,
)  # fmt: skip


def test_a_gradebook_in_postgres_has_the_same_rows_also_after_a_kill(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="grade.") as scratch, servers.postgres() as url:
        setting = f"c.CourseDirectory.db_url = {url!r}"
        course = copied(new_course(tmp_path / "served", setting), tmp_path / "here", Path(scratch))
        grading = start(course)
        until(lambda: len(noted(course)) > 0)
        os.killpg(grading.pid, signal.SIGKILL)
        grading.wait(PATIENCE)
        kept = len(noted(course))
        assert kept < len(ANSWERS)
        assert f"{kept} of them were graded before" in course.run("partners", "grade", NAME)
        assert not (course.root / "gradebook.db").exists()
        assert scores(course) == SCORES

        other = new_course(tmp_path / "file")
        other.run("partners", "grade", NAME)
        assert rows(course, url) == rows(other)
        assert autograded(course) == autograded(other)
