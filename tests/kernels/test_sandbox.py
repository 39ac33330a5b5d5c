"""What keeps a submission in: for root, for an ordinary user, and where there are no namespaces."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import containers
import pytest

from partners.cli import IN_A_CONTAINER
from partners.grading import doctor
from partners.kernels import sandbox
from partners.kernels.sandbox import LANDLOCK, NAMESPACES, SECCOMP

PARTNERS = Path(sys.executable).with_name("partners")
USER = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
WITHOUT = "echo 0 > /proc/sys/user/max_user_namespaces; exec setpriv --bounding-set=-sys_admin $0 $1"
CONTAINER = ["unshare", "--user", "--map-root-user", "sh", "-c", WITHOUT]
"""Root without the right to make a namespace, as in a container of Docker's."""


@pytest.mark.parametrize(
    ("who", "missing"),
    [([], ""), (USER, ""), (CONTAINER, NAMESPACES)],
    ids=["here", "user", "container"],
)
def test_everything_that_is_tried_fails_and_the_doctor_says_what_is_in_force(
    who: list[str], missing: str
) -> None:
    said = _said(*who, PARTNERS, "doctor")
    for layer in (NAMESPACES, LANDLOCK, SECCOMP):
        assert (
            f"  {'missing' if layer == missing else 'in force'}  {layer}:".replace("ing  ", "ing   ")
            in said
        )
    assert said.count("  holds  ") == len(doctor.TRIES)
    assert "FAILS" not in said
    assert ("How to get more" in said) == bool(missing)


if not containers.why_not():  # elsewhere `make test` says that it is not run

    def test_where_a_machine_keeps_nothing_in_a_container_does() -> None:
        folder = Path("/")
        with containers.old_linux() as linux:
            before = linux.before(folder)
            said = _said(*before, PARTNERS, "doctor")
            alone = _said(*before, "/usr/bin/env", "DOCKER_HOST=unix:///nobody", PARTNERS, "doctor")
        assert said.startswith(IN_A_CONTAINER.format("files outside its folder"))
        assert said.count("  holds  ") == len(doctor.TRIES)
        assert "FAILS" not in said
        assert alone.count("  FAILS  ") == 2
        assert doctor.CONTAINER in alone


@pytest.mark.parametrize("layers", [(NAMESPACES,), (LANDLOCK, SECCOMP)], ids=" and ".join)
def test_layers_that_are_called_enough_are(layers: tuple[str, ...]) -> None:
    assert sandbox.missing(layers) == []
    assert [one.what for one in doctor.tried(layers) if not one.holds] == []


def test_without_a_layer_the_same_tries_succeed() -> None:
    found = {one.what.partition(":")[0]: one.holds for one in doctor.tried([])}
    assert found == {"Files": False, "Network": False, "Processes": True, "Memory": True, "Disk": True}
    assert sandbox.missing([]) == ["files outside its folder", "the network", "other processes"]


def test_nothing_of_the_course_can_be_read_wherever_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.readable.cache_clear()
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))  # as nbgrader does with the course
    readable = [Path(path) for path in sandbox.readable()]
    exercises = Path(__file__).parents[2] / "exercises"
    for private in (tmp_path, Path.home(), exercises):
        assert [path for path in readable if private.is_relative_to(path)] == []
    assert [path for path in readable if path.is_relative_to(exercises)] == []


def _said(*command: str | Path) -> str:
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
