"""Charts over time in a real browser under somebody's hands, and on paper."""

from typing import Any

import pytest
from playwright.async_api import Browser, Page
from redis.asyncio import Redis

from monitor.readouts import words
from tests.readouts.publishing import publish
from tests.readouts.sample import sample
from tests.real.browsing import Watched, dashboard, opened

pytestmark = pytest.mark.browser

_AXES = """async () => {
  const { echarts } = await import("nicegui-echart");
  const { xAxis, yAxis } = echarts.getInstanceByDom(document.querySelector("[data-chart=path]")).getOption();
  return { x: xAxis.map(({ min, max }) => [min, max]), y: yAxis.map(({ min, max }) => [min, max]) };
}"""
_LEFT, _RIGHT = 46, 88
"""Pixels of the chart beside its time axis, as charts/stack.js has them."""


async def _place(page: Page, part: float) -> tuple[float, float]:
    """Where that part of the time axis is, in the first grid."""
    box = await page.locator("[data-chart=path]").bounding_box()
    assert box is not None
    return box["x"] + _LEFT + (box["width"] - _LEFT - _RIGHT) * part, box["y"] + 120


async def _drag(page: Page, start: float, end: float) -> None:
    await page.mouse.move(*await _place(page, start))
    await page.mouse.down()
    await page.mouse.move(*await _place(page, (start + end) / 2))
    await page.mouse.move(*await _place(page, end))
    await page.mouse.up()


async def _axes(watched: Watched) -> dict[str, Any]:
    """Ends of the time axis, which are the same in all grids, and of their vertical axes, once they are drawn."""
    await watched.page.evaluate("new Promise(requestAnimationFrame)")
    found: dict[str, Any] = await watched.page.evaluate(_AXES)
    assert all(ends == found["x"][0] for ends in found["x"])
    return {"from": found["x"][0][0], "to": found["x"][0][1], "y": found["y"]}


async def test_a_stretch_of_a_chart_is_chosen(redis: Redis, redis_url: str, free_port: int, browser: Browser) -> None:
    """Dragging marks a stretch, which all grids show with their values filling them, whatever is pushed, until all is
    wanted or another span; dragging then moves it. Keys and buttons do the same, the wheel alone scrolls the page."""
    await publish(redis, sample(simulated=True))
    async with dashboard(redis_url, free_port) as url:
        watched = await opened(browser, f"{url}/pairs/hstech-ixic", viewport={"width": 1440, "height": 900})
        page = watched.page
        await page.locator("[data-chart=path] canvas").wait_for()
        seen = page.locator("[data-zooms=path] output")
        await page.locator("[data-chart=path]").scroll_into_view_if_needed()
        whole = await _axes(watched)
        length = whole["to"] - whole["from"]

        await _drag(page, 0.5, 0.75)
        part = await _axes(watched)
        assert part["from"] == pytest.approx(whole["from"] + length * 0.5, abs=length / 500)
        assert part["to"] == pytest.approx(whole["from"] + length * 0.75, abs=length / 500)
        assert part["y"][0][1] - part["y"][0][0] < whole["y"][0][1] - whole["y"][0][0]
        assert (await seen.text_content() or "").endswith("HKT, Fri 21 Feb")
        await publish(redis, sample(simulated=True, shift=0.01, seq=48_212))
        await watched.shows("seq", "48,212")
        assert await _axes(watched) == part
        await _drag(page, 0.2, 0.7)
        moved = await _axes(watched)
        assert moved["from"] == pytest.approx(part["from"] - length * 0.125, abs=length / 500)
        assert moved["to"] - moved["from"] == pytest.approx(part["to"] - part["from"])
        await page.mouse.dblclick(*await _place(page, 0.5))
        assert (await _axes(watched))["from"] == whole["from"]
        assert await seen.text_content() == ""

        await page.keyboard.press("+")
        near = await _axes(watched)
        assert (near["from"] > whole["from"], near["to"]) == (True, whole["to"])
        await page.get_by_role("button", name="earlier").press("Enter")
        assert (await _axes(watched))["to"] < whole["to"]
        await page.get_by_role("button", name="all", exact=True).press("Enter")
        assert (await _axes(watched))["from"] == whole["from"]
        top = await page.evaluate("scrollY")
        await page.mouse.wheel(0, 60)
        await page.wait_for_function("top => scrollY > top", arg=top)
        assert await page.locator("[data-chart=path]").get_attribute("data-zoomed") == "all"
        await page.keyboard.down("Control")
        await page.mouse.wheel(0, -60)
        await page.keyboard.up("Control")
        await page.locator("[data-chart=path][data-zoomed=part]").wait_for()
        await page.get_by_role("link", name="1M", exact=True).click()
        await page.locator("[data-chart=path][data-zoomed=all]").wait_for()
        assert watched.complaints == []


