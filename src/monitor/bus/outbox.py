"""The outbox of one channel: a stream of notifications that wait, in order, with a record of every delivery.

Consumer group with a stable name; whatever was handed out and not settled is handed out again first. Nothing is ever
trimmed by length: trimmed entries would silently vanish from the pending list (ALERTING 15.3).
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum

import msgspec
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from monitor.bus.dead_letters import KEPT, DeadLetter, drop_oldest, letters_from
from monitor.bus.redis import answer
from monitor.bus.storms import StormMemory
from monitor.bus.threads import Thread, Threads
from monitor.wire.keys import Keys

GROUP = "senders"
AHEAD = 200
"""How many waiting entries are looked at together: reading one costs about 10 µs, at every message."""

_POST = """
if redis.call('HSETNX', KEYS[2], ARGV[1], ARGV[2]) == 0 then return 0 end
redis.call('XADD', KEYS[1], '*', 'id', ARGV[1], 'note', ARGV[3])
return 1
"""

_BURY = """
redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
if redis.call('XDEL', KEYS[1], ARGV[2]) == 0 then return 0 end
redis.call('HSET', KEYS[2], ARGV[3], ARGV[4])
redis.call('XADD', KEYS[3], '*', 'id', ARGV[3], 'reason', ARGV[5], 'at', ARGV[6], 'note', ARGV[7])
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
    told_by: id of the message that tells it, when it was merged or folded. late_ms: how late it was accepted, None when
    that was in time.
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
    late_ms: int | None = None

    def to_json(self) -> bytes:
        return msgspec.json.encode(self)


class Entry(msgspec.Struct, frozen=True):
    """One notification in the outbox. position: its id in the stream, "" for what is told without having waited there
    (a STORM message). id: of the notification. note: what to send."""

    position: str
    id: str
    note: bytes


class ChannelHealth(msgspec.Struct, frozen=True, kw_only=True):
    """healthy: False from a permanent failure until the next acceptance. since_ms: of that state. reason: of the last
    failure, "" when all is well. accepted_ms: the last acceptance, None without one. paused_until_ms: no request
    before, None without a pause. noticed_ms: when other channels were last told that this one is red, None when they
    were not, or know of its recovery. gone: the alert file has no such channel any more, and there are dead letters of
    it: nothing else is said of it then."""

    healthy: bool = True
    since_ms: int = 0
    reason: str = ""
    accepted_ms: int | None = None
    paused_until_ms: int | None = None
    noticed_ms: int | None = None
    gone: bool = False


