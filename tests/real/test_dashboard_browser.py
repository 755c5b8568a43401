from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from playwright.async_api import Browser, Page
from redis.asyncio import Redis

from monitor.bus.health import HealthKeys
from monitor.core.instant import SECOND
from monitor.readouts import words
from monitor.runtime.clock import SystemClock
from monitor.runtime.health import Heart
from tests.readouts.publishing import KEYS, coming, publish
from tests.readouts.sample import aged, alert, sample
from tests.readouts.sample_views import DATA_ALERTS
from tests.real.browsing import dashboard, opened

pytestmark = pytest.mark.browser

_SIZES = [(3840, 2160), (2560, 1440), (1440, 900), (800, 1000), (390, 844)]


async def test_page_shows_the_snapshot_and_asks_nobody_else(
    redis: Redis, redis_url: str, free_port: int, browser: Browser
) -> None:
    """Numbers are those of the snapshot, nothing is logged as an error, no request leaves the machine."""
    snapshot = sample(simulated=True)
    await publish(redis, snapshot, alert())
    async with dashboard(redis_url, free_port) as url:
        watched = await opened(browser, url + "/?policy=ALL")
        page = watched.page

        for id, view in snapshot.pair_views.items():
            for window in snapshot.windows:
                spread = view.last.spreads[window].spread_pp
                shown = await watched.cell(f"p.{id}.{window}")
                assert shown.endswith(words.points(spread) if spread is not None else "– base"), (id, window)
            for prefix, policy in (("q", view.same_date), ("l", view.lag), ("y", view.sync)):
                for window in ("1D", "YTD") if policy else ():
                    found = policy.spreads[window]
                    wanted = f"– {words.short_status(found.status)}"
                    if found.spread_pp is not None:
                        wanted = words.points(found.spread_pp)
                    assert (await watched.cell(f"{prefix}.{id}.{window}")).endswith(wanted), (prefix, id, window)
        for symbol, instrument in snapshot.instruments.items():
            if instrument.kind != "fx":
                assert await watched.cell(f"m.{symbol}.price") == words.price(instrument.price)
                if instrument.price is not None:
                    assert words.percent(instrument.returns["YTD"]) in await watched.cell(f"m.{symbol}.YTD")
        assert await watched.cell("st.hstech-ixic.z") == "+2.13"
        assert await watched.cell("i.HSTECH.regime") == "bull since 6 Feb 2025"
        usd = snapshot.basket_views["china-m7"].variants["YTD"][1]
        assert words.percent(usd.value) in await watched.cell("v.china-m7.EW.USD.YTD")
        assert await watched.cell("b.titans.YTD.added") == "– cover"
        assert await page.get_by_text("ESTIMATE", exact=True).count() == 4
        assert await page.get_by_text("SIMULATED MARKET").is_visible()
        assert await page.get_by_text("HSTECH leads the Nasdaq").is_visible()
        assert await watched.cell("m.TSLA.state") == "STALE"
        assert await watched.cell("m.CSIAI.state") == "MISSING"
        assert watched.complaints == []
        assert watched.elsewhere(url) == []


async def test_page_follows_and_reconnects(redis: Redis, redis_url: str, free_port: int, browser: Browser) -> None:
    """New snapshots and alerts arrive by themselves, also after the server was restarted; until then the page says that
    nothing arrives."""
    await publish(redis, sample())
    async with dashboard(redis_url, free_port) as url:
        watched = await opened(browser, url)
        await watched.page.evaluate("window.sameDocument = true")
        moved = sample(shift=0.0123, seq=48_212)
        await publish(redis, moved, alert())
        await watched.shows("seq", "48,212")
        assert words.percent(moved.instruments["HSTECH"].returns["1D"]) in await watched.cell("m.HSTECH.1D")
        assert await watched.page.get_by_text("HSTECH leads the Nasdaq").is_visible()
        await publish(redis, sample(seq=48_213))
        await watched.shows("seq", "48,213")
        assert await watched.page.get_by_text("No active alerts").is_visible()
        assert await watched.page.evaluate("window.sameDocument")
    await watched.page.get_by_text("No connection to the monitor").wait_for()
    await publish(redis, sample(seq=48_214))
    async with dashboard(redis_url, free_port):
        await watched.shows("seq", "48,214")
        await publish(redis, sample(seq=48_215))
        await watched.shows("seq", "48,215")
        assert await watched.page.get_by_text("No connection to the monitor").count() == 0


async def test_markup_in_names_stays_text(redis: Redis, redis_url: str, free_port: int, browser: Browser) -> None:
    """A name with a script in it is shown and does not run."""
    evil = "<img src=x onerror='window.owned=1'><script>window.owned=1</script>"
    troubled = [msgspec.structs.replace(DATA_ALERTS[0], subject=evil, detail=evil)]
    await publish(redis, sample(title=evil, data_alerts=troubled), alert(title=evil, rule=evil, unit=evil))
    async with dashboard(redis_url, free_port) as url:
        watched = await opened(browser, url)

        assert await watched.page.locator("h1").text_content() == evil
        assert await watched.page.evaluate("window.owned") is None
        assert watched.complaints == []


