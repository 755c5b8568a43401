"""Where a channel keeps the first message of an episode, so that later ones can edit it or answer it (ALERTING 13)."""

from collections.abc import Sequence

import msgspec
from redis.asyncio import Redis

from monitor.bus.redis import answer
from monitor.wire.keys import Keys


class Thread(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one episode on one channel.

    reference: the channel's own words for its message (`Accepted.reference`), None where it has none. forwarded: the
    channel's fallback heard of the episode and has to hear of its end. used_ms: wall time of the last use, epoch ms.
    """

    reference: str | None = None
    forwarded: bool = False
    used_ms: int

    def to_json(self) -> bytes:
        return msgspec.json.encode(self)


class Threads:
    """The threads of one channel. client: a command client that leaves replies as bytes."""

    def __init__(self, client: Redis, keys: Keys, channel: str) -> None:
        self._client = client
        self._key = keys.threads(channel)

    async def get(self, episode: str) -> Thread | None:
        """The thread of `rule:instance:<ms>`; None before the channel took anything of it."""
        record = await answer(self._client.hget(self._key, episode))
        return None if record is None else msgspec.json.decode(record, type=Thread)

    async def get_many(self, episodes: Sequence[str]) -> dict[str, Thread | None]:
        """The threads of these, at least one."""
        records = await answer(self._client.hmget(self._key, episodes))
        return {
            episode: None if record is None else msgspec.json.decode(record, type=Thread)
            for episode, record in zip(episodes, records, strict=True)
        }

    async def put(self, episode: str, thread: Thread) -> None:
        """Remember it, in place of what was known."""
        await answer(self._client.hset(self._key, episode, thread.to_json()))

    async def forget(self, before_ms: int) -> int:
        """Drop threads not used since then; returns how many. A later message of such an episode stands by itself."""
        gone = 0
        async for episode, record in self._client.hscan_iter(self._key, count=200):
            if msgspec.json.decode(record, type=Thread).used_ms < before_ms:
                gone += int(await answer(self._client.hdel(self._key, episode)))
        return gone
