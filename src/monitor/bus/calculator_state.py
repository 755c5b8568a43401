"""What the calculator of a board keeps in Redis beside its snapshots."""

from redis.asyncio import Redis

from monitor.bus.redis import answer
from monitor.wire.keys import Keys


class CalculatorState:
    """Reads it, for whoever shows the past of the board. Every method raises what redis-py raises."""

    def __init__(self, client: Redis, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    async def checkpoint(self) -> bytes | None:
        """The last one; None while none was saved."""
        found: bytes | None = await answer(self._client.get(self._keys.checkpoint))
        return found

    async def reference(self, digest: str) -> tuple[str, bytes] | None:
        """Digest and JSON of what it started from; None where that is the one with this digest, or none is there."""
        newest = await answer(self._client.hget(self._keys.reference, "digest"))
        if newest is None or newest == digest.encode():
            return None
        data = await answer(self._client.hget(self._keys.reference, "d"))
        return None if data is None else (newest.decode(), data)
