"""``partners live replay``: plays a saved session on a stage of this machine; nobody can join or vote.

``/`` is the stage, with keys for it. ``GET /steps`` → ``Steps``. ``GET /at/N`` → {about, room}: what
everybody saw after the N-th event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from partners import library
from partners.live import events, views
from partners.live.assets import assets
from partners.live.strict import strictly

if TYPE_CHECKING:
    import socket

    from starlette.requests import Request
    from starlette.types import ASGIApp, Receive, Scope, Send

    from partners.live.replay import Recording
    from partners.live.room import Room

SECOND = 1000


class Steps(TypedDict):
    """What can be gone to, from the first line on: an event, and its time in milliseconds.

    `steps` are what the facilitator did, with its kind; at `moments` the screen changed, once a second
    at the most.
    """

    steps: list[tuple[int, int, str]]
    moments: list[tuple[int, int]]


def steps(recording: Recording) -> Steps:
    """Return what can be gone to."""
    room = recording.room(0)
    did: list[tuple[int, int, str]] = []
    moments: dict[int, tuple[int, int]] = {}
    for event in recording.log:
        counts = room.apply(event) is None and event.body is not None
        if room.phase == "lobby" or room.changed < event.seq:
            continue
        moments[event.at // SECOND] = (event.seq, event.at)
        if counts and event.body and event.body.kind in events.FACILITATOR:
            did.append((event.seq, event.at, event.body.kind))
    return {"steps": did, "moments": list(moments.values())}


def screen(recording: Recording, room: Room) -> dict[str, Any]:
    """Return what everybody saw of `room`; its clock stands still."""
    now = recording.log[room.seq - 1].at if room.seq else 0
    if room.timer:
        room.timer = room.timer.stopped(now)
    return {"about": views.about(room, []), "room": {"now": now, **views.public(room)}}


class _Player:
    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._steps = steps(recording)
        self._assets = assets()

    def routes(self) -> list[Route]:
        return [
            Route("/", self._page),
            Route("/pages/{name:path}", self._page),
            Route("/steps", self._all_steps),
            Route("/at/{seq:int}", self._screen),
            Route("/{code}/portrait.svg", self._portrait),
        ]

    async def _page(self, request: Request) -> Response:
        asset = self._assets.get(request.path_params.get("name", "replay.html"))
        if asset is None:
            return Response(status_code=404)
        return Response(asset.body, 200, {"cache-control": "no-cache"}, asset.kind)

    async def _all_steps(self, _: Request) -> Response:
        return JSONResponse(self._steps)

    async def _screen(self, request: Request) -> Response:
        room = self._recording.room(request.path_params["seq"])
        return JSONResponse(screen(self._recording, room))

    async def _portrait(self, _: Request) -> Response:
        try:
            drawing = library.portrait(self._recording.role_play)
        except OSError:
            return Response(status_code=404)
        return Response(drawing, 200, media_type="image/svg+xml")


def player(recording: Recording) -> ASGIApp:
    """Return the app that plays `recording`."""
    app = Starlette(routes=_Player(recording).routes())

    async def strict(scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, strictly(send))

    return strict


def play(recording: Recording, listening: socket.socket) -> None:
    """Serve `recording` until Ctrl-C."""
    config = uvicorn.Config(player(recording), access_log=False, log_level="warning", ws="none")
    uvicorn.Server(config).run(sockets=[listening])
