"""Takes the pictures of ``how_to/live.md`` from a rehearsal; needs Chromium, as the tests do.

In the course's folder: ``.venv/bin/python how_to/pictures/make.py``
"""

from __future__ import annotations

import re
import subprocess
import sys
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).parent
sys.path.append(str(HERE.parents[1] / "tests"))
import chromium  # noqa: E402 - the tests know where it is

LAPTOP = "192.168.1.20"
"""What the address of a laptop looks like to phones; here it leads to this machine."""
ARGUMENTS = [*chromium.ARGUMENTS, f"--host-resolver-rules=MAP {LAPTOP} 127.0.0.1"]
DESK, PHONE = {"width": 1280, "height": 720}, {"width": 390, "height": 720}


def main() -> None:
    """Lead a rehearsal to its first result, and keep what the three screens show."""
    command = [sys.executable, "-m", "partners.cli", "live", "rehearse", "first_call_home"]
    options = ["--speed", "4", "--port", "8080", "--host", "127.0.0.1"]
    with subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True) as running:  # noqa: S603
        try:
            told = ""
            while "A rehearsal" not in told:
                told += running.stdout.readline()
            ((code, key),) = re.findall(r"stage/(\w+)\n.*?lead#(\S+)\n", told, re.DOTALL)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium.find(), args=ARGUMENTS)
                _take(browser, code, key)
        finally:
            running.terminate()


def _take(browser: Browser, code: str, key: str) -> None:
    here = f"http://{LAPTOP}:8080"
    stage, phone, remote = (_page(browser, size) for size in (DESK, PHONE, PHONE))
    stage.goto(f"{here}/stage/{code}")
    stage.get_by_text("11 people").wait_for()
    phone.goto(f"{here}/{code}")
    phone.get_by_role("button", name="Join").click()
    remote.goto(f"{here}/lead#{key}")
    remote.get_by_role("button", name="Start the conversation").click()
    remote.get_by_role("button", name="Open the vote").click()
    phone.locator("label.reply").nth(2).click()
    remote.get_by_text("13 of 13 have voted.").wait_for()
    pair = [_picture(phone), _picture(remote)]
    remote.get_by_role("button", name="Show the result").click()
    stage.locator(".count", has_text="13 votes").wait_for()
    _save(_picture(stage).resize((960, 540), Image.Resampling.LANCZOS), "stage")
    _save(_beside(pair), "phone_and_remote")


def _page(browser: Browser, size: dict[str, int]) -> Page:
    return browser.new_context(viewport=size, locale="en").new_page()


def _picture(page: Page) -> Image.Image:
    return Image.open(BytesIO(page.screenshot()))


def _beside(pictures: list[Image.Image]) -> Image.Image:
    width, height = (sum(each.width for each in pictures) + 40, pictures[0].height)
    both = Image.new("RGB", (width, height), pictures[0].getpixel((0, 0)))
    for number, each in enumerate(pictures):
        both.paste(each, (number * (each.width + 40), 0))
    return both


def _save(picture: Image.Image, name: str) -> None:
    picture.convert("RGB").quantize(128).save(HERE / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
