"""``partners live``: opens a session or goes on with one, tells the ways in, and serves it."""

from __future__ import annotations

import os
import secrets
import socket
import sys
import textwrap
import time
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

import platformdirs
import uvicorn

from partners import library
from partners.course.course_map import course_map
from partners.live import events, lan, names
from partners.live.app import Web, live
from partners.live.desk import Desk
from partners.live.limits import PATIENCE, Limits
from partners.live.lines import Line
from partners.live.log import Session
from partners.live.room import fold

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.types import ASGIApp

    from partners.live.log import Store
    from partners.scenario.model import RolePlay


_WAITING = 4096
"""Connections that may wait to be accepted: a whole room that joins at once."""
_AT_ONCE = 50
"""Connections that are accepted in one go."""
_PROXIES = "127.0.0.1,::1,::ffff:127.0.0.1"
"""Who is believed when it says for whom it asks (X-Forwarded-For): what runs on this machine."""


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


class Front(NamedTuple):
    """Where a session is found behind a proxy."""

    address: str

    def here(self, path: str) -> str:
        """Return an address for everybody."""
        return f"{self.address.rstrip('/')}/{path}"

    def links(self, path: str) -> list[str]:
        """Return the addresses for phones."""
        return [self.here(path)]


def data_file() -> Path:
    """Return the file that sessions are kept in unless another is chosen."""
    return platformdirs.user_data_path("partners") / "live.db"


def days_ago(days: int) -> int:
    """Return the time so many days ago, in milliseconds."""
    return round((time.time() - days * 24 * 3600) * 1000)


def table() -> Iterator[str]:
    """Yield the role-plays as lines of a table."""
    yield f"{'role-play':22}minutes  modes       title"
    for name in library.role_plays():
        told = library.role_play(name)
        modes = "vote, trio" if told.statements else "vote"
        yield f"{name:22}{told.minutes:7}  {modes:12}{told.title}"
        yield from _objectives(told)
    yield "\nvote  From three people on: all vote for what the teacher says, and the parent answers."
    yield "trio  Threes talk aloud, as teacher, parent and observer; four and two are seated, too."
    yield "The minutes are the conversation’s; looking back takes as long again."


def _objectives(told: RolePlay) -> Iterator[str]:
    """Yield what is practiced, and the two principles that most replies go back to."""
    known, scenes = course_map(), told.scenes.values()
    practiced = ", ".join(known.rubric[dimension].name for dimension in told.practises)
    warrants = Counter(reply.why.principle for scene in scenes for reply in scene.replies.values())
    principles = " ".join(known.principles[principle] for principle, _ in warrants.most_common(2))
    for text in (f"Practices: {practiced}.", principles):
        yield textwrap.fill(text, 100, initial_indent=" " * 8, subsequent_indent=" " * 8)


def translated(name: str, language: events.Language) -> RolePlay:
    """Return the role-play `name` in `language`, or as it was written if it is not there."""
    there = library.translations(library.role_play_file(name))
    return library.role_play(name, language if language in there else None)


def open_session(
    log: Store, told: RolePlay, mode: events.Mode, language: events.Language, key: str | None = None
) -> tuple[str, str]:
    """Open a session; return its code and the facilitator's key, which is `key` or a new one."""
    code, key = names.new_code(), key or names.new_key()
    opened = events.Opened(
        role_play=told.id, hash=told.hash, mode=mode, language=language, seed=secrets.randbelow(10**9)
    )
    session = Session(code, told, round(time.time() * 1000))
    log.open(session, names.fingerprint(key), opened)
    return code, key


def resume(log: Store, code: str) -> tuple[str, str]:
    """Return the code and a new key of a session that is there; its other keys stay good, too."""
    log.found(code)
    key = names.new_key()
    log.add_key(code, names.fingerprint(key))
    return code, key


def last_open(log: Store, name: str) -> tuple[str, str] | None:
    """Return the code of the last session with `name` and something to know it by, unless it is over."""
    for code in log.sessions():
        session = log.session(code)
        if session and session.role_play.id == name:
            room = fold(code, session.role_play, log.read(code))
            since = datetime.fromtimestamp(session.opened / 1000).astimezone()
            people = "1 person" if room.here == 1 else f"{room.here} people"
            return None if room.phase == "over" else (code, f"since {since:%d %B, %H:%M}, {people}")
    return None


def ways_in(doors: Doors | Front, code: str, key: str) -> Iterator[str]:
    """Yield what the facilitator reads when the session is open."""
    yield f"Session {code}\n"
    yield f"To project:  {doors.here(f'stage/{code}')}"
    yield f"To lead it:  {doors.here(f'lead#{key}')}\n"
    if not doors.links(""):
        yield "No phone can reach this machine: it is in no network, or --host keeps it to itself. Join"
        yield "a network or open a hotspot, stop this with Ctrl-C, and start it again without --host.\n"
    for join, lead in zip(doors.links(code), doors.links(f"lead#{key}"), strict=True):
        yield f"Everybody joins at {join}\n{lan.qr(join)}"
        yield f"You lead from your phone at (keep this one to yourself) {lead}\n{lan.qr(lead)}"


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens there; port 0 picks a free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Only where the protocol is named does asyncio let nothing wait (TCP_NODELAY): 40 ms of each answer.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
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

    def __init__(
        self, desk: Desk, limits: Limits | None = None, prefix: str = "", app: ASGIApp | None = None
    ) -> None:
        self._desk = desk
        config = uvicorn.Config(
            app or live(desk, Web(desk, limits or Limits())),
            access_log=False,
            backlog=_AT_ONCE,
            date_header=False,
            http=Line,
            forwarded_allow_ips=os.environ.get("FORWARDED_ALLOW_IPS", _PROXIES),
            log_level="error",  # what strangers send is no news
            root_path=prefix,
            server_header=False,
            timeout_graceful_shutdown=3,
            timeout_keep_alive=round(PATIENCE),  # votes are further apart, and what waits costs memory
            ws="none",
        )
        super().__init__(config)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin; a crowd waits at the door, and is let in by the few, so that nobody inside notices."""
        await super().startup(sockets)
        for listening in sockets or ():
            listening.listen(_WAITING)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop, as soon as what was asked for is answered."""
        self._desk.hang_up()
        await super().shutdown(sockets)


def serve(log: Store, listening: socket.socket, links: Doors) -> None:
    """Serve the sessions of `log` until Ctrl-C."""
    run(Server(Desk(log, links.links)), listening)


def serve_node(log: Store, listening: socket.socket, keep_days: int) -> None:
    """Serve the sessions of `log` behind a proxy, whose address pages know by how they are asked for."""
    run(Server(Desk(log, keep_days=keep_days)), listening)


def run(server: Server, listening: socket.socket) -> None:
    """Let `server` answer at `listening` until it is told to stop."""
    _allow_many_connections()
    server.run(sockets=[listening])


def _allow_many_connections() -> None:
    """Let this process have as many connections as the machine allows: each phone is one or two."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - not there on Windows

    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    for wanted in (65_536, 10_240):  # macOS has a limit of its own, which it does not tell
        allowed = wanted if most == resource.RLIM_INFINITY else min(most, wanted)
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, most))
        except (ValueError, OSError):
            continue
        return
