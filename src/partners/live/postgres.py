"""The log in PostgreSQL, for several nodes: any of them takes any request, and all show the same.

Its address is PostgreSQL's own, ``postgresql://user@host/database``; with ``?wake=redis://host`` nodes
wake one another by Redis instead of PostgreSQL's NOTIFY. A password can stay out of it: in ``~/.pgpass``
or ``PGPASSWORD``. Everything lies in the schema ``partners_live``, which the first node makes.

An append locks the row of its session until it is committed, and takes its places from there. So the
order of the log is that of the commits, without a gap that a reader could pass over. What wakes the
others is only a hint: if it gets lost, they find the same when they look by themselves.
"""

from __future__ import annotations

import secrets
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlencode

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from partners.live.log import VERSION, Kept, LogError, State, Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from partners.live.log import Draft

CHANNEL = "partners_live"
PAUSE = 1.0
"""Seconds until a connection is tried again that is only for hints."""
_STOPS = 0.2
"""Seconds until a listener sees that it is to end."""
_LIKE = "postgresql://user@host/database"
_PATIENCE: dict[str, str | int | None] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 10_000,
}
_SETTINGS = """
SET search_path TO partners_live;
SET lock_timeout TO '8s';
SET statement_timeout TO '10s';
SET idle_in_transaction_session_timeout TO '3s';
SELECT set_config('synchronous_commit', 'on', false)
WHERE current_setting('synchronous_commit') = 'off'
"""
_TABLES = """
CREATE SCHEMA partners_live;
CREATE TABLE version (number integer NOT NULL);
CREATE TABLE session (
  code text PRIMARY KEY, role_play text NOT NULL, opened bigint NOT NULL,
  seq integer NOT NULL DEFAULT 0
);
CREATE TABLE facilitator (
  key_hash text PRIMARY KEY, session text NOT NULL REFERENCES session ON DELETE CASCADE
);
CREATE INDEX facilitators ON facilitator (session);
CREATE TABLE event (
  session text NOT NULL REFERENCES session ON DELETE CASCADE, seq integer NOT NULL,
  kind text NOT NULL, seat integer NOT NULL, body text NOT NULL, at bigint NOT NULL,
  client_key text, PRIMARY KEY (session, seq), UNIQUE (session, client_key)
);
"""
_LOCK = "SELECT code, seq FROM session WHERE code = ANY(?) ORDER BY code FOR NO KEY UPDATE"
_KNOWN = """
SELECT session, client_key, seq FROM event
JOIN unnest(?::text[], ?::text[]) AS asked (session, client_key) USING (session, client_key)
"""
_APPEND = """
INSERT INTO event (session, seq, kind, seat, body, at, client_key)
SELECT * FROM unnest(?::text[], ?::int[], ?::text[], ?::int[], ?::text[], ?::bigint[], ?::text[])
"""
_COUNT = """
UPDATE session SET seq = reached.seq
FROM unnest(?::text[], ?::int[]) AS reached (code, seq) WHERE session.code = reached.code
"""
_NOTIFY = "SELECT pg_notify(?, code || ' ' || ?) FROM unnest(?::text[]) AS code"
_LOOK = """
SELECT code, seq, ARRAY(SELECT key_hash FROM facilitator WHERE session = code)
FROM session WHERE code = ANY(?)
"""