async def test_addresses_of_no_page_say_so(redis: Redis, redis_url: str, free_port: int, browser: Browser) -> None:
    """An address that is none leads back to the board by one click; a script in it stays text; the answer is a 404."""
    await publish(redis, sample())
    async with dashboard(redis_url, free_port) as url:
        page = await browser.new_page()
        answer = await page.goto(f"{url}/pairs/%3Cscript%3Ewindow.owned=1%3C/script%3E")

        assert answer is not None
        assert answer.status == 404
        assert "There is no page /pairs/<script>window.owned=1</script>." in await page.inner_text("body")
        assert await page.evaluate("window.owned") is None
        await page.get_by_role("link", name="To the board").click()
        await page.wait_for_selector("[data-ready]")
        await page.close()


async def test_page_fits_phones_and_remembers_the_theme(
    redis: Redis, redis_url: str, free_port: int, browser: Browser
) -> None:
    """Nothing makes the page itself scroll sideways, dark follows the system, and the button overrules it for good."""
    await publish(redis, sample(simulated=True), alert())
    background: Callable[[Page], Any] = lambda page: page.evaluate("getComputedStyle(document.body).backgroundColor")  # noqa: E731
    async with dashboard(redis_url, free_port) as url:
        for width, height in _SIZES:
            watched = await opened(browser, url, viewport={"width": width, "height": height}, color_scheme="dark")
            page = watched.page
            assert await page.evaluate("document.documentElement.scrollWidth") == width
            dark = await background(page)
            await page.get_by_role("button", name="dark or light").click()
            light = await background(page)
            await page.reload()
            await page.wait_for_selector("[data-ready]")
            assert await background(page) == light != dark
            await page.context.close()


async def test_links_of_messages_open_the_board(redis: Redis, redis_url: str, free_port: int, browser: Browser) -> None:
    """`/?at=<ms>`, where messages point to, is the board of now, and it says so; the tab shows the headline spread.
    What cannot be read in an address, also behind its `#`, is passed over."""
    async with coming(redis, sample(simulated=True)), dashboard(redis_url, free_port) as url:
        for link in ("/?at=1740154800250", "/?at=nonsense&at=2#%E0%A4%A"):
            watched = await opened(browser, url + link)

            assert await watched.page.locator("h1").text_content() == "Hong Kong tech vs Nasdaq"
            # The tab bears another sign while nothing comes, as on a machine that stood still.
            await watched.titled("SIM ▼ −0.21 pp 1D · HSTECH – Nasdaq Composite")
            told = await watched.page.get_by_text("message of 22 Feb 2025 00:20 HKT; the board shows now").count()
            assert told == (1 if "nonsense" not in link else 0)
            icon = await watched.page.locator("link[rel~=icon]").first.get_attribute("href")
            assert (icon or "").startswith("data:image/svg+xml")
            assert watched.complaints == []
            await watched.page.context.close()


async def test_old_prices_and_dead_services_are_marked(
    redis: Redis, redis_url: str, free_port: int, browser: Browser
) -> None:
    """A stale pair is named, loses its colour, and the services that do not run are told."""
    await publish(redis, aged(sample(), "HSTECH", 91))
    heart = Heart("spread", "one", SystemClock())
    # Of an hour to come: a dashboard may take longer to start than a service may stand still.
    alive = msgspec.structs.replace(heart.health(), last_progress=SystemClock().now_ns() / SECOND + 3600)
    await HealthKeys(redis, KEYS).write("spread", "one", msgspec.json.encode(alive), b"", 600)
    async with dashboard(redis_url, free_port) as url:
        watched = await opened(browser, url + "/?policy=ALL")
        await watched.shows("p.hstech-ixic.doubt", "HSTECH STALE 91 d, DELAYED 15 min")
        await watched.shows("services", "ingest not running · spread ok · alerting not running · dashboard not running")
        look = "e => [getComputedStyle(e).color, getComputedStyle(e).backgroundColor]"
        old = await watched.page.locator("[data-cell='p.hstech-ixic.YTD']").evaluate(look)
        same = await watched.page.locator("[data-cell='q.hstech-ixic.YTD']").evaluate(look)

        assert old[0] != same[0]
        assert old[1] == "rgba(0, 0, 0, 0)" != same[1]


