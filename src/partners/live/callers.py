"""Who asks for something: checks of a request that have nothing to do with the room itself."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from starlette.requests import ClientDisconnect

from partners.live import names
from partners.live.limits import BYTES_OF_A_BODY, place

if TYPE_CHECKING:
    from starlette.requests import Request

    from partners.live.desk import Desk, Sitting
    from partners.live.limits import Limits, Rate

KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")
LONG_KEY = re.compile(r"[A-Za-z0-9_-]{22,64}")
_CODE = re.compile(f"[{names.SIGNS}]{{6}}")


class Refusal(Exception):  # noqa: N818 - what a person did may be no error
    """An answer that is not the one that was hoped for."""

    def __init__(self, status: int, why: str) -> None:
        self.status, self.why = status, why


class Caller(NamedTuple):
    """Who asks, and where: a seat, the facilitator (`leads`), or anybody."""

    sitting: Sitting
    seat: int
    leads: bool


class Doorkeeper:
    """Knows people by what they show, and those who try too much."""

    def __init__(self, desk: Desk, limits: Limits) -> None:
        self._desk = desk
        self._limits = limits

    async def sitting(self, request: Request) -> Sitting:
        """Return the session of the code in the address; whoever tries many is stopped for a while."""
        if not _CODE.fullmatch(_code(request)):  # that is no guess: browsers ask for favicon.ico
            raise Refusal(404, "no_session")
        self._stop_guessing(request)
        found = await self._known(request)
        if found is None:
            self._limits.wrong.count(address(request))
            raise Refusal(404, "no_session")
        return found

    async def caller(self, request: Request) -> Caller:
        """Return who asks, by the token or key they show; it is no guess if the session is there."""
        shown = _bearer(request)
        sitting = await self._known(request) if shown else None
        if sitting is None:
            return Caller(await self.sitting(request), 0, False)
        shown_hash = names.fingerprint(shown)
        caller = _recognized(sitting, shown_hash)
        if caller is None:  # perhaps another node has given them a seat just now
            self._stop_guessing(request)
            await self._desk.caught_up(sitting.room.code)
            caller = _recognized(sitting, shown_hash)
        if caller is None:
            self._limits.wrong.count(address(request))
            raise Refusal(401, "unknown_seat")
        return caller

    async def person(self, request: Request) -> Caller:
        """Return who asks, if they have a seat and do not ask too often."""
        caller = await self.caller(request)
        if not caller.seat:
            raise Refusal(401, "unknown_seat")
        if caller.sitting.room.seats[caller.seat].removed:
            raise Refusal(401, "removed")
        within(self._limits.said, (caller.sitting.room.code, caller.seat))
        return caller

    async def facilitator(self, request: Request) -> Caller:
        """Return who asks, if they lead the session."""
        caller = await self.caller(request)
        if not caller.leads:
            raise Refusal(401, "unknown_key")
        within(self._limits.led, caller.sitting.room.code)
        return caller

    async def led(self, request: Request) -> Sitting:
        """Return the session that the key of whoever asks leads."""
        self._stop_guessing(request)
        sitting = await self._desk.led_by(_bearer(request))
        if sitting is None:
            self._limits.wrong.count(address(request))
            raise Refusal(401, "unknown_key")
        return sitting

    async def _known(self, request: Request) -> Sitting | None:
        code = _code(request)
        return await self._desk.sitting(code) if _CODE.fullmatch(code) else None

    def _stop_guessing(self, request: Request) -> None:
        if not self._limits.wrong.allows(address(request)):
            raise Refusal(429, "too_many")


def _code(request: Request) -> str:
    return str(request.path_params["code"]).upper()


def _recognized(sitting: Sitting, shown_hash: str) -> Caller | None:
    if seat := sitting.room.seat_of.get(shown_hash):
        return Caller(sitting, seat.number, False)
    return Caller(sitting, 0, True) if shown_hash in sitting.keys else None


def within(rate: Rate, who: object) -> None:
    """Count one of `who`, or refuse it."""
    if not rate.allows(who):
        raise Refusal(429, "too_many")
    rate.count(who)


def address(request: Request) -> str:
    """Return the address that somebody asks from; it is kept in memory only."""
    return place(request.client.host) if request.client else ""


def _bearer(request: Request) -> str:
    kind, _, shown = request.headers.get("authorization", "").partition(" ")
    return shown.strip() if kind.lower() == "bearer" else ""


async def asked(request: Request, key: re.Pattern[str]) -> dict[str, Any]:
    """Return the JSON object that a page of this very site has sent, with its key."""
    if not _same_site(request):
        raise Refusal(403, "other_site")
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refusal(415, "not_json")
    body = b""
    try:
        async for part in request.stream():
            body += part
            if len(body) > BYTES_OF_A_BODY:
                raise Refusal(413, "too_long")
        data = json.loads(body)
    except (ClientDisconnect, ValueError, RecursionError):
        raise Refusal(400, "bad_request") from None
    if not isinstance(data, dict):
        raise Refusal(400, "bad_request")
    own = data.get("key")
    if not isinstance(own, str) or not key.fullmatch(own):
        raise Refusal(400, "bad_request")
    return data


def _same_site(request: Request) -> bool:
    """Say whether a page of ours asks, or no page at all; browsers tell where a page is from."""
    if site := request.headers.get("sec-fetch-site"):
        return site == "same-origin"
    origin = request.headers.get("origin")
    return origin is None or origin.partition("://")[2] == request.headers.get("host")
