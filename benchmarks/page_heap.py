"""Pages that stay open: heap, elements and listeners of each, and the server's memory, over two hours of pushes.

The pushes come as fast as the pages take them; two hours at four a second are 28,800.
"""

import itertools
import shutil
import subprocess
import sys
import threading
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright
from redis import Redis

from benchmarks.day import ROOT
from benchmarks.measure import table
from benchmarks.processes import accepts, end, free_port, private_redis, rss_mb, scratch, socket_of, wait_for
from tests.readouts.publishing import KEYS
from tests.readouts.sample import alert, sample

PUSHES, QUICK_PUSHES = 28_800, 600
ADDRESSES = ("/", "/pairs/hstech-ixic")
"""The board, and a page with charts."""
_READINGS = 6
_PAUSE_S = "0.005"
_COUNT = """() => {
  window.pushes = 0;
  const seen = new MutationObserver(() => window.pushes++);
  seen.observe(document.querySelector("[data-cell=seq]"), { characterData: true, subtree: true });
}"""


def run(*, quick: bool = False, repeat: int = 1) -> list[dict[str, float]]:
    """Print a table for each reading, evenly spread over the pushes; returns the readings. repeat: not looked at."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("needs chromium")
    pushes, port = QUICK_PUSHES if quick else PUSHES, free_port()
    readings = []
    with scratch() as folder, private_redis(folder) as redis:
        done = threading.Event()
        moving = threading.Thread(target=_move, args=(redis, done))
        moving.start()
        command = [
            sys.executable,
            "-m",
            "tests.real.dashboard_process",
            f"unix://{socket_of(redis)}",
            str(port),
            _PAUSE_S,
        ]
        server = subprocess.Popen(command, cwd=ROOT)
        try:
            wait_for(lambda: accepts(port), 30.0, "the dashboard", every_s=0.2)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
                pages = [_opened(browser, f"http://127.0.0.1:{port}{address}") for address in ADDRESSES]
                for n in range(1, _READINGS + 1):
                    reached = pushes * n // _READINGS
                    for address, (page, devtools) in zip(ADDRESSES, pages, strict=True):
                        page.wait_for_function(f"window.pushes >= {reached}", timeout=0, polling=500)
                        readings.append(_weight(page, devtools) | {"server RSS MB": rss_mb(server.pid)})
                        table(f"page-heap: {address} after {reached:,} pushes", [readings[-1]])
                browser.close()
        finally:
            done.set()
            moving.join()
            end(server)
    return readings


def _opened(browser: Browser, url: str) -> tuple[Page, CDPSession]:
    """A page of its own that counts its pushes, and a way to weigh it."""
    page = browser.new_page()
    page.goto(url)
    page.wait_for_selector("[data-ready]")
    page.evaluate(_COUNT)
    return page, page.context.new_cdp_session(page)


def _move(redis: "Redis", done: threading.Event) -> None:
    """Another board again and again, now and then with an alert that comes or goes."""
    boards = [sample(shift=0.001 * n, seq=n).to_json() for n in range(1, 9)]
    active: Any = dict(alert())
    for n in itertools.count():
        redis.set(KEYS.readout, boards[n % len(boards)])
        if n % 500 == 0:
            redis.delete(KEYS.alert_active)
            if n % 1000:
                redis.hset(KEYS.alert_active, mapping=active)
        redis.publish(KEYS.updates, b"new")
        if done.wait(0.03):
            return


def _weight(page: Page, devtools: CDPSession) -> dict[str, float]:
    for _ in range(2):
        devtools.send("HeapProfiler.collectGarbage")
    counts = devtools.send("Memory.getDOMCounters")
    return {
        "heap MB": devtools.send("Runtime.getHeapUsage")["usedSize"] / 1e6,
        "elements and texts": counts["nodes"],
        "listeners": counts["jsEventListeners"],
        "in the page": page.evaluate("document.querySelectorAll('*').length"),
    }
