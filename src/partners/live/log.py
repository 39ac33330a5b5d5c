"""The log: every event of every session, in order. What it has kept is on disk.

``log_at`` returns the one that was chosen: a ``Log`` in one SQLite file, or, for several nodes, one in
PostgreSQL (``postgres.py``). A log is used by one thread at a time; several processes can use the same
file or database.
"""

from __future__ import annotations

import json
import os
import sqlite3
from abc import ABC, abstractmethod
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from partners.live import events
from partners.live.events import Event
from partners.scenario.model import RolePlay

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

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
FAILURES = (OSError, sqlite3.Error)


class LogError(Exception):
    """The log cannot be used; the message says why and what to do."""


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


class State(NamedTuple):
    """How far a session is: the `seq` of its last event, and the hashes of the `keys` that lead it."""

    seq: int
    keys: set[str]


class Store(ABC):
    """The sessions and events that are kept somewhere. What fails there raises one of ``FAILURES``."""

    @abstractmethod
    def close(self) -> None:
        """Leave the place."""

    @abstractmethod
    def _transaction(self) -> AbstractContextManager[None]:
        """Keep everything that is done in it, or nothing; it is on disk when it ends."""

    @abstractmethod
    def _rows(self, asked: str, *values: object) -> list[Any]:
        """Do what is `asked` in SQL, where each ? stands for a value; return the rows."""

    @abstractmethod
    def _keep(self, drafts: Sequence[Draft]) -> list[Kept | None]:
        """Append `drafts` as a part of a transaction."""

    @abstractmethod
    def _wipe(self, codes: Sequence[str]) -> None:
        """Let nothing stay of the sessions, which were deleted."""

    @abstractmethod
    def look(self, codes: Sequence[str]) -> dict[str, State]:
        """Return how far those of the sessions are that are there."""

    @abstractmethod
    def listen(self, heard: Callable[[str], object]) -> None:
        """Call `heard`, in a thread, with the code of a session in which others have written."""

    def open(self, session: Session, key_hash: str, opened: events.Opened) -> None:
        """Begin `session`, led by whoever has the key of `key_hash`."""
        told = json.dumps(session.role_play.as_data(), ensure_ascii=False)
        new = "INSERT INTO session (code, role_play, opened) VALUES (?, ?, ?)"
        with self._transaction():
            self._rows(new, session.code, told, session.opened)
            self._rows("INSERT INTO facilitator VALUES (?, ?)", key_hash, session.code)
            self._keep([Draft(session.code, opened, 0, session.opened, None)])

    def add_key(self, code: str, key_hash: str) -> None:
        """Let another key lead the session, too."""
        self._rows("INSERT INTO facilitator VALUES (?, ?)", key_hash, code)

    def append(self, drafts: Sequence[Draft]) -> list[Kept | None]:
        """Keep `drafts` in their order; None stands for one whose session is not there any more."""
        with self._transaction():
            return self._keep(drafts)

    def place(self, code: str, client_key: str | None) -> int | None:
        """Return which event of the session came with `client_key`."""
        asked = "SELECT seq FROM event WHERE session = ? AND client_key = ?"
        rows = self._rows(asked, code, client_key)
        return rows[0][0] if rows else None

    def read(self, code: str, after: int = 0) -> list[Event]:
        """Return the events of a session that follow the `after`-th."""
        asked = "SELECT seq, kind, seat, body, at FROM event WHERE session = ? AND seq > ? ORDER BY seq"
        return [
            Event(seq, code, seat, events.logged(kind, text), at)
            for seq, kind, seat, text, at in self._rows(asked, code, after)
        ]

    def session(self, code: str) -> Session | None:
        """Return the session `code`, if it is there."""
        rows = self._rows("SELECT role_play, opened FROM session WHERE code = ?", code)
        return Session(code, _role_play(rows[0][0]), rows[0][1]) if rows else None

    def found(self, code: str) -> Session:
        """Return the session `code`; raises LookupError, which lists those there are."""
        if session := self.session(code):
            return session
        msg = f"There is no session {code}. There are: {', '.join(self.sessions()) or 'none'}."
        raise LookupError(msg)

    def sessions(self) -> list[str]:
        """Return the codes of all sessions, the last one first."""
        return [code for (code,) in self._rows("SELECT code FROM session ORDER BY opened DESC, code")]

    def led_by(self, key_hash: str) -> str | None:
        """Return the code of the session that a key leads."""
        rows = self._rows("SELECT session FROM facilitator WHERE key_hash = ?", key_hash)
        return rows[0][0] if rows else None

    def erase(self, code: str) -> bool:
        """Overwrite all that is kept of the session; say whether there was one."""
        found = self._rows("DELETE FROM session WHERE code = ? RETURNING code", code)
        self._wipe([code])
        return bool(found)

    def forget(self, before: int) -> int:
        """Overwrite the sessions that were opened before that time (milliseconds); say how many."""
        rows = self._rows("DELETE FROM session WHERE opened < ? RETURNING code", before)
        if rows:
            self._wipe([code for (code,) in rows])
        return len(rows)


def log_at(where: str | Path) -> Store:
    """Return the log in the file `where`, or in the PostgreSQL whose address it is."""
    if not str(where).startswith(("postgresql:", "postgres:")):
        return Log(Path(where))
    try:
        from partners.live.postgres import PostgresLog  # noqa: PLC0415 - an extra: partners[nodes]
    except ImportError as error:
        msg = f"For PostgreSQL {error.name} is needed, too: pip install 'partners[nodes]'"
        raise LogError(msg) from None
    return PostgresLog(str(where))


class Log(Store):
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

    def close(self) -> None:
        """Leave the file."""
        self._db.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def _rows(self, asked: str, *values: object) -> list[Any]:
        return self._db.execute(asked, values).fetchall()

    def _keep(self, drafts: Sequence[Draft]) -> list[Kept | None]:
        return [self._keep_one(draft) for draft in drafts]

    def _keep_one(self, draft: Draft) -> Kept | None:
        values = (draft.body.kind, draft.seat, draft.body.model_dump_json(), draft.at, draft.client_key)
        row = self._db.execute(_APPEND, (*values, draft.session)).fetchone()
        if row:
            return Kept(row[0], True)
        seq = self.place(draft.session, draft.client_key)
        return Kept(seq, False) if seq else None

    def look(self, codes: Sequence[str]) -> dict[str, State]:
        """Return how far those of the sessions are that are there."""
        found = {}
        for code in codes:
            [[seq]] = self._rows("SELECT max(seq) FROM event WHERE session = ?", code)
            keys = self._rows("SELECT key_hash FROM facilitator WHERE session = ?", code)
            if seq:
                found[code] = State(seq, {key_hash for (key_hash,) in keys})
        return found

    def listen(self, heard: Callable[[str], object]) -> None:
        """Do nothing: who looks at the file now and then finds what others have written."""

    def _wipe(self, codes: Sequence[str]) -> None:
        """Let nothing of what was deleted stay in the file, nor in the one of its last changes."""
        self._db.execute("VACUUM")
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


def _role_play(text: str) -> RolePlay:
    data = json.loads(text)
    del data["hash"]
    return RolePlay.model_validate(data)
