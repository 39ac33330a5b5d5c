"""The web side of live sessions: what pages can ask for.

Pages, relative to wherever the app is mounted: ``/`` (index.html: type the code), ``/CODE``
(phone.html), ``/stage/CODE`` (stage.html), ``/lead`` (lead.html; ``#KEY`` stays in the browser).
``/pages/NAME`` are the other files of ``pages/``. Codes are read in either case.

``GET /CODE/events`` is a stream, and ``GET /CODE/poll?after=V`` is held for at most 20 seconds: 200 with
all frames, or 204 if nothing is newer than V. Both take ``Authorization: Bearer …``: nothing (stage), a
seat's token, or the facilitator's key. ``GET /CODE/qr.svg?link=N`` is the way in: the N-th of
``about.links``; without N, the address at which this was asked for.

``POST /CODE/join`` {key} → {seat, token, name}; the key is 22 to 64 of A-Z a-z 0-9 _ -, random and kept
by the page: the same key is the same seat. ``POST /CODE/say`` (token) and ``POST /CODE/lead``
(facilitator's key) {key, kind, …} → {seq}; the key is 8 to 64 of the same signs; the same twice is one
event, answered as the first time. ``GET /lead/session`` (facilitator's key) → {code}.

What went wrong is {why: a key of the strings}: 400 bad_request, 401 unknown_seat, unknown_key or
removed, 403 other_site, 404 no_session, no_page, 409 what the room refuses, 413 too_long, 415 not_json,
429 too_many, 503 not_saved. The room refuses: locked, full, over, not_now, paused, moved_on,
not_offered, closed, not_asked, no_text, enough_shown, no_timer, no_seat, nothing_before.
"""

from __future__ import annotations

import asyncio
import io
import re
from collections import Counter
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import segno
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from partners import library
from partners.live import events, names
from partners.live.assets import assets
from partners.live.callers import KEY, LONG_KEY, Doorkeeper, Refusal, address, asked
from partners.live.desk import GoneError, NotSavedError
from partners.live.events import BodyError
from partners.live.screens import Screen, encoded

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from partners.live.callers import Caller
    from partners.live.desk import Desk, Sitting
    from partners.live.events import Body
    from partners.live.limits import Limits
    from partners.live.screens import Frame, Screens

