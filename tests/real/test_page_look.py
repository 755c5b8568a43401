"""The look of every page in a real browser: themes, palettes, widths, and what it asks of whom."""

import itertools
from typing import Any

import pytest
from playwright.async_api import Browser
from redis.asyncio import Redis

from tests.readouts.publishing import publish
from tests.readouts.sample import aged, alert, sample
from tests.readouts.sample_views import DATA_ALERTS
from tests.real.browsing import dashboard, opened

pytestmark = pytest.mark.browser

_ADDRESSES = (
    "/?policy=ALL",
    "/?sort=-1D&at=1740154800250",
    "/pairs/hstech-ixic",
    "/pairs/titans_mag7?span=1M",
    "/pairs/nobody",
    "/baskets/china-m7",
    "/baskets/<script>",
    "/health",
    "/alerts",
)

_CONTRASTS = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  const behind = (element) => {
    const layers = [];
    for (let e = element; e; e = e.parentElement) layers.push(rgba(getComputedStyle(e).backgroundColor));
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255, 1]);
  };
  const light = (colour) => {
    const [r, g, b] = colour.map((c) => c / 255).map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const seen = new Set();
  const poor = [];
  for (const element of document.querySelectorAll(".monitor *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || element.closest(".simulated") || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const back = behind(element);
    const key = `${style.color} ${back}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const [a, b] = [light(over(rgba(style.color), back)), light(back)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) poor.push(`${ratio.toFixed(2)} ${element.className} ${element.textContent.trim().slice(0, 30)}`);
  }
  return [seen.size, poor];
}"""


async def _published(redis: Redis) -> None:
    board = aged(sample(simulated=True, data_alerts=DATA_ALERTS), "HSTECH", 91)
    await publish(redis, board, alert())


async def test_text_can_be_read_in_every_look(redis: Redis, redis_url: str, free_port: int, browser: Browser) -> None:
    """In both themes and all three palettes, each text stands out from what is behind it by 4.5 to 1 or more, and up
    and down are of another colour in each palette."""
    await _published(redis)
    ups: dict[str, set[Any]] = {}
    async with dashboard(redis_url, free_port) as url:
        watched = await opened(browser, url + "/?policy=ALL", reduced_motion="reduce")
        page = watched.page
        await page.add_style_tag(content="* { transition: none !important; }")
        for theme, palette in itertools.product(("light", "dark"), ("green-up", "red-up", "blue-up")):
            await page.evaluate(f"look.choose('theme', '{theme}'); look.choose('palette', '{palette}')")
            looked, poor = await page.evaluate(_CONTRASTS)
            colour = "e => getComputedStyle(e).color"
            ups.setdefault(theme, set()).add(await page.locator(".top .up").first.evaluate(colour))

            assert poor == [], (theme, palette)
            assert looked > 20
        assert [len(found) for found in ups.values()] == [3, 3]


async def test_chosen_look_is_there_before_the_first_paint(
    redis: Redis, redis_url: str, free_port: int, browser: Browser
) -> None:
    """A page that is opened again has its theme and palette before anything of it is drawn, and another tab follows."""
    await _published(redis)
    async with dashboard(redis_url, free_port) as url:
        first = await opened(browser, url)
        await first.page.get_by_role("button", name="dark or light").click()
        await first.page.get_by_role("button", name="colours of up and down").click()
        second = await first.page.context.new_page()
        await second.add_init_script(
            """new MutationObserver((_, observer) => {
              if (!document.body) return;
              observer.disconnect();
              window.atFirst = { ...document.documentElement.dataset };
            }).observe(document, { childList: true, subtree: true });"""
        )
        await second.goto(url)
        await second.wait_for_selector("[data-ready]")
        assert await second.evaluate("window.atFirst") == {"theme": "dark", "palette": "red-up"}

        await second.get_by_role("button", name="colours of up and down").click()
        await first.page.wait_for_function("document.documentElement.dataset.palette === 'blue-up'")


async def test_every_page_fits_and_asks_nobody_else(
    redis: Redis, redis_url: str, free_port: int, browser: Browser
) -> None:
    """At every width no page scrolls sideways, none complains, none asks anybody but its own server; the bar marks the
    page that is open, and a page that does not exist says so."""
    await _published(redis)
    async with dashboard(redis_url, free_port) as url:
        for address in _ADDRESSES:
            watched = await opened(browser, url + address)
            for width in (390, 1440, 2560, 3840):
                await watched.page.set_viewport_size({"width": width, "height": 1000})
                assert await watched.fits(width), address
            marked = watched.page.locator(".pages a[aria-current=page]")
            if "nobody" in address or "script" in address:
                assert await marked.count() == 0
                assert await watched.page.get_by_text("Not here").is_visible()
            else:
                assert await marked.get_attribute("href") == address.partition("?")[0]
            assert watched.complaints == [], address
            assert watched.elsewhere(url) == [], address
            await watched.page.context.close()
