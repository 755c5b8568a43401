"""Snapshots out of Redis: the stream that a calculator writes, followed by whoever wants every one of them."""

import asyncio

import msgspec
import structlog
from redis.asyncio import Redis

from monitor.bus.redis import TROUBLE, answer
from monitor.runtime import metrics
from monitor.runtime.backoff import Backoff
from monitor.wire.keys import Keys

log = structlog.get_logger(__name__)


class SnapshotEntry(msgspec.Struct, frozen=True):
    """One entry of the snapshot stream. data: JSON of a Frame (`monitor.core.metrics.frame.decode_frame`)."""

    id: str
    data: bytes


class SnapshotReader:
    """Follows the snapshot stream from a position.

    client: reader client. position: after which to start, `0-0` from the oldest kept entry. block_s: longest wait of
    one read, seconds.
    """

    def __init__(
        self, client: Redis, keys: Keys, *, position: str = "0-0", count: int = 64, block_s: float = 1.0
    ) -> None:
        self.position = position
        """Id of the last entry that `read` returned."""
        self._client = client
        self._keys = keys
        self._count = count
        self._block_s = block_s
        self._backoff = Backoff(0.02, 1.0)

    async def read(self) -> list[SnapshotEntry]:
        """The next entries, oldest first, without those that lack the field `d`; empty when none came within `block_s`,
        and, after a pause, while Redis is away. Never raises for Redis' sake: call it again."""
        wait_ms = max(1, int(self._block_s * 1000))
        stream = self._keys.snapshots
        try:
            async with asyncio.timeout(self._block_s + 5.0):
                reply = await answer(self._client.xread({stream: self.position}, count=self._count, block=wait_ms))
        except TROUBLE as trouble:
            if not self._backoff.failures:
                log.warning("snapshots_cannot_be_read", stream=stream, reason=str(trouble) or repr(trouble))
            await asyncio.sleep(self._backoff.next())
            return []
        self._backoff.reset()
        entries = []
        for _, found in reply or ():
            for identifier, fields in found:
                self.position = identifier.decode()
                if b"d" in fields:
                    entries.append(SnapshotEntry(self.position, fields[b"d"]))
                else:
                    metrics.FRAMES_DROPPED.labels("broken").inc()
        return entries

    async def behind_s(self) -> float:
        """How much later than the last entry that `read` returned the newest of the stream is, by their ids, seconds; 0
        when there is none. Raises what redis-py raises."""
        newest = await answer(self._client.xrevrange(self._keys.snapshots, count=1))
        if not newest:
            return 0.0
        return max(0, _ms(newest[0][0].decode()) - _ms(self.position)) / 1000


def _ms(identifier: str) -> int:
    return int(identifier.partition("-")[0])
