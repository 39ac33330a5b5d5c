"""Somebody at the hub: logs in with a password, and asks what the pages of Jupyter ask."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import httpx
from hub.machine import PASSWORD, PATIENCE

if TYPE_CHECKING:
    from hub.machine import Machine


def logged_in(machine: Machine, name: str, path: str) -> tuple[httpx.Client, httpx.Response]:
    """Visit a page that asks who it is, log in as `name`, and return where that leads."""
    client = httpx.Client(follow_redirects=True, timeout=PATIENCE, trust_env=False)
    form = client.get(f"{machine.address}{path}")
    [token] = [str(c.value) for c in client.cookies.jar if (c.name, c.path) == ("_xsrf", "/hub/")]
    said = {"username": name, "password": PASSWORD, "_xsrf": token}
    return client, client.post(str(form.url), data=said)


class Person:
    """An account at the hub, with its server running."""

    def __init__(self, machine: Machine, name: str) -> None:
        self.name, self.machine = name, machine
        self.home = f"{machine.address}/user/{name}"
        self._client, page = logged_in(machine, name, "/hub/login")
        page.raise_for_status()

    def wait(self) -> None:
        """Wait until the server that the login has started answers as this person's."""
        until = time.monotonic() + PATIENCE
        while f"/user/{self.name}/" not in str(
            self._client.get(f"{self.machine.address}/hub/spawn").url
        ):
            assert time.monotonic() < until, f"The server of {self.name} has not started."
            time.sleep(0.2)

    def ask(self, method: str, path: str, **words: Any) -> httpx.Response:
        """Send a request to this person's server."""
        [token] = [
            c.value
            for c in self._client.cookies.jar
            if (c.name, c.path) == ("_xsrf", f"/user/{self.name}/")
        ]
        return self._client.request(
            method, f"{self.home}/{path}", headers={"X-XSRFToken": str(token)}, **words
        )

    def visit(self, path: str) -> httpx.Response:
        """Open any address of the hub as this person."""
        return self._client.get(f"{self.machine.address}{path}")

    def told(self, method: str, path: str, **words: Any) -> Any:
        """Return the JSON of the answer; nbgrader’s answers must say that it went well."""
        answer = self.ask(method, path, **words)
        answer.raise_for_status()
        told = answer.json()
        assert not isinstance(told, dict) or told.get("success", True), told
        return told

    def formgrader(self, method: str, path: str, **words: Any) -> Any:
        """Return what the formgrader answers."""
        return self.told(method, f"formgrader/api/{path}", **words)

    def assignment(self, action: str, name: str) -> None:
        """Do what a button of the assignment list does: fetch, submit, fetch_feedback."""
        self.told("POST", f"assignments/{action}", data={"course_id": "partners", "assignment_id": name})

    def assignments(self) -> list[dict[str, Any]]:
        """Return the rows of the assignment list."""
        return list(self.told("GET", "assignments", params={"course_id": "partners"})["value"])

    def save(self, path: str, text: str) -> None:
        """Save a file, as JupyterLab does."""
        model = {"type": "file", "format": "text", "content": text}
        self.told("PUT", f"api/contents/{path}", json=model)

    def read(self, path: str) -> str:
        """Return the text of a file, as JupyterLab reads it."""
        model = self.told("GET", f"api/contents/{path}", params={"type": "file", "format": "text"})
        return str(model["content"])