async def test_a_reload_keeps_what_was_looked_at(
    redis: Redis, redis_url: str, free_port: int, browser: Browser
) -> None:
    """A restarted server asks browsers to load their pages anew: the stretch of a chart and the place on the page are
    as they were. The same page opened by its address, and another span, begin with all, at the top."""
    await publish(redis, sample())
    async with dashboard(redis_url, free_port) as url:
        address = f"{url}/pairs/hstech-ixic"
        watched = await opened(browser, address, viewport={"width": 1440, "height": 900})
        page, seen = watched.page, watched.page.locator("[data-zooms=path] output")
        await page.locator("[data-chart=path] canvas").wait_for()
        await page.keyboard.press("+")
        await page.mouse.wheel(0, 640)
        await page.wait_for_function("scrollY === 640")
        words_before, part = await seen.text_content(), await _axes(watched)

        await page.reload()
        await page.locator("[data-chart=path][data-zoomed=part]").wait_for()
        await page.wait_for_function("scrollY === 640")
        assert await _axes(watched) == part
        assert (await seen.text_content(), bool(words_before)) == (words_before, True)

        for other in (address, f"{address}?span=1W"):
            await page.goto(other)
            await page.locator("[data-chart=path][data-zoomed=all] canvas").wait_for()
            assert (await seen.text_content(), await page.evaluate("scrollY")) == ("", 0)
        assert watched.complaints == []


async def test_nobody_is_told_a_way_that_was_not_recorded(
    redis: Redis, redis_url: str, free_port: int, browser: Browser
) -> None:
    """Through a session without minutes a line is broken; dots lead to its close. Where all was recorded are none."""
    await publish(redis, sample())
    async with dashboard(redis_url, free_port) as url:
        watched = await opened(browser, f"{url}/pairs/hstech-ixic")
        drawn = await watched.page.evaluate(
            """async () => {
              const place = document.createElement("div");
              place.style.cssText = "width: 600px; height: 500px";
              place.dataset.chart = "own";
              document.body.append(place);
              const { chart } = await import("monitor-charts");
              const { echarts } = await import("nicegui-echart");
              const points = [[0, 0], [60_000, 1], [120_000, 3]];
              const line = (unrecorded) => ({ name: "", short: "", unit: " %", points, unrecorded });
              const made = await chart(place, "pair");
              made.show(
                { span: "today", daily: false, simulated: false, first: 0, hours: [], limits: [], episodes: [],
                  lines: { a: line([[60_000, 120_000]]), b: line([]) } },
                { last: 180_000, points: {}, texts: {}, level: null },
              );
              const { series } = echarts.getInstanceByDom(place).getOption();
              made.dispose();
              return Object.fromEntries(series.filter(({ data }) => data.length).map(({ id, data }) => [id, data]));
            }"""
        )
        assert drawn == {
            "a": [[0, 0], [60_000, 1], [60_001, None], [120_000, 3]],
            "b": [[0, 0], [60_000, 1], [120_000, 3]],
            "a-unrecorded": [[60_000, 1], [120_000, 3], [120_001, None]],
        }
        assert watched.complaints == []


