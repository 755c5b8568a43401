"""The board's clock, on which silences and all durations of rules run."""

from contextlib import suppress

from redis.asyncio import Redis

from monitor.bus.redis import answer
from monitor.core.metrics.frame import decode_frame
from monitor.runtime.clock import Clock
from monitor.wire.keys import Keys


async def board_ms(client: Redis, keys: Keys, clock: Clock) -> int:
    """Time of the newest snapshot, epoch milliseconds UTC; that of `clock` when there is none that can be read."""
    for _, fields in await answer(client.xrevrange(keys.snapshots, count=1)):
        with suppress(ValueError):
            return decode_frame(fields.get(b"d", b"")).t
    return clock.now_ns() // 1_000_000
