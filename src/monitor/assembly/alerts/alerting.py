"""The alerting service: snapshots into notifications, and those to people."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from socket import gethostname

from redis.asyncio import Redis

from monitor.assembly.alerts.channels import make_routes
from monitor.assembly.alerts.rules import load_rules
from monitor.assembly.alerts.secrets import resolve
from monitor.assembly.alerts.senders import longest_send_s
from monitor.assembly.dashboard_address import dashboard_address
from monitor.assembly.service import Parts, run_service
from monitor.assembly.site import REPLAY, Site
from monitor.bus.alert_store import AlertStore
from monitor.bus.deliveries import Deliveries
from monitor.bus.history import HistoryReader
from monitor.bus.lease import Lease
from monitor.bus.lookout import Lookout
from monitor.bus.outbox import Outbox
from monitor.bus.recent import RecentValues
from monitor.bus.redis import command_client
from monitor.bus.silences import Silences
from monitor.bus.snapshot_reader import SnapshotReader
from monitor.core.alerts.digest import cast_of
from monitor.core.alerts.rules.rule_file import AlertConfig
from monitor.errors import ConfigError
from monitor.notify.heartbeat import Heartbeat
from monitor.notify.port import Charting
from monitor.readouts.reader import BoardReader
from monitor.runtime.clock import SystemClock
from monitor.workers.alerts.alerting import Alerting
from monitor.workers.alerts.assignment import Assignment
from monitor.workers.alerts.blind import BlindAlarm
from monitor.workers.alerts.blind_memory import MemoryFile
from monitor.workers.alerts.charts import BoardCharts
from monitor.workers.alerts.digests import Digests
from monitor.workers.alerts.metric_history import MetricHistory
from monitor.workers.alerts.reloading import Reloading
from monitor.workers.alerts.route import Timings

SPARE_S = 1.0
"""Of the time to stop: what is left for letting go after the last message."""

_LOOK_TIMEOUT_S = 2.0


def run(site: Site) -> int:
    """The service `monitor alerting`; returns its exit code. SIGHUP reads the alert file and all secrets again."""
    hangup = asyncio.Event()
    reloading = Reloading(
        lambda: site.alert_file.read_bytes(),
        lambda: load_rules(site),
        lambda config: open_all(site, config),
        SystemClock(),
        hangup=hangup,
    )
    config = load_rules(site)

    async def main(parts: Parts) -> None:
        # The blind alarm must not wait behind other commands, so it has a connection of its own.
        looking = command_client(site.redis_url, name=f"alerting-{site.instance}-look", timeout_s=_LOOK_TIMEOUT_S)
        with _on_hangup(hangup):
            async with aclosing(looking):
                await _alerting(site, parts, open_all(site, config), reloading, looking).run(parts.service.stop)

    return run_service(site, "alerting", main, drain_s=site.settings.alerting.drain_s)


def open_all(site: Site, config: AlertConfig) -> Assignment:
    """Everything that the file names, open. Raises ConfigError for what is needed and cannot be had."""
    routes = make_routes(config, send_timeout_s=site.settings.alerting.send_timeout_s)
    secret = config.service.blind.heartbeat
    if secret is None:
        return Assignment(config, routes)
    try:
        return Assignment(config, routes, Heartbeat(resolve(secret, config.where, "blind.heartbeat")))
    except ConfigError:
        raise
    except ValueError as refused:
        raise ConfigError(config.where, "blind.heartbeat", "a value that is refused", str(refused)) from None


def _alerting(site: Site, parts: Parts, assignment: Assignment, reloading: Reloading, looking: Redis) -> Alerting:
    settings, commands, keys = site.settings.alerting, parts.commands, site.keys
    timings = Timings(
        retry_first_s=settings.retry_first_s,
        retry_cap_s=settings.retry_cap_s,
        fallback_after_s=settings.fallback_after_s,
        dead_after_s=settings.dead_after_s,
        late_after_s=settings.late_after_s,
        merge_after_s=settings.merge_after_s,
    )
    dashboard = dashboard_address(site)
    charts = BoardCharts(MetricHistory(HistoryReader(commands, keys), RecentValues(commands, keys)), site.calendars)
    # Drawing takes a process of its own: none starts for a channel that nobody uses.
    used = [assignment.routes[name] for name in assignment.config.used_channels]
    if any(route.channel.charting is not Charting.NONE for route in used):
        parts.service.spawn(charts.warm_up(), "charts")
    blind = BlindAlarm(
        Lookout(looking, keys),
        MemoryFile(site.settings.data_dir / "alerts" / f"blind-{keys.prefix}-{keys.board}.json"),
        owner=site.instance,
        host=gethostname(),
        clock=parts.clock,
        timings=timings,
        board=keys.board,
        simulated=site.simulated,
        dashboard=dashboard,
    )
    return Alerting(
        assignment,
        store=AlertStore(commands, keys),
        silences=Silences(commands, keys),
        open_reader=lambda position: SnapshotReader(parts.reading, keys, position=position),
        open_outbox=lambda channel: Outbox(
            commands,
            keys,
            channel,
            consumer="sender",
            claim_after_ms=round(3000 * longest_send_s(settings.send_timeout_s)),
        ),
        lease=Lease(commands, keys, "alerting", owner=site.instance, ttl_s=settings.lease_s),
        clock=parts.clock,
        timings=timings,
        reloading=reloading,
        digests=Digests(cast_of(site.definition), Deliveries(commands, keys), BoardReader(commands, keys)),
        charts=charts,
        blind=None if REPLAY in site.feeds else blind,
        drain_s=max(settings.drain_s - SPARE_S, SPARE_S),
        dashboard=dashboard,
        beat=parts.heart.progress,
    )


@contextmanager
def _on_hangup(hangup: asyncio.Event) -> Iterator[None]:
    """Meanwhile SIGHUP sets the event."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, hangup.set)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)