async def test_what_one_points_at_stays_and_follows(
    redis: Redis, redis_url: str, free_port: int, browser: Browser
) -> None:
    """Under a resting mouse the values stay through redraws, in every frame, and are those of now."""
    await publish(redis, sample())
    async with dashboard(redis_url, free_port) as url:
        watched = await opened(browser, f"{url}/pairs/hstech-ixic", viewport={"width": 1440, "height": 900})
        page = watched.page
        await page.locator("[data-chart=path] canvas").wait_for()
        await page.locator("[data-chart=path]").scroll_into_view_if_needed()
        for part in (0.99, 0.9999):
            await page.mouse.move(*await _place(page, part))
        shown = page.locator("[data-chart=path] .hover")
        await shown.wait_for()
        await page.evaluate(
            """() => {
              window.gone = 0;
              const look = () => {
                const shown = document.querySelector("[data-chart=path] .hover");
                if (!shown?.checkVisibility({ visibilityProperty: true })) window.gone++;
                requestAnimationFrame(look);
              };
              look();
            }"""
        )
        for n in range(1, 4):
            board = sample(shift=0.01 * n, seq=50_000 + n)
            await publish(redis, board)
            last = board.pair_views["hstech-ixic"].last.spreads["1D"]
            await shown.get_by_text(words.points(100 * (last.r_a or 0)) + " %").wait_for()

        assert await page.evaluate("window.gone") == 0
        assert watched.complaints == []


async def test_pages_can_be_printed(redis: Redis, redis_url: str, free_port: int, browser: Browser) -> None:
    """On paper a page is light whatever the screen is, without navigation and buttons, its charts are drawn for the
    width of the paper, it says when and from where it was printed and that the market is invented; then all is as
    before. Tables of windows lie on their side, and fit."""
    await publish(redis, sample(simulated=True))
    async with dashboard(redis_url, free_port) as url:
        address = f"{url}/pairs/hstech-ixic"
        watched = await opened(browser, address, viewport={"width": 710, "height": 900}, color_scheme="dark")
        page = watched.page
        await page.locator("[data-chart=path] canvas").wait_for()
        await page.evaluate(
            """() => addEventListener("beforeprint", () => {
              const [text] = document.querySelectorAll(".on-paper svg text");
              const said = document.documentElement.style.getPropertyValue("--printed");
              window.paper = { ink: text.getAttribute("fill"), said };
            })"""
        )
        assert (await page.pdf()).startswith(b"%PDF")
        paper = await page.evaluate("window.paper")
        assert f"HKT from {address}" in paper["said"]
        assert max(int(part) for part in paper["ink"].removeprefix("rgb(").removesuffix(")").split(",")) < 128
        assert await page.locator(".on-paper").count() == 0

        await page.emulate_media(media="print", color_scheme="dark")
        await page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert await page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        for gone in (".pages", ".tools", ".zoom", "[data-chart=path] canvas"):
            assert not await page.locator(gone).is_visible(), gone
        assert await page.locator("[data-chart=path] .on-paper svg").is_visible()
        assert await page.get_by_text("SIMULATED MARKET").is_visible()
        assert await page.evaluate("document.documentElement.scrollWidth") == 710
        assert await page.evaluate("getComputedStyle(document.body).page") == "upright-invented"

        await page.set_viewport_size({"width": 1031, "height": 700})
        for wide in ("/?policy=ALL", "/baskets/china-m7"):
            await page.goto(url + wide)
            await page.wait_for_selector("[data-ready]")
            await page.evaluate("dispatchEvent(new Event('beforeprint'))")
            assert await page.evaluate("getComputedStyle(document.body).page") == "wide-invented", wide
            assert await watched.fits(1031), wide
        assert watched.complaints == []
