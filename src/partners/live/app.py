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

``GET /CODE/report.html``, ``.csv`` and ``.json`` and ``GET /CODE/replay.json`` (facilitator's key) are
files to keep.

What went wrong is {why: a key of the strings}: 400 bad_request, 401 unknown_seat, unknown_key or
removed, 403 other_site, 404 no_session, no_page, 409 what the room refuses, 413 too_long, 415 not_json,
429 too_many, 503 not_saved. The room refuses: locked, full, over, not_now, paused, moved_on,
not_offered, closed, not_asked, no_text, enough_shown, no_timer, no_seat, nothing_before.
"""

from __future__ import annotations

import asyncio
import io
import mimetypes
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
from partners.live import events, names, replay, report
from partners.live.assets import assets
from partners.live.callers import KEY, LONG_KEY, Doorkeeper, Refusal, address, asked, within
from partners.live.desk import GoneError, NotSavedError
from partners.live.events import BodyError
from partners.live.limits import place
from partners.live.report_files import KINDS
from partners.live.screens import Screen, Stream, encoded
from partners.live.strict import HEADERS, strictly
from partners.scenario.graph import explore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from partners.live.desk import Desk, Sitting
    from partners.live.events import Body
    from partners.live.limits import Limits
    from partners.live.room import Room
    from partners.live.screens import Screens

HELD = 20.0
"""Seconds for which a poll waits for news."""
SLOWED = 3.0
"""Seconds for which an address waits for every answer if it asks without end."""
_IN_A_ROOM = re.compile(r"/([^/]+)/([a-z]+)")
_HOST = re.compile(r"[A-Za-z0-9.:\[\]-]{1,200}")
REFUSED = (Refusal, BodyError, GoneError, NotSavedError)
_STREAM: Message = {
    "type": "http.response.start",
    "status": 200,
    "headers": [
        (b"content-type", b"text/event-stream; charset=utf-8"),
        (b"cache-control", b"no-store, no-transform"),
        (b"x-accel-buffering", b"no"),  # nginx would collect it
        *HEADERS,
    ],
}


class Web:
    """The routes, over one desk."""

    front = "index.html"

    def __init__(self, desk: Desk, limits: Limits) -> None:
        self._desk = desk
        self.limits = limits
        self._door = Doorkeeper(desk, limits)
        self._assets = assets()
        self._joined: Counter[tuple[str, str]] = Counter()  # by session and address

    def routes(self) -> list[Route]:
        """Return all of them; a code is no other word."""
        return [
            Route("/", self._page(self.front)),
            Route("/pages/{name:path}", self._asset),
            Route("/lead", self._page("lead.html")),
            Route("/lead/session", self._led),
            Route("/stage/{code}", self._page("stage.html")),
            Route("/{code}", self._page("phone.html")),
            Route("/{code}/qr.svg", self._qr),
            Route("/{code}/portrait.svg", self._portrait),
            Route("/{code}/report.{kind}", self._report),
            Route("/{code}/replay.json", self._replay),
        ]

    def often(self) -> dict[str, Callable[[Request], Awaitable[Response]]]:
        """Return what is asked for by whole rooms at once, by method and what stands after the code."""
        return {
            "POST join": self._join,
            "POST say": self._say,
            "POST lead": self._lead,
            "GET poll": self._poll,
        }

    def _page(self, name: str) -> Callable[[Request], Awaitable[Response]]:
        async def page(request: Request) -> Response:
            try:
                if "code" in request.path_params:
                    await self._door.sitting(request)
            except Refusal as refusal:  # from /CODE to where a code is typed; the stage says it itself
                other = self.front if name == "phone.html" else name
                return self._file(request, other, refusal.status)
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
        links, wanted = self._desk.links(sitting.room.code), request.query_params.get("link", "")
        if re.fullmatch(r"\d{1,3}", wanted) and int(wanted) < len(links):
            return _svg(qr(links[int(wanted)]))
        if not _HOST.fullmatch(request.headers.get("host", "")):
            raise Refusal(400, "bad_request")
        within(self.limits.drawn, address(request))
        return _svg(qr(f"{str(request.base_url).rstrip('/')}/{sitting.room.code}"))

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
            if self._joined[where] >= self.limits.seats_of_one_address:
                raise Refusal(429, "too_many")
            self._joined[where] += 1
            try:
                await self._take(sitting, events.Joined(token_hash=token_hash), 0, f"join {token_hash}")
            except REFUSED:
                self._joined[where] -= 1
                raise
        seat = room.seat_of[token_hash]
        if seat.removed:
            raise Refusal(401, "removed")
        return _json({"seat": seat.number, "token": token, "name": seat.name})

    async def _say(self, request: Request) -> Response:
        caller = await self._door.person(request)
        data = await asked(request, KEY)
        body = events.asked(events.PERSON, data)
        answer = await self._take(caller.sitting, body, caller.seat, data["key"])
        answer.headers["connection"] = "close"  # the next vote is minutes away
        return answer

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

    async def _report(self, request: Request) -> Response:
        made = KINDS.get(request.path_params["kind"])
        if made is None:
            raise Refusal(404, "no_page")
        room = await self._whole(request)
        name = f"{room.code}.report.{request.path_params['kind']}"
        return _download(made(report.report(room)), name)

    async def _replay(self, request: Request) -> Response:
        room = await self._whole(request)
        log = await self._desk.history(room.code)
        text = await asyncio.to_thread(replay.recorded, room.code, room.role_play, log)
        return _download(text, f"{room.code}.replay.json")

    async def _whole(self, request: Request) -> Room:
        """Return the room that whoever asks leads, as far as it is by now."""
        caller = await self._door.facilitator(request)
        room = caller.sitting.room
        await self._desk.caught_up(room.code)
        await asyncio.to_thread(explore, room.role_play)  # takes long the first time
        return room

    async def _poll(self, request: Request) -> Response:
        caller = await self._door.caller(request)
        after = request.query_params.get("after", "0")
        if not re.fullmatch(r"\d{1,9}", after):
            raise Refusal(400, "bad_request")
        screens, known = caller.sitting.screens, int(after)
        screen = Screen(
            caller.seat, caller.leads, address(request), known if known <= caller.sitting.room.seq else 0
        )
        if not screens.add(screen):
            raise Refusal(429, "too_many")
        try:
            async with asyncio.timeout(HELD):
                while not (news := screens.news(screen)) and not screen.closed:
                    await screen.woken()
        except TimeoutError:
            news = []
        finally:
            screens.remove(screen)
        if not news:
            return Response(status_code=204, headers={"cache-control": "no-store"})
        return _data(b"{%s}" % b",".join(b'"%s":%s' % (frame.name, frame.data) for frame in news))

    async def stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the frames of a room for as long as somebody looks; thousands of these wait at once."""
        headers, method = scope["headers"], scope["method"]
        try:
            stream, screens = await self._opened(Request(scope), send)
        except REFUSED as error:
            await _strict(_refused(error))(scope, receive, send)
            return
        try:
            await stream.begin(_STREAM)
            headers.clear()
            scope.clear()  # some kilobytes, of which the server asks for one thing now
            scope["method"] = method
            while (await receive())["type"] != "http.disconnect":
                pass
        finally:
            screens.remove(stream)

    async def _opened(self, request: Request, send: Send) -> tuple[Stream, Screens]:
        caller = await self._door.caller(request)
        screens = caller.sitting.screens
        stream = Stream(caller.seat, caller.leads, address(request), screens, send)
        if not screens.add(stream):
            raise Refusal(429, "too_many")
        return stream, screens


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


def _download(text: str, name: str) -> Response:
    headers = {"cache-control": "no-store", "content-disposition": f'attachment; filename="{name}"'}
    return Response(text, 200, headers, mimetypes.guess_type(name)[0])


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
    """What every request meets first.

    What whole rooms ask for at once goes past the rest, which would cost more than the answer.
    """

    def __init__(self, app: ASGIApp, web: Web) -> None:
        self._app = app
        self._stream = web.stream
        self._often = web.often()
        self._rate = web.limits.asked

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        who = place(scope["client"][0]) if scope["client"] else ""
        if not self._rate.allows(who):
            await asyncio.sleep(SLOWED)
            await _strict(_refused(Refusal(429, "too_many")))(scope, receive, send)
            return
        self._rate.count(who)
        asked = _asked_in_a_room(scope)
        if asked == "GET events":
            await self._stream(scope, receive, send)
        elif asked in self._often:
            answer = await _answer(self._often[asked], Request(scope, receive))
            await _strict(answer)(scope, receive, send)
        else:
            await self._app(scope, receive, strictly(send))


def _asked_in_a_room(scope: Scope) -> str:
    """Return the method and what stands after a room's code, if that is all."""
    found = _IN_A_ROOM.fullmatch(str(scope["path"]).removeprefix(scope.get("root_path", "")))
    if found is None:
        return ""
    scope["path_params"] = {"code": found[1]}
    return f"{scope['method']} {found[2]}"


async def _answer(do: Callable[[Request], Awaitable[Response]], request: Request) -> Response:
    try:
        return await do(request)
    except REFUSED as error:
        return _refused(error)


def _strict(answer: Response) -> Response:
    """Add what tells a browser to be strict."""
    answer.raw_headers += HEADERS
    return answer


def live(desk: Desk, web: Web) -> ASGIApp:
    """Return the app that is `web`; it starts and stops `desk`."""

    @asynccontextmanager
    async def running(_: Starlette) -> AsyncIterator[None]:
        desk.start()
        yield
        await desk.stop()

    handlers = dict.fromkeys((*REFUSED, HTTPException), _handled)
    return _Front(Starlette(routes=web.routes(), exception_handlers=handlers, lifespan=running), web)
