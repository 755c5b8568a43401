"""The pages of pairs and baskets in a real browser: what is drawn is the path, and it follows the snapshots."""

from typing import Any

import msgspec
import pytest
from playwright.async_api import Browser, Locator, Page
from redis.asyncio import Redis

from monitor.core.snapshot import Snapshot
from monitor.readouts import words
from tests.eventually import eventually
from tests.readouts.publishing import publish
from tests.readouts.sample import alert, sample
from tests.readouts.sample_paths import EPISODES, SamplePast
from tests.real.browsing import dashboard, opened

pytestmark = pytest.mark.browser

PAIR = "hstech-ixic"
EVIL = "<img src=x onerror='window.owned=1'><script>window.owned=1</script>"

_SERIES = """async ([chart, id]) => {
  const { echarts } = await import("nicegui-echart");
  const drawn = echarts.getInstanceByDom(document.querySelector(`[data-chart="${chart}"]`));
  return drawn?.getOption().series.find((series) => series.id === id) ?? null;
}"""
_INK = """(chart) => {
  const canvas = document.querySelector(`[data-chart="${chart}"] canvas`);
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const found = new Set();
  for (let i = 0; i < data.length; i += 4) if (data[i + 3]) found.add(data[i] << 16 | data[i + 1] << 8 | data[i + 2]);
  return found.size;
}"""


async def series(page: Page, id: str, chart: str = "path") -> dict[str, Any]:
    """One series of a chart as ECharts holds it."""
    found: dict[str, Any] = await eventually(lambda: page.evaluate(_SERIES, [chart, id]))
    return found


def points(found: dict[str, Any]) -> list[tuple[int, float | None]]:
    return [tuple(point) for point in found["data"]]


def named(snapshot: Snapshot, name: str) -> Snapshot:
    """The board with that name for everything that the pages show."""
    return msgspec.structs.replace(
        snapshot,
        title=name,
        instruments={
            symbol: msgspec.structs.replace(view, name=name, source=name)
            for symbol, view in snapshot.instruments.items()
        },
        pair_views={id: msgspec.structs.replace(view, name=name) for id, view in snapshot.pair_views.items()},
        basket_views={id: msgspec.structs.replace(view, name=name) for id, view in snapshot.basket_views.items()},
    )


async def test_pairs_are_drawn_as_their_path(redis: Redis, redis_url: str, free_port: int, browser: Browser) -> None:
    """Each line has the path's points to the last digit, limits and episodes are there, the newest point moves with the
    headline, and another span changes the address and not the page. Names are text, phones do not scroll sideways, and
    a pair without a past or without existence says so."""
    snapshot = sample(simulated=True)
    await publish(redis, snapshot, alert())
    async with dashboard(redis_url, free_port) as url:
        watched = await opened(browser, f"{url}/pairs/{PAIR}", viewport={"width": 1440, "height": 900})
        page = watched.page
        path = await SamplePast().pair(PAIR, "today", snapshot)
        for role in ("a", "b", "spread", "estimate", "z"):
            assert points(await series(page, role)) == getattr(path, role).points, role
        assert await page.evaluate(_INK, "path") > 50
        limits = [line["yAxis"] for line in (await series(page, "spread"))["markLine"]["data"]]
        assert limits == [0.5, 6.0, 0.25]
        shades = (await series(page, "behind-1"))["markArea"]["data"]
        assert [(start["xAxis"], end["xAxis"]) for start, end in shades[4:]] == [
            (EPISODES[0].start_ms, path.last_ms),
            (EPISODES[1].start_ms, EPISODES[1].end_ms),
        ]
        assert (await series(page, "estimate"))["lineStyle"]["type"] == [5, 4]
        assert await page.get_by_text("SIMULATED MARKET").is_visible()

        await page.evaluate("window.sameDocument = true")
        moved = sample(shift=0.0123, seq=48_212, t="2025-02-21T16:20:03.250Z")
        view = moved.pair_views[PAIR]
        await publish(redis, moved)
        await watched.shows("seq", "48,212")
        assert points(await series(page, "tip-a"))[0][1] == 100 * (view.last.spreads["1D"].r_a or 0)
        assert points(await series(page, "a")) == [*path.a.points[:-1], *points(await series(page, "tip-a"))]
        assert await watched.cell("now.a") == await watched.cell(f"leg.{view.a}.r")
        assert (await watched.cell("p.LAST")).endswith(words.points(view.last.spreads["1D"].spread_pp) + " pp")

        await page.get_by_role("link", name="1M", exact=True).click()
        month = await SamplePast().pair(PAIR, "1M", moved)
        await eventually(lambda: _draws(page, "a", month.a.points))
        assert page.url == f"{url}/pairs/{PAIR}?span=1M"
        assert (await watched.cell("p.LAST")).endswith(words.points(view.last.spreads["1M"].spread_pp) + " pp")
        assert await page.evaluate("window.sameDocument")
        assert await page.evaluate(_SERIES, ["path", "estimate"]) is None
        assert watched.complaints == []
        assert watched.elsewhere(url) == []
        await page.context.close()

        await _fits_phones(browser, f"{url}/pairs/{PAIR}", "One-minute bars, at last prices")
        await _fits_phones(browser, f"{url}/pairs/titans_mag7", "There is no past of this pair to draw yet")
        await _fits_phones(browser, f"{url}/pairs/hstech-ixc?span=1M", "Did you mean hstech-ixic?")
        await publish(redis, named(moved, EVIL))
        await _names_are_text(browser, f"{url}/pairs/{PAIR}", "path")


