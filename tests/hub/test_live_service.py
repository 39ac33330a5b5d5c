"""Live sessions at a real JupyterHub: who opens them, and phones that join through the hub's proxy."""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import takewhile
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import httpx
import psutil
import pytest
from axe_playwright_python.sync_playwright import Axe
from hub.machine import INSTRUCTOR, PASSWORD, PATIENCE, Machine
from hub.person import logged_in
from hub.phones import Phone
from playwright.sync_api import Browser, Page, expect

from partners import library
from partners.live import app

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from hub.phones import Json

PHONES = 200
ROLE_PLAY = "first_call_home"


class Room:
    """A session that the instructor has opened."""

    def __init__(self, hub: Machine) -> None:
        self.live = f"{hub.address}/services/live"
        self.instructor, page = logged_in(hub, INSTRUCTOR, "/services/live/open")
        assert str(page.url) == f"{self.live}/open"
        self.wish = {"key": new_key(), "role_play": ROLE_PLAY, "mode": "vote", "language": "en"}
        answer = self.instructor.post(f"{self.live}/open", json=self.wish)
        assert answer.status_code == 200, answer.text
        self.opened = answer.json()
        self.code = self.opened["code"]
        self.address = f"{self.live}/{self.code}"
        self.stranger = httpx.Client(timeout=PATIENCE, trust_env=False)
        self.remote = httpx.Client(
            headers={"Authorization": f"Bearer {self.opened['key']}"}, timeout=PATIENCE, trust_env=False
        )

    def lead(self, kind: str, **body: object) -> None:
        answer = self.remote.post(f"{self.address}/lead", json={"key": new_key(), "kind": kind, **body})
        assert answer.status_code == 200, answer.text

    def views(self) -> Any:
        return self.remote.get(f"{self.address}/poll").json()


def new_key() -> str:
    return secrets.token_urlsafe(16)


@pytest.fixture(scope="session")
def room(hub: Machine) -> Room:
    return Room(hub)


def test_the_same_wish_twice_is_one_session(room: Room) -> None:
    again = room.instructor.post(f"{room.live}/open", json=room.wish)
    assert again.json() == room.opened
    other = room.instructor.post(f"{room.live}/open", json=room.wish | {"key": new_key()})
    assert other.json()["code"] != room.code
    erased = room.stranger.post(
        f"{room.live}/open/erase",
        json={"key": new_key()},
        headers={"Authorization": f"Bearer {other.json()['key']}"},
    )
    assert erased.json() == {}
    assert room.stranger.get(f"{room.live}/lead/session").status_code == 401
    offers = room.instructor.get(f"{room.live}/open/offers").json()["role_plays"]
    [offer] = [offer for offer in offers if offer["name"] == ROLE_PLAY]
    assert offer["minutes"] > 5
    assert "vote" in offer["modes"]


def test_a_student_and_a_stranger_open_nothing(hub: Machine, room: Room) -> None:
    wish = room.wish | {"key": new_key()}
    to_login = room.stranger.get(f"{room.live}/open")
    assert to_login.status_code == 302
    assert to_login.headers["location"].startswith("/hub/api/oauth2/authorize?client_id=service-live&")
    assert room.stranger.get(f"{room.live}/open/offers").json() == {"why": "no_login"}
    assert room.stranger.post(f"{room.live}/open", json=wish).json() == {"why": "no_login"}
    erased = room.stranger.post(f"{room.live}/open/erase", json={"key": new_key()})
    assert (erased.status_code, erased.json()) == (401, {"why": "unknown_key"})

    student, page = logged_in(hub, "ada", "/services/live/open")
    assert (page.status_code, page.url.path) == (403, "/hub/api/oauth2/authorize")
    # Not with a token of hers in the place of the one that the login brings, either.
    form = student.get(f"{hub.address}/hub/token")
    [xsrf] = re.findall(r'xsrf_token: "([^"]+)"', form.text)
    made = student.post(
        f"{hub.address}/hub/api/users/ada/tokens", headers={"X-XSRFToken": xsrf}, json={"note": "mine"}
    )
    student.cookies.set("service-live", made.json()["token"], path="/services/live/")
    refused = student.post(f"{room.live}/open", json=wish)
    assert (refused.status_code, refused.json()) == (403, {"why": "not_allowed"})


