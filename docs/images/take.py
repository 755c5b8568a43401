"""Takes the pictures of the documents from a running monitor: `make pictures`.

Starts the simulated market with everything of its own, waits until an alert fires and a few minutes are on file, and
photographs what people see: the pages, the terminal board, and a Slack message drawn from its blocks.
"""

import asyncio
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup
from playwright.async_api import Browser, async_playwright
from rich.console import Console
from rich.terminal_theme import SVG_EXPORT_THEME
from rich.text import Text

HERE = Path(__file__).parent
PORT = 8199
URL = f"http://127.0.0.1:{PORT}"
RULE = "hstech-ixic-ahead"
SETTLED_S = 60
"""After the first alert: until charts of the day have some minutes to show."""

PAGES = {
    "dashboard": ("/", 1440, 1000, "light"),
    "dashboard-dark": ("/", 1440, 1000, "dark"),
    "pair": ("/pairs/hstech-ixic?span=1Y", 1440, 1000, "light"),
    "basket": ("/baskets/china-m7", 1440, 1000, "light"),
    "alerts": ("/alerts", 1440, 1000, "light"),
    "phone": ("/", 390, 844, "light"),
}
"""Name of the picture: address, width, height, colour scheme."""

_TERMINAL = """<pre style="display:inline-block;margin:0;padding:18px 22px;background:#11151c;color:#d6dde6;
font:14px/1.35 'DejaVu Sans Mono',monospace;border-radius:10px">{}</pre>"""


@asynccontextmanager
async def running() -> AsyncIterator[dict[str, str]]:
    """`monitor up` on the simulated market; gives the environment that other commands need to find it."""
    folder = Path(tempfile.mkdtemp(prefix="mp-"))
    variables = {"MONITOR_DATA_DIR": str(folder), "MONITOR_DASHBOARD__PORT": str(PORT), "MONITOR_LOG__LEVEL": "WARNING"}
    inherited = {name: text for name, text in os.environ.items() if not name.startswith("MONITOR_")}
    env = inherited | variables
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "monitor.cli", "up", "--feed", "sim", env=env, stdout=subprocess.DEVNULL
    )
    try:
        yield env
    finally:
        process.terminate()
        await process.wait()
        shutil.rmtree(folder, ignore_errors=True)


async def first_alert() -> None:
    """Until the board says that something fires."""
    async with aiohttp.ClientSession() as http:
        while True:
            await asyncio.sleep(1)
            try:
                async with http.get(f"{URL}/api/boards/hk-us/alerts") as answer:
                    if answer.status == 200 and any(
                        alert["phase"] == "FIRING" for alert in (await answer.json())["alerts"]
                    ):
                        return
            except aiohttp.ClientError:
                continue


def asked(env: dict[str, str], *arguments: str) -> str:
    """What a command of the monitor prints."""
    command = [sys.executable, "-m", "monitor.cli", *arguments]
    return subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout


def terminal(env: dict[str, str]) -> str:
    """The terminal board as HTML, in its own colours."""
    wide = env | {"COLUMNS": "118", "FORCE_COLOR": "1", "COLORTERM": "truecolor", "TERM": "xterm-256color"}
    lines = asked(wide, "watch", "--once").splitlines()[:46]
    console = Console(record=True, width=118, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text.from_ansi("\n".join(lines)))
    return _TERMINAL.format(console.export_html(theme=SVG_EXPORT_THEME, inline_styles=True, code_format="{code}"))


def marked(text: str) -> Markup:
    """Slack's own marks as HTML: `*bold*`, `_italic_`, `` `code` ``, `<link|words>`. Slack's texts come escaped."""
    text = re.sub(r"<(http[^|>]+)\|([^>]+)>", r"<a>\2</a>", text)
    text = re.sub(r"`([^`]+)`", r"<code>\1</code>", text)
    text = re.sub(r"(?<!\w)\*([^*\n]+)\*(?!\w)", r"<b>\1</b>", text)
    text = re.sub(r"(?<!\w)_([^_\n]+)_(?!\w)", r"<i>\1</i>", text)
    return Markup(text.replace("\n", "<br>"))


def slack(env: dict[str, str]) -> str:
    """The message of an alert that really fired, drawn from the blocks that Slack would get."""
    line = asked(env, "alerts", "preview", RULE, "--channel", "desk", "--json").splitlines()[0]
    (attachment,) = json.loads(line)["payload"]["attachments"]
    templates = Environment(loader=FileSystemLoader(HERE), autoescape=True)
    templates.filters["slack"] = marked
    return templates.get_template("slack.html.j2").render(colour=attachment["color"], blocks=attachment["blocks"])


async def photograph(browser: Browser, env: dict[str, str]) -> None:
    """Every picture, into this folder."""
    for name, (address, width, height, scheme) in PAGES.items():
        context = await browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        page = await context.new_page()
        await page.goto(URL + address)
        await page.wait_for_selector("[data-ready]")
        await page.wait_for_timeout(1500)  # charts have drawn themselves in, nothing flashes any more
        await page.screenshot(path=HERE / f"{name}.png")
        await context.close()
    for name, document in (("terminal", terminal(env)), ("slack", slack(env))):
        page = await browser.new_page(device_scale_factor=1.5)
        await page.set_content(document)
        await page.locator("pre, main").first.screenshot(path=HERE / f"{name}.png")
        await page.close()


async def main() -> None:
    """Start, wait, photograph, stop."""
    async with running() as env, async_playwright() as playwright:
        await first_alert()
        await asyncio.sleep(SETTLED_S)
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        await photograph(browser, env)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
