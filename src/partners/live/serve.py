"""``partners live``: opens a session or goes on with one, tells the ways in, and serves it."""

from __future__ import annotations

import secrets
import socket
import sys
import textwrap
import time
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

import platformdirs
import uvicorn

from partners import library
from partners.course.course_map import course_map
from partners.live import events, lan, names
from partners.live.app import live
from partners.live.desk import Desk
from partners.live.limits import Limits
from partners.live.log import Log, Session
from partners.live.room import fold

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from partners.scenario.model import RolePlay


_WAITING = 4096
"""Connections that may wait to be accepted: a whole room that joins at once."""


class CannotServeError(Exception):
    """The session cannot be served as was asked; the message says the way out."""


class Doors(NamedTuple):
    """Where a session is found: on this machine, and by phones."""

    port: int
    addresses: list[str]

    def here(self, path: str) -> str:
        """Return an address for this machine."""
        return f"http://127.0.0.1:{self.port}/{path}"

    def links(self, path: str) -> list[str]:
        """Return the addresses for phones."""
        return [f"http://{address}:{self.port}/{path}" for address in self.addresses]


def data_file() -> Path:
    """Return the file that sessions are kept in unless another is chosen."""
    return platformdirs.user_data_path("partners") / "live.db"


def table() -> Iterator[str]:
    """Yield the role-plays as lines of a table."""
    rubric = course_map().rubric
    yield f"{'role-play':22}minutes  people        title, and what it practises"
    for name in library.role_plays():
        told = library.role_play(name)
        people = "5 to 2,000" if told.statements else "5 to 2,000*"
        yield f"{name:22}{told.minutes:7}  {people:14}{told.title}"
        practised = ", ".join(rubric[dimension].name for dimension in told.practises)
        yield textwrap.fill(practised, 100, initial_indent=" " * 8, subsequent_indent=" " * 8)
    yield "\nIn mode vote all answer the parent together; in mode trio three talk (* not with this one)."


def translated(name: str, language: events.Language) -> RolePlay:
    """Return the role-play `name` in `language`, or as it was written if it is not there."""
    there = library.translations(library.role_play_file(name))
    return library.role_play(name, language if language in there else None)


def open_session(
    log: Log, told: RolePlay, mode: events.Mode, language: events.Language
) -> tuple[str, str]:
    """Open a session; return its code and the facilitator's key."""
    code, key = names.new_code(), names.new_key()
    opened = events.Opened(
        role_play=told.id, hash=told.hash, mode=mode, language=language, seed=secrets.randbelow(10**9)
    )
    session = Session(code, told, round(time.time() * 1000))
    log.open(session, names.fingerprint(key), opened)
    return code, key


def resume(log: Log, code: str) -> tuple[str, str]:
    """Return the code and a new key of a session that is there; its other keys stay good, too."""
    if log.session(code) is None:
        known = ", ".join(log.sessions()) or "none"
        msg = f"There is no session {code}. There are: {known}."
        raise CannotServeError(msg)
    key = names.new_key()
    log.add_key(code, names.fingerprint(key))
    return code, key


def last_open(log: Log, name: str) -> tuple[str, str] | None:
    """Return the code of the last session with `name` and something to know it by, unless it is over."""
    for code in log.sessions():
        session = log.session(code)
        if session and session.role_play.id == name:
            room = fold(code, session.role_play, log.read(code))
            since = datetime.fromtimestamp(session.opened / 1000).astimezone()
            people = "1 person" if room.here == 1 else f"{room.here} people"
            return None if room.phase == "over" else (code, f"since {since:%d %B, %H:%M}, {people}")
    return None


def ways_in(doors: Doors, code: str, key: str) -> Iterator[str]:
    """Yield what the facilitator reads when the session is open."""
    yield f"Session {code}\n"
    yield f"To project:  {doors.here(f'stage/{code}')}"
    yield f"To lead it:  {doors.here(f'lead#{key}')}\n"
    if not doors.addresses:
        yield "No phone can reach this machine: it is in no network. Join one or open a hotspot, stop"
        yield "this with Ctrl-C, and start it again with the same command.\n"
    for join, lead in zip(doors.links(code), doors.links(f"lead#{key}"), strict=True):
        yield f"Everybody joins at {join}\n{lan.qr(join)}"
        yield f"You lead from your phone at (keep this one to yourself) {lead}\n{lan.qr(lead)}"


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens there; port 0 picks a free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    if sys.platform != "win32":  # there it would let two servers share a port
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(_WAITING)
    except OSError as error:
        listening.close()
        msg = (
            f"Nothing can listen at {host}, port {port} ({error.strerror}); "
            f"perhaps another session does. Try: --port {port + 1}"
        )
        raise CannotServeError(msg) from None
    return listening


def doors(listening: socket.socket) -> Doors:
    """Return where phones find what listens there."""
    host, port = listening.getsockname()[:2]
    everywhere = host in {"0.0.0.0", "::"}  # noqa: S104 - asked, not bound
    return Doors(port, lan.addresses() if everywhere else [] if host.startswith("127.") else [host])


class Server(uvicorn.Server):
    """Serves the rooms of a desk; ends the streams when it is to stop, which would never end."""

    def __init__(self, desk: Desk, limits: Limits | None = None, prefix: str = "") -> None:
        self._desk = desk
        config = uvicorn.Config(
            live(desk, limits or Limits()),
            access_log=False,
            backlog=_WAITING,
            date_header=False,
            log_level="warning",
            root_path=prefix,
            server_header=False,
            timeout_graceful_shutdown=3,
            timeout_keep_alive=10,  # votes are further apart, and what waits costs memory
            ws="none",
        )
        super().__init__(config)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop, as soon as what was asked for is answered."""
        self._desk.hang_up()
        await super().shutdown(sockets)


def serve(log: Log, listening: socket.socket, links: Doors) -> None:
    """Serve the sessions of `log` until Ctrl-C."""
    _allow_many_connections()
    Server(Desk(log, links.links)).run(sockets=[listening])


def _allow_many_connections() -> None:
    """Let this process have as many connections as the machine allows: each phone is one or two."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - not there on Windows

    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 65_536 if most == resource.RLIM_INFINITY else min(most, 65_536)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
