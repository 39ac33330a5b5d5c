"""Whether somebody may open sessions at a JupyterHub: asked by OAuth, with the hub's own library."""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64encode
from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.responses import RedirectResponse
from tornado.web import HTTPError

from partners.live.callers import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyterhub.services.auth import HubOAuth
    from starlette.requests import Request
    from starlette.responses import Response

_PATIENCE = 600
"""Seconds that somebody may take to log in."""


class Login:
    """The way to the hub's login and back, and what a browser shows of it later: a token in a cookie."""

    def __init__(self, hub: HubOAuth) -> None:
        self._hub = hub

    async def admit(self, request: Request) -> None:
        """Raise Refusal if whoever asks may not open sessions."""
        token = request.cookies.get(self._hub.cookie_name)
        person = await self._person(token, request) if token else None
        if person is None:
            raise Refusal(401, "no_login")
        if not self._hub.check_scopes(self._hub.access_scopes, person):
            raise Refusal(403, "not_allowed")

    async def _person(self, token: str, request: Request) -> dict[str, Any] | None:
        # The hub's answer is used again for a while, but not after a logout, which ends the session.
        session = request.cookies.get("jupyterhub-session-id", "")
        with _hub_answers():
            found: dict[str, Any] | None = await self._hub.user_for_token(
                token, session_id=session, sync=False
            )
        return found

    def begin(self, request: Request) -> Response:
        """Return the way to the hub."""
        verifier = secrets.token_urlsafe(32)
        state = _seen_of(verifier)
        question = {"state": state, "code_challenge": state, "code_challenge_method": "S256"}
        response = RedirectResponse(f"{self._hub.login_url}&{urlencode(question)}", 302)
        self._set(response, request, self._hub.state_cookie_name, verifier, _PATIENCE)
        return response

    async def end(self, request: Request, onward: str) -> Response:
        """Return the way `onward`, for somebody whom the hub has sent back."""
        verifier = request.cookies.get(self._hub.state_cookie_name, "")
        state = request.query_params.get("state", "")
        if not verifier or not secrets.compare_digest(_seen_of(verifier).encode(), state.encode()):
            raise Refusal(403, "no_login")
        with _hub_answers():
            token = await self._hub.token_for_code(
                request.query_params.get("code", ""), code_verifier=verifier, sync=False
            )
        response = RedirectResponse(onward, 302)
        self._set(response, request, self._hub.cookie_name, token)
        response.delete_cookie(self._hub.state_cookie_name, self._hub.cookie_path)
        return response

    def _set(
        self, response: Response, request: Request, name: str, value: str, seconds: int | None = None
    ) -> None:
        secure = request.url.scheme == "https" or self._hub.cookie_host_prefix_enabled
        response.set_cookie(
            name,
            value,
            seconds,
            path=self._hub.cookie_path,
            secure=secure,
            httponly=True,
            samesite="lax",
        )


def _seen_of(verifier: str) -> str:
    """Return the challenge, which is the state, too: seen by others, met only by this browser."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


@contextmanager
def _hub_answers() -> Iterator[None]:
    try:
        yield
    except HTTPError:  # so says the hub's library that it got no answer, or none that helps
        raise Refusal(503, "no_hub") from None
