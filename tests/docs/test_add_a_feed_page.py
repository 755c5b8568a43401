"""The vendor that docs/add-a-feed.md invents, run from the page: its file, its frames, and a local server of it."""

import asyncio
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from monitor.assembly.feeds import Wiring, make_feeds
from monitor.assembly.site import Site
from monitor.core.event import FeedHealth, Quote
from monitor.core.quotes.intake import Intake
from monitor.feeds.field_spec import FIELDS, KINDS, SESSIONS
from monitor.runtime.clock import SystemClock
from monitor.settings import feed_section as sections
from monitor.settings.feed_file import load_feed_file
from monitor.workers.ingest import ingest
from tests.eventually import eventually
from tests.faults.lab import Log

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "add-a-feed.md").read_text("utf-8")
KEY = "h4rbour-key"


def _frames(row: str) -> list[Any]:
    """The JSON in one row of the page's first table."""
    (line,) = [line for line in PAGE.splitlines() if line.startswith(f"| {row}")]
    return [json.loads(text) for text in re.findall(r"`(\{.*?\})`", line)]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The shipped configuration and, added to it, the file of the page: nothing else."""
    folder = tmp_path / "config"
    shutil.copytree(ROOT / "config", folder)
    (text,) = re.findall(r"```toml\n(# config/feeds/harbour.toml\n.*?)```", PAGE, re.DOTALL)
    (folder / "feeds" / "harbour.toml").write_text(text)
    return folder


class Harbour:
    """The vendor's server: exactly what the page says of it."""

    def __init__(self) -> None:
        self.said: list[Any] = []

    async def __call__(self, client: ServerConnection) -> None:
        (hello,) = _frames("greeting")
        login, let_in, refusal = _frames("login")
        (watch,) = _frames("subscription")
        (answer,) = _frames("its answer")
        (alive,) = _frames("sign of life")
        await client.send(json.dumps(hello))
        async for text in client:
            message = json.loads(text)
            self.said.append(message)
            if message["op"] == login["op"]:
                await client.send(json.dumps(let_in if message == {**login, "key": KEY} else refusal))
            elif message["op"] == watch["op"]:
                lines = [item["line"] for item in message["lines"]]
                await client.send(json.dumps({**answer, "lines": lines[:-1], "unknown": lines[-1:]}))
                await self._trade(client)
            elif message == alive:
                await client.send(json.dumps(alive))

    async def _trade(self, client: ServerConnection) -> None:
        (ticks,) = _frames("prices")
        (tick,) = ticks["ticks"]
        odd = {**tick, "px": "1.0", "lot": "odd"}
        await client.send(json.dumps({**ticks, "ticks": [tick, odd, {**tick, "l": "9988", "px": "120.5"}]}))


async def _log_of(config: Path, key: str, monkeypatch: pytest.MonkeyPatch, harbour: Harbour, done: Any) -> Log:
    """What the ingest writes to the log while the vendor's server runs, until `done` says so."""
    log = Log()
    async with serve(harbour, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        monkeypatch.setenv("MONITOR_FEED", "harbour")
        monkeypatch.setenv("MONITOR_FEEDS__HARBOUR__KEY", key)
        monkeypatch.setenv("MONITOR_FEEDS__HARBOUR__URL", f"ws://127.0.0.1:{port}/v1")
        site = Site(config)
        feeds = make_feeds(Wiring(site, site.definition.lines, SystemClock()))
        intake = Intake(site.definition.lines, site.calendars)
        work = asyncio.create_task(ingest(feeds, intake, log, SystemClock(), beat_s=0.02, soonest_s=0.05))
        try:
            await eventually(lambda: done(log))
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
    return log


async def test_the_page_makes_a_feed(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One file, and quotes of the vendor stand in the board's log: under the board's symbols, with time, session,
    volume and delay; the odd lot is counted and moves nothing; the refused symbol is named."""
    harbour = Harbour()

    def both(log: Log) -> bool:
        told = [event for event in log if isinstance(event, FeedHealth)]
        return sum(isinstance(event, Quote) for event in log) == 2 and any(
            "refused" in health.detail for health in told
        )

    log = await _log_of(config, KEY, monkeypatch, harbour, both)

    tencent, alibaba = (event for event in log if isinstance(event, Quote))
    assert (tencent.symbol, tencent.source, tencent.price) == ("0700.HK", "harbour", 635.5)
    assert (tencent.event_ns, tencent.session, tencent.day_volume) == (1795143600000 * 10**6, "regular", 8123400.0)
    assert tencent.delay_s == 900
    assert (alibaba.symbol, alibaba.price) == ("9988.HK", 120.5)
    told = [event for event in log if isinstance(event, FeedHealth)]
    assert any(health.detail == "3 symbols; refused: NYS:BABA" for health in told)
    login, watch = harbour.said[:2]
    assert login == {"op": "login", "key": KEY}
    assert watch == _frames("subscription")[0] | {
        "lines": [{"line": "HKG:700"}, {"line": "HKG:9988"}, {"line": "NYS:BABA"}]
    }


async def test_a_wrong_key_stops_the_feed_and_is_never_shown(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failed(log: Log) -> bool:
        return any(isinstance(event, FeedHealth) and event.state == "failed" for event in log)

    log = await _log_of(config, "wr0ng-key", monkeypatch, Harbour(), failed)

    last = [event for event in log if isinstance(event, FeedHealth)][-1]
    assert last.detail == "the server refuses the login"
    assert "wr0ng-key" not in repr(log)


def test_the_page_explains_every_key(config: Path) -> None:
    """Whatever may stand in a feed file has a row."""
    for section, prefix in (
        (sections.AuthSection, "auth."),
        (sections.SubscriptionSection, "subscribe."),
        (sections.LimitsSection, "limits."),
        (sections.ReconnectSection, ""),
        (sections.ErrorSection, ""),
        (sections.DecodeSection, ""),
    ):
        for key in section.model_fields:
            assert f"`{prefix}{key}" in PAGE or f".{key}`" in PAGE, f"{prefix}{key}"
    for word in (*FIELDS, *KINDS, *SESSIONS):
        assert f"`{word}`" in PAGE, word
    assert load_feed_file(config / "feeds" / "harbour.toml").placeholders == ("key",)
