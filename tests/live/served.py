"""A server of live sessions for tests, and the people who come to it."""

from __future__ import annotations

import asyncio
import json
import secrets
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self, TypeVar

import httpx

from partners.live import serve
from partners.live.desk import Desk
from partners.live.limits import Limits
from partners.live.log import Log

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator
    from pathlib import Path

    from partners.live.events import Mode
    from partners.scenario.model import RolePlay

Json = dict[str, Any]
T = TypeVar("T")


def run(doing: Coroutine[Any, Any, T]) -> T:
    """Run it in a thread of its own: where a browser was driven before, this one has a loop that runs."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, doing).result()


def new_key() -> str:
    return secrets.token_urlsafe(16)


@dataclass
class Server:
    """Serves the sessions of `file`, in this process, until it is stopped."""

    file: Path
    limits: Limits = field(default_factory=Limits)
    prefix: str = ""
    port: int = 0

    def start(self) -> None:
        listening = serve.listen("127.0.0.1", self.port)
        self.port = listening.getsockname()[1]
        desk = Desk(Log(self.file), lambda code: [f"http://192.0.2.7/{code}"])
        self._server = serve.Server(desk, self.limits, self.prefix)
        self._thread = threading.Thread(target=asyncio.run, args=(self._server.serve([listening]),))
        self._thread.start()
        while not self._server.started:
            time.sleep(0.005)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def session(self, role_play: RolePlay, mode: Mode = "vote") -> tuple[Facilitator, str]:
        """Open a session; return who leads it, and its code."""
        log = Log(self.file)
        code, key = serve.open_session(log, role_play, mode, "en")
        log.close()
        return Facilitator(self.port, code, key), code


class Visitor:
    """Somebody with a browser and perhaps a token or key."""

    def __init__(self, port: int, code: str, shown: str = "") -> None:
        headers = {"Authorization": f"Bearer {shown}"} if shown else {}
        self.port, self.code = port, code
        self.web = httpx.Client(
            base_url=f"http://127.0.0.1:{port}",
            headers=headers,
            timeout=10,
            verify=False,  # there is no TLS here, and certificates take long to read
        )

    def post(self, path: str, data: Any, **headers: str) -> httpx.Response:
        return self.web.post(f"/{self.code}/{path}", json=data, headers=headers)

    def views(self, after: int = 0) -> Json:
        """What shows now."""
        answer = self.web.get(f"/{self.code}/poll", params={"after": after})
        assert answer.status_code == 200, answer.text
        views: Json = answer.json()
        return views

    def frames(self) -> Iterator[tuple[str, Json]]:
        """What the stream brings, for as long as somebody asks for more."""
        with self.web.stream("GET", f"/{self.code}/events") as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            name = ""
            for line in stream.iter_lines():
                kind, _, text = line.partition(": ")
                if kind == "event":
                    name = text
                elif kind == "data":
                    yield name, json.loads(text)

    def until(self, name: str, **wanted: object) -> Json:
        """Wait for a view `name` in which everything `wanted` is so."""
        end = time.monotonic() + 5
        for found, view in self.frames():
            if found == name and all(view.get(key) == value for key, value in wanted.items()):
                return view
            assert time.monotonic() < end, view
        raise AssertionError("the stream ended")


class Facilitator(Visitor):
    """Leads a session."""

    def __init__(self, port: int, code: str, key: str) -> None:
        super().__init__(port, code, key)
        self.key = key

    def lead(self, kind: str, **body: object) -> httpx.Response:
        return self.post("lead", {"key": new_key(), "kind": kind, **body})

    def does(self, *kinds: str) -> None:
        """Do one after the other; each must be possible."""
        for kind in kinds:
            answer = self.lead(kind)
            assert answer.status_code == 200, (kind, answer.text)


class Person(Visitor):
    """Has a seat."""

    def __init__(self, port: int, code: str) -> None:
        self.join_key = new_key()
        answer = Visitor(port, code).post("join", {"key": self.join_key})
        assert answer.status_code == 200, answer.text
        self.seat, self.name = answer.json()["seat"], answer.json()["name"]
        super().__init__(port, code, answer.json()["token"])

    def say(self, kind: str, key: str = "", **body: object) -> httpx.Response:
        return self.post("say", {"key": key or new_key(), "kind": kind, **body})
