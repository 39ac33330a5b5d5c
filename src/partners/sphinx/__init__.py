"""The Sphinx extension that makes the book out of the course's sources."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from partners.course import exercises
from partners.kernels.provisioner import from_zygote
from partners.player import BUILDING
from partners.sphinx import (
    apparatus,
    directives,
    explorers,
    facilitation,
    my_course,
    role_plays,
    tables,
    theme,
)

if TYPE_CHECKING:
    from sphinx.application import Sphinx


PRELOADED = (
    "partners.player",
    "partners.course.evidence",
    "partners.course.figures",
    "partners.course.worksheet",
)
"""What nearly every page imports."""


def setup(app: Sphinx) -> dict[str, Any]:
    """Register everything; called by Sphinx."""
    os.environ[BUILDING] = "1"  # the kernels that run the pages inherit it
    if sys.platform.startswith("linux"):
        from_zygote(PRELOADED)  # half the time of a first build
    # Before the table of contents is read: the exercises' pages are in it.
    app.connect("config-inited", lambda *_: exercises.write_student_files(), priority=100)
    directives.setup(app)
    explorers.setup(app)
    facilitation.setup(app)
    my_course.setup(app)
    role_plays.setup(app)
    tables.setup(app)
    apparatus.setup(app)
    theme.setup(app)
    # One more whenever what is read from a page changes, so that kept pages are read again.
    return {"env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
