"""A connection for commands on the alerts of a running board."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import TypeVar

from redis.asyncio import Redis

from monitor.assembly.site import Site
from monitor.bus.redis import check_reachable, command_client

_T = TypeVar("_T")


def with_redis(site: Site, run: Callable[[Redis], Awaitable[_T]]) -> _T:
    """What `run` makes of a connection to the board's Redis. Raises UnreachableError when it does not answer."""

    async def connected() -> _T:
        async with aclosing(command_client(site.redis_url, name=f"cli-{site.instance}")) as client:
            await check_reachable(client, site.redis_url)
            return await run(client)

    return asyncio.run(connected())
