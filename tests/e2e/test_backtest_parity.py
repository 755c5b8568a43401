"""A back-test says what the service would have said: one recording through the real pipeline, and through
`monitor alerts backtest`."""

import asyncio
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from monitor.core.event import Beat, Event
from monitor.wire.keys import Keys
from tests.chaos.market import BOARD, END_MS, market, write_config, write_recording
from tests.eventually import eventually
from tests.processes import Fleet, environment, fleet, run_monitor, stream

pytestmark = [pytest.mark.xdist_group("heavy"), pytest.mark.timeout(400)]

KEYS = Keys("monitor", BOARD)
DEADLINE_S = 120.0
MORE_RULES = """
[[rule]]
id = "in-session"
title = "Hong Kong, live, from its third minute on"
metric = "hstech-ixic.spread_pp.wtd"
unit = "pp"
when = { outside = [-0.5, 0.5] }
clear = { inside = [-0.4, 0.4] }
for = "3s"
clear_for = "2s"
session = { calendar = "XHKG", skip_after_open = "2m" }
require_live = ["HSTECH", "9988.HK"]
no_data = { after = "20s" }
inhibited_by = ["basket-apart"]
cooldown = "10s"
[rule.levels.critical]
when = { outside = [-1.0, 1.0] }
clear = { inside = [-0.9, 0.9] }

[[rule]]
id = "jolt"
title = "A name moves within half a minute"
metric = "*.return_pct.1d"
each = "three"
unit = "pct"
when = { moves = { by = 1.2, within = "30s" } }
cooldown = "20s"

[[rule]]
id = "silent"
title = "No price"
metric = "*.age_seconds.now"
each = ["HSTECH", "9988.HK"]
unit = "seconds"
when = { above = 20 }
"""


@pytest.fixture(scope="module")
def config() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="mb-") as name:
        folder = write_config(Path(name) / "config")
        rules = folder / "alerts.toml"
        text = rules.read_text("utf-8").replace(
            'kind = "slack_webhook", url_env = "CHAOS_WEBHOOK", rate = "0s"', 'kind = "console"'
        )
        rules.write_text(text + MORE_RULES, "utf-8")
        yield folder


def with_beats_of_the_log() -> list[Event]:
    """A recording of a log: its time is its own."""
    return market()


def without_beats() -> list[Event]:
    """What only has quotes: a replay and a back-test add the same beats."""
    return [event for event in market(seed=12) if not isinstance(event, Beat)]


async def decided_live(running: Fleet, recording: Path) -> list[dict[str, Any]]:
    """The notifications that the running service decided on while `monitor replay` published the recording."""
    for name in ("spread", "alerting"):
        running.start(name)
    running.start("replay", recording, "--speed", "max")
    assert await running.ended("replay", DEADLINE_S) == 0, running.journal("replay")

    async def caught_up() -> bool:
        newest = await running.client.xrevrange(KEYS.snapshots, count=1)
        if not newest or int(newest[0][0].partition(b"-")[0]) < END_MS - 1000:
            return False
        return bool(await running.client.hget(KEYS.alert_state, "position") == newest[0][0])

    try:
        await eventually(caught_up, deadline_s=DEADLINE_S)
    except TimeoutError:
        pytest.fail("\n".join(f"--- {name}\n{running.journal(name)}" for name in ("spread", "alerting")))
    entries = [fields[b"d"] for _, fields in await stream(running.client, KEYS.alert_history)]
    decoded = [msgspec.json.decode(entry) for entry in entries]
    return [entry["notification"] for entry in decoded if "notification" in entry]


def told(notes: Sequence[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """What must be the same, in the order of the snapshots."""
    return sorted(
        (note["t"], note["id"], note["level"], note["seq"], msgspec.json.encode(note["evidence"])) for note in notes
    )


@pytest.mark.parametrize("events", [with_beats_of_the_log, without_beats])
async def test_a_back_test_gives_the_ids_of_the_live_pipeline(config: Path, tmp_path: Path, events: Any) -> None:
    """Every notification of the service over a replay of a recording is in the back-test of that recording, and no
    other: the same ids in the same snapshots with the same levels and the same evidence."""
    recording = write_recording(tmp_path / "market.jsonl", events())
    async with fleet(MONITOR_CONFIG_DIR=str(config)) as running:
        live = await decided_live(running, recording)

    env = environment(MONITOR_CONFIG_DIR=str(config), MONITOR_REDIS__URL="unix:///nonexistent/r.sock")
    found = await asyncio.to_thread(run_monitor, "alerts", "backtest", recording, "--json", env=env)
    assert found.returncode == 0, found.stderr
    report = msgspec.json.decode(found.stdout)

    assert told(report["notifications"]) == told(live)
    rules = {note["rule"] for note in live}
    assert rules >= {"ahead", "basket-apart", "crossing", "in-session", "jolt", "silent"}
    assert report["estimate"] is None
