"""What a look into Redis tells beside the board itself: how much memory is taken, and which channels deliver."""

import contextlib
from collections.abc import Mapping

import msgspec
from redis.asyncio import Redis

from monitor.bus.outbox import ChannelHealth
from monitor.wire.keys import Keys


class Levels(msgspec.Struct, frozen=True, kw_only=True):
    """memory_used: bytes that the server's data take. memory_limit: its `maxmemory`, bytes; None: it has none.
    healthy: channel → whether it delivers, of those of the alert file that had something to send."""

    memory_used: int
    memory_limit: int | None
    healthy: dict[str, bool]


_decode_health = msgspec.json.Decoder(ChannelHealth).decode


class LevelReader:
    """Looks at the server of one board. client: a command client that leaves replies as bytes."""

    def __init__(self, client: Redis, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    async def read(self) -> Levels:
        """The levels now, from one round trip. A channel whose record cannot be read is left out. Raises the client's
        errors while Redis is away."""
        async with self._client.pipeline(transaction=False) as pipe:
            pipe.info("memory")
            pipe.hgetall(self._keys.channel_health)
            memory, records = await pipe.execute()
        return Levels(
            memory_used=int(memory["used_memory"]),
            memory_limit=int(memory["maxmemory"]) or None,
            healthy=_healthy(records),
        )


def _healthy(records: Mapping[bytes, bytes]) -> dict[str, bool]:
    found = {}
    for name, record in records.items():
        with contextlib.suppress(msgspec.MsgspecError):
            health = _decode_health(record)
            if not health.gone:
                found[name.decode(errors="replace")] = health.healthy
    return found
