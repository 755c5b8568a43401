"""What the alert engine did and said, as it lies in Redis: one stream of transitions and notifications."""

from collections.abc import AsyncIterator

from redis.asyncio import Redis

from monitor.bus.redis import answer
from monitor.wire.keys import Keys

_PORTION = 1000


class AlertHistory:
    """Reads one board's history. client: a command client that leaves replies as bytes; it raises what redis-py
    raises."""

    def __init__(self, client: Redis, keys: Keys) -> None:
        self._client = client
        self._key = keys.alert_history

    async def newest_first(self) -> AsyncIterator[bytes]:
        """Field `d` of every entry, from the newest to the oldest; what is added meanwhile is not among them."""
        last = "+"
        while True:
            found = await answer(self._client.xrevrange(self._key, max=last, count=_PORTION))
            for _, fields in found:
                yield fields.get(b"d", b"")
            if len(found) < _PORTION:
                return
            last = f"({found[-1][0].decode()}"
