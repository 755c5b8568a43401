"""`monitor history`: what was kept live, what a recording gives, and that both are the same to the byte."""

import asyncio
import json
from pathlib import Path
from random import Random

import pandas as pd
import pytest

from monitor.core.instant import MILLISECOND, SECOND, parse_instant
from monitor.feeds.recordings.recording import recording_writer
from monitor.wire.codec import decode_entry
from monitor.wire.keys import Keys
from tests.eventually import eventually
from tests.processes import Fleet, fleet, run_monitor, stream

pytestmark = [pytest.mark.xdist_group("heavy"), pytest.mark.timeout(300)]

KEYS = Keys("monitor", "hk-us")
BEGIN = parse_instant("2025-03-10T07:52:00Z")
MINUTES = 21


def quotes(path: Path) -> Path:
    """Twenty-one minutes over the close of Hong Kong, a quote of five lines every ten seconds."""
    random = Random(2)
    prices = {"HSTECH": 6000.0, "IXIC": 18_000.0, "0700.HK": 500.0, "9988.HK": 140.0, "AAPL": 240.0}
    with path.open("w", encoding="utf-8") as file:
        for at_ns in range(BEGIN, BEGIN + MINUTES * 60 * SECOND, 10 * SECOND):
            for symbol in prices:
                prices[symbol] *= 1 + random.gauss(0, 0.0003)
                row = {"symbol": symbol, "source": "yahoo", "price": round(prices[symbol], 2)}
                file.write(json.dumps(row | {"ts": at_ns // MILLISECOND, "received_at": at_ns // MILLISECOND}) + "\n")
    return path


async def reached(running: Fleet, ms: int) -> bool:
    newest = await running.client.xrevrange(KEYS.snapshots, count=1)
    return bool(newest) and int(newest[0][0].partition(b"-")[0]) >= ms


async def record(running: Fleet, path: Path) -> Path:
    """The log as a recording."""
    with recording_writer(path) as writer:
        for _, fields in await stream(running.client, KEYS.quotes):
            for event in decode_entry(fields).events:
                writer.write(event)
    return path


async def test_live_history_and_the_one_worked_out_from_a_recording_are_the_same() -> None:
    """A day runs through the pipeline: what `monitor history` exports of it and what `--replay` makes of the recorded
    log are the same files to the byte, by the minute and, with --store and without Redis, by the close; pandas reads
    them."""
    async with fleet(MONITOR_FEED="replay", MONITOR_CALCULATOR__INTERVAL_MS="5000") as running:
        folder = running.folder
        running.env["MONITOR_DATA_DIR"] = str(folder / "data")
        running.start("spread")
        running.start("replay", quotes(folder / "quotes.jsonl"), "--speed", "max")
        assert await running.ended("replay") == 0, running.journal("replay")
        last_ms = BEGIN // MILLISECOND + MINUTES * 60_000 - 10_000
        await eventually(lambda: reached(running, last_ms), deadline_s=90)
        assert await running.stop("spread") == 0
        recording = await record(running, folder / "log.jsonl")

        async def history(*arguments: str | Path, **variables: str) -> str:
            done = await asyncio.to_thread(run_monitor, "history", *arguments, env=running.env | variables)
            assert done.returncode == 0, done.stderr
            return done.stderr

        no_redis = {"MONITOR_REDIS__URL": "unix:///nonexistent/r.sock"}
        await history("--out", folder / "live.csv")
        await history("--out", folder / "replayed.csv", "--replay", recording, "--store", **no_redis)
        await history("--out", folder / "live-closes.csv", "--every", "1d")
        told = await history("--out", folder / "kept-closes.csv", "--every", "1d", **no_redis)

        assert "Only what is on disk" in told
        assert (folder / "replayed.csv").read_bytes() == (folder / "live.csv").read_bytes()
        assert (folder / "kept-closes.csv").read_bytes() == (folder / "live-closes.csv").read_bytes()
        bars = pd.read_csv(folder / "live.csv", parse_dates=["t"])
        closes = pd.read_csv(folder / "live-closes.csv", parse_dates=["t"])

    assert str(bars["t"].dt.tz) == "UTC"
    prices = bars[bars["metric"] == "HSTECH.price.now"].set_index("t")["close"]
    assert len(prices) > 6
    assert prices.between(5000, 7000).all()
    assert "HSTECH.return_pct.ytd" in set(bars["metric"])
    assert list(closes["market"].unique()) == ["XHKG"]
    assert str(closes["t"].unique()[0]) == "2025-03-10 08:10:00+00:00"
    close = closes.set_index("metric")["value"]
    assert close["HSTECH.price.now"] == prices[:"2025-03-10T08:09:00Z"].iloc[-1]
