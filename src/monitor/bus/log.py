"""The quotes log: one ordered Redis stream per board, written in packed entries, read with nothing lost unnoticed.

The writer numbers its events. An entry whose acknowledgement was lost is written again unchanged; the reader knows each
producer's next number, drops the second copy and counts what is missing. So whatever happens between a writer and a
reader, each event is applied once, and a loss is known.
"""

import asyncio
import secrets
from typing import Any

import msgspec
import structlog
from redis.asyncio import Redis

from monitor.bus.buffer import EventBuffer
from monitor.bus.redis import TROUBLE, answer
from monitor.core.event import Event
from monitor.runtime import metrics
from monitor.runtime.backoff import Backoff
from monitor.wire.codec import Entry, decode_entry, entry_fields

log = structlog.get_logger(__name__)

START = "0-0"
"""Position before the first entry."""


class LogWriter:
    """Writes events to the log of one board. `offer` never waits; `run` does the writing.

    client: command client; nobody else should be using it, so that its connection keeps the order. key: stream.
    producer: name of this process in the entries; a random epoch is added, so that a restarted process starts counting
    anew. linger_s: how long an event may wait for company, seconds; 0: no time. max_entry_events, max_entry_bytes:
    bounds of one entry. max_in_flight: entries sent in one round trip under load. max_buffer_events, max_buffer_s: see
    EventBuffer. keep_s, max_entries, max_bytes: what the stream is trimmed to, by age at each write (by the server's
    clock), by length once a second. plain: one event an entry, its fields also written as plain text beside the packed
    form, for readers that know only Redis.
    """

    def __init__(
        self,
        client: Redis,
        key: str,
        *,
        producer: str,
        linger_s: float = 0.001,
        max_entry_events: int = 500,
        max_entry_bytes: int = 32_768,
        max_in_flight: int = 4,
        max_buffer_events: int = 50_000,
        max_buffer_s: float = 0.25,
        keep_s: float = 86_400.0,
        max_entries: int = 200_000,
        max_bytes: int = 256_000_000,
        plain: bool = False,
    ) -> None:
        self.producer = f"{producer}:{secrets.token_hex(4)}"
        self.written = 0
        """Events acknowledged by Redis."""
        self.entries = 0
        """Entries acknowledged by Redis."""
        self.last_id: str | None = None
        """Id of the newest acknowledged entry."""
        self._client = client
        self._key = key
        self._linger_s = linger_s
        self._max_entry_events = 1 if plain else max_entry_events
        self._max_entry_bytes = max_entry_bytes
        self._max_in_flight = max_in_flight
        self._keep_ms = int(keep_s * 1000)
        self._max_entries = max_entries
        self._max_bytes = max_bytes
        self._plain = plain
        self._buffer = EventBuffer(max_buffer_events, max_buffer_s)
        self._next = 0
        self._chunk = self._max_entry_events
        self._entry_bytes = 1000.0
        self._trim_at = 0.0
        self._sending = 0
        self._filled = asyncio.Event()
        self._written_out = asyncio.Event()
        self._written_out.set()

    @property
    def depth(self) -> int:
        """Events offered and not yet acknowledged."""
        return len(self._buffer) + self._sending

    @property
    def conflated(self) -> int:
        """Prices dropped in favour of newer ones while Redis was away or too slow."""
        return self._buffer.conflated.total()

    def conflated_of(self, source: str) -> int:
        """Those of one source."""
        return self._buffer.conflated[source]

    def offer(self, event: Event) -> None:
        """Queue one event. Returns at once, whatever state Redis is in."""
        self._buffer.add(event)
        if not self._filled.is_set():
            self._filled.set()
            self._written_out.clear()

    async def run(self) -> None:
        """Write what is offered, until cancelled. No failure of Redis ends it. What was not acknowledged when it was
        cancelled may or may not be in the log; call `drain` before."""
        while True:
            await self._filled.wait()
            if self._linger_s and len(self._buffer) < self._chunk:
                await asyncio.sleep(self._linger_s)
            entries = [self._next_entry()]
            while len(self._buffer) and len(entries) < self._max_in_flight:
                entries.append(self._next_entry())
            await self._send(entries)
            if not len(self._buffer):
                self._filled.clear()
                self._written_out.set()

    async def drain(self, deadline_s: float) -> bool:
        """Wait until everything offered is acknowledged (`run` must go on). False: not within `deadline_s` seconds."""
        try:
            async with asyncio.timeout(deadline_s):
                await self._written_out.wait()
        except TimeoutError:
            return False
        return True

    def _next_entry(self) -> dict[str, Any]:
        """Take events from the buffer, as many as one entry may hold, and number them."""
        events = self._buffer.take(self._chunk)
        fields: dict[str, Any] = dict(entry_fields(self.producer, self._next, events))
        while len(fields["d"]) > self._max_entry_bytes and len(events) > 1:
            half = len(events) // 2
            self._buffer.put_back(events[half:])
            events = events[:half]
            fields = dict(entry_fields(self.producer, self._next, events))
        size = len(fields["d"])
        # The next entry takes as many events of this size as fit, so that halving stays the exception.
        self._chunk = max(1, min(self._max_entry_events, self._max_entry_bytes * len(events) // size))
        self._entry_bytes += 0.05 * (size - self._entry_bytes)
        self._next += len(events)
        self._sending += len(events)
        return fields | _plain_fields(events[0]) if self._plain else fields

    async def _send(self, entries: list[dict[str, Any]]) -> None:
        backoff = Backoff(0.02, 1.0)
        while True:
            try:
                await self._write(entries)
                break
            except TROUBLE as trouble:
                if not backoff.failures:
                    log.warning("log_cannot_be_written", stream=self._key, reason=str(trouble) or repr(trouble))
                metrics.LOG_DEPTH.set(self.depth)
                await asyncio.sleep(backoff.next())
        if backoff.failures:
            log.info("log_can_be_written_again", stream=self._key, waiting=self.depth, conflated=self.conflated)
        self.entries += len(entries)
        self.written += self._sending
        metrics.LOG_WRITTEN.inc(self._sending)
        self._sending = 0
        metrics.LOG_DEPTH.set(self.depth)

    async def _write(self, entries: list[dict[str, Any]]) -> None:
        now = asyncio.get_running_loop().time()
        trim = now >= self._trim_at
        commands = [self._xadd(fields) for fields in entries]
        if trim:
            length = min(self._max_entries, int(self._max_bytes / (self._entry_bytes + 100)))
            commands.append(("XTRIM", self._key, "MAXLEN", "~", length))
        if len(commands) == 1:
            last = await answer(self._client.execute_command(*commands[0]))  # type: ignore[no-untyped-call]
        else:
            # All or nothing: were the second entry accepted without the first, readers would take the first, when it
            # is repeated, for a copy.
            async with self._client.pipeline(transaction=True) as pipe:
                for command in commands:
                    pipe.execute_command(*command)
                last = (await pipe.execute())[len(entries) - 1]
        self.last_id = last.decode()
        if trim:
            self._trim_at = now + 1.0

    def _xadd(self, fields: dict[str, Any]) -> tuple[Any, ...]:
        flat = [part for pair in fields.items() for part in pair]
        if self.last_id is None:
            return ("XADD", self._key, "*", *flat)
        oldest = max(0, int(self.last_id.partition("-")[0]) - self._keep_ms)
        return ("XADD", self._key, "MINID", "~", oldest, "*", *flat)


def _plain_fields(event: Event) -> dict[str, str]:
    """The event's fields as text, with its kind: quote, fx, halt, officialclose, feedhealth, beat. What is None is left
    out."""
    plain = {"kind": type(event).__name__.lower()}
    for name in event.__struct_fields__:
        value = getattr(event, name)
        if value is not None:
            plain[name] = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return plain


class Position(msgspec.Struct, frozen=True):
    """How far a reader has come. id: the last entry it was given. producers: each producer's next number, which tells
    second copies and losses."""

    id: str = START
    producers: dict[str, int] = {}


class LogEntry(msgspec.Struct, frozen=True):
    """One entry as the reader hands it on. events: without second copies, possibly none."""

    id: str
    events: list[Event]


class LogReader:
    """Follows the log from a position. Remembers at most 256 producers.

    client: reader client. key: stream. position: after which to start; None: from the oldest entry. count: entries a
    read. block_s: longest wait of one read, seconds.
    """

    def __init__(
        self, client: Redis, key: str, *, position: Position | None = None, count: int = 64, block_s: float = 1.0
    ) -> None:
        start = position or Position()
        self.lost = 0
        """Events that were numbered and never arrived."""
        self.copies = 0
        """Events that arrived a second time and were dropped."""
        self.broken = 0
        """Entries that are not ours, and events of an unknown kind; skipped."""
        self._client = client
        self._key = key
        self._id = start.id
        self._producers = dict(start.producers)
        self._count = count
        self._block_s = block_s
        self._backoff = Backoff(0.02, 1.0)

    @property
    def position(self) -> Position:
        """After the last entry that `read` returned."""
        return Position(self._id, dict(self._producers))

    async def read(self) -> list[LogEntry]:
        """The next entries, oldest first; empty when none arrived within `block_s`, and, after a pause, while Redis is
        away. Never raises for Redis' sake: call it again."""
        try:
            # A half-open connection never answers; the margin is for a busy server.
            async with asyncio.timeout(self._block_s + 5.0):
                wait_ms = max(1, int(self._block_s * 1000))
                reply = await answer(self._client.xread({self._key: self._id}, count=self._count, block=wait_ms))
        except TROUBLE as trouble:
            if not self._backoff.failures:
                log.warning("log_cannot_be_read", stream=self._key, reason=str(trouble) or repr(trouble))
            await asyncio.sleep(self._backoff.next())
            return []
        if self._backoff.failures:
            log.info("log_can_be_read_again", stream=self._key)
            self._backoff.reset()
        return [self._entry(identifier, fields) for _, found in reply or () for identifier, fields in found]

    def _entry(self, identifier: bytes, fields: dict[bytes, bytes]) -> LogEntry:
        self._id = identifier.decode()
        try:
            entry = decode_entry(fields)
        except ValueError as problem:
            self.broken += 1
            log.warning("log_entry_skipped", id=self._id, reason=str(problem))
            return LogEntry(self._id, [])
        self.broken += entry.skipped
        return LogEntry(self._id, entry.events if self._is_new(entry) else [])

    def _is_new(self, entry: Entry) -> bool:
        """Keep the producer's count; False for an entry that was there before."""
        count = len(entry.events) + entry.skipped
        expected = self._producers.pop(entry.producer, entry.first)  # popped, so that the busy ones stay last
        self._producers[entry.producer] = max(expected, entry.first + count)
        if len(self._producers) > 256:
            del self._producers[next(iter(self._producers))]
        if entry.first < expected:
            self.copies += count
            return False
        if entry.first > expected:
            self.lost += entry.first - expected
            log.warning("log_lost_events", id=self._id, producer=entry.producer, count=entry.first - expected)
        return True
