"""What one metric was in the last minutes, read from the snapshot stream: finer than the history of minutes."""

from collections.abc import AsyncIterator

from redis.asyncio import Redis

from monitor.bus.redis import answer
from monitor.core.metrics.frame import decode_frame
from monitor.wire.keys import Keys

_FINEST_MS = 1000


class RecentValues:
    """Reads one board's snapshots of a while ago. client: a command client; it raises what redis-py raises."""

    def __init__(self, client: Redis, keys: Keys) -> None:
        self._client = client
        self._stream = keys.snapshots

    async def of(self, metric: str, first_ms: int, last_ms: int, most: int) -> AsyncIterator[tuple[int, float | None]]:
        """(time, value) from `first_ms` to `last_ms`, both included; value None where the snapshot had none.

        most: about how many, spread over the time that the stream still has, but at least a second apart: frames are
        large, and one is fetched at a time. Snapshots that cannot be read are left out.
        """
        next_ms, step_ms = first_ms, 0
        while next_ms <= last_ms:
            found = await answer(self._client.xrange(self._stream, min=f"{next_ms}-0", max=f"{last_ms}-0", count=1))
            if not found:
                return
            identifier, fields = found[0]
            at_ms = int(identifier.partition(b"-")[0])
            step_ms = step_ms or max(_FINEST_MS, (last_ms - at_ms) // most)
            next_ms = at_ms + step_ms
            try:
                frame = decode_frame(fields.get(b"d", b""))
            except ValueError:
                continue
            if first_ms <= frame.t <= last_ms:
                yield frame.t, frame.metrics.get(metric)
