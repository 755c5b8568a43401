"""How full the streams of a board are."""

from typing import Any

from redis.asyncio import Redis

from monitor.bus.redis import answer
from monitor.wire.keys import Keys
from monitor.wire.stream_depth import StreamDepth


class StreamDepths:
    """Measures one board's streams. client: a command client that leaves replies as bytes."""

    def __init__(self, client: Redis, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    async def read(self) -> list[StreamDepth]:
        """The log, the snapshots, the daily readings and the alert history, then outbox and dead letters of each
        channel that ever had something to send, or that has left the alert file and has dead letters, in that order,
        from two round trips. Raises the client's errors while Redis is away."""
        keys = self._keys
        streams = {
            "quotes": keys.quotes,
            "snapshots": keys.snapshots,
            "daily": keys.daily,
            "alerts:history": keys.alert_history,
        }
        for name in sorted(await answer(self._client.hkeys(keys.channel_health))):
            channel = name.decode(errors="replace")
            streams[f"alerts:outbox:{channel}"] = keys.outbox(channel)
            streams[f"alerts:dead:{channel}"] = keys.dead(channel)
        async with self._client.pipeline(transaction=False) as pipe:
            for key in streams.values():
                pipe.xlen(key)
                pipe.xrevrange(key, count=1)
            found: list[Any] = await pipe.execute()
        return [
            StreamDepth(stream=stream, length=length, newest_ms=_time_of(newest))
            for stream, length, newest in zip(streams, found[::2], found[1::2], strict=True)
        ]


def _time_of(newest: list[tuple[bytes, Any]]) -> int | None:
    return int(newest[0][0].partition(b"-")[0]) if newest else None