def test_the_login_of_one_browser_does_not_log_another_one_in(hub: Machine, room: Room) -> None:
    instructor, _ = logged_in(hub, INSTRUCTOR, "/services/live/open")
    instructor.cookies.delete("service-live")
    instructor.follow_redirects = False
    to_hub = instructor.get(f"{room.live}/open").headers["location"]
    back = f"{hub.address}{instructor.get(f'{hub.address}{to_hub}').headers['location']}"
    assert set(parse_qs(urlsplit(back).query)) == {"code", "state"}
    with httpx.Client(trust_env=False) as other:
        for visit in range(2):
            answer = other.get(back)
            assert answer.status_code == 403
            assert "service-live" not in answer.cookies
            if visit == 0:
                other.get(f"{room.live}/open")  # now it has a state of its own
    assert instructor.get(back).headers["location"] == "/services/live/open"
    assert instructor.get(f"{room.live}/open").status_code == 200
    assert instructor.get(back).status_code == 403  # once is enough

    wish = room.wish | {"key": new_key()}
    elsewhere = {"Origin": "https://elsewhere.example"}
    answer = instructor.post(f"{room.live}/open", json=wish, headers=elsewhere)
    assert answer.json() == {"why": "other_site"}
    instructor.get(f"{hub.address}/hub/logout")
    assert instructor.post(f"{room.live}/open", json=wish).json() == {"why": "no_login"}


def test_addresses_are_those_before_the_proxies(hub: Machine, room: Room) -> None:
    assert room.stranger.get(room.live).headers["location"] == f"{room.live}/"
    assert "data-hub" in room.stranger.get(f"{room.live}/").text
    drawn = room.stranger.get(f"{room.address}/qr.svg")
    assert drawn.content == app.qr(room.address)
    assert room.opened["qr"] == app.qr(f"{room.live}/lead#{room.opened['key']}").decode()
    outside = {"Host": "hub.example.org", "X-Forwarded-Proto": "https"}
    drawn = room.stranger.get(f"{room.address}/qr.svg", headers=outside)
    assert drawn.content == app.qr(f"https://hub.example.org/services/live/{room.code}")
    kept = room.stranger.get(f"{room.live}/open", headers=outside).headers["set-cookie"]
    assert "Secure" in kept
    assert "Path=/services/live/" in kept
    assert "default-src 'none'" in drawn.headers["content-security-policy"]


def test_who_guesses_codes_is_stopped_alone_whoever_they_say_they_are(room: Room) -> None:
    def guessed(client: httpx.Client, number: int) -> int:
        called = {"X-Forwarded-For": f"198.51.100.{number % 250}"}
        return client.get(f"{room.live}/CDFGHJ/poll", headers=called).status_code

    from_here, from_there = (httpx.HTTPTransport(local_address=f"127.9.0.{n}") for n in (1, 2))
    with httpx.Client(transport=from_here) as here, httpx.Client(transport=from_there) as there:
        free = takewhile(lambda status: status != 429, (guessed(here, number) for number in range(400)))
        assert 100 <= len(list(free)) < 400
        assert guessed(there, 1) == 404
        assert there.post(f"{room.address}/join", json={"key": new_key()}).status_code == 200


def test_a_facilitator_opens_a_session_in_a_browser(hub: Machine, page: Page, browser: Browser) -> None:
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.goto(f"{hub.address}/services/live/")
    page.get_by_role("link", name="Open a session").click()
    page.get_by_label("Username:").fill(INSTRUCTOR)
    page.get_by_label("Password:").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    title = library.role_play(ROLE_PLAY).title
    conversation = page.get_by_role("button", name=f"Open: all vote together: {title}")
    expect(conversation).to_be_visible()
    assert Axe().run(page).response["violations"] == []
    conversation.click()
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text(re.compile(r"Session \w{6} is open"))
    expect(heading).to_be_focused()
    [code] = re.findall(r"Session (\w{6})", heading.inner_text())
    expect(page.get_by_role("img", name=re.compile("To lead from your phone"))).to_be_visible()
    assert Axe().run(page).response["violations"] == []
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Lead it here").click()
    lead = opened.value
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Open the stage").click()
    stage = opened.value
    expect(stage.locator("body")).to_contain_text(f"{urlsplit(hub.address).netloc}/services/live")

    phone = browser.new_context(viewport={"width": 320, "height": 640}).new_page()
    phone.goto(f"{hub.address}/services/live/")
    phone.get_by_label("The code on the screen").fill(code.lower())
    phone.get_by_role("button", name="Go in").click()
    phone.get_by_role("button", name="Join").click()
    lead.get_by_role("button", name="Start the conversation").click()
    lead.get_by_role("button", name="Open the vote").click()
    phone.get_by_role("radio").first.check()
    expect(lead.locator("main")).to_contain_text("1 of 1 has voted")
    phone.context.close()

    page.get_by_role("button", name="Back to the conversations").click()
    page.get_by_role("button", name=f"Erase: {code}").click()
    page.get_by_role("button", name="Erase", exact=True).click()
    expect(page.get_by_role("status")).to_have_text(f"{code} is erased.")
    assert wrong == []


