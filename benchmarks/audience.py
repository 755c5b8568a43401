"""Many who look at once: streams that take every event, and pages in a real browser: `python -m benchmarks.audience URL
STREAMS PAGES`. It and its browser only get time that nobody else wants (SCHED_IDLE; Chromium raises its own niceness):
lookers have machines of their own, and what they need must not be taken from what they look at.

Prints `ready` when all are there, counts until standard input ends, then prints one JSON object.
"""

import asyncio
import json
import os
import shutil
import sys
from urllib.parse import urlsplit

from playwright.async_api import Browser, Page, async_playwright

ADDRESSES = (
    "/",
    "/pairs/hstech-ixic",
    "/pairs/hstech-ixic?span=1M",
    "/baskets/china-m7",
    "/?policy=SYNC",
    "/pairs/china-m7_mag7",
    "/alerts",
    "/health",
)
"""What people have open, in turn."""

_COUNT = """() => {
  const cell = document.querySelector("[data-cell='seq']");
  window.updates = 0;
  new MutationObserver(() => window.updates++).observe(cell, {childList: true, characterData: true, subtree: true});
}"""


class Stream:
    """One reader of server-sent events that takes them as fast as they come. snapshots, bytes: taken so far."""

    def __init__(self, url: str) -> None:
        self._host, self._port = urlsplit(url).hostname, urlsplit(url).port
        self.snapshots = self.bytes = 0
        self.open = asyncio.Event()

    async def run(self) -> None:
        """Until cancelled, or until the server ends it."""
        reader, writer = await asyncio.open_connection(self._host, self._port, limit=1 << 22)
        try:
            path = "/api/boards/hk-us/events"
            writer.write(f"GET {path} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\n\r\n".encode())
            while chunk := await reader.read(1 << 18):
                self.bytes += len(chunk)
                self.snapshots += chunk.count(b"event: snapshot")
                self.open.set()
        finally:
            writer.close()


async def opened(browser: Browser, url: str, number: int) -> Page:
    """A page of somebody's own, ready and counting."""
    page = await (await browser.new_context(viewport={"width": 1440, "height": 900})).new_page()
    await page.goto(url + ADDRESSES[number % len(ADDRESSES)], timeout=180_000)
    await page.wait_for_selector("[data-ready]", timeout=180_000)
    await page.evaluate(_COUNT)
    return page


async def main(url: str, streams: int, pages: int) -> None:
    """Look until standard input ends."""
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    readers = [Stream(url) for _ in range(streams)]
    reading = [asyncio.create_task(reader.run()) for reader in readers]
    for reader in readers:
        await reader.open.wait()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        looking = [await opened(browser, url, number) for number in range(pages)]
        before = [(reader.snapshots, reader.bytes) for reader in readers]
        for page in looking:
            await page.evaluate("window.updates = 0")
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.read)
        taken = [reader.snapshots - first for reader, (first, _) in zip(readers, before, strict=True)]
        sizes = [reader.bytes - first for reader, (_, first) in zip(readers, before, strict=True)]
        updates = [await page.evaluate("window.updates") for page in looking]
        print(json.dumps({"streams": taken, "bytes": sum(sizes), "pages": updates}), flush=True)
        for task in reading:
            task.cancel()
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
