"""A term at a real hub, once for all tests here; where it cannot run, ``make test`` says why."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hub import machine
from hub.person import Person
from pipeline.term import new_course

if TYPE_CHECKING:
    from collections.abc import Iterator

collect_ignore = ["test_hub.py", "test_live_service.py"] if machine.why_not() else []
if not machine.proxy():
    collect_ignore.append("test_live_service.py")


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[machine.Machine]:
    """Make a course with ``partners course new``, put it into the instructor's home, start the hub."""
    course = new_course(tmp_path_factory.mktemp("hub"))
    base = Path(tempfile.mkdtemp(prefix="hub."))
    running, started = machine.start(base, course.root, tmp_path_factory.mktemp("log") / "hub.log")
    try:
        yield started
    finally:
        running.kill()
        running.wait(machine.PATIENCE)
        shutil.rmtree(base)


@pytest.fixture(scope="session")
def people(hub: machine.Machine) -> dict[str, Person]:
    """Log in the instructor and the students; their servers start side by side."""
    settings = f'c.CourseDirectory.root = "/home/{machine.INSTRUCTOR}/course"'
    told = hub.run(
        machine.INSTRUCTOR,
        "sh",
        "-c",
        f"mkdir .jupyter && echo '{settings}' > .jupyter/nbgrader_config.py",
    )
    assert told.returncode == 0, told.stderr
    everybody = {name: Person(hub, name) for name in machine.PEOPLE}
    for person in everybody.values():
        person.wait()
    return everybody
