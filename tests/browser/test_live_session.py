"""A whole live session in real browsers: stage, remote and five phones, from the code to the report."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, NamedTuple

import pytest
from live.served import Person, Server
from playwright.sync_api import Page, expect

from partners import library

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, ViewportSize

    Axe = Callable[..., list[str]]

STAGE: ViewportSize = {"width": 1280, "height": 720}
PHONE: ViewportSize = {"width": 390, "height": 844}
NARROW: ViewportSize = {"width": 320, "height": 640}
WIDE = "document.documentElement.scrollWidth > innerWidth"
WEIGHT = """
performance.getEntries()
  .filter(({ entryType, name }) => entryType === "navigation" || name.includes("/pages/"))
  .reduce((sum, { decodedBodySize }) => sum + decodedBodySize, 0)
"""
"""Bytes of all that a phone has loaded until a vote is over, before they are packed."""
SMALLEST = """
Math.min(...[...document.querySelectorAll("#page *")]
  .filter((each) => [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
  .map((each) => parseFloat(getComputedStyle(each).fontSize)))
"""
"""Pixels of the smallest words on a page."""
SCRIPT = "<script>alert(1)</script> Good <b>morning</b>"
CALL = library.role_play("first_call_home")
SECOND = list(CALL.scenes[CALL.opening].replies.values())[1]
OFFLINE = "ERR_INTERNET_DISCONNECTED"
PATIENCE = 15_000
"""Milliseconds; two processors may have other tests to run."""


class Room(NamedTuple):
    """Every screen of a session, and what went wrong on any of them."""

    server: Server
    code: str
    stage: Page
    remote: Page
    phones: list[Page]
    wrong: list[str]

    def clean(self, violations: Axe, *pages: Page) -> None:
        for page in pages or (self.stage, self.remote, self.phones[1]):
            assert violations(page) == []
            assert not page.evaluate(WIDE)

    def next(self, words: str) -> None:
        """The facilitator does what the large button offers."""
        button = self.remote.locator("nav .main")
        expect(button).to_contain_text(words)
        button.click()
        expect(button).not_to_have_attribute("aria-disabled", "true")

    def press(self, words: str) -> None:
        """The facilitator presses another button."""
        self.remote.get_by_role("button", name=words, exact=True).click()

    def agree(self, words: str) -> None:
        """The facilitator is asked once more, and agrees."""
        self.remote.get_by_role("navigation").get_by_role("button", name=words).click()


@pytest.fixture
def opened(browser: Browser, server: Server) -> Iterator[Callable[[str], Room]]:
    here = f"http://127.0.0.1:{server.port}/"
    wrong: list[str] = []

    def screen(path: str, size: ViewportSize, scheme: str = "light") -> Page:
        context = browser.new_context(viewport=size, color_scheme=scheme)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda asked: None if asked.url.startswith(here) else wrong.append(asked.url))
        page.goto(here + path)
        return page

    def room(mode: str) -> Room:
        lead, code = server.session(CALL, mode)  # type: ignore[arg-type]
        stage, remote = screen(f"stage/{code}", STAGE), screen(f"lead#{lead.key}", PHONE)
        typing = screen("", PHONE)
        typing.get_by_label("The code on the screen").wait_for()
        typing.keyboard.press("Tab")
        typing.keyboard.type(code.lower())
        typing.keyboard.press("Enter")
        typing.wait_for_url(f"**/{code}")
        others = [screen(code, *how) for how in ((NARROW, "dark"), (PHONE,), (PHONE,), (PHONE,))]
        return Room(server, code, stage, remote, [typing, *others], wrong)

    contexts: list[object] = []
    expect.set_options(timeout=PATIENCE)
    yield room
    for context in contexts:
        context.close()  # type: ignore[attr-defined]


def join(*phones: Page) -> None:
    for phone in phones:
        phone.get_by_role("button", name="Join").click()
        expect(phone.get_by_role("button", name="Leave the room")).to_be_visible()


def tab_to(page: Page, name: str) -> None:
    """Move on with the keyboard until something of this name has the focus."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name || document.activeElement.textContent") == name:
            return
    raise AssertionError(f"The keyboard does not come to “{name}”.")


def write(phone: Page, words: str) -> None:
    """Write into the first field, and send it, with the keyboard."""
    tab_to(phone, "text")
    phone.keyboard.type(words)
    tab_to(phone, "Send")
    phone.keyboard.press("Enter")


def saved(room: Room) -> list[dict[str, str]]:
    """Save the report as a table, and read it."""
    if not room.remote.get_by_role("button", name="Save the report (CSV)").is_visible():
        room.remote.get_by_text("The room", exact=True).click()
    with room.remote.expect_download() as download:
        room.press("Save the report (CSV)")
    text = download.value.path().read_text("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_a_room_votes_from_the_code_to_the_report(
    opened: Callable[[str], Room], violations: Axe
) -> None:
    room = opened("vote")
    come_in(room, violations)
    first_scene(room, violations)
    second_scene(room)
    afterwards(room, violations)


def come_in(room: Room, violations: Axe) -> None:
    """Four phones come in, one by keyboard alone; one speaks Spanish."""
    keyboard, narrow, spanish, moving, _ = room.phones
    tab_to(keyboard, "Join")
    keyboard.keyboard.press("Enter")
    join(narrow, spanish, moving)
    spanish.get_by_role("button", name="Español").click()
    expect(spanish.get_by_role("heading", level=1)).to_contain_text("Eres")
    expect(room.stage.locator("body")).to_contain_text("4 people are here")
    room.clean(violations)


def first_scene(room: Room, violations: Axe) -> None:
    """Votes, changed and made without a link; words of one’s own; a late comer; a pause; the result."""
    keyboard, narrow, spanish, moving, late = room.phones
    room.next("Start the conversation")
    room.next("Open the vote")
    expect(keyboard.get_by_role("status").last).to_contain_text("The vote is open")
    tab_to(keyboard, "reply")
    keyboard.keyboard.press("Space")
    keyboard.keyboard.press("ArrowDown")
    narrow.locator(".reply input").nth(0).check()
    narrow.locator(".reply input").nth(1).check()
    moving.context.set_offline(True)
    moving.locator(".reply input").nth(0).check()
    spanish.locator("textarea").fill(SCRIPT)
    spanish.get_by_role("button", name="Enviar").click()
    join(late)
    late.locator(".reply input").nth(1).check()
    expect(room.remote.locator("main")).to_contain_text("3 of 5 have voted")
    moving.context.set_offline(False)
    expect(room.remote.locator("main")).to_contain_text("4 of 5 have voted")
    moving.reload()
    expect(moving.locator(".reply input").nth(0)).to_be_checked()
    room.press(f"Show: {SCRIPT}")
    expect(room.stage.locator("blockquote")).to_have_text(SCRIPT)
    expect(room.stage.locator("table")).to_have_count(0)
    expect(room.stage.locator("body")).not_to_contain_text("%")
    room.clean(violations)
    room.press("Pause")
    expect(narrow.locator("main")).to_contain_text("Paused.")
    room.next("Go on after the pause")
    room.next("Show the result")
    result = "4 votes: B 3 (75%), A 1 (25%)"
    expect(room.stage.locator("body")).to_contain_text(result)
    expect(room.stage.get_by_role("table").first).to_be_attached()
    expect(keyboard.get_by_role("status").last).to_contain_text(result)
    assert 20_000 < narrow.evaluate(WEIGHT) <= 30_000
    room.clean(violations)


def second_scene(room: Room) -> None:
    """What the room says, back, and on."""
    narrow, late = room.phones[1], room.phones[4]
    room.next("Say B")
    expect(narrow.locator("main")).to_contain_text(SECOND.say)
    room.next("Go on")
    expect(room.remote.locator("h1")).to_contain_text("Scene 2")
    room.press("Back")
    expect(room.remote.locator("h1")).to_contain_text("Scene 1")
    room.next("Say B")
    room.next("Go on")
    room.next("Open the vote")
    late.locator(".reply input").nth(0).check()
    expect(room.remote.locator("main")).to_contain_text("1 of 5 has voted")
    room.next("Show the result")
    room.next("Say A")


def afterwards(room: Room, violations: Axe) -> None:
    """The debrief, the last question, the end, the report."""
    keyboard, narrow, _, moving, late = room.phones
    room.press("Look back")
    expect(room.stage.locator("body")).to_contain_text(CALL.parent.hidden[:40])
    room.clean(violations)
    room.next("Look at: Reply 1")
    expect(room.stage.locator("body")).to_contain_text(SECOND.say[:40])
    narrow.locator("textarea").first.fill("I want to ask first.")
    narrow.get_by_role("button", name="Send").first.click()
    expect(room.remote.locator("main")).to_contain_text("1 thought has been written down")
    room.press("Ask the last question")
    for phone in (keyboard, narrow, late):
        expect(phone.get_by_label("Think of a parent")).to_be_visible()
        write(phone, "Good morning, is now a good time?")
    expect(room.stage.locator("body")).to_contain_text("3 answers are in")
    room.next("End the session")
    room.agree("End the session")
    for phone in (keyboard, narrow, moving, late):
        expect(phone.get_by_role("heading", level=1)).to_have_text("Thank you")
    room.clean(violations)
    counts = {row["what"]: row["count"] for row in saved(room)}
    assert (counts["people"], counts["tickets"]) == ("5", "3")
    assert [words for words in room.wrong if OFFLINE not in words] == []


def test_in_a_small_window_no_word_of_the_stage_is_too_small_to_read(
    browser: Browser, server: Server
) -> None:
    lead, code = server.session(CALL, "trio")
    [Person(server.port, code) for _ in range(3)]
    lead.does("began", "round_began")
    with browser.new_context(viewport=NARROW) as context:
        stage = context.new_page()
        stage.goto(f"http://127.0.0.1:{server.port}/stage/{code}")
        expect(stage.locator("footer p")).to_contain_text("Next")
        assert stage.evaluate(SMALLEST) >= 12
        assert not stage.evaluate(WIDE)


def role_of(phone: Page) -> str:
    heading = phone.get_by_role("heading", level=1)
    expect(heading).to_contain_text("Trio")
    return heading.inner_text().split(" · ")[1]


def test_trios_talk_from_the_code_to_the_report(opened: Callable[[str], Room], violations: Axe) -> None:
    room = opened("trio")
    keyboard, *others = room.phones
    tab_to(keyboard, "Join")
    keyboard.keyboard.press("Enter")
    join(*others)
    without_browser = [Person(room.server.port, room.code) for _ in range(4)]
    expect(room.stage.locator("body")).to_contain_text("9 people are here")

    room.next("Explain the three roles")
    room.next("Start a round")
    roles = {phone: role_of(phone) for phone in room.phones}
    for phone, role in roles.items():
        knows = expect(phone.locator("main"))
        hidden = CALL.parent.hidden[:60]
        (knows.to_contain_text if role == "Parent" else knows.not_to_contain_text)(hidden)
    expect(room.stage.locator("body")).to_contain_text("Trio 3")
    expect(room.stage.locator("body")).not_to_contain_text(CALL.parent.hidden[:60])
    room.clean(violations, room.stage, room.remote, *room.phones[:2])

    room.next("Next: talk")
    room.press("4 minutes")
    expect(room.stage.get_by_role("timer")).to_contain_text("3:5")
    for person in without_browser:
        watch(person)
    for phone, role in roles.items():
        if role == "Observer":
            write(phone, SCRIPT)
            tab_to(phone, CALL.practises[0])
            phone.keyboard.press("Space")
            room.clean(violations, phone)
    room.next("Next: the observer’s words")
    expect(room.stage.locator("body")).not_to_contain_text("script")
    room.next("Next: true or false")
    for phone, role in roles.items():
        if role != "Observer":
            answer(phone)
    for person in without_browser:
        decide(person)
    expect(room.remote.locator("main")).to_contain_text("6 of 6 have answered everything")
    room.next("Next: compare")
    expect(room.stage.get_by_role("table")).to_contain_text("Teachers right")
    expect(room.stage.locator("body")).to_contain_text("No teacher had seen the card")
    room.clean(violations, room.stage, room.remote)

    room.next("Next round: the roles change")
    for phone, role in roles.items():
        expect(phone.get_by_role("heading", level=1)).not_to_contain_text(role)
    others[1].reload()
    assert role_of(others[1]) != roles[others[1]]
    room.press("Look back")
    room.clean(violations)
    room.press("End the session")
    room.agree("End the session")
    expect(keyboard.get_by_role("heading", level=1)).to_have_text("Thank you")
    assert "ratings" in {row["what"] for row in saved(room)}
    assert room.wrong == []


def watch(person: Person) -> None:
    """If this is an observer, rate everything with 2."""
    you = person.views()["you"]
    for dimension in you["rubric"] if you["role"] == "observer" else []:
        said = person.say("rated", round=1, dimension=dimension["id"], points=2)
        assert said.status_code == 200


def decide(person: Person) -> None:
    """If this is a teacher or a parent, hold everything to be true."""
    you = person.views()["you"]
    for number, _ in enumerate(you.get("statements", [])):
        assert person.say("answered", round=1, statement=number, true=True).status_code == 200


def answer(phone: Page) -> None:
    """Hold everything to be true, with the keyboard."""
    expect(phone.locator("fieldset.pair")).to_have_count(len(CALL.statements))
    for number, _ in enumerate(CALL.statements):
        tab_to(phone, f"statement-{number}")
        phone.keyboard.press("Space")
