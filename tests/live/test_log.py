"""What was acknowledged is on disk, and what is erased is not."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from partners.live import events
from partners.live.events import Event
from partners.live.log import Draft, Kept, Log, LogError, Session

if TYPE_CHECKING:
    from pathlib import Path

    from partners.scenario.model import RolePlay

OPENED = events.Opened(role_play="small_talk", hash="", mode="vote", language="en", seed=1)
WRITER = """
import sys
from itertools import count
from pathlib import Path
from partners.live import events
from partners.live.log import Draft, Log
log = Log(Path(sys.argv[1]))
for number in count():
    names = [f"{number}-{i}" for i in range(7)]
    log.append([Draft("CDFGHJ", events.Joined(token_hash=name), 0, 1, name) for name in names])
    print(*names, flush=True)
"""


def opened(file: Path, role_play: RolePlay, *codes: str) -> Log:
    log = Log(file)
    for number, code in enumerate(codes):
        log.open(Session(code, role_play, 1000 + number), f"hash of {code}", OPENED)
    return log


def wrote(code: str, text: str, key: str) -> Draft:
    return Draft(code, events.Wrote(beat=1, text=text), 1, 2000, key)


def test_the_same_key_twice_is_one_event_of_its_session(tmp_path: Path, small_talk: RolePlay) -> None:
    log = opened(tmp_path / "live.db", small_talk, "CDFGHJ", "KMNPQR")
    same, other = wrote("CDFGHJ", "Hello", "k"), wrote("KMNPQR", "Hello", "k")
    assert log.append([same, same, other]) == [Kept(2, True), Kept(2, False), Kept(2, True)]
    assert log.append([same, wrote("CDFGHJ", "Again", "l")]) == [Kept(2, False), Kept(3, True)]
    assert log.append([wrote("TTTTTT", "Hello", "k")]) == [None]
    log.close()
    again = Log(tmp_path / "live.db")
    assert again.read("CDFGHJ", after=1) == [
        Event(2, "CDFGHJ", 1, events.Wrote(beat=1, text="Hello"), 2000),
        Event(3, "CDFGHJ", 1, events.Wrote(beat=1, text="Again"), 2000),
    ]
    found = again.session("CDFGHJ")
    assert found
    assert found.role_play == small_talk  # even when the course's own has changed


def test_a_killed_process_has_kept_all_that_it_said_it_had(tmp_path: Path, small_talk: RolePlay) -> None:
    opened(tmp_path / "live.db", small_talk, "CDFGHJ").close()
    words = [sys.executable, "-c", WRITER, str(tmp_path / "live.db")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout
        said = [writer.stdout.readline() for _ in range(20)]
        time.sleep(0.05)
        writer.send_signal(signal.SIGKILL)
        said += writer.stdout.readlines()
    acknowledged = [name for line in said if line.endswith("\n") for name in line.split()]
    log = Log(tmp_path / "live.db")
    kept = [
        event.body.token_hash for event in log.read("CDFGHJ") if isinstance(event.body, events.Joined)
    ]
    assert kept[: len(acknowledged)] == acknowledged
    assert len(kept) % 7 == 0  # what was kept together is there as a whole
    assert log.append([wrote("CDFGHJ", "It goes on", "k")]) == [Kept(len(kept) + 2, True)]


def test_nothing_of_an_erased_session_stays_in_the_files(tmp_path: Path, small_talk: RolePlay) -> None:
    log = opened(tmp_path / "live.db", small_talk, "CDFGHJ", "KMNPQR")
    for i in range(30):
        keys = [f"{i}-{k}" for k in range(10)]
        log.append([wrote("CDFGHJ", f"Quetzal {key} " + "of a secret " * 20, key) for key in keys])
        log.append([wrote("KMNPQR", f"Ibis {key} " + "for all to read " * 20, key) for key in keys])
    server = Log(tmp_path / "live.db")  # has the file open, as a server has while a command erases
    assert len(server.read("CDFGHJ")) == 301
    assert log.erase("CDFGHJ")
    held = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"Ibis 29-9" in held
    assert b"Quetzal" not in held
    assert b"CDFGHJ" not in held
    assert b"hash of KMNPQR" in held
    assert server.append([wrote("CDFGHJ", "too late", "k")]) == [None]
    assert not log.erase("CDFGHJ")


def test_old_sessions_are_forgotten_and_the_rest_stay(tmp_path: Path, small_talk: RolePlay) -> None:
    log = opened(tmp_path / "live.db", small_talk, "CDFGHJ", "KMNPQR")
    assert log.forget(before=1001) == 1
    assert log.sessions() == ["KMNPQR"]
    assert log.led_by("hash of CDFGHJ") is None
    assert log.led_by("hash of KMNPQR") == "KMNPQR"


def test_an_event_of_a_newer_version_is_read_as_unknown(tmp_path: Path, small_talk: RolePlay) -> None:
    opened(tmp_path / "live.db", small_talk, "CDFGHJ").close()
    with sqlite3.connect(tmp_path / "live.db") as file:
        file.execute("INSERT INTO event VALUES ('CDFGHJ', 2, 'danced', 1, '{}', 1, 'a')")
        file.execute("INSERT INTO event VALUES ('CDFGHJ', 3, 'voted', 1, '{\"beat\": 1}', 1, 'b')")
    read = Log(tmp_path / "live.db").read("CDFGHJ")
    assert [event.body for event in read] == [OPENED, None, None]


def test_a_file_that_is_something_else_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "grades.csv"
    file.write_text("Ida,3\n" * 200)
    with pytest.raises(LogError, match=r"grades\.csv cannot be used.*--data"):
        Log(file)
    assert file.read_text() == "Ida,3\n" * 200
