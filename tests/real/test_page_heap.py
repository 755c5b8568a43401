"""Hours of pushes in seconds: a page must not grow however long it stays open."""

import asyncio
from collections.abc import Mapping, Sequence

import msgspec
import pytest
from playwright.async_api import Browser, CDPSession, Page
from redis.asyncio import Redis

from monitor.core.snapshot import Snapshot
from monitor.runtime.ending import end
from tests.eventually import eventually
from tests.readouts.publishing import KEYS, publish
from tests.readouts.sample import alert, sample
from tests.real.browsing import dashboard, opened

pytestmark = pytest.mark.browser

_WARM, _MORE = 80, 150
_GROWN_BYTES = {"/": 2_000_000, "/pairs/hstech-ixic": 8_000_000}
"""The engine's own warming up is some hundred kilobytes, and a page with charts first fills the caches of the chart
library, by some megabytes in the first few hundred pushes. A board that kept what each push brings, or a chart that
kept what it drew before, would be several times as much. How both do over hours: `python -m benchmarks page-heap`."""


@pytest.mark.parametrize("address", list(_GROWN_BYTES))
async def test_page_does_not_grow(redis: Redis, redis_url: str, free_port: int, browser: Browser, address: str) -> None:
    """After hundreds of snapshots with rows that come and go, a page has the heap, elements and listeners it had."""
    boards = [_small(sample(shift=0.001 * n, seq=n)) for n in range(1, 9)]
    await publish(redis, boards[0])
    async with dashboard(redis_url, free_port, "0.005") as url:
        watched = await opened(browser, url + address)
        devtools = await watched.page.context.new_cdp_session(watched.page)
        await watched.page.evaluate(
            """() => {
              window.pushes = 0;
              new MutationObserver(() => window.pushes++).observe(document.querySelector("[data-cell=seq]"),
                                                                  { characterData: true, subtree: true });
            }"""
        )
        moving = asyncio.create_task(_move(redis, boards))
        await _pushes(watched.page, _WARM)
        before = await _weight(devtools)
        await _pushes(watched.page, _WARM + _MORE)
        await end(moving)

        async def as_before() -> bool:
            after = await _weight(devtools)
            return (
                after["usedSize"] - before["usedSize"] < _GROWN_BYTES[address]
                and after["nodes"] <= before["nodes"] + 400  # an alert that is there or not just now
                and after["jsEventListeners"] <= before["jsEventListeners"] + 10
            )

        # Asked again: a shape that was read just now is still there for a moment.
        await eventually(as_before)
        assert watched.complaints == []


def _small(snapshot: Snapshot) -> Snapshot:
    """With two windows and without most members, so that much time goes by in little."""
    kept = {"HSTECH", "IXIC", "NDX", "0700.HK", "AAPL"}
    return msgspec.structs.replace(
        snapshot,
        windows=["1D", "YTD"],
        instruments={symbol: view for symbol, view in snapshot.instruments.items() if symbol in kept},
        pair_views={id: view for id, view in snapshot.pair_views.items() if id.startswith("hstech")},
        baskets={},
        basket_views={},
    )


async def _move(redis: Redis, boards: Sequence[Snapshot]) -> None:
    """Another board again and again, every hundredth time with an alert that comes or goes."""
    n = 0
    while True:
        await redis.set(KEYS.readout, boards[n % len(boards)].to_json())
        if n % 100 == 0:
            await publish(redis, boards[n % len(boards)], alert() if n % 200 else None)
        await redis.publish(KEYS.updates, b"new")
        await asyncio.sleep(0.004)
        n += 1


async def _pushes(page: Page, count: int) -> None:
    async def shown() -> bool:
        return int(await page.evaluate("window.pushes")) >= count

    await eventually(shown, deadline_s=180)


async def _weight(devtools: CDPSession) -> Mapping[str, float]:
    for _ in range(2):
        await devtools.send("HeapProfiler.collectGarbage")
    return {**await devtools.send("Runtime.getHeapUsage"), **await devtools.send("Memory.getDOMCounters")}
