"""A reader plays the conversation in the built page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from chromium import DESK, PHONE
from playwright.sync_api import Browser, Page, expect

from partners import library
from partners.player import STYLE, scripts
from partners.scenario import engine, graph, transcript
from partners.sphinx import role_plays

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator

    from partners.scenario.model import RolePlay

TALK = "first_call_home"
CHAPTER = "chapters/first_contact.html"


def ways(*endings: str) -> list[list[str]]:
    """The fewest replies to each of `endings`."""
    role_play = library.role_play(TALK)
    found = graph.explore(role_play)
    return [found.way_to(next(s for s in found.states if s.at == end)) for end in endings]


def say(page: Page, key: str) -> None:
    """Choose the reply `key` as a reader would: by its words, after what the scene asks for first."""
    skip_to_replies(page)
    role_play = library.role_play(TALK)
    replies = [s.replies[key].say for s in role_play.scenes.values() if key in s.replies]
    words = [page.get_by_role("button", name=reply, exact=True) for reply in replies]
    next(button for button in words if button.count()).click()


def skip_to_replies(page: Page) -> None:
    for name in ("Skip", "Show the replies"):
        button = page.get_by_role("button", name=name, exact=True)
        if button.count():
            button.click()


def play(page: Page, keys: list[str]) -> None:
    for key in keys:
        say(page, key)


def downloaded(page: Page, button: str) -> tuple[str, str]:
    """The name and the text of the file that a button gives."""
    with page.expect_download() as started:
        page.get_by_role("button", name=button).click()
    return started.value.suggested_filename, Path(started.value.path()).read_text("utf-8")


def download(page: Page, talk: str = TALK) -> dict[str, Any]:
    name, text = downloaded(page, "Download the transcript")
    assert name == f"{talk}.transcript.json"
    return transcript.read(text)


@pytest.fixture
def at_the_gate(
    small_talk: RolePlay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., str]:
    """Put the small conversation into a page of its own, opened as a file; return its address."""
    monkeypatch.setattr(library, "portrait", lambda _: "<svg></svg>")

    def write(**changes: object) -> str:
        for name, text in scripts.page_scripts().items():
            (tmp_path / name).write_text(text, "utf-8")
        page = (
            f"<!doctype html><html lang='en'><meta charset='utf-8'><title>At the gate</title><style>"
            f"{STYLE}</style><main><h1>At the gate</h1>"
            f"{role_plays.page_html(small_talk.model_copy(update=changes))}</main>"
            f"<script async src='{scripts.FIRST}'></script>"
        )
        (tmp_path / "gate.html").write_text(page, "utf-8")
        return (tmp_path / "gate.html").as_uri()

    return write


def at_gate(page: Page, small_talk: RolePlay, *keys: str) -> None:
    """Say `keys` at the gate, in order; only one scene there has each."""
    for key in keys:
        skip_to_replies(page)
        [reply] = [s.replies[key].say for s in small_talk.scenes.values() if key in s.replies]
        page.get_by_role("button", name=reply, exact=True).click()


def part(page: Page, title: str) -> Locator:
    return page.locator(".pt-part", has=page.get_by_text(title, exact=True))


def test_from_the_first_word_to_the_debrief_and_a_second_attempt(page: Page, site: str) -> None:
    role_play = library.role_play(TALK)
    first, second = ways("polite", "partnership")
    page.goto(f"{site}/{CHAPTER}")
    talk = page.get_by_role("region", name=role_play.title)
    expect(talk.locator(".pt-now")).to_contain_text(role_play.scenes["pick_up"].says[0].line)

    play(page, first)
    debrief = talk.locator(".pt-debrief")
    expect(debrief).to_be_focused()
    expect(debrief).to_contain_text(role_play.endings["polite"].title)
    expect(debrief).to_contain_text(role_play.parent.hidden.split(".")[0])
    line = engine.play(role_play, first).trust()
    label = f"Trust from 0 to 10: began at {line[0]}, then {', '.join(map(str, line[1:]))}."
    expect(debrief.get_by_role("img", name=label)).to_be_visible()
    expect(part(page, "Reply by reply").locator(".pt-turns > li")).to_have_count(len(first))
    expect(debrief.locator(".pt-turns cite").first).to_contain_text("(20")
    expect(debrief.locator(".pt-next")).not_to_be_empty()

    page.get_by_role("button", name="Play it again").click()
    play(page, second)
    expect(talk.locator(".pt-debrief")).to_contain_text(role_play.endings["partnership"].title)
    expect(talk.get_by_role("table").first.locator("tbody tr")).to_have_count(2)

    plays = transcript.replay(role_play, download(page))
    assert [[turn.key for turn in play.turns] for play in plays] == [first, second]


def test_a_reload_and_a_reply_taken_back_lose_nothing(page: Page, site: str) -> None:
    [way] = ways("partnership")
    page.goto(f"{site}/{CHAPTER}")
    play(page, way[:4])
    page.reload()
    expect(page.locator(".pt-teacher")).to_have_count(4)
    page.get_by_role("button", name="Take my last reply back").click()
    expect(page.locator(".pt-teacher")).to_have_count(3)
    play(page, way[3:])
    [played] = transcript.replay(library.role_play(TALK), download(page))
    assert [turn.key for turn in played.turns] == way


def test_the_whole_call_by_keyboard_alone(page: Page, site: str) -> None:
    [way] = ways("polite")
    page.goto(f"{site}/{CHAPTER}")
    page.locator(".pt-reply").first.wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # the skip link
    for _ in range(80):
        if page.evaluate("document.activeElement.classList.contains('pt-reply')"):
            break
        page.keyboard.press("Tab")
    for key in way:
        if page.get_by_role("slider").count():
            press(page, "Tab", "ArrowLeft", "Tab", "Enter")
            if not page.locator(".pt textarea").count():
                page.keyboard.press("Tab")
        if page.locator(".pt textarea").count():
            press(page, "Tab", *"So?", "Tab", "Enter", "Tab")
        scene = page.locator(".pt-reply").all_inner_texts()
        words = {
            r.say
            for s in library.role_play(TALK).scenes.values()
            for k, r in s.replies.items()
            if k == key
        }
        steps = next(i for i, text in enumerate(scene) if text in words)
        for _ in range(steps):
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        if page.locator(".pt-replies").count():
            said = page.evaluate("document.activeElement.innerText")
            assert said, "the focus is on the new line, so that it is read out"
            if not page.get_by_role("slider").count() + page.locator(".pt textarea").count():
                page.keyboard.press("Tab")  # from the new line to the first reply
    expect(page.locator(".pt-debrief")).to_be_focused()
    assert {turn["own_words"] for turn in download(page)["attempts"][0]["turns"]} == {None, "So?"}


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_an_edited_case_keeps_the_replies_that_still_stand(page: Page, site: str) -> None:
    [way] = ways("partnership")
    page.goto(f"{site}/{CHAPTER}")
    play(page, way[:3])
    key = f"partners:role-play:{TALK}"
    page.evaluate(
        "key => { const kept = JSON.parse(localStorage[key]); kept[0].turns[2].reply = 'gone';"
        " localStorage[key] = JSON.stringify(kept) }",
        key,
    )
    page.reload()
    expect(page.locator(".pt-status")).to_contain_text("Your replies were kept up to reply 2.")
    expect(page.locator(".pt-teacher")).to_have_count(2)


@pytest.mark.parametrize(
    "kept",
    ["{", "null", "7", '[{"turns": 3}]', "[{}]", '{"a": 1}', '[{"turns": [["pick_up", "mixed"]]}]'],
)
def test_a_broken_memory_begins_anew(page: Page, site: str, kept: str) -> None:
    page.goto(f"{site}/{CHAPTER}")
    page.evaluate("([k, v]) => localStorage.setItem(k, v)", [f"partners:role-play:{TALK}", kept])
    page.reload()
    expect(page.locator(".pt-reply")).to_have_count(4)


def test_the_page_opened_as_a_file_plays_too(page: Page, book: Path) -> None:
    [way] = ways("partnership")
    page.goto((book / CHAPTER).as_uri())
    play(page, way)
    expect(page.locator(".pt-debrief")).to_be_visible()


def test_without_script_the_conversation_can_be_read(browser: Browser, site: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/{CHAPTER}")
    text = page.locator(".partners-roleplay").inner_text()
    role_play = library.role_play(TALK)
    for scene in role_play.scenes.values():
        for reply in scene.replies.values():
            assert " ".join(reply.say.split()) in text
    assert "Answers" in page.locator(".pt-quiz").first.inner_text()
    context.close()


# Colors depend on the scheme and layout on the width: two pairs see both.
@pytest.mark.parametrize(
    ("viewport", "scheme"), [(DESK, "light"), (PHONE, "dark")], ids=["light-desk", "dark-phone"]
)
def test_axe_finds_nothing_at_any_step(
    browser: Browser,
    site: str,
    violations: Callable[..., list[str]],
    viewport: Any,
    scheme: Any,
) -> None:
    way, worse = ways("partnership", "polite")
    context = browser.new_context(viewport=viewport, color_scheme=scheme, reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{site}/{CHAPTER}")
    page.locator(".pt-reply").first.wait_for()
    found = violations(page)
    for key in way:
        if page.get_by_role("slider").count():
            found += violations(page, ".partners-roleplay")
            page.get_by_role("button", name="My guess is").click()
        if page.locator(".pt textarea").count():
            page.locator(".pt textarea").fill("I can see why. How did they go?")
            found += violations(page, ".partners-roleplay")
        say(page, key)
        found += violations(page, ".partners-roleplay")
    page.get_by_role("button", name="Play it again").click()
    play(page, worse)
    page.locator(".pt-details summary").click()
    found += violations(page, ".partners-roleplay")
    assert found == []
    width = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width[0] <= width[1], "the page scrolls sideways"
    targets = page.locator(".pt").locator("button, summary, .pt-model, .pt-check").all()
    assert min(box["height"] for box in (t.bounding_box() for t in targets) if box) >= 44
    context.close()


def test_targets_are_large_enough_for_a_thumb(browser: Browser, site: str) -> None:
    context = browser.new_context(viewport=PHONE)
    page = context.new_page()
    page.goto(f"{site}/{CHAPTER}")
    say(page, ways("polite")[0][0])
    heights = [b.bounding_box()["height"] for b in page.locator(".pt button").all()]  # type: ignore[index]
    assert min(heights) >= 44
    context.close()


def test_the_transcript_is_the_one_python_writes(page: Page, site: str) -> None:
    [way] = ways("partnership")
    page.goto(f"{site}/{CHAPTER}")
    play(page, way)
    given = download(page)
    attempt = given["attempts"][0]
    role_play = library.role_play(TALK)
    ours = transcript.attempt(engine.play(role_play, way), attempt["began"], attempt["ended"])
    assert json.dumps(given) == json.dumps(transcript.write(role_play, [ours]))


WORDS = "Is she like that at home, too?\nI’d love to know — 👍"


def test_a_guess_and_own_words_come_first_and_survive_reloads_rewinding_and_redoing(
    page: Page, at_the_gate: Callable[..., str], small_talk: RolePlay
) -> None:
    page.goto(at_the_gate())
    expect(page.get_by_text("Reply 1 of about 3")).to_be_visible()
    at_gate(page, small_talk, "praise")
    replies = page.locator(".pt-reply", has_text="What does she like at home?")
    put_back = page.get_by_role("button", name="Put it back")
    back = page.get_by_role("button", name="Take my last reply back")

    slider = page.get_by_role("slider", name="How far does Tomas trust you now?")
    expect(replies).to_have_count(0)
    slider.press("ArrowRight")
    slider.press("ArrowRight")
    page.get_by_role("button", name="My guess is 7").click()
    expect(page.get_by_role("group", name="In your own words Reply 2 of about 3")).to_be_focused()
    field = page.get_by_role("textbox", name="He waits, one hand on the gate. What do you say?")
    field.fill(WORDS)
    expect(replies).to_have_count(0)
    page.reload()
    expect(field).to_have_value(WORDS)  # and the guess is not asked for again
    page.get_by_role("button", name="Show the replies").click()
    expect(replies).to_be_visible()

    at_gate(page, small_talk, "ask")
    code = page.get_by_role("group", name="Asking for the parent’s view")
    expect(code).to_contain_text("What is she like on Sundays?")
    code.get_by_role("radio").nth(1).check()
    page.reload()
    expect(code.get_by_role("radio").nth(1)).to_be_checked()
    expect(page.locator(".pt-chart .pt-guessed")).to_have_count(1)
    trust = part(page, "How far Tomas trusted you")
    expect(trust).to_contain_text("Before reply 2 you guessed 7; it was 6, one less.")
    expect(trust).to_contain_text("You read Tomas closely")

    back.click()
    expect(page.locator(".pt-yours").last).to_contain_text("at home, too?")
    back.click()
    put_back.click()
    expect(page.locator(".pt-yours").first).to_have_text("Your guess of the trust here: 7")
    put_back.click()
    expect(code.get_by_role("radio").nth(1)).to_be_checked()
    back.click()
    back.click()
    at_gate(page, small_talk, "but")  # another reply: what was taken back is gone, the words are not
    expect(put_back).to_have_count(0)
    expect(replies).to_be_visible()
    at_gate(page, small_talk, "tell")
    data = download(page, "small_talk")
    [played] = transcript.replay(small_talk, data)
    assert [turn.key for turn in played.turns] == ["but", "tell"]
    turn = data["attempts"][0]["turns"][1]
    assert [turn[name] for name in transcript.NOTES] == [WORDS, 1, 7]


def test_the_smallest_change_is_shown_reply_beside_reply(
    page: Page, at_the_gate: Callable[..., str], small_talk: RolePlay
) -> None:
    page.goto(at_the_gate())
    at_gate(page, small_talk, "but", "ask", "joke")
    change = part(page, "The smallest change")
    expect(change).to_contain_text("One reply would have changed it")
    sorry, joke = small_talk.scenes["mend"].replies.values()
    expect(change.locator(".pt-sides > div")).to_contain_text([joke.say, sorry.say])

    page.get_by_role("button", name="Play it again").click()
    at_gate(page, small_talk, "leave")
    expect(change).to_contain_text("One reply would have changed it")
    expect(change).to_contain_text("scenes you did not see: one reply more")
    expect(change).to_contain_text("You did not come here.")

    page.get_by_role("button", name="Play it again").click()
    at_gate(page, small_talk, "praise", "ask")
    expect(change).to_contain_text("Nothing needs changing")


def test_two_attempts_are_compared_and_drawn_as_ways_on_a_map(
    page: Page, at_the_gate: Callable[..., str], small_talk: RolePlay
) -> None:
    page.goto(at_the_gate())
    at_gate(page, small_talk, "praise", "tell")
    expect(page.locator(".pt-ways")).to_have_count(0)
    page.get_by_role("button", name="Play it again").click()
    at_gate(page, small_talk, "praise", "ask")
    asking = page.get_by_role("row", name="Asking for the parent’s view")
    expect(asking.get_by_role("cell")).to_have_text(["0 / 2", "2 / 2", "▲ more"])
    attempts = part(page, "Your attempts")
    expect(attempts).to_contain_text("Where the latest way leaves the first")
    expect(attempts).to_contain_text("First: Please read with her each night.")

    expect(page.get_by_role("img", name="Every scene as a box")).to_be_visible()
    boxes = page.locator(".pt-ways rect")
    expect(boxes).to_have_count(5)  # three scenes, two endings
    expect(page.locator(".pt-ways rect:not(.pt-seen)")).to_have_count(1)
    assert "So she is loud" not in page.locator(".pt-ways").inner_html()
    page.get_by_text("The map in words").click()
    first, latest = page.locator(".pt-order").all()
    expect(first.locator("li")).to_contain_text(["shoes", "read with her", "Polite"])
    expect(latest.locator("li")).to_contain_text(["shoes", "like at home", "A beginning"])


def test_the_script_is_text_that_anybody_can_read(
    page: Page, at_the_gate: Callable[..., str], small_talk: RolePlay
) -> None:
    page.goto(at_the_gate())
    at_gate(page, small_talk, "praise")
    page.get_by_role("button", name="My guess is 5").click()
    page.locator(".pt textarea").fill("What does she hum?")
    at_gate(page, small_talk, "ask")
    name, text = downloaded(page, "Download as text")
    assert name == "small_talk.transcript.txt"
    title, _, attempt, _, *lines = text.splitlines()
    assert title == "At the gate"
    assert attempt.startswith("Attempt 1, ")
    assert lines[:7] == [
        "Tomas: Yes?",
        "You: Ida tied four shoes today, none of them her own.",
        "Tomas: She did?",
        "Tomas: She practises on my boots.",
        "[You guessed the trust here: 5. It was 6.]",
        "[In your own words, before you saw the replies: What does she hum?]",
        "You: What does she like at home?",
    ]
    assert "It ended: A beginning." in lines
    assert "Asking for the parent’s view: 2 of 2 points" in lines


def test_the_script_is_copied_or_where_that_is_not_allowed_downloaded(
    browser: Browser, site: str
) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"{site}/{CHAPTER}")
    say(page, ways("polite")[0][0])
    page.get_by_role("button", name="Copy as text").click()
    expect(page.locator(".pt-status")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()").startswith("A first call, at ten after ten")
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error()) }")
    assert "You: " in downloaded(page, "Copy as text")[1]
    context.close()


def test_forged_notes_in_the_memory_are_not_believed(
    page: Page, at_the_gate: Callable[..., str], small_talk: RolePlay
) -> None:
    page.goto(at_the_gate())
    forged = [
        {"scene": "hello", "reply": "praise", "own_words": "Hi.", "coded": 2, "guess": 4},
        {"scene": "talk", "reply": "ask", "own_words": ["Hi."], "coded": 7, "guess": 99},
    ]
    kept = [{"turns": forged, "notes": 7, "undone": "all", "ended": "2031-09-10T14:10:00.000Z"}]
    page.evaluate("kept => localStorage['partners:role-play:small_talk'] = JSON.stringify(kept)", kept)
    page.reload()
    data = download(page, "small_talk")
    transcript.replay(small_talk, data)
    for turn in data["attempts"][0]["turns"]:
        assert [turn[name] for name in transcript.NOTES] == [None, None, None]


def test_an_expert_meets_the_coach_in_the_debrief_unless_asked_for(
    page: Page, at_the_gate: Callable[..., str], small_talk: RolePlay
) -> None:
    page.goto(at_the_gate(level="expert"))
    note = small_talk.scenes["hello"].replies["praise"].coach
    at_gate(page, small_talk, "praise")
    expect(page.get_by_text(note)).to_have_count(0)
    page.get_by_label("Show the coach’s notes as I go").check()
    expect(page.locator(".pt-coach")).to_contain_text(note)
    page.get_by_label("Show the coach’s notes as I go").uncheck()
    at_gate(page, small_talk, "tell")
    expect(part(page, "Reply by reply")).to_contain_text(note)
    page.goto(at_the_gate(level="novice"))
    page.get_by_role("button", name="Start over").or_(
        page.get_by_role("button", name="Play it again")
    ).click()
    at_gate(page, small_talk, "praise")
    expect(page.locator(".pt-coach")).to_contain_text(note)


def test_where_the_debrief_does_not_arrive_the_ending_is_there_and_says_so(
    page: Page, site: str
) -> None:
    page.route("**/debrief.js*", lambda route: route.abort())
    page.goto(f"{site}/{CHAPTER}")
    play(page, ways("polite")[0])
    debrief = page.locator(".pt-debrief")
    expect(debrief).to_contain_text(library.role_play(TALK).endings["polite"].title)
    expect(debrief).to_contain_text("did not arrive")
    page.unroute("**/debrief.js*")
    page.reload()
    expect(debrief.locator(".pt-turns > li").first).to_be_visible()


def test_a_printed_page_holds_what_was_played(page: Page, site: str) -> None:
    page.goto(f"{site}/{CHAPTER}")
    play(page, ways("polite")[0])
    expect(page.locator(".pt-turns").first).to_be_visible()
    page.emulate_media(media="print")
    expect(page.locator(".pt-teacher").last).to_be_visible()
    expect(page.locator(".pt-next")).to_be_visible()
    expect(page.locator(".pt-tools")).to_be_hidden()