def test_two_hundred_phones_vote_and_none_is_lost_when_the_one_that_serves_dies(
    hub: Machine, room: Room
) -> None:
    keeper, worker = _processes(hub)
    assert {keeper.username(), worker.username()}.isdisjoint({"root", INSTRUCTOR})
    _run(_voting(room, [Phone(room.address, number) for number in range(PHONES)], worker))
    assert _processes(hub)[0] == keeper


def test_phones_come_back_after_the_proxy_s_503(hub: Machine, room: Room) -> None:
    phones = [Phone(room.address, 500 + number) for number in range(20)]
    _run(_coming_back(room, phones, _processes(hub)))
    assert {status for phone in phones for status in phone.refused} == {503}


def _processes(hub: Machine) -> list[psutil.Process]:
    """Return the process that the hub has started, and the one that serves."""
    return [
        each
        for each in psutil.Process(hub.process).children(recursive=True)
        if "partners.live.hub" in each.cmdline()
    ]


def _run(session: Coroutine[Any, Any, None]) -> None:
    with ThreadPoolExecutor(1) as hand:  # in this thread runs the loop of the browser's tests
        hand.submit(asyncio.run, session).result()


async def _voting(room: Room, phones: list[Phone], worker: psutil.Process) -> None:
    began = time.monotonic()
    await asyncio.gather(*(phone.join() for phone in phones))
    print(f"\n{len(phones)} phones joined through the proxy in {time.monotonic() - began:.2f} s")
    following = [asyncio.create_task(phone.follow()) for phone in phones]
    await asyncio.to_thread(room.lead, "began")
    await _all_see(phones, lambda view: view["beat"])
    for phone in phones:
        phone.late.clear()
    await asyncio.to_thread(room.lead, "vote_opened")
    await _all_see(phones, lambda view: view["beat"]["vote"] == "open")
    _print("broadcast", [late for phone in phones for late in phone.late])
    replies = [reply["key"] for reply in phones[0].seen["room"]["beat"]["replies"]]
    _print("vote kept", await asyncio.gather(*(_vote(phone, replies, 0) for phone in phones)))

    again = [asyncio.create_task(_vote(phone, replies, 1)) for phone in phones]
    await asyncio.sleep(1)
    worker.kill()
    _print("vote kept, the one that serves was killed", await asyncio.gather(*again))
    await _end(following)  # the proxy does not tell; a page finds out when it hears nothing for a while
    for phone in phones:
        phone.seen.clear()
    following = [asyncio.create_task(phone.follow()) for phone in phones]
    tally = (await asyncio.to_thread(room.views))["back"]["tally"]
    voted = Counter(_reply(phone, replies, 1) for phone in phones)
    assert {row["key"]: row["votes"] for row in tally if row["votes"]} == voted
    await _all_see(phones, lambda view: view["beat"]["votes"] == len(phones))
    for phone in phones:
        assert phone.seen["you"]["vote"] == _reply(phone, replies, 1)
    await _end(following)


async def _coming_back(room: Room, phones: list[Phone], service: list[psutil.Process]) -> None:
    await asyncio.gather(*(phone.join() for phone in phones))
    following = [asyncio.create_task(phone.follow()) for phone in phones]
    await _all_see(phones, lambda view: view["beat"])
    service[0].terminate()  # the hub finds that when it looks for it
    died = time.monotonic()
    assert psutil.wait_procs(service[1:], 5)[1] == []
    async with asyncio.timeout(PATIENCE):
        while not all(phone.refused for phone in phones):
            await asyncio.sleep(0.02)
    for phone in phones:
        phone.seen.clear()  # what was on its way has come by now
    await _all_see(phones, lambda view: view["beat"])
    print(f"\nthe hub had started the service again after {time.monotonic() - died:.1f} s")
    await asyncio.to_thread(room.lead, "revealed")
    await _all_see(phones, lambda view: view["beat"]["tally"])
    await _end(following)


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _reply(phone: Phone, replies: list[str], turn: int) -> str:
    return replies[(phone.number + turn) % len(replies)]


async def _vote(phone: Phone, replies: list[str], turn: int) -> float:
    await asyncio.sleep(2 * phone.number / PHONES)
    return await phone.say("voted", beat=1, reply=_reply(phone, replies, turn))


async def _all_see(phones: list[Phone], what: Callable[[Json], Any]) -> None:
    """Wait until each phone has been shown it."""
    async with asyncio.timeout(PATIENCE):
        while not all("room" in phone.seen and what(phone.seen["room"]) for phone in phones):
            await asyncio.sleep(0.02)


def _print(what: str, seconds: list[float]) -> None:
    p99 = quantiles(seconds, n=100)[98]
    print(f"{what}: p50 {1000 * median(seconds):.0f} ms, p99 {1000 * p99:.0f} ms")
