"""What the alert engine did and said, as it lies in Redis: one stream of transitions, notifications and bulletins."""

from collections.abc import AsyncIterator, Mapping, Sequence

import msgspec
from redis.asyncio import Redis

from monitor.bus.redis import answer
from monitor.wire.keys import Keys

_PORTION = 1000
_APART = 200
"""Entries that are fetched one by one in one round trip."""


class HistoryEntry(msgspec.Struct, frozen=True):
    """One entry. position: its id in the stream. data: field `d`, a JSON document; empty where there is none."""

    position: str
    data: bytes


class AlertHistory:
    """Reads one board's history. client: a command client that leaves replies as bytes; it raises what redis-py
    raises."""

    def __init__(self, client: Redis, keys: Keys) -> None:
        self._client = client
        self._key = keys.alert_history

    async def newest_first(self) -> AsyncIterator[HistoryEntry]:
        """Every entry, from the newest to the oldest; what is added meanwhile is not among them."""
        before: str | None = None
        while portion := await self.back(before, _PORTION):
            for entry in portion:
                yield entry
            before = portion[-1].position

    async def back(self, before: str | None, count: int) -> list[HistoryEntry]:
        """At most `count` entries older than the position, the newest first. before: None for the newest of all."""
        newest = "+" if before is None else f"({before}"
        return _entries(await answer(self._client.xrevrange(self._key, max=newest, count=count)))

    async def on(self, position: str, count: int) -> list[HistoryEntry]:
        """At most `count` entries from the position on, oldest first: with the one at it, as long as that is on
        file."""
        return _entries(await answer(self._client.xrange(self._key, min=position, count=count)))

    async def at(self, positions: Sequence[str]) -> AsyncIterator[HistoryEntry]:
        """The entries at these positions, in that order, without those that are no longer on file."""
        for start in range(0, len(positions), _APART):
            async with self._client.pipeline(transaction=False) as pipe:
                for position in positions[start : start + _APART]:
                    pipe.xrange(self._key, min=position, max=position, count=1)
                for found in await pipe.execute():
                    for entry in _entries(found):
                        yield entry


def _entries(found: Sequence[tuple[bytes, Mapping[bytes, bytes]]]) -> list[HistoryEntry]:
    return [HistoryEntry(position.decode(), fields.get(b"d", b"")) for position, fields in found]
