"""What the end of a log tells: how late it is, and whether its market is real."""

import contextlib
from collections.abc import AsyncIterator

from redis.asyncio import Redis

from monitor.bus.redis import answer
from monitor.core.event import SIMULATED, Event, Fx, OfficialClose, Quote
from monitor.wire.codec import decode_entry

_ENTRIES = 256
"""How many of the newest entries are looked at: at four beats a second, the last minute."""


async def last_log_ns(client: Redis, key: str) -> int | None:
    """Log time of the log's end, ns UTC: the latest time of receipt among its newest entries. None: an empty log."""
    latest: int | None = None
    async for event in _newest(client, key):
        latest = event.recv_ns if latest is None else max(latest, event.recv_ns)
    return latest


async def is_simulated(client: Redis, key: str) -> bool | None:
    """Whether the newest prices of the log are the simulator's; None when there are none among its newest entries."""
    async for event in _newest(client, key):
        if isinstance(event, Quote | Fx | OfficialClose):
            return bool(event.flags & SIMULATED)
    return None


async def _newest(client: Redis, key: str) -> AsyncIterator[Event]:
    for _, fields in await answer(client.xrevrange(key, count=_ENTRIES)):
        with contextlib.suppress(ValueError):
            for event in decode_entry(fields).events:
                yield event
