"""The alerting service: snapshots into notifications, and those to people."""

from contextlib import AsyncExitStack

from monitor.assembly.alerts.channels import make_routes
from monitor.assembly.alerts.rules import load_rules
from monitor.assembly.alerts.senders import longest_send_s
from monitor.assembly.service import Parts, run_service
from monitor.assembly.site import Site
from monitor.bus.alert_store import AlertStore
from monitor.bus.lease import Lease
from monitor.bus.outbox import Outbox
from monitor.bus.snapshots import SnapshotReader
from monitor.workers.alerts.alerting import alert
from monitor.workers.alerts.route import Timings

SPARE_S = 1.0
"""Of the time to stop: what is left for letting go after the last message."""


def run(site: Site) -> int:
    """The service `monitor alerting`; returns its exit code."""
    settings = site.settings.alerting
    config = load_rules(site)

    async def main(parts: Parts) -> None:
        async with AsyncExitStack() as channels:
            routes = make_routes(config, send_timeout_s=settings.send_timeout_s)
            for route in routes.values():
                channels.push_async_callback(route.channel.close)
            await alert(
                config.rules,
                store=AlertStore(parts.commands, site.keys),
                open_reader=lambda position: SnapshotReader(parts.reading, site.keys, position=position),
                lease=Lease(parts.commands, site.keys, "alerting", owner=site.instance, ttl_s=settings.lease_s),
                routes=routes,
                outboxes={
                    name: Outbox(
                        parts.commands,
                        site.keys,
                        name,
                        consumer="sender",
                        claim_after_ms=round(3000 * longest_send_s(settings.send_timeout_s)),
                    )
                    for name in routes
                },
                clock=parts.clock,
                stop=parts.service.stop,
                timings=Timings(
                    retry_first_s=settings.retry_first_s,
                    retry_cap_s=settings.retry_cap_s,
                    fallback_after_s=settings.fallback_after_s,
                    dead_after_s=settings.dead_after_s,
                    late_after_s=settings.late_after_s,
                ),
                drain_s=max(settings.drain_s - SPARE_S, SPARE_S),
                dashboard=dashboard_address(site),
                beat=parts.heart.progress,
            )

    return run_service(site, "alerting", main, drain_s=settings.drain_s)


def dashboard_address(site: Site) -> str:
    """Where people open the dashboard, for links in messages; "" where it is only reachable under an unknown port."""
    dashboard = site.settings.dashboard
    if dashboard.public_url:
        return dashboard.public_url
    return f"http://{dashboard.host}:{dashboard.port}" if dashboard.port else ""
