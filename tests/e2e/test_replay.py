"""Recorded quotes through the whole pipeline: file, log, calculator, alerting, and back by `monitor snapshot`."""

import asyncio
from collections import Counter
from pathlib import Path

import msgspec
import pytest
from redis.asyncio import Redis

from monitor.core.instant import MILLISECOND, MINUTE, parse_instant
from monitor.core.snapshot import Snapshot
from monitor.wire.codec import decode_entry
from monitor.wire.keys import Keys
from tests.e2e.shipped import POLLED, replay
from tests.eventually import eventually
from tests.processes import Fleet, environment, fleet, run_monitor, stream
from tests.shared import needs_shared

pytestmark = [needs_shared, pytest.mark.xdist_group("heavy"), pytest.mark.timeout(400)]

KEYS = Keys("monitor", "hk-us")
DEADLINE_S = 240.0


async def published(running: Fleet, path: Path) -> Snapshot:
    """Replay as fast as it goes, wait until all of it is computed and decided upon, stop everything in order."""
    last_ns = max(event.recv_ns for event in replay().events([path]))
    last_boundary_ms = -(-last_ns // MINUTE) * MINUTE // MILLISECOND

    async def computed() -> bool:
        newest = await running.client.xrevrange(KEYS.snapshots, count=1)
        return bool(newest) and newest[0][0] == f"{last_boundary_ms}-0".encode()

    async def decided() -> bool:
        newest = await running.client.xrevrange(KEYS.snapshots, count=1)
        return bool(await running.client.hget(KEYS.alert_state, "position") == newest[0][0])

    assert await running.ended("replay", DEADLINE_S) == 0, running.journal("replay")
    for step in (computed, decided):
        try:
            await eventually(step, deadline_s=DEADLINE_S)
        except TimeoutError:
            pytest.fail("\n".join(f"--- {name}\n{running.journal(name)}" for name in ("spread", "alerting")))
    document = await running.client.get(KEYS.readout)
    assert await running.stop("spread") == 0
    assert await running.stop("alerting") == 0
    assert document is not None
    return msgspec.json.decode(document, type=Snapshot)


async def in_the_log(client: Redis) -> Counter[str]:
    """Events in the log by kind."""
    entries = await stream(client, KEYS.quotes)
    return Counter(type(event).__name__ for _, fields in entries for event in decode_entry(fields).events)


async def test_polled_quotes_run_through_the_whole_pipeline() -> None:
    """Late, repeated, undated and out of order: nothing crashes, no quote is lost on the way, what the filter refused
    is counted by symbol and reason, and the last readout is what `monitor snapshot` computes for its instant. Only the
    count of events differs: a replay adds beats, so that time passes between two quotes."""
    async with fleet(MONITOR_FEED="replay", MONITOR_CALCULATOR__INTERVAL_MS="60000") as running:
        running.start("spread")
        running.start("alerting")
        running.start("replay", POLLED, "--speed", "max")
        readout = await published(running, POLLED)
        events = await in_the_log(running.client)
        said = "".join(running.journal(name) for name in ("spread", "alerting", "replay"))
        offline = environment(MONITOR_FEED="replay", MONITOR_REDIS__URL="unix:///nonexistent/r.sock")
        computed = await asyncio.to_thread(run_monitor, "snapshot", POLLED, "--at", readout.t, env=offline)

    reader = replay()
    quotes = sum(1 for _ in reader.events([POLLED]))
    assert events["Quote"] == quotes == reader.selection.rows - reader.selection.rejected.total()
    assert readout.seq > quotes / 2
    assert "Traceback" not in said
    assert '"level":"error"' not in said

    rejected = Counter[str]()
    for view in readout.instruments.values():
        rejected.update(view.rejected)
        assert view.not_accepted == sum(view.rejected.values())
    assert {"TOO_OLD", "DUPLICATE", "OUT_OF_SESSION"} <= rejected.keys()
    assert readout.instruments["HSTECH"].price is not None

    assert computed.returncode == 0, computed.stderr
    assert f"BAD_TIMESTAMP {reader.selection.rejected['BAD_TIMESTAMP']}" in computed.stderr
    snapshot = msgspec.json.decode(computed.stdout, type=Snapshot)
    assert msgspec.structs.replace(snapshot, seq=readout.seq) == readout
    assert parse_instant(readout.t) % MINUTE == 0
