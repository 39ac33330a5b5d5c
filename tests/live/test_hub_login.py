"""What a JupyterHub tells its service; ``tests/hub`` has the rest, with a real one."""

from __future__ import annotations

import socket

import pytest
from click.testing import CliRunner

from partners.live import hub, serve

TOLD = {
    "JUPYTERHUB_SERVICE_URL": "http://127.0.0.1:8087",
    "JUPYTERHUB_SERVICE_PREFIX": "/services/live/",
}


def test_the_hub_says_where_to_listen_and_perhaps_where_people_find_it() -> None:
    here = hub.place(TOLD)
    assert here == ("127.0.0.1", 8087, "/services/live", "")
    assert here.links("CDFGHJ") == []
    public = {"JUPYTERHUB_PUBLIC_URL": "https://hub.example.org/services/live/"}
    assert hub.place(TOLD | public).links("CDFGHJ") == ["https://hub.example.org/services/live/CDFGHJ"]


@pytest.mark.parametrize("lacking", TOLD)
def test_whoever_starts_it_by_hand_is_told_what_to_do(
    lacking: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in TOLD.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv(lacking)
    tried = CliRunner().invoke(hub.main)
    assert tried.exit_code == 1
    assert tried.output.endswith("To open a session here: partners live\n")


def test_no_answer_waits_for_the_one_before_to_be_acknowledged() -> None:
    with serve.listen("127.0.0.1", 0) as listening:
        assert listening.proto == socket.IPPROTO_TCP  # asyncio sends at once where it is told this
