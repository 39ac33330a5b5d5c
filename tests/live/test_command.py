"""``partners live`` as a facilitator types it."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx
from click.testing import CliRunner
from live.served import Facilitator, Person

from partners import cli, library
from partners.live import events, serve
from partners.live.log import Draft, Log

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMAND = [sys.executable, "-m", "partners.cli", "live"]


@contextmanager
def started(*words: str) -> Iterator[tuple[subprocess.Popen[str], Facilitator]]:
    """Run the command until it listens; whoever leads has found the way by what it prints."""
    running = subprocess.Popen(
        [*COMMAND, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    )
    assert running.stdout
    told = ""
    while "partners live erase" not in told:
        told += running.stdout.readline()
    (code,) = re.findall(r"^Session (\w{6})$", told, re.MULTILINE)
    ((port, key),) = re.findall(r"127\.0\.0\.1:(\d+)/lead#(\S+)", told)
    try:
        yield running, Facilitator(int(port), code, key)
    finally:
        running.kill()
        running.wait()
        running.stdout.close()


def test_it_shows_every_role_play_with_what_it_practises() -> None:
    shown = CliRunner().invoke(cli.main, ["live"]).output
    for name in library.role_plays():
        told = library.role_play(name)
        row = rf"^{name} +{told.minutes}  vote, trio  {re.escape(told.title)}$"
        assert re.search(row, shown, re.MULTILINE)
    assert "Asking for the parent’s view" in shown
    assert "When you have slipped, say so plainly" in shown


def test_killed_and_started_again_it_goes_on_with_the_same_code_and_keys(tmp_path: Path) -> None:
    data = ["--data", str(tmp_path / "live.db"), "--host", "127.0.0.1"]
    with started("first_call_home", "--port", "0", *data) as (running, lead):
        person = Person(lead.port, lead.code)
        lead.does("began", "vote_opened")
        reply = lead.views()["back"]["tally"][1]["key"]
        assert person.say("voted", beat=1, reply=reply).status_code == 200
        running.send_signal(signal.SIGKILL)
        running.wait()
    with started("--resume", lead.code.lower(), "--port", str(lead.port), *data) as (running, again):
        assert again.code == lead.code
        for either in (lead, again):
            assert either.views()["back"]["tally"][1]["votes"] == 1
        assert person.views()["you"]["vote"] == reply
        running.send_signal(signal.SIGINT)
        assert running.wait(5) == 0
    erased = CliRunner().invoke(cli.main, ["live", "erase", lead.code, *data[:2]])
    assert erased.output == f"{lead.code} is erased.\n"
    gone = CliRunner().invoke(cli.main, ["live", "--resume", lead.code, *data, "--port", "0"])
    assert (gone.exit_code, gone.output) == (
        1,
        f"Error: There is no session {lead.code}. There are: none.\n",
    )


def test_a_taken_port_or_an_unknown_name_opens_no_session(tmp_path: Path) -> None:
    data = ["--data", str(tmp_path / "live.db"), "--host", "127.0.0.1"]
    with started("first_call_home", "--port", "0", *data) as (_, lead):
        taken = CliRunner().invoke(
            cli.main, ["live", "first_call_home", "--port", str(lead.port), *data]
        )
        assert taken.exit_code == 1
        assert f"--port {lead.port + 1}" in taken.output
        unknown = CliRunner().invoke(cli.main, ["live", "fist_call", "--port", "0", *data])
        assert "There is no role-play “fist_call”" in unknown.output
        wrong = CliRunner().invoke(cli.main, ["live", "erase", "CDFGHJ", *data[:2]])
        assert wrong.output == f"Error: There is no session CDFGHJ. There are: {lead.code}.\n"


def test_a_kit_is_made_in_a_folder_and_each_file_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "tonight"
    made = CliRunner().invoke(
        cli.main, ["live", "kit", "first_call_home", str(folder), "--minutes", "90"]
    )
    assert made.exit_code == 0, made.output
    assert {file.name for file in folder.iterdir()} == {"run_sheet.html", "slides.html", "cards.html"}
    assert all(str(file) in made.output for file in folder.iterdir())
    assert "90 minutes" in (folder / "run_sheet.html").read_text("utf-8")


def test_a_kit_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    refused = CliRunner().invoke(
        cli.main, ["live", "kit", "first_call_home", str(tmp_path / "file" / "kit")]
    )
    assert refused.exit_code == 1
    assert refused.output.startswith("Error: ")


def test_a_report_is_written_and_its_replay_played_again(tmp_path: Path) -> None:
    log = Log(tmp_path / "live.db")
    code, _ = serve.open_session(log, library.role_play("first_call_home"), "vote", "en")
    log.append([Draft(code, events.Began(), 0, 0, None)])
    log.close()
    data = ["--data", str(tmp_path / "live.db")]
    made = CliRunner().invoke(cli.main, ["live", "report", code.lower(), str(tmp_path / code), *data])
    assert made.exit_code == 0, made.output
    assert all(str(file) in made.output for file in (tmp_path / code).iterdir())
    kinds = {file.name for file in (tmp_path / code).iterdir()}
    assert kinds >= {f"{code}.report.html", f"{code}.report.csv", f"{code}.report.json"}
    replay = [*COMMAND, "replay", str(tmp_path / code / f"{code}.replay.json"), "--port", "0"]
    with subprocess.Popen(replay, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        (address,) = re.findall(r"^To project:  (http://127\.0\.0\.1:\d+/)$", running.stdout.readline())
        running.stdout.readline()
        assert httpx.get(address).status_code == 200
        running.send_signal(signal.SIGINT)
        assert running.wait(5) == 0


def test_no_report_of_an_unknown_session_and_no_replay_of_another_file(tmp_path: Path) -> None:
    asked = ["live", "report", "CDFGHJ", "--data", str(tmp_path / "live.db")]
    unknown = CliRunner().invoke(cli.main, asked)
    assert unknown.exit_code == 1
    assert unknown.output == "Error: There is no session CDFGHJ. There are: none.\n"
    (tmp_path / "no.replay.json").write_text("{}", "utf-8")
    refused = CliRunner().invoke(cli.main, ["live", "replay", str(tmp_path / "no.replay.json")])
    assert refused.exit_code == 1
    assert refused.output.startswith("Error: ")
