"""What the book costs: seconds to build it, cold and warm, and the bytes of a chapter's first load.

The chapter stands beside the same words in a plain book of the same theme, as jupyter-book makes it.
"""

from __future__ import annotations

import functools
import gzip
import http.server
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from partners.course.reading import prose

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
import chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Response

ROOT = Path(__file__).parents[1]
CHAPTER = "chapters/first_contact"
MOST = 400_000
BIN = Path(sys.executable).parent


def build(source: Path, output: Path) -> float:
    """Build the book at `source` into `output`, with a cache there, and return the seconds it took."""
    output.mkdir(exist_ok=True)
    start = time.perf_counter()
    command = [str(BIN / "jupyter-book"), "build", str(source), "--path-output", str(output)]
    subprocess.run(command, cwd=output, check=True, capture_output=True)
    return time.perf_counter() - start


def plain_book(folder: Path) -> Path:
    """Write a book of one page with the chapter's words and nothing of ours, and return its folder."""
    folder.mkdir()
    (folder / "_config.yml").write_text("title: Plain\n", "utf-8")
    (folder / "_toc.yml").write_text("format: jb-book\nroot: page\n", "utf-8")
    (folder / "page.md").write_text(f"# Plain\n\n{prose(ROOT / f'{CHAPTER}.md')}\n", "utf-8")
    return folder


def first_load(browser: Browser, folder: Path, page: str) -> dict[str, int]:
    """Return the gzipped bytes of each file that `page` loads from its site, with an empty cache."""
    handler = functools.partial(_Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    site = f"http://127.0.0.1:{server.server_port}"
    found: dict[str, int] = {}

    def note(response: Response) -> None:
        if response.url.startswith(site) and response.ok:
            found[response.url.removeprefix(site)] = len(gzip.compress(response.body()))

    context = browser.new_context(viewport=chromium.DESK)
    tab = context.new_page()
    tab.on(
        "requestfinished", lambda request: note(response) if (response := request.response()) else None
    )
    tab.route(
        "**/*", lambda route: route.continue_() if route.request.url.startswith(site) else route.abort()
    )
    tab.goto(f"{site}/{page}", wait_until="networkidle")
    context.close()
    server.shutdown()
    return found


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


def main() -> None:
    """Print both tables."""
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        cold, warm = (build(ROOT, work / "book") for _ in range(2))
        print(
            f"build: cold {cold:.0f} s, warm with nothing changed {warm:.1f} s, ratio {warm / cold:.3f}"
        )
        build(plain_book(work / "plain"), work / "plain")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=chromium.find(), args=chromium.ARGUMENTS
            )
            ours = first_load(browser, work / "book" / "_build" / "html", f"{CHAPTER}.html")
            plain = first_load(browser, work / "plain" / "_build" / "html", "page.html")
            browser.close()
    mine, theirs = sum(ours.values()), sum(plain.values())
    print(f"first load of {CHAPTER}: {mine / 1000:.0f} kB gzip (at most {MOST // 1000})")
    print(f"the same words in a plain book: {theirs / 1000:.0f} kB, ratio {mine / theirs:.2f}")
    for address, size in sorted(ours.items(), key=lambda item: -item[1])[:6]:
        print(f"  {size / 1000:6.1f} kB  {address.partition('?')[0]}")


if __name__ == "__main__":
    main()
