"""What the alerting service has decided and sent, looked at and touched from the command line."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing

import msgspec
import typer
from redis.asyncio import Redis

from monitor.assembly.alerts.channels import make_route
from monitor.assembly.alerts.rules import load_rules
from monitor.assembly.service import configure_logs
from monitor.assembly.site import Site
from monitor.bus.alert_store import AlertStore
from monitor.bus.outbox import DeadLetter
from monitor.bus.redis import check_reachable, command_client
from monitor.errors import UsageError
from monitor.notify.port import Accepted
from monitor.notify.trial import send_test as try_channel
from monitor.notify.wording import clock, dated, number
from monitor.runtime.clock import SystemClock
from monitor.workers.alerts.active import ActiveAlert, list_active
from monitor.workers.alerts.dead_letters import dead_list, dead_retry


def show_active(site: Site, *, as_json: bool) -> int:
    """Print every instance that is not OK: a line each, or JSON Lines."""

    async def run(client: Redis) -> int:
        for alert in await list_active(AlertStore(client, site.keys)):
            typer.echo(msgspec.json.encode(alert).decode() if as_json else _active_line(alert))
        return 0

    return _with_redis(site, run)


def show_dead(site: Site, channel: str | None, *, as_json: bool) -> int:
    """Print the dead letters of one channel or of all, oldest first."""
    channels = _channels(site, channel)

    async def run(client: Redis) -> int:
        for letter in await dead_list(client, site.keys, channels):
            typer.echo(msgspec.json.encode(letter).decode() if as_json else _dead_line(letter))
        return 0

    return _with_redis(site, run)


def retry_dead(site: Site, channel: str) -> int:
    """Put a channel's dead letters back into its outbox and say how many."""
    channels = _channels(site, channel)

    async def run(client: Redis) -> int:
        now_ms = SystemClock().now_ns() // 1_000_000
        letters = await dead_retry(client, site.keys, channels, now_ms)
        typer.echo(f"{len(letters)} put back into the outbox of {channel}")
        return 0

    return _with_redis(site, run)


def send_test(site: Site, channel: str) -> int:
    """Send one marked message on the channel's real way; 1, with the class of the failure, when it is not accepted."""
    configure_logs(site, "send-test", quiet=True)
    route = make_route(load_rules(site), channel, send_timeout_s=site.settings.alerting.send_timeout_s)

    async def run() -> int:
        try:
            outcome = await try_channel(route.channel, channel, SystemClock().now_ns() // 1_000_000)
        finally:
            await route.channel.close()
        if isinstance(outcome, Accepted):
            typer.echo(f"{channel}: accepted", err=True)
            return 0
        typer.echo(f"{channel}: {type(outcome).__name__}: {outcome.reason}", err=True)
        return 1

    return asyncio.run(run())


def _channels(site: Site, channel: str | None) -> list[str]:
    """The channel of that name, or all. Raises UsageError for one that the alert file does not define."""
    known = list(load_rules(site).channels)
    if channel is not None and channel not in known:
        raise UsageError(f"--channel {channel}: the alert file defines {', '.join(known) or 'no channel'}")
    return known if channel is None else [channel]


def _with_redis(site: Site, run: Callable[[Redis], Awaitable[int]]) -> int:
    async def connected() -> int:
        async with aclosing(command_client(site.redis_url, name=f"cli-{site.instance}")) as client:
            await check_reachable(client, site.redis_url)
            return await run(client)

    return asyncio.run(connected())


def _active_line(alert: ActiveAlert) -> str:
    since = "" if alert.since_ms is None else f"since {clock(alert.since_ms)}"
    told = "" if alert.told_ms is None else f"  told {clock(alert.told_ms)}"
    value = f"{number(alert.value, alert.unit)} (limit {number(alert.limit, alert.unit, suffix=False)})"
    return f"{alert.rule:<24} {alert.instance:<16} {alert.phase:<8} {alert.level:<8}  {since}  {value}{told}"


def _dead_line(letter: DeadLetter) -> str:
    return f"{letter.channel:<12} {dated(letter.at_ms)}  {letter.id}  {letter.reason}"