class Outbox:
    """The waiting notifications of one channel, read by one consumer at a time.

    consumer: name of the reader, the same after a restart, so that it finds again what it had begun; processes that
    take turns under a lease may share it. client: a command client that leaves replies as bytes. claim_after_ms: how
    long what another consumer had begun is left to it, at least three times the longest send. letters_kept: how many
    dead letters stay.
    """

    def __init__(
        self,
        client: Redis,
        keys: Keys,
        channel: str,
        *,
        consumer: str = "sender",
        claim_after_ms: int = 30_000,
        letters_kept: int = KEPT,
    ) -> None:
        self.channel = channel
        self.board = keys.board
        self.threads = Threads(client, keys, channel)
        self._client = client
        self._keys = keys
        self._stream = keys.outbox(channel)
        self._jobs = keys.jobs(channel)
        self._consumer = consumer
        self._claim_after_ms = claim_after_ms
        self._letters_kept = letters_kept
        self._post = client.register_script(_POST)
        self._bury = client.register_script(_BURY)

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

    async def after(self, position: str, count: int = AHEAD) -> list[Entry]:
        """Entries newer than `position`, oldest first, whoever holds them."""
        found = await answer(self._client.xrange(self._stream, min=f"({position}", max="+", count=count))
        return [_entry(newer, fields) for newer, fields in found]

    async def waiting(self) -> list[tuple[Entry, Delivery]]:
        """The oldest entries that are not settled, with their records, oldest first; none while another consumer holds
        the first. At most `AHEAD` + 1: nobody looks further ahead."""
        head = await self.next()
        if head is None:
            return []
        entries = [head, *await self.after(head.position)]
        records = await answer(self._client.hmget(self._jobs, [entry.id for entry in entries]))
        return [(entry, _delivery(entry, record)) for entry, record in zip(entries, records, strict=True)]

    async def delivery(self, entry: Entry) -> Delivery:
        """The record of its delivery; a fresh one when somebody removed it."""
        return _delivery(entry, await answer(self._client.hget(self._jobs, entry.id)))

    async def found(self, identifier: str) -> Delivery | None:
        """The record of a notification; None when the channel never had it, or long ago."""
        record = await answer(self._client.hget(self._jobs, identifier))
        return None if record is None else msgspec.json.decode(record, type=Delivery)

    async def record(self, entry: Entry, delivery: Delivery, memory: StormMemory | None = None) -> None:
        """Keep the delivery's state: before an attempt, and after one that settled nothing. memory: changed by it too,
        and written in the same MULTI; None when it was not."""
        async with self._client.pipeline(transaction=True) as pipe:
            pipe.hset(self._jobs, entry.id, delivery.to_json())
            self._remember(pipe, memory)
            await pipe.execute()

    async def settle(
        self,
        results: Sequence[tuple[Entry, Delivery]],
        *,
        threads: Mapping[str, Thread] | None = None,
        letters: Sequence[DeadLetter] = (),
        memory: StormMemory | None = None,
    ) -> None:
        """Record final results and take the entries out, all in one MULTI.

        threads: episode → where its first message is, as far as that is news. letters: dead letters whose notes were
        told after all: theirs are among the results, the letters go. memory: as for `record`.
        """
        async with self._client.pipeline(transaction=True) as pipe:
            for entry, delivery in results:
                self._settle(pipe, entry, delivery)
            for episode, thread in (threads or {}).items():
                pipe.hset(self._keys.threads(self.channel), episode, thread.to_json())
            for letter in letters:
                pipe.xdel(self._keys.dead(self.channel), letter.position)
            self._remember(pipe, memory)
            await pipe.execute()

    async def fold(self, results: Sequence[tuple[Entry, Delivery]], memory: StormMemory) -> None:
        """Bind waiting entries to one STORM message, which `memory` holds, before it is sent: one MULTI, so that a
        crash cannot leave notes that are told there and by themselves."""
        async with self._client.pipeline(transaction=True) as pipe:
            for entry, delivery in results:
                pipe.hset(self._jobs, entry.id, delivery.to_json())
            self._remember(pipe, memory)
            await pipe.execute()

    async def bury(self, entry: Entry, delivery: Delivery, at_ms: int) -> list[str]:
        """Give it up: record, dead letter, out of the outbox, all in one script that works once. With a fallback,
        forward first. Returns the ids of the oldest letters where they had to make room."""
        names = [self._stream, self._jobs, self._keys.dead(self.channel)]
        arguments: list[bytes | str | int] = [GROUP, entry.position, entry.id, delivery.to_json()]
        await self._bury(keys=names, args=[*arguments, delivery.reason, at_ms, entry.note])
        return await drop_oldest(self._client, self._keys, self.channel, self._letters_kept)

    async def letters_from(self, identifier: str) -> list[DeadLetter]:
        """What the channel gave up from the notification of that id on, oldest first; empty when it has no letter."""
        return await letters_from(self._client, self._keys, self.channel, identifier)

    async def post(self, to: str, identifier: str, note: bytes, delivery: Delivery) -> bool:
        """Put a note into the outbox of any channel, unless it has that id already; says whether it did."""
        names = [self._keys.outbox(to), self._keys.jobs(to)]
        return bool(await self._post(keys=names, args=[identifier, delivery.to_json(), note]))

    async def memory(self) -> StormMemory:
        """What storm control remembers; a fresh one when nothing is kept."""
        record = await answer(self._client.hget(self._keys.storms, self.channel))
        return StormMemory() if record is None else msgspec.json.decode(record, type=StormMemory)

    async def depth(self) -> int:
        """How many notifications wait."""
        return int(await answer(self._client.xlen(self._stream)))

    async def health(self) -> ChannelHealth:
        """What was last said about the channel; healthy when nothing was, or when it had left the alert file."""
        record = await answer(self._client.hget(self._keys.channel_health, self.channel))
        health = ChannelHealth() if record is None else msgspec.json.decode(record, type=ChannelHealth)
        return ChannelHealth() if health.gone else health

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
        if entry.position:
            pipe.xack(self._stream, GROUP, entry.position)
            pipe.xdel(self._stream, entry.position)

    def _remember(self, pipe: Redis, memory: StormMemory | None) -> None:
        if memory is not None:
            pipe.hset(self._keys.storms, self.channel, memory.to_json())


def _delivery(entry: Entry, record: bytes | None) -> Delivery:
    if record is None:
        return Delivery(created_ms=int(entry.position.partition("-")[0]))
    return msgspec.json.decode(record, type=Delivery)


def _entry(position: bytes, fields: Mapping[bytes, bytes]) -> Entry:
    """What somebody else wrote, without id or note, is an entry too, which nobody can read and which is put aside."""
    return Entry(position.decode(), fields.get(b"id", position).decode(errors="replace"), fields.get(b"note", b""))
