"""How channels fare, for those who look at them."""

from collections.abc import Sequence

import msgspec
from redis.asyncio import Redis

from monitor.bus.outbox import ChannelHealth
from monitor.wire.keys import Keys


class ChannelReport(msgspec.Struct, frozen=True):
    """health: None when nothing was sent yet, or what was said of it cannot be read. waiting: notifications in its
    outbox. dead: letters that it gave up."""

    health: ChannelHealth | None
    waiting: int
    dead: int


class ChannelReports:
    """Reads those of one board. client: a command client that leaves replies as bytes; it raises what redis-py
    raises."""

    def __init__(self, client: Redis, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    async def of(self, channels: Sequence[str]) -> list[ChannelReport]:
        """One for each channel, from one round trip."""
        async with self._client.pipeline(transaction=False) as pipe:
            for channel in channels:
                pipe.hget(self._keys.channel_health, channel)
                pipe.xlen(self._keys.outbox(channel))
                pipe.xlen(self._keys.dead(channel))
            found = await pipe.execute()
        return [
            ChannelReport(_health(found[at]), int(found[at + 1]), int(found[at + 2])) for at in range(0, len(found), 3)
        ]


def _health(record: bytes | None) -> ChannelHealth | None:
    try:
        health = None if record is None else msgspec.json.decode(record, type=ChannelHealth)
    except msgspec.MsgspecError:
        return None
    return None if health is None or health.gone else health
