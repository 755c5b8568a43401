"""The quotes log over a real Redis: packing, bounds, trimming, and every event exactly once."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest
from redis.asyncio import Redis

from monitor.bus.embedded import EmbeddedRedis
from monitor.bus.log import LogReader, LogWriter
from monitor.bus.redis import command_client, reader_client
from monitor.core.event import CONFLATED, Beat, Event, Quote
from monitor.wire.codec import decode_entry, entry_fields

KEY = "monitor:{b}:quotes"


def quote(number: int, symbol: str = "AAPL", source: str = "test") -> Quote:
    return Quote(symbol, source, number, number, float(number))


@contextlib.asynccontextmanager
async def writing(client: Redis, **options: object) -> AsyncIterator[LogWriter]:
    writer = LogWriter(client, KEY, producer="test", **options)
    task = asyncio.create_task(writer.run())
    try:
        yield writer
    finally:
        task.cancel()


def offer_all(writer: LogWriter, events: Iterable[Event]) -> None:
    for event in events:
        writer.offer(event)


async def read_events(redis_url: str, count: int, reader: LogReader | None = None) -> list[Event]:
    client = reader_client(redis_url, name="reader")
    reader = reader or LogReader(client, KEY)
    events: list[Event] = []
    async with asyncio.timeout(60):
        while len(events) < count:
            for entry in await reader.read():
                events.extend(entry.events)
    await client.aclose()
    return events


async def test_many_events_share_an_entry(redis: Redis, redis_url: str) -> None:
    """Events offered together are packed: no entry above 500 events or 32 KiB, order and values kept."""
    events = [quote(number) for number in range(3000)]

    async with writing(redis) as writer:
        offer_all(writer, events)
        assert await writer.drain(60)

    raw = await redis.xrange(KEY)
    sizes = [(len(decode_entry(fields).events), len(fields[b"d"])) for _, fields in raw]
    assert writer.written == 3000
    assert writer.entries == len(raw)
    assert max(count for count, _ in sizes) <= 500
    assert max(size for _, size in sizes) <= 32_768
    assert len(raw) <= 12
    assert await read_events(redis_url, 3000) == events


async def test_large_events_are_split_by_size(redis: Redis, redis_url: str) -> None:
    """An entry is cut where 32 KiB are full; one event that is larger still goes alone."""
    events = [quote(number, symbol="X" * 2000) for number in range(100)] + [quote(100, symbol="Y" * 40_000)]

    async with writing(redis) as writer:
        offer_all(writer, events)
        assert await writer.drain(60)

    raw = await redis.xrange(KEY)
    assert sorted(len(fields[b"d"]) for _, fields in raw)[-2] <= 32_768
    assert await read_events(redis_url, 101) == events


async def test_linger_zero_writes_at_once(redis: Redis, redis_url: str) -> None:
    """Without linger a single event is written by itself."""
    async with writing(redis, linger_s=0.0) as writer:
        for number in range(3):
            writer.offer(quote(number))
            assert await writer.drain(60)

    assert await redis.xlen(KEY) == 3


async def test_plain_entries_can_be_read_without_messagepack(redis: Redis, redis_url: str) -> None:
    """The plain setting writes one event an entry with its fields as text, and our own reader is not disturbed."""
    async with writing(redis, plain=True) as writer:
        offer_all(writer, [quote(7), Beat(8)])
        assert await writer.drain(60)

    (_, first), (_, second) = await redis.xrange(KEY)
    assert first[b"kind"] == b"quote"
    assert first[b"symbol"] == b"AAPL"
    assert float(first[b"price"]) == 7.0
    assert b"bid" not in first
    assert second[b"kind"] == b"beat"
    assert await read_events(redis_url, 2) == [quote(7), Beat(8)]


async def test_stream_is_trimmed_by_age_and_length(redis: Redis) -> None:
    """The stream keeps neither what is too old nor more entries than allowed."""
    await redis.xadd(KEY, {"v": "old"}, id="1-1")
    for number in range(400):
        await redis.xadd(KEY, {"v": str(number)}, id=f"1000-{number + 1}")

    async with writing(redis, keep_s=60.0) as writer:
        writer.offer(quote(1))
        assert await writer.drain(60)
        writer.offer(quote(2))
        assert await writer.drain(60)
    by_age = await redis.xlen(KEY)

    await redis.delete(KEY)
    async with writing(redis, plain=True, max_entries=200) as writer:
        for number in range(2000):
            writer.offer(quote(number))
        assert await writer.drain(60)
        writer._trim_at = 0.0
        writer.offer(quote(2000))
        assert await writer.drain(60)
    by_length = await redis.xlen(KEY)

    assert by_age <= 102  # whole blocks of 100 entries go at a time
    assert by_length <= 300


@pytest.fixture
async def embedded(short_dir: Path) -> AsyncIterator[EmbeddedRedis]:
    async with EmbeddedRedis(short_dir) as server:
        client = command_client(server.url, name="test", timeout_s=60.0)
        await client.config_set("appendfsync", "always")
        await client.aclose()
        yield server


async def test_outage_loses_nothing_within_the_bounds(embedded: EmbeddedRedis) -> None:
    """Redis is killed and comes back: everything offered meanwhile is in the log, once, in order, and the writer that
    lost its connection goes on by itself."""
    client = command_client(embedded.url, name="writer")
    reading = reader_client(embedded.url, name="reader")
    reader = LogReader(reading, KEY, block_s=0.1)
    events = [quote(number) for number in range(6000)]

    async with writing(client) as writer:
        offer_all(writer, events[:2000])
        received = [event for entry in await _until(reader, 2000) for event in entry.events]
        embedded._process.send_signal(signal.SIGKILL)
        embedded._process.wait()
        offer_all(writer, events[2000:5000])
        for _ in range(3):
            received += [event for entry in await reader.read() for event in entry.events]
        await embedded._start()
        offer_all(writer, events[5000:])
        received += [event for entry in await _until(reader, 4000) for event in entry.events]

    assert received == events
    assert writer.conflated == 0
    assert reader.lost == 0
    await client.aclose()
    await reading.aclose()


async def _until(reader: LogReader, count: int) -> list:
    entries: list = []
    async with asyncio.timeout(60):
        while sum(len(entry.events) for entry in entries) < count:
            entries += await reader.read()
    return entries


async def test_stalled_redis_makes_no_copies(embedded: EmbeddedRedis) -> None:
    """Redis hangs longer than the client waits: entries are written twice, and the reader gives each event once."""
    client = command_client(embedded.url, name="writer", timeout_s=0.2)
    reading = reader_client(embedded.url, name="reader")
    reader = LogReader(reading, KEY, block_s=0.1)
    events = [quote(number) for number in range(100)]

    async with writing(client) as writer:
        offer_all(writer, events[:50])
        assert await writer.drain(60)
        embedded._process.send_signal(signal.SIGSTOP)
        offer_all(writer, events[50:])
        assert not await writer.drain(0.6)
        embedded._process.send_signal(signal.SIGCONT)
        assert await writer.drain(60)
        received = [event for entry in await _until(reader, 100) for event in entry.events]
        received += [event for entry in await reader.read() for event in entry.events]

    assert received == events
    assert reader.copies > 0
    assert reader.lost == 0
    await client.aclose()
    await reading.aclose()


async def test_beyond_the_bounds_the_newest_prices_arrive(embedded: EmbeddedRedis) -> None:
    """An outage longer than the buffer holds: afterwards the newest quote of every symbol is in the log, flagged, what
    was dropped is counted, and no number of the sequence is missing."""
    client = command_client(embedded.url, name="writer")
    reading = reader_client(embedded.url, name="reader")
    reader = LogReader(reading, KEY, block_s=0.1)

    async with writing(client, max_buffer_events=100, max_buffer_s=0.0) as writer:
        embedded._process.send_signal(signal.SIGKILL)
        embedded._process.wait()
        for number in range(1000):
            writer.offer(quote(number, symbol=f"S{number % 10}"))
        await embedded._start()
        assert await writer.drain(60)
        received = [event for entry in await reader.read() for event in entry.events]

    newest = {event.symbol: event for event in received}
    assert {symbol: event.price for symbol, event in newest.items()} == {f"S{n}": 990.0 + n for n in range(10)}
    assert all(event.flags & CONFLATED for event in newest.values())
    assert len(received) + writer.conflated == 1000
    assert writer.conflated > 800
    assert reader.lost == 0
    await client.aclose()
    await reading.aclose()


async def test_reader_counts_what_is_missing(redis: Redis, redis_url: str) -> None:
    """A gap in a producer's numbers is counted as lost; a second copy is dropped; strange entries are skipped."""
    await redis.xadd(KEY, entry_fields("p:1", 0, [quote(0), quote(1)]))
    await redis.xadd(KEY, entry_fields("q:1", 40, [quote(40)]))
    await redis.xadd(KEY, entry_fields("p:1", 5, [quote(5)]))
    await redis.xadd(KEY, entry_fields("p:1", 5, [quote(5)]))
    await redis.xadd(KEY, {"hello": "world"})
    await redis.xadd(KEY, entry_fields("p:2", 0, [quote(9)]))
    client = reader_client(redis_url, name="reader")
    reader = LogReader(client, KEY, block_s=0.1)

    entries = await reader.read()

    assert [[event.recv_ns for event in entry.events] for entry in entries] == [[0, 1], [40], [5], [], [], [9]]
    assert (reader.lost, reader.copies, reader.broken) == (3, 1, 1)
    assert await reader.read() == []
    await client.aclose()


async def test_position_continues_where_it_was_taken(redis: Redis, redis_url: str) -> None:
    """A reader made from a position gives the entries after it, and still knows copies of those before it."""
    await redis.xadd(KEY, entry_fields("p:1", 0, [quote(0), quote(1)]))
    client = reader_client(redis_url, name="reader")
    first = LogReader(client, KEY, block_s=0.1)
    await first.read()
    await redis.xadd(KEY, entry_fields("p:1", 0, [quote(0), quote(1)]))
    await redis.xadd(KEY, entry_fields("p:1", 2, [quote(2)]))

    second = LogReader(client, KEY, position=first.position, block_s=0.1)
    entries = await second.read()

    assert [event for entry in entries for event in entry.events] == [quote(2)]
    assert second.copies == 2
    await client.aclose()
