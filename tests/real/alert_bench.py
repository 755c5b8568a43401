"""The alerting service on a private Redis: rules, snapshots and a process of its own to kill.

`python -m tests.real.alert_bench REDIS_URL SLACK_URL` runs the service with `BRIEF` until SIGTERM.
"""

import asyncio
import sys
from dataclasses import dataclass, field

from redis.asyncio import Redis

from monitor.bus.alert_store import AlertStore
from monitor.bus.lease import Lease
from monitor.bus.outbox import Outbox
from monitor.bus.redis import TROUBLE, answer, command_client, reader_client
from monitor.bus.silences import Silences
from monitor.bus.snapshot_reader import SnapshotReader
from monitor.core.alerts.rules.rule_file import AlertConfig, parse_rules
from monitor.core.alerts.rules.service import Storm
from monitor.core.metrics.frame import Frame
from monitor.notify.port import Channel
from monitor.notify.slack.webhook import SlackWebhook
from monitor.runtime.clock import Clock, SystemClock
from monitor.runtime.serve import Service, serve
from monitor.wire.keys import Keys
from monitor.workers.alerts.alerting import Alerting
from monitor.workers.alerts.assignment import Assignment
from monitor.workers.alerts.reloading import Reloading
from monitor.workers.alerts.route import Route, Timings

KEYS = Keys("monitor", "test")
METRIC = "hstech-ndx.spread_pp.1d"
START = 1_794_276_000_000
RULES = """
version = 1

[channel]
desk = { kind = "console" }

[[rule]]
id = "wide"
title = "HSTECH ahead of Nasdaq-100"
metric = "hstech-ndx.spread_pp.1d"
unit = "pp"
when = { above = 1.5 }
clear = { below = 1.2 }
for = "60s"
clear_for = "30s"
cooldown = "0s"
repeat_every = "30m"
notify = ["desk"]
message = { summary = "{{ title }} at {{ value|pp }}" }
"""
BRIEF = RULES.replace('for = "60s"', 'for = "2s"').replace('clear_for = "30s"', 'clear_for = "1s"')
"""The same rule with episodes of a few snapshots."""
NO_STORMS = Storm(most=1000, window_ms=1000, group_wait_ms=0)
QUICK = Timings(retry_first_s=0.01, retry_cap_s=0.1, idle_s=0.02, fallback_after_s=60.0)


def config(text: str = RULES) -> AlertConfig:
    """The file, about a board with one pair."""
    return parse_rules(
        text,
        "alerts.toml",
        subjects={"HSTECH": "index", "NDX": "index", "hstech-ndx": "pair"},
        windows=["1D"],
        baskets={},
        calendars={},
        pairs={"hstech-ndx": ("HSTECH", "NDX")},
    )


@dataclass
class Market:
    """Writes snapshots, one a second of event time, whether or not Redis is there."""

    redis: Redis
    second: int = 0
    seq: int = 0
    written: list[tuple[str, bytes]] = field(default_factory=list)

    async def run(self, value: float | None, seconds: int) -> None:
        """`value` for so many seconds."""
        for _ in range(seconds):
            t = START + self.second * 1000
            await self.add(f"{t}-0", Frame(t=t, seq=self.seq, metrics={METRIC: value}).to_json())
            self.second += 1
            self.seq += 1

    async def add(self, identifier: str, data: bytes) -> None:
        """One entry, repeated until Redis has it."""
        while True:
            try:
                await answer(self.redis.xadd(KEYS.snapshots, {"v": "1", "d": data}, id=identifier))
                break
            except TROUBLE as trouble:
                if "equal or smaller" in str(trouble):
                    break
                await asyncio.sleep(0.01)
        self.written.append((identifier, data))


async def service(
    redis_url: str,
    channel: Channel,
    stop: asyncio.Event,
    *,
    owner: str = "one",
    lease_s: float = 0.3,
    text: str = RULES,
    reloading: Reloading | None = None,
    clock: Clock | None = None,
    checkpoint_s: float = 0.1,
) -> None:
    """The alerting service with one channel, `desk`, which it closes at the end."""
    client = command_client(redis_url, name="alerting")
    readers: list[Redis] = []

    def open_reader(position: str) -> SnapshotReader:
        readers.append(reader_client(redis_url, name="alerting-reader"))
        return SnapshotReader(readers[-1], KEYS, position=position, block_s=0.05)

    try:
        await Alerting(
            Assignment(config(text), {"desk": Route(channel, storm=NO_STORMS)}),
            store=AlertStore(client, KEYS),
            silences=Silences(client, KEYS),
            open_reader=open_reader,
            open_outbox=lambda name: Outbox(client, KEYS, name),
            lease=Lease(client, KEYS, "alerting", owner=owner, ttl_s=lease_s),
            clock=clock or SystemClock(),
            timings=QUICK,
            reloading=reloading,
            checkpoint_s=checkpoint_s,
            drain_s=0.5,
        ).run(stop)
    finally:
        for connection in (client, *readers):
            await connection.aclose()


def main(redis_url: str, slack_url: str) -> int:
    """The service as a process."""

    async def run(running: Service) -> None:
        await service(redis_url, SlackWebhook(slack_url, timeout_s=5.0), running.stop, text=BRIEF)

    return serve("alerting", run)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
