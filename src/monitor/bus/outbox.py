"""The outbox of one channel: a stream of notifications that wait, in order, with a record of every delivery.

Consumer group with a stable name; whatever was handed out and not settled is handed out again first. Nothing is ever
trimmed by length: trimmed entries would silently vanish from the pending list (ALERTING 15.3).
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum

import msgspec
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from monitor.bus.redis import answer
from monitor.wire.keys import Keys

GROUP = "senders"

_FORWARD = """
if redis.call('HSETNX', KEYS[2], ARGV[1], ARGV[2]) == 0 then return 0 end
redis.call('XADD', KEYS[1], '*', 'id', ARGV[1], 'note', ARGV[3])
return 1
"""

_REVIVE = """
if redis.call('XDEL', KEYS[3], ARGV[1]) == 0 then return 0 end
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
redis.call('XADD', KEYS[1], '*', 'id', ARGV[2], 'note', ARGV[4])
return 1
"""


class Status(StrEnum):
    """WAITING: to be sent. SENDING: an attempt was begun and its outcome is not recorded. ACCEPTED: by the service.
    MERGED: told by a newer message of the episode. FOLDED: told by a STORM message. DEAD: given up, see the dead
    letters."""

    WAITING = "waiting"
    SENDING = "sending"
    ACCEPTED = "accepted"
    MERGED = "merged"
    FOLDED = "folded"
    DEAD = "dead"


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one notification on one channel. Times are epoch milliseconds of the wall clock.

    attempts: begun so far. unknown: attempts whose outcome nobody knows. ended_ms: when it was settled, None while it
    waits. reason: of the last failure, "" without one. plain: rich text was refused. settled: recipients that need it
    no more. instead_of: the channel that failed, when this is its fallback. forwarded: also given to the fallback.
    told_by: id of the message it was merged into.
    """

    status: Status = Status.WAITING
    created_ms: int
    attempts: int = 0
    unknown: int = 0
    begun_ms: int | None = None
    ended_ms: int | None = None
    reason: str = ""
    plain: bool = False
    settled: tuple[str, ...] = ()
    instead_of: str | None = None
    forwarded: bool = False
    told_by: str | None = None

    def to_json(self) -> bytes:
        return msgspec.json.encode(self)


class Entry(msgspec.Struct, frozen=True):
    """One notification in the outbox. position: its id in the stream. id: of the notification. note: what to send."""

    position: str
    id: str
    note: bytes


class DeadLetter(msgspec.Struct, frozen=True):
    """A notification that a channel gave up. position: its id in the dead-letter stream; at_ms: when."""

    position: str
    channel: str
    id: str
    reason: str
    at_ms: int
    note: bytes


class ChannelHealth(msgspec.Struct, frozen=True, kw_only=True):
    """healthy: False from a permanent failure until the next acceptance. since_ms: of that state. reason: of the last
    failure, "" when all is well. accepted_ms: the last acceptance, None without one. paused_until_ms: no request
    before, None without a pause."""

    healthy: bool = True
    since_ms: int = 0
    reason: str = ""
    accepted_ms: int | None = None
    paused_until_ms: int | None = None


