"""Dashboards in processes of their own, and pages of theirs whose every complaint is written down."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiohttp
from playwright.async_api import Browser, Page
from playwright.async_api import TimeoutError as PlaywrightTimeout

from tests.eventually import eventually


@asynccontextmanager
async def dashboard(redis_url: str, port: int, *options: str) -> AsyncIterator[str]:
    """A dashboard process; gives its address. options: of its script, after Redis and port."""
    script = "tests.real.dashboard_process"
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", script, redis_url, str(port), *options)
    url = f"http://127.0.0.1:{port}"
    try:
        async with aiohttp.ClientSession() as http:

            async def answers() -> bool:
                assert process.returncode is None, "the dashboard ended at once"
                try:
                    async with http.get(url + "/readyz") as answer:
                        return answer.status == 200
                except aiohttp.ClientError:
                    return False

            await eventually(answers)
        yield url
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()


class Watched:
    """A page whose every complaint and request is written down."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.requests: list[str] = []
        page.on("console", lambda m: self.complaints.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("websocket", lambda socket: self.requests.append(socket.url))

    async def cell(self, id: str) -> str:
        return (await self.page.locator(f"[data-cell='{id}']").text_content()) or ""

    def elsewhere(self, url: str) -> list[str]:
        """What was asked of anybody but the server at `url`."""
        own = (url, url.replace("http", "ws"), "data:", "blob:")
        return [request for request in self.requests if not request.startswith(own)]

    async def shows(self, id: str, content: str) -> None:
        """Wait until the cell shows exactly that."""

        async def same() -> bool:
            return await self.cell(id) == content

        await eventually(same)

    async def fits(self, width: int) -> bool:
        """Whether nothing makes the page scroll sideways at this width. Charts follow a new one with the next frame,
        which comes late on a slow machine."""
        fitting = "width => document.documentElement.scrollWidth === width"
        with suppress(PlaywrightTimeout):
            await self.page.wait_for_function(fitting, arg=width, timeout=60_000)
        return bool(await self.page.evaluate(fitting, width))

    async def titled(self, title: str) -> None:
        """Wait until the tab is called exactly that."""

        async def same() -> bool:
            return await self.page.title() == title

        await eventually(same)


async def opened(browser: Browser, url: str, **options: Any) -> Watched:
    """The page at an address, once it shows something. options: of the browser's context."""
    context = await browser.new_context(**options)
    watched = Watched(await context.new_page())
    await watched.page.goto(url)
    await watched.page.wait_for_selector("[data-ready]")
    return watched
