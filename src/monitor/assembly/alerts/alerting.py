"""The alerting service: snapshots into notifications, and those to people."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from monitor.assembly.alerts.channels import make_routes
from monitor.assembly.alerts.rules import load_rules
from monitor.assembly.alerts.senders import longest_send_s
from monitor.assembly.service import Parts, run_service
from monitor.assembly.site import Site
from monitor.bus.alert_store import AlertStore
from monitor.bus.deliveries import Deliveries
from monitor.bus.lease import Lease
from monitor.bus.outbox import Outbox
from monitor.bus.silences import Silences
from monitor.bus.snapshots import SnapshotReader
from monitor.core.alerts.digest import cast_of
from monitor.core.alerts.rules.rule_file import AlertConfig
from monitor.readouts.reader import BoardReader
from monitor.runtime.clock import SystemClock
from monitor.workers.alerts.alerting import Alerting
from monitor.workers.alerts.assignment import Assignment
from monitor.workers.alerts.digests import Digests
from monitor.workers.alerts.reloading import Reloading
from monitor.workers.alerts.route import Timings

SPARE_S = 1.0
"""Of the time to stop: what is left for letting go after the last message."""


def run(site: Site) -> int:
    """The service `monitor alerting`; returns its exit code. SIGHUP reads the alert file and all secrets again."""
    settings = site.settings.alerting
    file = site.folder / "alerts.toml"

    def open_all(config: AlertConfig) -> Assignment:
        return Assignment(config, make_routes(config, send_timeout_s=settings.send_timeout_s))

    hangup = asyncio.Event()
    reloading = Reloading(file.read_bytes, lambda: load_rules(site), open_all, SystemClock(), hangup=hangup)
    config = load_rules(site)

    async def main(parts: Parts) -> None:
        with _on_hangup(hangup):
            await Alerting(
                open_all(config),
                store=AlertStore(parts.commands, site.keys),
                silences=Silences(parts.commands, site.keys),
                open_reader=lambda position: SnapshotReader(parts.reading, site.keys, position=position),
                open_outbox=lambda channel: Outbox(
                    parts.commands,
                    site.keys,
                    channel,
                    consumer="sender",
                    claim_after_ms=round(3000 * longest_send_s(settings.send_timeout_s)),
                ),
                lease=Lease(parts.commands, site.keys, "alerting", owner=site.instance, ttl_s=settings.lease_s),
                clock=parts.clock,
                timings=Timings(
                    retry_first_s=settings.retry_first_s,
                    retry_cap_s=settings.retry_cap_s,
                    fallback_after_s=settings.fallback_after_s,
                    dead_after_s=settings.dead_after_s,
                    late_after_s=settings.late_after_s,
                ),
                reloading=reloading,
                digests=Digests(
                    cast_of(site.definition),
                    Deliveries(parts.commands, site.keys),
                    BoardReader(parts.commands, site.keys),
                ),
                drain_s=max(settings.drain_s - SPARE_S, SPARE_S),
                dashboard=dashboard_address(site),
                beat=parts.heart.progress,
            ).run(parts.service.stop)

    return run_service(site, "alerting", main, drain_s=settings.drain_s)


@contextmanager
def _on_hangup(hangup: asyncio.Event) -> Iterator[None]:
    """Meanwhile SIGHUP sets the event."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, hangup.set)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)


def dashboard_address(site: Site) -> str:
    """Where people open the dashboard, for links in messages; "" where it is only reachable under an unknown port."""
    dashboard = site.settings.dashboard
    if dashboard.public_url:
        return dashboard.public_url
    return f"http://{dashboard.host}:{dashboard.port}" if dashboard.port else ""
