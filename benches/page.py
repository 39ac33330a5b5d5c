"""What a conversation costs its page: time to the first reply, and bytes.

The chapter with its conversation is loaded beside the same page with a paragraph in its place, in
turns, each time with an empty cache; medians and ratios of one run are printed.
"""

from __future__ import annotations

import gzip
import http.server
import re
import statistics
import sys
import threading
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
import chromium

if TYPE_CHECKING:
    from playwright.sync_api import CDPSession

BOOK = Path(__file__).parents[1] / "_build" / "html"
PAGE = "chapters/first_contact.html"
PLAIN = "chapters/plain.html"
_TALK = re.compile(r'<div class="partners-roleplay".*?mountAll\?\.\(\)</script></div>', re.DOTALL)
_OWN = re.compile(r"\s*<script[^>]*roleplay\.js[^>]*></script>")

# The moment when the element can be used: it is there, enabled, and has a size.
WATCH = """
(() => {
  const watch = () => {
    const seen = document.querySelector(".pt-reply, #plain");
    if (seen && !seen.disabled && seen.getBoundingClientRect().height) window.usable = performance.now();
    else requestAnimationFrame(watch);
  };
  requestAnimationFrame(watch);
})();
"""


class Profile(NamedTuple):
    """A device and its line; `down` in bytes a second, `wait` in ms, 0 for none."""

    name: str
    runs: int
    width: int
    down: int
    wait: int
    slower: int


PROFILES = (
    Profile("desk, loopback", 9, 1280, 0, 0, 1),
    Profile("phone, 1.6 Mbit/s, 150 ms, CPU/4", 5, 390, 200_000, 150, 4),
)


class Measured(NamedTuple):
    """One load: ms from navigation until the reply (or paragraph) can be used, and bytes received."""

    usable: float
    received: int


def plain() -> bytes:
    """Return the chapter with a paragraph in the conversation's place and without its files."""
    text = (BOOK / PAGE).read_text("utf-8")
    text, replaced = _TALK.subn('<p id="plain">Here the conversation would be.</p>', text)
    text, removed = _OWN.subn("", text)
    assert (replaced, removed) == (1, 1), "the page is not built as this bench expects"
    return text.encode()


@cache
def compressed(path: str) -> bytes:
    """Return a file of the book (or the plain page) as a web server sends it."""
    return gzip.compress(plain() if path == PLAIN else (BOOK / path).read_bytes())


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves the book compressed."""

    def do_GET(self) -> None:
        """Send one file, gzipped."""
        path = self.path.partition("?")[0].lstrip("/")
        if path != PLAIN and not (BOOK / path).is_file():
            self.send_error(404)
            return
        body = compressed(path)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def load(browser: Browser, address: str, profile: Profile) -> Measured:
    """Load `address` once, with an empty cache."""
    context = browser.new_context(viewport={"width": profile.width, "height": 844})
    page = context.new_page()
    session = context.new_cdp_session(page)
    received: list[int] = []
    session.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    slow_down(session, profile)
    page.add_init_script(WATCH)
    page.goto(address)
    page.wait_for_function("window.usable", timeout=60_000)
    page.wait_for_load_state("networkidle")
    measured = Measured(page.evaluate("window.usable"), int(sum(received)))
    context.close()
    return measured


def slow_down(session: CDPSession, profile: Profile) -> None:
    """Make the page's device and line those of `profile`."""
    session.send("Network.enable")
    if profile.down:
        line = {"offline": False, "latency": profile.wait, "uploadThroughput": profile.down}
        session.send("Network.emulateNetworkConditions", {**line, "downloadThroughput": profile.down})
    session.send("Emulation.setCPUThrottlingRate", {"rate": profile.slower})


def main() -> None:
    """Print the table."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    site = f"http://127.0.0.1:{server.server_port}"
    print(f"{'':34}{'plain':>12}{'conversation':>14}{'ratio':>8}{'more':>10}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=chromium.ARGUMENTS)
        for profile in PROFILES:
            pairs = [
                [load(browser, f"{site}/{path}", profile) for path in (PLAIN, PAGE)]
                for _ in range(profile.runs)
            ]
            show(profile, pairs)
        browser.close()


def show(profile: Profile, pairs: list[list[Measured]]) -> None:
    """Print the medians of `pairs` (plain, with conversation) and the ratio of each pair."""
    plain_ms, talk_ms = (statistics.median(p[i].usable for p in pairs) for i in (0, 1))
    ratio = statistics.median(talk.usable / without.usable for without, talk in pairs)
    print(f"{profile.name:34}{plain_ms:9.0f} ms{talk_ms:11.0f} ms{ratio:8.2f}")
    without, talk = (statistics.median(p[i].received for p in pairs) for i in (0, 1))
    more = (talk - without) / 1000
    print(f"{'  bytes, gzip':34}{without / 1000:9.1f} kB{talk / 1000:11.1f} kB{'':8}{more:7.1f} kB")


if __name__ == "__main__":
    main()
