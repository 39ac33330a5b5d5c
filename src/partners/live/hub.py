"""``python -m partners.live.hub``: live sessions as a service of a JupyterHub, which starts this.

Phones, stage and remote are as on a laptop and need no login. ``/open`` does; the hub says who may, by
the scope ``access:services!service=NAME``, and sends people back to ``/oauth_callback``.

``GET /open/offers`` → {role_plays: [{name, title, minutes, practises, modes}]}. ``POST /open`` {key,
role_play, mode, language} → {code, key, qr}: the facilitator's key, and the way to the remote as a
drawing; the same key from the page is the same session. ``POST /open/erase`` {key}, with the
facilitator's key as always → {}.

What went wrong, besides what ``app`` tells: 401 no_login, 403 not_allowed, 503 no_hub.
"""

from __future__ import annotations

import asyncio
import os
from operator import methodcaller
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

import click
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.responses import JSONResponse
from starlette.routing import Route

from partners import library
from partners.course.course_map import course_map
from partners.live import events, log, names, serve
from partners.live.app import Web, live, qr
from partners.live.callers import KEY, LONG_KEY, Refusal, asked
from partners.live.desk import Desk, NotSavedError
from partners.live.hub_login import Login
from partners.live.keeper import keep_a_worker
from partners.live.limits import Limits, Rate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

T = TypeVar("T")


class Place(NamedTuple):
    """Where this listens, below which path people find it, and at which address if the hub knows."""

    host: str
    port: int
    prefix: str
    public: str

    def links(self, code: str) -> list[str]:
        """Return the address of a session for phones; else pages know it by how they were asked for."""
        return [f"{self.public}/{code}"] if self.public else []


def place(environment: Mapping[str, str]) -> Place:
    """Return what the hub says in the environment."""
    try:
        here = urlsplit(environment["JUPYTERHUB_SERVICE_URL"])
        prefix = environment["JUPYTERHUB_SERVICE_PREFIX"].rstrip("/")
    except KeyError:
        msg = "A JupyterHub starts this, as one of its services. To open a session here: partners live"
        raise serve.CannotServeError(msg) from None
    public = environment.get("JUPYTERHUB_PUBLIC_URL", "").rstrip("/")
    return Place(here.hostname or "127.0.0.1", here.port or 0, prefix, public)


class Service(NamedTuple):
    """What the service is given: its place, where sessions are kept, and which role-plays there are."""

    place: Place
    data: str
    offers: list[dict[str, Any]]


class _Wish(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    key: str
    role_play: str
    mode: events.Mode
    language: events.Language


class HubWeb(Web):
    """The routes of a room, and those of whoever opens one."""

    front = "hub.html"

    def __init__(self, desk: Desk, login: Login, service: Service) -> None:
        # A whole campus may come from one address.
        super().__init__(desk, Limits(seats_of_one_address=2_000, wrong=Rate(100, 0.5)))
        self._login = login
        self._service = service

    def routes(self) -> list[Route]:
        """Return all of them."""
        return [
            Route("/open", self._open_page),
            Route("/open", self._open, methods=["POST"]),
            Route("/open/offers", self._offered),
            Route("/open/erase", self._erase, methods=["POST"]),
            Route("/oauth_callback", self._logged_in),
            *super().routes(),
        ]

    async def _open_page(self, request: Request) -> Response:
        try:
            await self._login.admit(request)
        except Refusal as refusal:
            if refusal.status == 401:
                return self._login.begin(request)
            return self._file(request, "open.html", refusal.status)
        return self._file(request, "open.html")

    async def _logged_in(self, request: Request) -> Response:
        try:
            return await self._login.end(request, f"{self._service.place.prefix}/open")
        except Refusal as refusal:
            return self._file(request, "open.html", refusal.status)

    async def _offered(self, request: Request) -> Response:
        await self._login.admit(request)
        return _answer({"role_plays": self._service.offers})

    async def _open(self, request: Request) -> Response:
        data = await asked(request, LONG_KEY)
        await self._login.admit(request)
        try:
            wish = _Wish.model_validate(data)
            told = serve.translated(wish.role_play, wish.language)
        except (ValidationError, LookupError):
            raise Refusal(400, "bad_request") from None
        key = names.fingerprint(f"lead {wish.key}")

        def opened(kept: log.Store) -> str:
            there = kept.led_by(names.fingerprint(key))
            return there or serve.open_session(kept, told, wish.mode, wish.language, key)[0]

        code = await self._with_log(opened)
        here = self._service.place.public or str(request.base_url).rstrip("/")
        return _answer({"code": code, "key": key, "qr": qr(f"{here}/lead#{key}").decode()})

    async def _erase(self, request: Request) -> Response:
        await asked(request, KEY)
        sitting = await self._door.led(request)
        await self._with_log(methodcaller("erase", sitting.room.code))
        return _answer({})

    async def _with_log(self, do: Callable[[log.Store], T]) -> T:
        try:
            return await asyncio.to_thread(_with_log, self._service.data, do)
        except log.FAILURES as error:
            raise NotSavedError(str(error)) from None


def _offer(name: str) -> dict[str, Any]:
    told, rubric = library.role_play(name), course_map().rubric
    return {
        "name": name,
        "title": told.title,
        "minutes": told.minutes,
        "practises": [rubric[dimension].name for dimension in told.practises],
        "modes": ["vote", "trio"] if told.statements else ["vote"],
    }


def _answer(data: dict[str, Any]) -> Response:
    return JSONResponse(data, headers={"cache-control": "no-store"})


def _with_log(data: str, do: Callable[[log.Store], T]) -> T:
    """Do something with the log, beside the desk, which has its own."""
    kept = log.log_at(data)
    try:
        return do(kept)
    finally:
        kept.close()


class _Proxied:
    """Tells `app` where people find it: the proxy of the hub leaves the prefix in the path."""

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self._app = app
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope["root_path"] = self._prefix
            # Each proxy on the way has added how it was asked; the first is the browser's.
            told = dict(scope["headers"]).get(b"x-forwarded-proto", b"").split(b",")[0].strip()
            if told in {b"http", b"https"}:
                scope["scheme"] = told.decode()
        await self._app(scope, receive, send)


@click.command()
@click.option(
    "--data",
    envvar="PARTNERS_LIVE_DATA",
    help="Where sessions are kept: a file, or postgresql://user@host/database.",
)
@click.option(
    "--keep",
    default=30,
    show_default=True,
    type=click.IntRange(0),
    help="Days until sessions are erased.",
)
def main(data: str | None, keep: int) -> None:
    """Serve live sessions as a service of the JupyterHub that starts this."""
    data = data or str(serve.data_file())
    try:
        where = place(os.environ)
        log.log_at(data).close()  # if it cannot be used, that is said now
        listening = serve.listen(where.host, where.port)
    except (log.LogError, serve.CannotServeError) as error:
        raise click.ClickException(str(error)) from None
    from jupyterhub.services.auth import HubOAuth  # noqa: PLC0415 - only a hub has it

    login = Login(HubOAuth())
    service = Service(where, data, [_offer(name) for name in library.role_plays()])
    keep_a_worker()  # the hub looks after its services every 30 seconds only
    desk = Desk(log.log_at(data), where.links, keep)
    app = _Proxied(live(desk, HubWeb(desk, login, service)), where.prefix)
    serve.run(serve.Server(desk, app=app), listening)


if __name__ == "__main__":
    main()