HELD = 20.0
"""Seconds for which a poll waits for news."""
_EVENTS = re.compile(r"/([^/]+)/events")
_HEADERS = [
    (b"content-security-policy",
     b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
     b"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
]  # fmt: skip
_STREAM: Message = {
    "type": "http.response.start",
    "status": 200,
    "headers": [
        (b"content-type", b"text/event-stream; charset=utf-8"),
        (b"cache-control", b"no-store, no-transform"),
        (b"x-accel-buffering", b"no"),  # nginx would collect it
        *_HEADERS,
    ],
}


class Web:
    """The routes, over one desk."""

    def __init__(self, desk: Desk, limits: Limits) -> None:
        self._desk = desk
        self._limits = limits
        self._door = Doorkeeper(desk, limits)
        self._assets = assets()
        self._joined: Counter[tuple[str, str]] = Counter()  # by session and address

    def routes(self) -> list[Route]:
        """Return all of them; a code is no other word."""
        return [
            Route("/", self._page("index.html")),
            Route("/pages/{name:path}", self._asset),
            Route("/lead", self._page("lead.html")),
            Route("/lead/session", self._led),
            Route("/stage/{code}", self._page("stage.html")),
            Route("/{code}", self._page("phone.html")),
            Route("/{code}/qr.svg", self._qr),
            Route("/{code}/portrait.svg", self._portrait),
            Route("/{code}/join", self._join, methods=["POST"]),
            Route("/{code}/say", self._say, methods=["POST"]),
            Route("/{code}/lead", self._lead, methods=["POST"]),
            Route("/{code}/poll", self._poll),
        ]

    def _page(self, name: str) -> Callable[[Request], Awaitable[Response]]:
        async def page(request: Request) -> Response:
            if "code" in request.path_params:
                try:
                    await self._door.sitting(request)
                except Refusal as refusal:
                    return self._file(request, "index.html", refusal.status)
            return self._file(request, name)

        return page

    async def _asset(self, request: Request) -> Response:
        return self._file(request, request.path_params["name"])

    def _file(self, request: Request, name: str, status: int = 200) -> Response:
        asset = self._assets.get(name)
        if asset is None:
            raise Refusal(404, "no_page")
        headers = {"cache-control": "no-cache", "etag": asset.tag, "vary": "accept-encoding"}
        if status == 200 and request.headers.get("if-none-match") == asset.tag:
            return Response(status_code=304, headers=headers)
        if "gzip" in request.headers.get("accept-encoding", ""):
            headers["content-encoding"] = "gzip"
            return Response(asset.packed, status, headers, asset.kind)
        return Response(asset.body, status, headers, asset.kind)

    async def _qr(self, request: Request) -> Response:
        sitting = await self._door.sitting(request)
        links, asked = self._desk.links(sitting.room.code), request.query_params.get("link", "")
        if asked.isdecimal() and int(asked) < len(links):
            link = links[int(asked)]
        else:
            link = f"{str(request.base_url).rstrip('/')}/{sitting.room.code}"
        return _svg(qr(link))

    async def _portrait(self, request: Request) -> Response:
        sitting = await self._door.sitting(request)
        try:
            return _svg(library.portrait(sitting.room.role_play).encode())
        except OSError:
            raise Refusal(404, "no_page") from None

    async def _led(self, request: Request) -> Response:
        sitting = await self._door.led(request)
        return _json({"code": sitting.room.code})

    async def _join(self, request: Request) -> Response:
        sitting = await self._door.sitting(request)
        data = await asked(request, LONG_KEY)
        room, where = sitting.room, (sitting.room.code, address(request))
        token = names.token(room.code, data["key"])
        token_hash = names.fingerprint(token)
        if token_hash not in room.seat_of:
            if self._joined[where] >= self._limits.seats_of_one_address:
                raise Refusal(429, "too_many")
            await self._take(sitting, events.Joined(token_hash=token_hash), 0, f"join {token_hash}")
            self._joined[where] += 1
        seat = room.seat_of[token_hash]
        if seat.removed:
            raise Refusal(401, "removed")
        return _json({"seat": seat.number, "token": token, "name": seat.name})

    async def _say(self, request: Request) -> Response:
        caller = await self._door.person(request)
        data = await asked(request, KEY)
        body = events.asked(events.PERSON, data)
        return await self._take(caller.sitting, body, caller.seat, data["key"])

    async def _lead(self, request: Request) -> Response:
        caller = await self._door.facilitator(request)
        data = await asked(request, KEY)
        body = events.asked(events.FACILITATOR, data)
        return await self._take(caller.sitting, body, 0, data["key"])

    async def _take(self, sitting: Sitting, body: Body, seat: int, key: str) -> Response:
        taken = await self._desk.take(sitting, body, seat, key)
        if taken.why:
            raise Refusal(409, taken.why)
        return _json({"seq": taken.seq})

    async def _poll(self, request: Request) -> Response:
        caller = await self._door.caller(request)
        after = request.query_params.get("after", "0")
        if not re.fullmatch(r"\d{1,9}", after):
            raise Refusal(400, "bad_request")
        screen = self._look(request, caller, int(after))
        try:
            async with asyncio.timeout(HELD):
                while not (news := caller.sitting.screens.news(screen)) and not screen.closed:
                    await screen.woken()
        except TimeoutError:
            news = []
        finally:
            caller.sitting.screens.remove(screen)
        if not news:
            return Response(status_code=204, headers={"cache-control": "no-store"})
        return _data(b"{%s}" % b",".join(b'"%s":%s' % (frame.name, frame.data) for frame in news))

    def _look(self, request: Request, caller: Caller, after: int = 0) -> Screen:
        """Return a screen for who asks; after the `after`-th event, if they know what was before."""
        known = after if after <= caller.sitting.room.seq else 0
        screen = Screen(caller.seat, caller.leads, address(request), known)
        if not caller.sitting.screens.add(screen):
            raise Refusal(429, "too_many")
        return screen

    async def stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the frames of a room for as long as somebody looks; thousands of these wait at once."""
        try:
            screen, screens = await self._opened(Request(scope))
        except Refusal as refusal:
            await _refused(refusal)(scope, receive, send)
            return
        leaving = asyncio.create_task(_left(receive, screen))
        try:
            await send(_STREAM)
            while not screen.closed:
                news = screens.news(screen)
                if news or screen.beat:
                    screen.beat = False
                    await send(_chunk(news))
                else:
                    await screen.woken()
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            leaving.cancel()
            screens.remove(screen)

    async def _opened(self, request: Request) -> tuple[Screen, Screens]:
        caller = await self._door.caller(request)
        return self._look(request, caller), caller.sitting.screens


def _chunk(news: list[Frame]) -> Message:
    body = b"".join([frame.event for frame in news]) or b": beat\n\n"
    return {"type": "http.response.body", "body": body, "more_body": True}


async def _left(receive: Receive, screen: Screen) -> None:
    """Wait until nobody looks at the screen any more."""
    while (await receive())["type"] != "http.disconnect":
        pass
    screen.closed = True
    screen.wake()


@lru_cache(maxsize=64)
def qr(link: str) -> bytes:
    """Return `link` as the drawing of a QR code."""
    drawn = io.BytesIO()
    segno.make(link, micro=False).save(drawn, kind="svg", border=2, omitsize=True)
    return drawn.getvalue()


def _json(data: dict[str, Any], status: int = 200) -> Response:
    return _data(encoded(data), status)


def _data(data: bytes, status: int = 200) -> Response:
    return Response(data, status, {"cache-control": "no-store"}, "application/json")


def _svg(drawing: bytes) -> Response:
    return Response(drawing, 200, {"cache-control": "no-cache"}, "image/svg+xml")


def _refused(error: Exception) -> Response:
    """Return the answer that tells what went wrong, by its name in the strings."""
    match error:
        case Refusal():
            return _json({"why": error.why}, error.status)
        case BodyError():
            return _json({"why": "bad_request"}, 400)
        case GoneError():
            return _json({"why": "no_session"}, 404)
        case NotSavedError():
            return _json({"why": "not_saved"}, 503)
        case HTTPException():
            return _json({"why": "no_page"}, error.status_code)
    raise error


async def _handled(_: Request, error: Exception) -> Response:
    return _refused(error)


class _Front:
    """What every request meets first. Streams go past the rest, which would cost each some kilobytes."""

    def __init__(self, app: ASGIApp, web: Web) -> None:
        self._app = app
        self._web = web

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (found := _EVENTS.fullmatch(_path(scope))):
            scope["path_params"] = {"code": found[1]}
            await self._web.stream(scope, receive, send)
        else:
            await self._app(scope, receive, _strict(send))


def _path(scope: Scope) -> str:
    return str(scope["path"]).removeprefix(scope.get("root_path", ""))


def _strict(send: Send) -> Send:
    """Add to every answer what tells a browser to be strict."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], *_HEADERS]}
        await send(message)

    return sent


def live(desk: Desk, limits: Limits) -> ASGIApp:
    """Return the app over `desk`, which it starts and stops."""

    @asynccontextmanager
    async def running(_: Starlette) -> AsyncIterator[None]:
        desk.start()
        yield
        await desk.stop()

    web = Web(desk, limits)
    refusals = (Refusal, BodyError, GoneError, NotSavedError, HTTPException)
    handlers = dict.fromkeys(refusals, _handled)
    return _Front(Starlette(routes=web.routes(), exception_handlers=handlers, lifespan=running), web)