class PostgresLog(Store):
    """The sessions and events in the database at `address`."""

    def __init__(self, address: str) -> None:
        address, wake = _apart(address)
        self._me = secrets.token_hex(4)
        self._closing = threading.Event()
        self._listener: threading.Thread | None = None
        self._mute_until = 0.0
        self._redis = _redis(wake) if wake else None
        try:
            self._server = make_conninfo("", **(_PATIENCE | conninfo_to_dict(address)))
            self._db = self._connected()
            self._prepare()
        except (psycopg.Error, OSError) as error:
            msg = (
                f"PostgreSQL cannot be used ({_plain(error)}). Its address is wanted like this: {_LIKE}"
            )
            raise LogError(msg) from None

    def _connected(self) -> psycopg.Connection:
        db = psycopg.connect(self._server, autocommit=True)
        db.execute(_SETTINGS)
        return db

    def _prepare(self) -> None:
        with self._transaction():
            self._rows("SELECT pg_advisory_xact_lock(hashtext('partners_live'))")
            if not self._rows("SELECT to_regclass('partners_live.version')")[0][0]:
                self._db.execute(_TABLES)
                self._rows("INSERT INTO version VALUES (?)", VERSION)
            [[version]] = self._rows("SELECT number FROM version")
        if version > VERSION:
            raise LogError(
                "The database was written by a newer version of this course. Update this one."
            )

    def close(self) -> None:
        """Leave the database, and listen no more."""
        self._closing.set()
        if self._listener:
            self._listener.join()
        if self._redis:
            self._redis.close()
        self._db.close()

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        """Connect again if the connection was lost; what happens meanwhile fails."""
        try:
            if self._db.closed:
                self._db = self._connected()
            yield
        except psycopg.Error as error:
            raise OSError(_plain(error)) from None

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._at_work(), self._db.transaction():
            yield

    def _rows(self, asked: str, *values: object) -> list[Any]:
        with self._at_work():
            found = self._db.execute(asked.replace("?", "%s"), values)
            return found.fetchall() if found.description else []

    def append(self, drafts: Sequence[Draft]) -> list[Kept | None]:
        """Keep `drafts` in their order; None stands for one whose session is not there any more."""
        kept = super().append(drafts)
        self._publish(sorted({draft.session for draft in drafts}))
        return kept

    def _keep(self, drafts: Sequence[Draft]) -> list[Kept | None]:
        codes = [draft.session for draft in drafts]
        reached: dict[str, int] = dict(self._rows(_LOCK, sorted(set(codes))))
        known = self._rows(_KNOWN, codes, [draft.client_key for draft in drafts])
        places = {(code, client_key): seq for code, client_key, seq in known}
        kept = [_placed(draft, reached, places) for draft in drafts]
        rows = [_row(draft, at.seq) for draft, at in zip(drafts, kept, strict=True) if at and at.fresh]
        if rows:
            self._rows(_APPEND, *map(list, zip(*rows, strict=True)))
            self._rows(_COUNT, list(reached), list(reached.values()))
            self._notify(list(reached))
        return kept

    def look(self, codes: Sequence[str]) -> dict[str, State]:
        """Return how far those of the sessions are that are there."""
        return {code: State(seq, set(keys)) for code, seq, keys in self._rows(_LOOK, list(codes))}

    def _wipe(self, codes: Sequence[str]) -> None:
        """Give back the space of what was deleted; the server's own journal and backups are not ours."""
        self._notify(codes)
        self._publish(codes)
        self._rows("VACUUM event, facilitator, session")

    # What wakes other nodes

    def _notify(self, codes: Sequence[str]) -> None:
        """Tell by PostgreSQL, which does so when the transaction is committed."""
        if not self._redis:
            self._rows(_NOTIFY, CHANNEL, self._me, list(codes))

    def _publish(self, codes: Sequence[str]) -> None:
        """Tell by Redis, if it is there: votes do not wait for it."""
        if self._redis and time.monotonic() > self._mute_until:
            try:
                for code in codes:
                    self._redis.publish(CHANNEL, f"{code} {self._me}")
            except RedisError:
                self._mute_until = time.monotonic() + PAUSE

    def listen(self, heard: Callable[[str], object]) -> None:
        """Call `heard`, in a thread, with the code of a session in which others have written."""
        self._listener = threading.Thread(target=self._listen, args=(heard,), name="hints", daemon=True)
        self._listener.start()

    def _listen(self, heard: Callable[[str], object]) -> None:
        while not self._closing.is_set():
            try:
                hints = self._published(self._redis) if self._redis else self._notices()
                for hint in hints:
                    code, _, sender = hint.partition(" ")
                    if sender != self._me:
                        heard(code)
            except (psycopg.Error, RedisError):
                self._closing.wait(PAUSE)

    def _notices(self) -> Iterator[str]:
        with self._connected() as db:
            db.execute(f"LISTEN {CHANNEL}")
            while not self._closing.is_set():
                for notice in db.notifies(timeout=_STOPS):
                    yield notice.payload

    def _published(self, redis: Redis) -> Iterator[str]:
        with redis.pubsub(ignore_subscribe_messages=True) as channel:
            channel.subscribe(CHANNEL)
            while not self._closing.is_set():
                if message := channel.get_message(timeout=_STOPS):
                    yield message["data"]


def _apart(address: str) -> tuple[str, str | None]:
    """Return the address of PostgreSQL, and that of Redis if it is to wake."""
    where, _, query = address.partition("?")
    options = dict(parse_qsl(query))
    wake = options.pop("wake", None)
    return f"{where}?{urlencode(options, quote_via=quote)}" if options else where, wake


def _redis(address: str) -> Redis:
    """Return a connection that does not keep a vote waiting."""
    try:
        redis = Redis.from_url(
            address,
            decode_responses=True,
            retry=Retry(NoBackoff(), 0),
            socket_connect_timeout=1,
            socket_timeout=1,
        )
        redis.ping()
    except (RedisError, ValueError) as error:
        msg = (
            f"Redis cannot be used ({error}). Its address is wanted like this: {_LIKE}?wake=redis://host"
        )
        raise LogError(msg) from None
    return redis


def _placed(
    draft: Draft, reached: dict[str, int], places: dict[tuple[str, str | None], int]
) -> Kept | None:
    """Give an event its place, the one it has or the next of its session."""
    code, name = draft.session, (draft.session, draft.client_key)
    if code not in reached:
        return None
    if seq := places.get(name):
        return Kept(seq, False)
    reached[code] += 1
    if draft.client_key:
        places[name] = reached[code]
    return Kept(reached[code], True)


def _row(draft: Draft, seq: int) -> tuple[object, ...]:
    said = (draft.body.kind, draft.seat, draft.body.model_dump_json())
    return (draft.session, seq, *said, draft.at, draft.client_key)


def _plain(error: Exception) -> str:
    return " ".join(str(error).split())
