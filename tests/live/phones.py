"""Phones by the hundred, in one process: each joins, keeps its stream open, says things, and comes back.

They do what ``pages/live.js`` does, without a browser. ``Serving`` is the server in a process of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import psutil

from partners.live import log, serve

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from partners.scenario.model import RolePlay

Json = dict[str, Any]

# What a browser on a phone sends along.
HEADERS = (
    "User-Agent: Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/142.0.0.0 Mobile Safari/537.36\r\n"
    "Accept: */*\r\nAccept-Encoding: gzip, deflate\r\nAccept-Language: en-US,en;q=0.9\r\n"
    "Cache-Control: no-cache\r\nPragma: no-cache\r\nConnection: keep-alive\r\n"
    "Sec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n"
)
SERVE = """
import sys
from partners.live import app, lines, log, serve
from partners.live.desk import Desk
from partners.live.limits import Limits, Rate
limits = Limits(seats_of_one_address=10_000, asked=Rate(100_000, 0))
exec(sys.argv[3])
listening = serve.listen("127.0.0.1", int(sys.argv[2]))
server = serve.Server(Desk(log.log_at(sys.argv[1])), limits)
print(listening.getsockname()[1], flush=True)
serve.run(server, listening)
"""


class Serving:
    """A server of the sessions in `where`, a file or a database, until it is stopped or killed.

    The phones are all at one address, so there is no limit for that; `setup` may set another.
    """

    def __init__(self, where: Path | str, setup: str = "") -> None:
        self.where = where
        self.setup = setup
        self.port = 0
        self._complaints = tempfile.TemporaryFile("w+")  # noqa: SIM115 - as long as this is there

    def start(self) -> None:
        words = [sys.executable, "-c", SERVE, str(self.where), str(self.port), self.setup]
        self._process = subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=self._complaints, text=True
        )
        assert self._process.stdout
        self.port = int(self._process.stdout.readline())

    def stop(self, how: int = signal.SIGTERM) -> None:
        self._process.send_signal(how)
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()

    def session(self, role_play: RolePlay) -> tuple[str, str]:
        """Open a session in vote mode; return its code and the facilitator's key."""
        kept = log.log_at(self.where)
        opened = serve.open_session(kept, role_play, "vote", "en")
        kept.close()
        return opened

    def complaints(self) -> str:
        """Return what it wrote on the facilitator's terminal."""
        self._complaints.seek(0)
        return self._complaints.read()

    def memory(self) -> int:
        """Return how many bytes are its own."""
        uss: int = psutil.Process(self._process.pid).memory_full_info().uss
        return uss

    def seconds(self) -> float:
        """Return how long it has computed."""
        times = psutil.Process(self._process.pid).cpu_times()
        return float(times.user + times.system)


class Answer(NamedTuple):
    """What came back: the body whole, or nothing of it if it came as a stream."""

    status: int
    body: bytes

    def json(self) -> Json:
        data: Json = json.loads(self.body)
        return data


