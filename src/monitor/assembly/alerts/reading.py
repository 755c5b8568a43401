"""What commands on the alerts of a running board share: a connection, the engine's state, the board's clock."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from typing import TypeVar

from redis.asyncio import Redis

from monitor.assembly.site import Site
from monitor.bus.alert_store import AlertStore
from monitor.bus.redis import answer, check_reachable, command_client
from monitor.core.alerts.engine.shelf import Shelf
from monitor.core.alerts.engine.state import AlertState
from monitor.core.metrics.frame import decode_frame
from monitor.errors import DataError
from monitor.runtime.clock import SystemClock

_T = TypeVar("_T")


def with_redis(site: Site, run: Callable[[Redis], Awaitable[_T]]) -> _T:
    """What `run` makes of a connection to the board's Redis. Raises UnreachableError when it does not answer."""

    async def connected() -> _T:
        async with aclosing(command_client(site.redis_url, name=f"cli-{site.instance}")) as client:
            await check_reachable(client, site.redis_url)
            return await run(client)

    return asyncio.run(connected())


async def read_state(client: Redis, site: Site) -> AlertState:
    """The engine's state as it was last written, at most some seconds old while the service runs.

    Raises DataError when another version of the program wrote it.
    """
    stored = await AlertStore(client, site.keys).load()
    if not stored.head:
        return AlertState()
    try:
        return Shelf.load(stored.head, stored.instances, stored.windows)[0]
    except ValueError as unreadable:
        raise DataError(f"Redis key {site.keys.alert_state}", str(unreadable)) from None


async def board_ms(client: Redis, site: Site) -> int:
    """The board's clock, on which silences and all durations of rules run: time of the newest snapshot, epoch
    milliseconds; the wall clock when there is none that can be read."""
    for _, fields in await answer(client.xrevrange(site.keys.snapshots, count=1)):
        with suppress(ValueError):
            return decode_frame(fields.get(b"d", b"")).t
    return SystemClock().now_ns() // 1_000_000
