"""The log: every event of every session, in order, in one SQLite file. What it has kept is on disk.

A ``Log`` is used by one thread at a time. Several processes can have the same file open.
"""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from partners.live import events
from partners.live.events import Event
from partners.scenario.model import RolePlay

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from partners.live.events import Body

VERSION = 1
_TABLES = """
CREATE TABLE session (
  code TEXT PRIMARY KEY, role_play TEXT NOT NULL, opened INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE facilitator (
  key_hash TEXT PRIMARY KEY, session TEXT NOT NULL REFERENCES session ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX facilitators ON facilitator (session);
CREATE TABLE event (
  session TEXT NOT NULL REFERENCES session ON DELETE CASCADE, seq INTEGER NOT NULL,
  kind TEXT NOT NULL, seat INTEGER NOT NULL, body TEXT NOT NULL, at INTEGER NOT NULL,
  client_key TEXT, PRIMARY KEY (session, seq), UNIQUE (session, client_key)
) WITHOUT ROWID;
"""
_APPEND = """
INSERT INTO event
SELECT code, (SELECT coalesce(max(seq), 0) + 1 FROM event WHERE session = code), ?, ?, ?, ?, ?
FROM session WHERE code = ?
ON CONFLICT (session, client_key) DO NOTHING RETURNING seq
"""


class LogError(Exception):
    """The file cannot be used; the message says why and what to do."""


class Draft(NamedTuple):
    """An event that is to be kept; `client_key` makes two with the same key one."""

    session: str
    body: Body
    seat: int
    at: int
    client_key: str | None


class Kept(NamedTuple):
    """An event's place in its session; not `fresh` if its key was there before."""

    seq: int
    fresh: bool


class Session(NamedTuple):
    """A session of the log: when it was `opened` (milliseconds), and what it plays."""

    code: str
    role_play: RolePlay
    opened: int


class Log:
    """The sessions and events in `file`, which is made if it is not there."""

    def __init__(self, file: Path) -> None:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
            self._db = sqlite3.connect(file, timeout=10, isolation_level=None, check_same_thread=False)
            self._prepare(file)
        except (OSError, sqlite3.DatabaseError) as error:
            msg = f"{file} cannot be used ({error}). Choose another file: --data FILE"
            raise LogError(msg) from None

    def _prepare(self, file: Path) -> None:
        for setting in ("journal_mode=WAL", "synchronous=FULL", "fullfsync=ON", "foreign_keys=ON"):
            self._db.execute(f"PRAGMA {setting}")
        self._db.execute("PRAGMA secure_delete=ON")
        with self._transaction():
            (version,) = self._db.execute("PRAGMA user_version").fetchone()
            if version == 0:
                for statement in filter(str.strip, _TABLES.split(";")):
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA user_version={VERSION}")
        if version > VERSION:
            msg = f"{file} was written by a newer version of this course. Update, or choose: --data FILE"
            raise LogError(msg)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Keep everything that is done in it, or nothing; it is on disk when it ends."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def close(self) -> None:
        """Leave the file."""
        self._db.close()

    def open(self, session: Session, key_hash: str, opened: events.Opened) -> None:
        """Begin `session`, led by whoever has the key of `key_hash`."""
        told = json.dumps(session.role_play.as_data(), ensure_ascii=False)
        with self._transaction():
            self._db.execute(
                "INSERT INTO session VALUES (?, ?, ?)", (session.code, told, session.opened)
            )
            self._db.execute("INSERT INTO facilitator VALUES (?, ?)", (key_hash, session.code))
            self._keep(Draft(session.code, opened, 0, session.opened, None))

    def add_key(self, code: str, key_hash: str) -> None:
        """Let another key lead the session, too."""
        with self._transaction():
            self._db.execute("INSERT INTO facilitator VALUES (?, ?)", (key_hash, code))

    def append(self, drafts: Sequence[Draft]) -> list[Kept | None]:
        """Keep `drafts` in their order; None stands for one whose session is not there any more."""
        with self._transaction():
            return [self._keep(draft) for draft in drafts]

    def _keep(self, draft: Draft) -> Kept | None:
        values = (draft.body.kind, draft.seat, draft.body.model_dump_json(), draft.at, draft.client_key)
        row = self._db.execute(_APPEND, (*values, draft.session)).fetchone()
        if row:
            return Kept(row[0], True)
        seq = self.place(draft.session, draft.client_key)
        return Kept(seq, False) if seq else None

    def place(self, code: str, client_key: str | None) -> int | None:
        """Return which event of the session came with `client_key`."""
        asked = "SELECT seq FROM event WHERE session = ? AND client_key = ?"
        row = self._db.execute(asked, (code, client_key)).fetchone()
        return row[0] if row else None

    def read(self, code: str, after: int = 0) -> list[Event]:
        """Return the events of a session that follow the `after`-th."""
        asked = "SELECT seq, kind, seat, body, at FROM event WHERE session = ? AND seq > ? ORDER BY seq"
        rows = self._db.execute(asked, (code, after))
        return [
            Event(seq, code, seat, events.logged(kind, text), at) for seq, kind, seat, text, at in rows
        ]

    def session(self, code: str) -> Session | None:
        """Return the session `code`, if it is there."""
        asked = "SELECT role_play, opened FROM session WHERE code = ?"
        row = self._db.execute(asked, (code,)).fetchone()
        return Session(code, _role_play(row[0]), row[1]) if row else None

    def sessions(self) -> list[str]:
        """Return the codes of all sessions, the last one first."""
        rows = self._db.execute("SELECT code FROM session ORDER BY opened DESC, code")
        return [code for (code,) in rows]

    def keys(self, code: str) -> set[str]:
        """Return the hashes of the keys that lead the session."""
        rows = self._db.execute("SELECT key_hash FROM facilitator WHERE session = ?", (code,))
        return {key_hash for (key_hash,) in rows}

    def led_by(self, key_hash: str) -> str | None:
        """Return the code of the session that a key leads."""
        asked = "SELECT session FROM facilitator WHERE key_hash = ?"
        row = self._db.execute(asked, (key_hash,)).fetchone()
        return row[0] if row else None

    def erase(self, code: str) -> bool:
        """Overwrite all that is kept of the session; say whether there was one."""
        found = self._db.execute("DELETE FROM session WHERE code = ?", (code,)).rowcount
        self._wipe()
        return bool(found)

    def forget(self, before: int) -> int:
        """Overwrite the sessions that were opened before that time (milliseconds); say how many."""
        found = self._db.execute("DELETE FROM session WHERE opened < ?", (before,)).rowcount
        if found:
            self._wipe()
        return found

    def _wipe(self) -> None:
        """Let nothing of what was deleted stay in the file, nor in the one of its last changes."""
        self._db.execute("VACUUM")
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


def _role_play(text: str) -> RolePlay:
    data = json.loads(text)
    del data["hash"]
    return RolePlay.model_validate(data)
