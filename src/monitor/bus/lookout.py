"""What can be seen of alerting in Redis with one short question."""

from collections.abc import Collection
from typing import Any

from redis.asyncio import Redis

from monitor.core.alerts.blindness.backlog import Position
from monitor.core.alerts.blindness.sight import Look
from monitor.wire.keys import Keys


class Lookout:
    """Looks at one board. client: a command client of its own, so that no other traffic delays the answer."""

    def __init__(self, client: Redis, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    async def look(self, channels: Collection[str]) -> Look:
        """How things stand now; channels: whose outboxes are looked at. Raises what redis-py raises when Redis is away
        or its answer is none."""
        keys = self._keys
        async with self._client.pipeline(transaction=False) as pipe:
            pipe.get(keys.lease("alerting"))
            pipe.xrevrange(keys.snapshots, count=1)
            pipe.hget(keys.alert_state, "position")
            for channel in channels:
                pipe.xrange(keys.outbox(channel), count=1)
                pipe.xrevrange(keys.outbox(channel), count=1)
            lease, newest, decided, *ends = await pipe.execute()
        waiting = {}
        for channel, oldest, latest in zip(channels, ends[::2], ends[1::2], strict=True):
            if oldest and latest:
                waiting[channel] = (_position(oldest[0][0]), _position(latest[0][0]))
        return Look(
            leader=lease.decode().partition(" ")[2] if lease else None,
            newest=_position(newest[0][0]) if newest else None,
            decided=_position(decided or b"0-0"),
            waiting=waiting,
        )


def _position(identifier: Any) -> Position:
    milliseconds, _, number = identifier.partition(b"-")
    return int(milliseconds), int(number)
