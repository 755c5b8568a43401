"""Reads what the readouts show from Redis: newest snapshot, active alerts, and the news of an update."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from monitor.errors import UnreachableError
from monitor.wire.keys import Keys


class BoardReader:
    """The keys of one board.

    redis: a client that returns bytes (`decode_responses=False`); the caller opens and closes it.
    Every method but `present` raises the client's own errors (`redis.RedisError`, `OSError`) while Redis is away.
    """

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis = redis
        self._keys = keys

    @property
    def board(self) -> str:
        """Id of the board."""
        return self._keys.board

    async def newest(self) -> tuple[bytes | None, Mapping[bytes, bytes]]:
        """Newest snapshot as stored (None: there is none yet) and the active alerts, from one round trip."""
        async with self._redis.pipeline(transaction=False) as pipeline:
            pipeline.get(self._keys.readout)
            pipeline.hgetall(self._keys.alert_active)
            document, alerts = await pipeline.execute()
        return document, alerts

    async def present(self) -> tuple[bytes, Mapping[bytes, bytes]]:
        """As `newest`, for whoever cannot wait: raises UnreachableError when Redis does not answer or holds no snapshot
        of this board."""
        try:
            document, alerts = await self.newest()
        except (RedisError, OSError) as error:
            hint = "Start it with `monitor up`, or set MONITOR_DATA_DIR or MONITOR_REDIS__URL as for the one that runs"
            raise UnreachableError("Redis", str(error), hint) from error
        if document is None:
            hint = "Start `monitor up`, or wait for the calculator"
            raise UnreachableError(f"board {self.board}", "Redis holds no snapshot of it yet", hint)
        return document, alerts

    @asynccontextmanager
    async def updates(self) -> AsyncIterator["Updates"]:
        """Subscribed to the board's channel of updates while the block runs."""
        async with self._redis.pubsub() as subscription:
            await subscription.subscribe(self._keys.updates)
            yield Updates(subscription)


class Updates:
    """An open subscription. Several updates that nobody waited for count as one."""

    def __init__(self, subscription: PubSub) -> None:
        self._subscription = subscription

    async def wait(self, timeout_s: float) -> None:
        """Return at the next update, or after `timeout_s` without one; then forget those that are already queued."""
        await self._subscription.get_message(ignore_subscribe_messages=True, timeout=timeout_s)
        while await self._subscription.get_message(timeout=0.0) is not None:
            pass