class Outbox:
    """The waiting notifications of one channel, read by one consumer at a time.

    consumer: name of the reader, the same after a restart, so that it finds again what it had begun; processes that
    take turns under a lease may share it. client: a command client that leaves replies as bytes. claim_after_ms: how
    long what another consumer had begun is left to it, at least three times the longest send.
    """

    def __init__(
        self, client: Redis, keys: Keys, channel: str, *, consumer: str = "sender", claim_after_ms: int = 30_000
    ) -> None:
        self.channel = channel
        self._client = client
        self._keys = keys
        self._stream = keys.outbox(channel)
        self._jobs = keys.jobs(channel)
        self._consumer = consumer
        self._claim_after_ms = claim_after_ms
        self._forward = client.register_script(_FORWARD)

    async def next(self) -> Entry | None:
        """The oldest entry that is not settled; None when nothing waits, or when another consumer still holds it."""
        try:
            return await self._next()
        except ResponseError as missing:
            if "NOGROUP" not in str(missing):
                raise
            # From 0, not $: what was written before the group existed waits as well.
            await answer(self._client.xgroup_create(self._stream, GROUP, id="0", mkstream=True))
            return await self._next()

    async def _next(self) -> Entry | None:
        own = await self._read("0")
        if own is not None:
            return own
        oldest = await answer(self._client.xpending_range(self._stream, GROUP, min="-", max="+", count=1))
        if oldest:
            # Nothing newer may overtake it, so a stranger's entry is waited for rather than passed by.
            await answer(
                self._client.xautoclaim(
                    self._stream, GROUP, self._consumer, min_idle_time=self._claim_after_ms, start_id="0-0", count=10
                )
            )
            return await self._read("0")
        return await self._read(">")

    async def _read(self, after: str) -> Entry | None:
        found = await answer(self._client.xreadgroup(GROUP, self._consumer, {self._stream: after}, count=1))
        for _, entries in found:
            for position, fields in entries:
                if fields:
                    return _entry(position, fields)
                # Deleted by hand while it was pending: nothing is left to send.
                await answer(self._client.xack(self._stream, GROUP, position))
                return await self._read(after)
        return None

    async def after(self, position: str, count: int = 500) -> list[Entry]:
        """Entries newer than `position`, oldest first, whoever holds them."""
        found = await answer(self._client.xrange(self._stream, min=f"({position}", max="+", count=count))
        return [_entry(newer, fields) for newer, fields in found]

    async def delivery(self, entry: Entry) -> Delivery:
        """The record of its delivery; a fresh one when somebody removed it."""
        record = await answer(self._client.hget(self._jobs, entry.id))
        if record is None:
            return Delivery(created_ms=int(entry.position.partition("-")[0]))
        return msgspec.json.decode(record, type=Delivery)

    async def record(self, entry: Entry, delivery: Delivery) -> None:
        """Keep the delivery's state: before an attempt, and after one that settled nothing."""
        await answer(self._client.hset(self._jobs, entry.id, delivery.to_json()))

    async def settle(self, results: Sequence[tuple[Entry, Delivery]]) -> None:
        """Record final results and take the entries out, all in one MULTI."""
        async with self._client.pipeline(transaction=True) as pipe:
            for entry, delivery in results:
                self._settle(pipe, entry, delivery)
            await pipe.execute()

    async def bury(self, entry: Entry, delivery: Delivery, at_ms: int) -> None:
        """Give it up: record, dead letter, out of the outbox, in one MULTI. With a fallback, forward first."""
        async with self._client.pipeline(transaction=True) as pipe:
            letter = {"id": entry.id, "reason": delivery.reason, "at": str(at_ms), "note": entry.note}
            pipe.xadd(self._keys.dead(self.channel), letter)  # type: ignore[arg-type]
            self._settle(pipe, entry, delivery)
            await pipe.execute()

    async def forward(self, entry: Entry, to: str, at_ms: int) -> bool:
        """Give the notification to another channel too, unless that one has it already; says whether it did."""
        delivery = Delivery(created_ms=at_ms, instead_of=self.channel)
        names = [self._keys.outbox(to), self._keys.jobs(to)]
        return bool(await self._forward(keys=names, args=[entry.id, delivery.to_json(), entry.note]))

    async def depth(self) -> int:
        """How many notifications wait."""
        return int(await answer(self._client.xlen(self._stream)))

    async def health(self) -> ChannelHealth:
        """What was last said about the channel; healthy when nothing was."""
        record = await answer(self._client.hget(self._keys.channel_health, self.channel))
        return ChannelHealth() if record is None else msgspec.json.decode(record, type=ChannelHealth)

    async def set_health(self, health: ChannelHealth) -> None:
        await answer(self._client.hset(self._keys.channel_health, self.channel, msgspec.json.encode(health)))

    async def forget(self, before_ms: int) -> int:
        """Drop records of deliveries settled before then; returns how many. Ids so old are never created again."""
        gone = 0
        async for identifier, record in self._client.hscan_iter(self._jobs, count=200):
            ended_ms = msgspec.json.decode(record, type=Delivery).ended_ms
            if ended_ms is not None and ended_ms < before_ms:
                gone += int(await answer(self._client.hdel(self._jobs, identifier)))
        return gone

    def _settle(self, pipe: Redis, entry: Entry, delivery: Delivery) -> None:
        pipe.hset(self._jobs, entry.id, delivery.to_json())
        pipe.xack(self._stream, GROUP, entry.position)
        pipe.xdel(self._stream, entry.position)


async def dead_letters(client: Redis, keys: Keys, channel: str) -> list[DeadLetter]:
    """What the channel gave up, oldest first."""
    found = await answer(client.xrange(keys.dead(channel)))
    return [
        DeadLetter(
            position.decode(),
            channel,
            fields[b"id"].decode(),
            fields[b"reason"].decode(),
            int(fields[b"at"]),
            fields[b"note"],
        )
        for position, fields in found
    ]


async def revive(client: Redis, keys: Keys, letter: DeadLetter, at_ms: int) -> bool:
    """Put a dead letter back into its channel's outbox, with a fresh record; False when somebody else has done so."""
    names = [keys.outbox(letter.channel), keys.jobs(letter.channel), keys.dead(letter.channel)]
    arguments: list[bytes | str] = [letter.position, letter.id, Delivery(created_ms=at_ms).to_json(), letter.note]
    return bool(await client.register_script(_REVIVE)(keys=names, args=arguments))


def _entry(position: bytes, fields: Mapping[bytes, bytes]) -> Entry:
    return Entry(position.decode(), fields[b"id"].decode(), fields[b"note"])
