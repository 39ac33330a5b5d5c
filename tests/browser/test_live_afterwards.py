"""What comes after a live session in a real browser: the debrief, the report on a phone and on paper, the replay."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import chromium
import pytest
import uvicorn
from live.served import Person, Server
from live.test_live_report import Session, one_round, whole_session
from playwright.sync_api import Page, expect

from partners import library
from partners.live import events, replay, replay_player, serve
from partners.live.report_page import page as report_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, ViewportSize

STAGE: ViewportSize = {"width": 1280, "height": 720}
CUT = "document.documentElement.scrollWidth > innerWidth"


def told(mode: str, language: events.Language) -> str:
    call = library.role_play("first_call_home")
    session = Session(call, 12, "trio") if mode == "trio" else whole_session(call, 12)
    if mode == "trio":
        one_round(session)
    session.does(events.Spoken(language=language), events.Debriefed(), events.Ticketed())
    for seat in range(1, 5):
        session.does(events.Ticket(text=f"<script>alert({seat})</script> Hello"), seat=seat)
    return report_page(session.report())


@pytest.mark.parametrize(("mode", "language"), [("vote", "en"), ("trio", "es")])
@pytest.mark.parametrize(
    ("size", "scheme"), [(chromium.DESK, "light"), (chromium.PHONE, "dark")], ids=["desk", "phone"]
)
def test_the_report_is_accessible_and_nothing_is_cut_or_fetched(
    browser: Browser,
    tmp_path: Path,
    violations: Callable[..., list[str]],
    mode: str,
    language: events.Language,
    size: ViewportSize,
    scheme: str,
) -> None:
    (tmp_path / "report.html").write_text(told(mode, language), "utf-8")
    context = browser.new_context(viewport=size, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((tmp_path / "report.html").as_uri())
    assert violations(page) == []
    assert not page.evaluate(CUT)
    assert len(asked) == 1
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 700, "height": 1000})
    assert not page.evaluate(CUT)
    context.close()


@pytest.fixture
def player(tmp_path: Path) -> Iterator[str]:
    """The address of a saved session that is played again."""
    session = whole_session(library.role_play("first_call_home"), 12)
    recording = replay.read(session.recorded().encode())
    listening = serve.listen("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(replay_player.player(recording), log_level="warning"))
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
    server.should_exit = True
    thread.join()


def test_a_session_is_played_again_by_keys(
    page: Page, player: str, violations: Callable[..., list[str]]
) -> None:
    page.set_viewport_size(STAGE)
    page.goto(player)
    place = page.get_by_role("navigation")
    expect(place).to_contain_text("Step 1 of")
    assert violations(page) == []
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("Vote on your phone.")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(place).to_contain_text("Step 3 of")
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_text("Vote on your phone.")).to_be_visible()
    page.get_by_label("Speed").select_option("16")
    page.locator("h1").click()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect(page.get_by_text("2 votes")).to_be_visible()
    page.keyboard.press("End")
    expect(page.get_by_role("button", name="Next step")).to_have_attribute("aria-disabled", "true")


def test_stage_and_phone_look_back_together_and_the_remote_saves_the_files(
    browser: Browser, server: Server, violations: Callable[..., list[str]]
) -> None:
    lead, code = server.session(library.role_play("first_call_home"))
    people = [Person(server.port, code) for _ in range(4)]
    lead.does("began")
    for beat in (1, 2):
        lead.does("vote_opened")
        replies = [reply["key"] for reply in lead.views()["room"]["beat"]["replies"]]
        for person, reply in zip(people, replies, strict=False):
            assert person.say("voted", beat=beat, reply=reply).status_code == 200
        assert lead.lead("chosen", reply=replies[beat]).status_code == 200
        lead.does("went_on")
    lead.does("debriefed")
    home = f"http://127.0.0.1:{server.port}"
    stage, phone, remote = (
        browser.new_context(viewport=s).new_page() for s in (STAGE, *[chromium.PHONE] * 2)
    )
    stage.goto(f"{home}/stage/{code}")
    phone.goto(f"{home}/{code}")
    phone.get_by_role("button", name="Join").click()
    remote.goto(f"{home}/lead#{lead.key}")
    for heading in (
        "Looking back",
        "Reply 1",
        "Reply 1: what else stood there",
        "Reply 2",
        "Reply 2: what else stood there",
        "The smallest change",
        "By principle",
        "To talk about",
    ):
        expect(phone.get_by_role("heading", name=heading, exact=True, level=1)).to_be_visible()
        for page in (stage, phone):
            assert violations(page) == []
            assert not page.evaluate(CUT)
        assert stage.evaluate("document.documentElement.scrollHeight <= innerHeight")
        if heading != "To talk about":
            remote.get_by_role("button", name="Look at: ").click()
            time.sleep(0.5)
    remote.get_by_text("The room", exact=True).click()
    for name in ("HTML", "CSV", "JSON", "replay"):
        with remote.expect_download() as saved:
            remote.get_by_role("button", name=name).click()
        assert saved.value.suggested_filename.startswith(f"{code}.re")
