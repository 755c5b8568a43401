"""How a push reaches a page that is open: what it costs the browser, and what it leaves alone."""

import pytest
from playwright.async_api import Browser, Page
from redis.asyncio import Redis

from tests.readouts.publishing import publish
from tests.readouts.sample import sample
from tests.real.browsing import Watched, dashboard, opened

pytestmark = pytest.mark.browser

_PUSHES = 5
_AT_MOST = 8
"""Layouts a push may cost: one of its own, and some of what moves by itself. One a cell would be hundreds."""


@pytest.mark.parametrize("address", ["/?policy=ALL", "/pairs/hstech-ixic", "/baskets/titans", "/alerts"])
async def test_page_is_laid_out_once_a_push(
    redis: Redis, redis_url: str, free_port: int, browser: Browser, address: str
) -> None:
    """Hundreds of cells get other numbers, and the page is laid out for all of them together."""
    await publish(redis, sample())
    async with dashboard(redis_url, free_port) as url:
        watched = await opened(browser, url + address)
        devtools = await watched.page.context.new_cdp_session(watched.page)
        await devtools.send("Performance.enable")

        async def layouts() -> float:
            found = await devtools.send("Performance.getMetrics")
            return sum(metric["value"] for metric in found["metrics"] if metric["name"] == "LayoutCount")

        await _push(redis, watched, 1)
        before = await layouts()
        for n in range(_PUSHES):
            await _push(redis, watched, 2 + n)

        assert 1 <= (await layouts() - before) / _PUSHES <= _AT_MOST


async def test_what_is_selected_stays(redis: Redis, redis_url: str, free_port: int, browser: Browser) -> None:
    """A viewer copies a part of the page whose numbers change meanwhile: from cell to cell, and within one."""
    await publish(redis, sample())
    async with dashboard(redis_url, free_port) as url:
        watched = await opened(browser, url)
        await _push(redis, watched, 111)
        first, last = "m.HSTECH.1D", "m.HSTECH.YTD"
        await _select(watched.page, first, 2, last, 6)
        before = await _selected(watched.page)

        await _push(redis, watched, 222)
        after = await _selected(watched.page)
        assert after != before
        assert after.startswith((await watched.cell(first))[2:])
        assert after.endswith((await watched.cell(last))[:6])

        await _select(watched.page, "seq", 0, "seq", 2)
        await _push(redis, watched, 333)
        assert await _selected(watched.page) == "33"


async def _push(redis: Redis, watched: Watched, seq: int) -> None:
    await publish(redis, sample(shift=0.0001 * seq, seq=seq))
    await watched.shows("seq", str(seq))


async def _select(page: Page, first: str, start: int, last: str, end: int) -> None:
    """From a letter of one cell to a letter of another."""
    await page.evaluate(
        """([first, start, last, end]) => {
          const text = (id) => document.querySelector(`[data-cell="${id}"]`).firstChild;
          getSelection().setBaseAndExtent(text(first), start, text(last), end);
        }""",
        [first, start, last, end],
    )


async def _selected(page: Page) -> str:
    return str(await page.evaluate("getSelection().toString()"))