async def _draws(page: Page, id: str, wanted: list[tuple[int, float | None]]) -> bool:
    found = await page.evaluate(_SERIES, ["path", id])
    return found is not None and points(found) == wanted


async def test_baskets_are_drawn_as_the_snapshot_has_them(
    redis: Redis, redis_url: str, free_port: int, browser: Browser
) -> None:
    """Bars are the contributions, tiles have the weights, the day has the path's points; sorting keeps the page. Names
    are text, phones do not scroll sideways, and a basket without a day or without existence says so."""
    snapshot = sample()
    view = snapshot.baskets["china-m7"]["1D"]
    await publish(redis, snapshot)
    async with dashboard(redis_url, free_port) as url:
        watched = await opened(browser, f"{url}/baskets/china-m7", viewport={"width": 1440, "height": 900})
        page = watched.page
        bars = (await series(page, "bars", "contributions"))["data"]
        assert [bar["value"] for bar in bars] == sorted(view.contributions_pp.values(), reverse=True)
        tiles = (await series(page, "map", "map"))["data"]
        assert {tile["name"]: tile["value"] for tile in tiles} == {
            snapshot.instruments[symbol].name: weight for symbol, weight in view.weights.items()
        }
        day = await SamplePast().basket("china-m7", snapshot)
        for role, line in (("total", day.total), ("dispersion", day.dispersion), ("breadth", day.breadth)):
            assert points(await series(page, role, "day")) == line.points
        for chart in ("contributions", "map", "day"):
            assert await page.evaluate(_INK, chart) > 10

        await page.get_by_role("region", name="Members").get_by_role("link", name="member").click()
        first = page.get_by_role("region", name="Members").locator("tbody th").first
        await eventually(lambda: _says(first, "Alibaba"))
        assert page.url.endswith("/baskets/china-m7?sort=name")
        assert watched.complaints == []
        assert watched.elsewhere(url) == []
        await page.context.close()

        await _fits_phones(browser, f"{url}/baskets/china-m7?window=YTD", "the return of the basket")
        await _fits_phones(browser, f"{url}/baskets/titans", "There is no day of this basket to draw yet")
        await _fits_phones(browser, f"{url}/baskets/%3Cscript%3E", "This board has no basket '<script>'")
        await publish(redis, named(snapshot, EVIL))
        await _names_are_text(browser, f"{url}/baskets/china-m7", "contributions", "map")


async def test_letters_of_charts_grow_with_the_page(
    redis: Redis, redis_url: str, free_port: int, browser: Browser
) -> None:
    """A chart that is open while its window becomes one of 4k has its letters and margins in the proportion of the
    page's own; what does not exist is linked to what does."""
    await publish(redis, sample())
    async with dashboard(redis_url, free_port) as url:
        watched = await opened(browser, f"{url}/pairs/hstech-ixic", viewport={"width": 1440, "height": 900})
        page = watched.page
        before = (await series(page, "tip-a"))["label"]["rich"]["value"]["fontSize"]
        await page.set_viewport_size({"width": 3840, "height": 2160})

        async def grown() -> bool:
            now = (await series(page, "tip-a"))["label"]["rich"]["value"]["fontSize"]
            return now == pytest.approx(before * 19 / 14)

        await eventually(grown)
        await page.goto(f"{url}/pairs/%3Cscript%3E")
        link = page.get_by_role("list", name="What there is").get_by_role("link").first
        assert await link.get_attribute("href") == "/pairs/hstech-ixic"
        assert watched.complaints == []


async def _says(place: Locator, text: str) -> bool:
    return text in ((await place.text_content()) or "")


async def _names_are_text(browser: Browser, address: str, *charts: str) -> None:
    """Nothing of a name with a script in it runs, neither in the page nor in what appears where one points."""
    watched = await opened(browser, address, viewport={"width": 1440, "height": 900})
    for chart in charts:
        place = watched.page.locator(f"[data-chart='{chart}']")
        await place.scroll_into_view_if_needed()
        await eventually(lambda place=place: _pointed(place))
        if chart in ("contributions", "map"):
            assert EVIL in ((await place.locator(".hover").text_content()) or "")
    assert await watched.page.locator("h1").text_content() == EVIL
    assert await watched.page.evaluate("window.owned") is None
    assert watched.complaints == []
    await watched.page.context.close()


async def _pointed(place: Locator) -> bool:
    """Points into a chart, and answers whether something appeared."""
    box = await place.bounding_box()
    assert box is not None
    for part in (0.4, 0.45):
        await place.page.mouse.move(box["x"] + box["width"] * part, box["y"] + box["height"] * 0.22)
    return bool(await place.locator(".hover").count())


async def _fits_phones(browser: Browser, address: str, said: str) -> None:
    """The page at an address says that, and does not scroll sideways."""
    watched = await opened(browser, address, viewport={"width": 390, "height": 844})
    await watched.page.get_by_text(said).first.wait_for()
    assert await watched.page.evaluate("document.documentElement.scrollWidth") == 390, address
    assert watched.complaints == [], address
    await watched.page.context.close()
