"""What tests against real programs share."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.async_api import Browser

_CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
_ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip


@asynccontextmanager
async def launched() -> AsyncIterator["Browser"]:
    """Chromium without a screen and without calls home; skips with a reason where none is installed."""
    if _CHROMIUM is None:
        pytest.skip("needs chromium")
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=_CHROMIUM, args=_ARGUMENTS, timeout=120_000)
        yield browser
        await browser.close()


@pytest.fixture
async def browser() -> AsyncIterator["Browser"]:
    """A Chromium for one test."""
    async with launched() as browser:
        yield browser
