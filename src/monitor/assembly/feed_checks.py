"""What `monitor doctor` asks of the feeds: can they be reached, do they let us in, what does a running ingest count?"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from monitor.assembly.feed_address import LONGBRIDGE
from monitor.assembly.feed_needs import check_feeds
from monitor.assembly.listeners import make_ears
from monitor.assembly.reach import UnreachedError, reach
from monitor.assembly.site import REPLAY, SIM, Site
from monitor.core.loopback import is_loopback
from monitor.feeds.port import DOWN, FAILED, UP
from monitor.runtime.health import Health
from monitor.settings.feed_folder import URL, filled_in
from monitor.workers.listening import Listener, listen

LOGIN_S = 12.0
"""Longest wait for a feed to be up: vendors allow ten seconds to log in."""

Check = Callable[[], Awaitable[str]]
Endpoint = tuple[str, int, bool]
"""Host, port, and whether TLS is spoken there from the first byte."""

_PORTS = {"ws": 80, "http": 80, "wss": 443, "https": 443}


def feed_checks(site: Site, running: list[Health]) -> Iterator[tuple[str, Check]]:
    """(name, check) of every feed that is on. running: what the processes of this monitor say of themselves.

    A feed that is up in a running ingest is not connected a second time: most plans allow one connection, and the new
    one would throw the other out.
    """
    for name in site.feeds:
        if name == SIM:
            yield f"feed {name}", _nothing_to_reach
        elif name != REPLAY:
            if said := _up_elsewhere(name, running):
                yield f"feed {name}", _saying(said)
            else:
                yield f"feed {name}", _checking(site, name)
                if name == "yahoo" and site.settings.feeds.yahoo.chart:
                    yield f"feed {name}, charts", _reaching(site.settings.feeds.yahoo.chart_url)


def count_checks(running: list[Health]) -> Iterator[tuple[str, Check]]:
    """(name, check) of what each running ingest has counted, feed by feed, and who makes the prices of a calculator."""
    for health in running:
        if health.service in ("ingest", "spread"):
            for key, said in health.detail.items():
                if key.startswith("counts "):
                    yield f"{key.removeprefix('counts ')} in {health.instance}", _saying(str(said))


def publisher_checks(running: list[Health]) -> Iterator[tuple[str, Check]]:
    """(name, check) of each running publisher: is it at its broker, and does it see the board?"""
    for health in running:
        if health.service == "publish":
            yield f"publisher in {health.instance}", partial(_published, health)


async def _published(health: Health) -> str:
    """Raises UnreachedError when the broker, or the board, is away."""
    broker, board = (str(health.detail.get(part, "")) for part in ("broker", "board"))
    if health.state != UP:
        raise UnreachedError(f"{broker or 'not connected to its broker yet'}. It tries again by itself")
    if board != "followed":
        raise UnreachedError(f"connected to {broker}, and has nothing to say: {board or 'no board yet'}")
    return f"{health.state} {broker}"


async def _nothing_to_reach() -> str:
    return "simulated; needs nothing"


def _saying(said: str) -> Check:
    async def check() -> str:
        return said

    return check


def _reaching(url: str) -> Check:
    async def check() -> str:
        return await _way(_endpoint(url))

    return check


def _checking(site: Site, name: str) -> Check:
    async def check() -> str:
        check_feeds(site, [name])
        ways = [await _way(endpoint) for endpoint in _endpoints(site, name)]
        return "; ".join([*ways, await _log_in(site, name)])

    return check


def _up_elsewhere(name: str, running: list[Health]) -> str:
    for health in running:
        said = str(health.detail.get(f"feed {name}", ""))
        if health.service == "ingest" and said.split(maxsplit=1)[:1] == [UP]:
            return f"{said} (in {health.instance}, so not connected once more)"
    return ""


def _endpoints(site: Site, name: str) -> list[Endpoint]:
    feeds = site.settings.feeds
    if name in site.feed_files:
        return [_endpoint(filled_in(site.settings, name).get(URL) or site.feed_files[name].spec.connection.url)]
    if name == "longbridge":
        own = (feeds.longbridge.http_url, feeds.longbridge.quote_ws_url)
        return [_endpoint(url or usual) for url, usual in zip(own, LONGBRIDGE, strict=True)]
    table = getattr(feeds, name)
    if hasattr(table, "host"):
        return [(table.host, table.port, False)]  # whether and how it speaks TLS is the adapter's business
    return [_endpoint(table.url)]


def _endpoint(url: str) -> Endpoint:
    parts = urlsplit(url)
    port = parts.port or _PORTS.get(parts.scheme, 443)
    return parts.hostname or "", port, parts.scheme in ("wss", "https")


async def _way(endpoint: Endpoint) -> str:
    host, port, tls = endpoint
    if not is_loopback(host) and getproxies().get("https" if tls else "http") and not proxy_bypass(host):
        return f"{host}:{port}: by the environment's proxy"
    return await reach(host, port, tls=tls)


async def _log_in(site: Site, name: str) -> str:
    """Connect as ingest does, until the feed is up. Raises UnreachedError when it does not let us in."""
    done = asyncio.Event()

    def turned(_: Listener, state: str, __: str) -> None:
        if state in (UP, DOWN, FAILED):
            done.set()

    [ear] = make_ears(site, [name], site.definition.lines, lambda *_: None, turned)
    await listen([ear.listener], done, LOGIN_S)
    if ear.listener.was_up:
        return f"connected: {ear.listener.detail}"
    reason = ear.listener.detail or f"not up within {LOGIN_S:g} s"
    advice = "Try `monitor feeds probe` for more"
    if ear.listener.now == FAILED:
        advice = "Check key, plan and symbols (`monitor feeds list`): it will not be tried again"
    raise UnreachedError(f"{reason}. {advice}")