async def test_keyboard_and_reduced_motion(redis: Redis, redis_url: str, free_port: int, browser: Browser) -> None:
    """Focus can be seen and survives a new row; numbers are marked without motion for those who asked for that."""
    await publish(redis, sample())
    async with dashboard(redis_url, free_port) as url:
        watched = await opened(browser, url, reduced_motion="reduce")
        page = watched.page
        await page.evaluate("() => { Element.prototype.animate = () => { window.moved = true } }")
        focused = "[document.activeElement.textContent.trim(), getComputedStyle(document.activeElement).outlineStyle]"
        await page.keyboard.press("Tab")
        skip = await page.evaluate(focused)
        await page.keyboard.press("Tab")
        board = await page.evaluate(focused)
        await page.locator("[aria-label=Spreads]").focus()
        await publish(redis, sample(shift=0.01, seq=48_212), alert())
        await watched.shows("seq", "48,212")
        await publish(redis, sample(shift=0.02, seq=48_213), alert())
        await page.locator("[data-cell='leg.china-m7.1d'][data-went=up]").wait_for()

        assert skip == ["Skip to the content", "solid"]
        assert board == ["Board", "solid"]
        assert await page.evaluate("document.activeElement.ariaLabel") == "Spreads"
        assert await page.evaluate("window.moved") is None


async def test_keys_go_to_pages_and_change_the_look(
    redis: Redis, redis_url: str, free_port: int, browser: Browser
) -> None:
    """`?` lists the keys, `t` and `c` change the look, `g h` and a digit open pages, and typing is left alone."""
    await publish(redis, sample())
    async with dashboard(redis_url, free_port) as url:
        watched = await opened(browser, url)
        page = watched.page
        root = "document.documentElement.dataset"

        await page.keyboard.press("?")
        assert await page.locator("#keys").is_visible()
        await page.keyboard.press("Escape")
        assert not await page.locator("#keys").is_visible()
        await page.keyboard.press("t")
        assert await page.evaluate(f"{root}.theme") == "dark"
        await page.keyboard.press("c")
        assert await page.evaluate(f"{root}.palette") == "red-up"
        await page.keyboard.press("p")
        await page.wait_for_url("**/?policy=SAME_DATE")
        await page.evaluate("document.querySelector('main').append(document.createElement('input'))")
        await page.locator("main > input").press_sequentially("tc")
        assert await page.evaluate(f"[{root}.theme, {root}.palette]") == ["dark", "red-up"]
        await page.locator("main > input").blur()
        await page.keyboard.press("1")
        await page.wait_for_url("**/pairs/hstech-ixic")


async def test_switch_shows_one_policy(redis: Redis, redis_url: str, free_port: int, browser: Browser) -> None:
    """A click on a policy shows its numbers from the snapshot in the same document; its address shows them again."""
    snapshot = sample()
    await publish(redis, snapshot)
    view = snapshot.pair_views["hstech-ixic"]
    assert view.sync is not None
    wanted = words.points(view.sync.spreads["1D"].spread_pp)
    async with dashboard(redis_url, free_port) as url:
        watched = await opened(browser, url)
        await watched.page.evaluate("window.sameDocument = true")
        assert await watched.page.locator("[data-cell='p.hstech-ixic.1D']").count() == 1
        await watched.page.get_by_role("link", name="SYNC", exact=True).click()
        await watched.page.locator("[data-cell='y.hstech-ixic.1D']", has_text=wanted).wait_for()
        assert await watched.page.locator("[data-cell='p.hstech-ixic.1D']").count() == 0
        assert await watched.page.evaluate("window.sameDocument")
        await watched.page.reload()
        await watched.page.locator("[data-cell='y.hstech-ixic.1D']", has_text=wanted).wait_for()
        assert watched.complaints == []


async def test_members_are_sorted_and_stay_so(redis: Redis, redis_url: str, free_port: int, browser: Browser) -> None:
    """A click on a heading sorts by it, says so, and rows do not jump when numbers move within the minute."""
    snapshot = sample()
    await publish(redis, snapshot)
    ytd = {symbol: v.returns["YTD"] for symbol, v in snapshot.instruments.items() if v.kind != "fx"}
    best = sorted((symbol for symbol, value in ytd.items() if value is not None), key=lambda s: -(ytd[s] or 0.0))
    rows = "[...document.querySelectorAll('.members tbody tr')].map(e => e.dataset.key)"
    async with dashboard(redis_url, free_port) as url:
        watched = await opened(browser, url)
        await watched.page.locator(".members th", has_text="YTD").locator("a").click()
        await watched.page.locator(".members th[aria-sort=descending]", has_text="YTD").wait_for()
        order = await watched.page.evaluate(rows)
        turned = {s: msgspec.structs.replace(v, returns={"YTD": -(v.returns["YTD"] or 0.0)}) if s in best else v
                  for s, v in snapshot.instruments.items()}  # fmt: skip
        await publish(redis, sample(seq=48_212, instruments=turned))
        await watched.shows("seq", "48,212")

        assert order[: len(best)] == best
        assert await watched.page.evaluate(rows) == order
