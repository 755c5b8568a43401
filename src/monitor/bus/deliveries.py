"""What became of the messages of one channel, for those who count them."""

from collections.abc import Sequence

import msgspec
from redis.asyncio import Redis

from monitor.bus.outbox import Delivery
from monitor.wire.keys import Keys


class Deliveries:
    """Reads the records of all channels of a board. client: a command client that leaves replies as bytes; every method
    raises what redis-py raises."""

    def __init__(self, client: Redis, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    async def of(self, wanted: Sequence[tuple[str, str]]) -> list[Delivery | None]:
        """What became of each message, asked for by channel and id, from one round trip; None where the channel has no
        record of it."""
        async with self._client.pipeline(transaction=False) as pipe:
            for channel, identifier in wanted:
                pipe.hget(self._keys.jobs(channel), identifier)
            records = await pipe.execute()
        return [None if record is None else msgspec.json.decode(record, type=Delivery) for record in records]

    async def settled(self, channel: str, since_ms: int) -> list[Delivery]:
        """Those that came to an end at `since_ms` or later, epoch ms of the wall clock, in no order."""
        found = {}
        async for identifier, record in self._client.hscan_iter(self._keys.jobs(channel), count=500):
            delivery = msgspec.json.decode(record, type=Delivery)
            if delivery.ended_ms is not None and delivery.ended_ms >= since_ms:
                found[identifier] = delivery  # a scan may come past a field twice
        return list(found.values())
