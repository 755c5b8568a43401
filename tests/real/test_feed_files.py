"""A feed that is a file, in a real ingest: its quotes in the log, its state and counts told, its key nowhere."""

import shutil
from pathlib import Path

import msgspec

from monitor.core.event import FeedHealth, Fx, Quote
from monitor.runtime.health import Health
from monitor.wire.codec import decode_entry
from monitor.wire.keys import Keys
from tests.cli.vendor import FILE, TOKEN, vendor
from tests.eventually import eventually
from tests.processes import fleet, run_monitor, stream

SHIPPED = Path(__file__).parents[2] / "config"
KEYS = Keys("monitor", "hk-us")


async def test_a_feed_file_runs_in_an_ingest(tmp_path: Path) -> None:
    """Switched on by the name of the file; delay and symbols by its tables; the doctor tells what came of it and does
    not connect once more."""
    config = Path(shutil.copytree(SHIPPED, tmp_path / "config"))
    (config / "feeds" / "desk.toml").write_text(FILE.replace("XHKG = 900", "XNYS = 7"))
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "MONITOR_FEEDS__DESK__TOKEN").write_text(TOKEN + "\n")
    with vendor() as url:
        variables = {
            "MONITOR_CONFIG_DIR": str(config),
            "MONITOR_SECRETS_DIR": str(secrets),
            "MONITOR_FEED": "desk",
            "MONITOR_FEEDS__DESK__URL": url,
        }
        async with fleet(**variables) as running:
            running.start("ingest")

            async def logged() -> list[object]:
                entries = await stream(running.client, KEYS.quotes)
                return [event for _, fields in entries for event in decode_entry(fields).events]

            async def counted() -> bool:
                told = [event for event in await logged() if isinstance(event, FeedHealth)]
                return bool(told) and told[-1].received == 4

            async def healthy() -> bool:
                for name in await running.client.keys(KEYS.health("ingest", "*")):
                    health = msgspec.json.decode(await running.client.get(name), type=Health)
                    return "received 4" in str(health.detail.get("counts desk"))
                return False

            await eventually(counted)
            await eventually(healthy)
            events = await logged()
            doctor = run_monitor("doctor", env=running.env)
            metrics = b"".join([await running.client.get(k) for k in await running.client.keys("monitor:metrics:*")])
            assert await running.stop("ingest") == 0
            said = running.journal("ingest")

    [quote] = [event for event in events if isinstance(event, Quote)]
    [rate] = [event for event in events if isinstance(event, Fx)]
    assert (quote.symbol, quote.source, quote.price, quote.delay_s) == ("NVDA", "desk", 140.25, 7)
    assert (rate.pair, rate.rate) == ("USDHKD", 7.8)
    last = [event for event in events if isinstance(event, FeedHealth)][-1]
    assert (last.state, last.accepted, last.rejected) == ("up", 2, {"DUPLICATE": 2})
    assert "3 of 4 symbols, the plan's limit" in last.detail

    lines = doctor.stdout.splitlines()
    assert any(line.startswith("ok      feed desk: up 3 of 4") and "not connected once more" in line for line in lines)
    assert any("desk in " in line and "received 4: accepted 2, DUPLICATE 2" in line for line in lines)
    assert b'monitor_quotes_received_total{source="desk"} 4.0' in metrics
    everything = said + doctor.stdout + doctor.stderr + metrics.decode() + repr(events)
    assert TOKEN not in everything
