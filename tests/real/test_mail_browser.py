"""The HTML part of a mail in a real browser: on a phone, in the dark, and without asking anybody for anything."""

from base64 import b64encode
from typing import Any, Literal

import pytest
from playwright.async_api import Browser, Page

from monitor.notify.chart.picture import png
from monitor.notify.mail.page import html
from monitor.notify.render import Circumstances, word
from tests.notify.notes import MAG7, note
from tests.notify.test_chart_picture import SPEC

pytestmark = pytest.mark.browser

PHONE = 360
CHART_ID = "chart@example.org"


async def shown(browser: Browser, width: int, scheme: Literal["light", "dark"], requests: list[str]) -> Page:
    """A mail with all that one can have, its chart where a mail program would put it."""
    message = word(
        note(title="恒生科技跑赢纳指 " + "x" * 200, z=2.1, baskets=(MAG7,), runbook="https://example.org/" + "r" * 300),
        Circumstances(dashboard="https://board.example.org"),
    )
    page = await browser.new_page(viewport={"width": width, "height": 740}, color_scheme=scheme)
    page.on("request", lambda request: requests.append(request.url))
    picture = f"data:image/png;base64,{b64encode(png(SPEC)).decode()}"
    await page.set_content(html(message, CHART_ID).replace(f"cid:{CHART_ID}", picture))
    return page


async def looks(page: Page, selector: str, name: str) -> Any:
    return await page.eval_on_selector(selector, f"element => getComputedStyle(element).{name}")


@pytest.mark.parametrize("width", [PHONE, 1200])
async def test_it_fits(browser: Browser, width: int) -> None:
    """No sideways scrolling, however long a word is; the chart is as wide as the column; nothing small is below 12
    pixels; nothing is fetched."""
    requests: list[str] = []
    page = await shown(browser, width, "light", requests)

    assert await page.evaluate("document.documentElement.scrollWidth") == width
    chart = await page.eval_on_selector("img", "element => [element.clientWidth, element.naturalWidth]")
    assert chart == [min(width, 640) - 34, 900]
    assert min([float((await looks(page, s, "fontSize"))[:-2]) for s in (".foot", ".value", ".lead", "h1")]) >= 12
    assert [url for url in requests if not url.startswith(("data:", "about:"))] == []


@pytest.mark.parametrize(("scheme", "paper", "ink"), [("light", 255, 31), ("dark", 22, 232)])
async def test_it_is_light_or_dark(
    browser: Browser,
    scheme: Literal["light", "dark"],
    paper: int,
    ink: int,
) -> None:
    """The page takes the colours that the reader's screen asks for; the badge keeps its own."""
    page = await shown(browser, PHONE, scheme, [])

    assert (await looks(page, ".card", "backgroundColor")).startswith(f"rgb({paper},")
    for part in (".title", ".lead", ".value"):
        assert (await looks(page, part, "color")).startswith(f"rgb({ink},")
    assert await looks(page, "td[bgcolor]", "backgroundColor") == "rgb(143, 74, 0)"