class Connection(asyncio.Protocol):
    """Asks one thing after the other; `heard` gets every part of a stream as it comes."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.heard: Callable[[bytes], None] | None = None
        self._came = b""
        self._status = 0
        self._body: list[bytes] = []
        self._left: int | None = None  # of the body, or of a stream's part; None: a head comes first
        self._parts = False
        self._ends = False
        self._transport: asyncio.Transport
        self._answer: asyncio.Future[Answer] = loop.create_future()
        self.lost: asyncio.Future[None] = loop.create_future()

    @property
    def open(self) -> bool:
        return not self._ends and not self.lost.done()

    async def ask(self, request: bytes) -> Answer:
        """Return the answer; OSError if the connection is lost before."""
        if not self.open:
            raise ConnectionResetError("lost")
        self.send(request)
        return await self._answer

    def send(self, request: bytes) -> None:
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)

    @property
    def waits(self) -> bool:
        """Whether more of an answer is to come."""
        return self.open and not self._answer.done()

    def close(self) -> None:
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.set_result(None)
        if not self._answer.done():
            self._answer.set_exception(ConnectionResetError("lost"))
            self._answer.exception()  # nobody may be waiting any more

    def data_received(self, data: bytes) -> None:
        self._came += data
        while self._came and self._takes():
            pass

    def _takes(self) -> bool:
        """Read on; say whether there was enough for another step."""
        if self._left is None:
            return self._takes_head()
        if self._parts and not self._left:
            return self._takes_size()
        taken, self._came = self._came[: self._left], self._came[self._left :]
        self._left -= len(taken)
        if self.heard and self._status == 200:
            self.heard(taken)
        else:
            self._body.append(taken)
        if self._left == 0 and not self._parts:
            self._complete()
        return True

    def _takes_head(self) -> bool:
        head, found, rest = self._came.partition(b"\r\n\r\n")
        if found:
            lines = head.lower().split(b"\r\n")
            fields = dict(line.split(b": ", 1) for line in lines[1:])
            self._came, self._status = rest, int(lines[0].split()[1])
            self._ends = fields.get(b"connection") == b"close"
            self._parts = fields.get(b"transfer-encoding") == b"chunked"
            self._left = int(fields.get(b"content-length", 0))
            if not self._parts and not self._left:
                self._complete()
        return bool(found)

    def _takes_size(self) -> bool:
        size, found, rest = self._came.lstrip(b"\r\n").partition(b"\r\n")
        if found:
            self._came, self._left = rest, int(size, 16)
            if not self._left:
                self._parts = False
                self._complete()
        return bool(found)

    def _complete(self) -> None:
        answer = Answer(self._status, b"".join(self._body))
        self._body, self._left = [], None
        if not self._answer.done():
            self._answer.set_result(answer)


def head(method: str, path: str, token: str = "", more: str = "") -> bytes:
    """Return the first lines of a request."""
    shown = f"Authorization: Bearer {token}\r\n" if token else ""
    return f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{HEADERS}{shown}{more}\r\n".encode()


def post(path: str, token: str, data: Json) -> bytes:
    """Return a request with `data`."""
    body = json.dumps(data).encode()
    more = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head("POST", path, token, more) + body


class Caller:
    """Somebody at an address of this machine, with a connection that stays for the next question."""

    def __init__(self, port: int, source: str = "127.0.0.1") -> None:
        self.port = port
        self.source = source
        self._connection: Connection | None = None

    async def take(self) -> Connection:
        """Return the connection that waits for a question, or a new one."""
        waiting, self._connection = self._connection, None
        if waiting and waiting.open:
            return waiting
        local = None if self.source == "127.0.0.1" else (self.source, 0)
        loop = asyncio.get_running_loop()
        return (await loop.create_connection(Connection, "127.0.0.1", self.port, local_addr=local))[1]

    async def ask(self, request: bytes) -> Answer:
        """Return the answer to one request."""
        connection = await self.take()
        try:
            answer = await connection.ask(request)
        except BaseException:
            connection.close()
            raise
        self.hang_up()
        self._connection = connection
        return answer

    def hang_up(self) -> None:
        if self._connection:
            self._connection.close()
            self._connection = None


class Phone(Caller):
    """Has a seat, and shows the newest of each view; `heard` is told of every frame as it comes."""

    def __init__(self, port: int, code: str, source: str = "127.0.0.1", token: str = "") -> None:
        super().__init__(port, source)
        self.code = code
        self.token = token
        self.seat = 0
        self.key = secrets.token_urlsafe(16)
        self.views: dict[str, bytes] = {}
        self.heard: Callable[[Phone, str], None] | None = None
        self._text = b""
        self._stream: Connection | None = None
        self._following: asyncio.Task[None] | None = None

    @property
    def streams(self) -> bool:
        """Whether its stream is open."""
        return self._stream is not None and self._stream.waits

    def view(self, name: str) -> Json:
        """Return what it shows of `name`, without the time at which it came."""
        view: Json = json.loads(self.views[name])
        view.pop("now", None)
        return view

    async def join(self) -> None:
        """Take a seat, or the same again."""
        answer = await self._persist("join", {"key": self.key})
        assert answer.status == 200, answer
        self.seat, self.token = answer.json()["seat"], answer.json()["token"]

    async def say(self, kind: str, **body: object) -> Answer:
        """Say it until it is answered, however often the line breaks."""
        return await self._persist("say", {"key": secrets.token_urlsafe(12), "kind": kind, **body})

    async def lead(self, kind: str, **body: object) -> None:
        """Do what only a facilitator's key can."""
        answer = await self._persist("lead", {"key": secrets.token_urlsafe(12), "kind": kind, **body})
        assert answer.status == 200, answer

    async def _persist(self, path: str, data: Json) -> Answer:
        for tries in range(60):
            if answer := await self.post_once(path, data):
                return answer
            await pause(tries)
        raise AssertionError(f"{path} was never answered")

    async def post_once(self, path: str, data: Json) -> Answer | None:
        """Return the answer, unless there is none or it is no use: then the same can be sent again."""
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(8):
                answer = await self.ask(post(f"/{self.code}/{path}", self.token, data))
            if answer.status < 500 and answer.status != 429:
                return answer
        self.hang_up()
        return None

    def follow(self, polls: bool = False) -> None:
        """Show what the room shows, from now on: by a stream, or by polls."""
        self._following = asyncio.create_task(self._follow(polls))

    async def open(self) -> None:
        """Let the stream be open, once, over the connection that is there, as a browser does."""
        self._text = b""
        self._stream = await self.take()
        self._stream.heard = self._hear
        self._stream.send(head("GET", f"/{self.code}/events", self.token))

    async def _follow(self, polls: bool) -> None:
        tries = 0
        while True:
            known = len(self.views)
            with contextlib.suppress(OSError, TimeoutError):
                if polls:
                    await self._poll()
                else:
                    await self.open()
                    assert self._stream
                    await asyncio.shield(self._stream.lost)
            tries = 0 if len(self.views) > known else tries + 1
            await pause(tries)

    async def _poll(self) -> None:
        newest = 0
        line = Caller(self.port, self.source)
        try:
            while True:
                path = f"/{self.code}/poll?after={newest}"
                async with asyncio.timeout(30):
                    answer = await line.ask(head("GET", path, self.token))
                if answer.status not in {200, 204}:
                    return
                for name, view in (answer.json() if answer.status == 200 else {}).items():
                    newest = max(newest, view.get("v", 0))
                    self.show(name, json.dumps(view).encode())
                await pause(0)
        finally:
            line.hang_up()

    def _hear(self, data: bytes) -> None:
        *frames, self._text = (self._text + data).split(b"\n\n")
        for frame in frames:
            first, _, second = frame.partition(b"\n")
            if second:
                self.show(first.removeprefix(b"event: ").decode(), second.removeprefix(b"data: "))

    def show(self, name: str, view: bytes) -> None:
        self.views[name] = view
        if self.heard:
            self.heard(self, name)

    def lose(self) -> None:
        """Lose every connection, as in a lift."""
        self.hang_up()
        if self._stream:
            self._stream.close()

    def sleep(self) -> None:
        """Go dark: nothing is asked any more."""
        if self._following:
            self._following.cancel()
            self._following = None
        self.lose()


async def pause(tries: int) -> None:
    """Wait before the next try, as ``pages/live.js`` does."""
    await asyncio.sleep(min(2 if tries < 10 else 8, 0.25 * 2**tries) * random.uniform(0.5, 1))


async def until(holds: Callable[[], bool], seconds: float = 10) -> float:
    """Wait until it holds; return after how many seconds."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < seconds, holds
        await asyncio.sleep(0.005)
    return time.monotonic() - began


def votes(where: Path | str, code: str) -> list[tuple[int, str]]:
    """Return who voted for what, as it is on disk."""
    kept = log.log_at(where)
    said = [(event.seat, event.body) for event in kept.read(code)]
    kept.close()
    return [(seat, body.reply) for seat, body in said if body and body.kind == "voted"]  # type: ignore[attr-defined]
