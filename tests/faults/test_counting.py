"""Every record is accounted for, whatever feeds send and Redis does meanwhile."""

import asyncio
import random
import signal
from collections.abc import Callable
from pathlib import Path

from redis.asyncio import Redis
from websockets.asyncio.server import ServerConnection

from monitor.bus.embedded import EmbeddedRedis
from monitor.bus.log import LogReader, LogWriter
from monitor.bus.redis import command_client, reader_client
from monitor.core.event import CONFLATED, Beat, Event, FeedHealth, Quote
from monitor.core.quotes.intake import Intake
from monitor.feeds.recordings.recording import JsonLinesWriter
from monitor.feeds.recordings.replay import Replay
from monitor.feeds.websocket import WebSocketFeed
from monitor.feeds.yahoo.streamer import Yahoo
from monitor.runtime.clock import SystemClock
from monitor.workers.ingest import ingest
from monitor.workers.recordings import replay
from tests.eventually import eventually
from tests.faults.lab import MS, SYMBOLS, instruments, server, short_backoff, yahoo_frame
from tests.feeds.board import CALENDARS, INSTRUMENTS, at

KEY = "quotes"
ROUNDS, A_ROUND = 6, 2_000


def frames(chance: random.Random) -> tuple[list[str], dict[str, int], dict[str, float]]:
    """All frames of a run, good ones mixed with every kind of bad one, how many bad ones there are of each, and the
    newest good price by symbol."""
    made, bad = [], dict.fromkeys(("UNKNOWN_FRAME", "UNKNOWN_SYMBOL", "DUPLICATE", "OUT_OF_ORDER"), 0)
    newest = {SYMBOLS[0]: 1.0}
    last = yahoo_frame(1.0, ms=MS)
    made.append(last)
    for number in range(1, ROUNDS * A_ROUND):
        reason = chance.choice([None] * 6 + list(bad))
        match reason:
            case "UNKNOWN_FRAME":
                made.append("rubbish")
            case "UNKNOWN_SYMBOL":
                made.append(yahoo_frame(1.0, "NOBODY", MS + number))
            case "DUPLICATE":
                made.append(last)
            case "OUT_OF_ORDER":
                made.append(yahoo_frame(1.0, SYMBOLS[0], MS - 1))
            case None:
                symbol = chance.choice(SYMBOLS)
                newest[symbol] = 1.0 + number
                last = yahoo_frame(1.0 + number, symbol, MS + number)
                made.append(last)
        if reason is not None:
            bad[reason] += 1
    return made, bad, newest


async def test_counts_add_up_while_redis_comes_and_goes(short_dir: Path) -> None:
    """received = accepted + conflated + rejected in every report; what is in the log is what was accepted; the newest
    price of each symbol is there."""
    made, bad, newest = frames(random.Random(4))
    go = asyncio.Event()
    sent = 0

    async def handler(client: ServerConnection) -> None:
        nonlocal sent
        for frame in made:
            if sent % A_ROUND == 0:
                await go.wait()
                go.clear()
            await client.send(frame)
            sent += 1
        await client.wait_closed()

    async with EmbeddedRedis(short_dir) as redis, server(handler) as url:
        client = command_client(redis.url, name="writer")
        await client.config_set("appendfsync", "always")
        writer = LogWriter(client, KEY, producer="test", max_buffer_events=200, max_buffer_s=0.0)
        feed = WebSocketFeed(
            url,
            Yahoo(SYMBOLS),
            clock=SystemClock(),
            market_open=lambda _: False,
            backoff=short_backoff(),
        )
        intake = Intake(instruments("yahoo"), {})
        work = [
            asyncio.create_task(writer.run()),
            asyncio.create_task(ingest([feed], intake, writer, SystemClock(), beat_s=0.02)),
        ]
        for number in range(ROUNDS):
            away = number % 2 == 1
            if away:
                redis._process.send_signal(signal.SIGKILL)
                redis._process.wait()
            go.set()
            tally = intake.tally("yahoo")
            await eventually(lambda: tally.accepted + tally.rejected.total() == (number + 1) * A_ROUND)  # noqa: B023
            if away:
                await redis._start()
                # As at the start: with "everysec" a write waits while another is being synced, and a kill loses it.
                await client.config_set("appendfsync", "always")
        events = await _until(redis.url, lambda told: told.received == len(made))
        for task in work:
            task.cancel()
        await asyncio.gather(*work, return_exceptions=True)
        await client.aclose()

    told = [event for event in events if isinstance(event, FeedHealth)]
    quotes = [event for event in events if isinstance(event, Quote)]
    assert all(one.received == one.accepted + one.conflated + sum(one.rejected.values()) for one in told)
    assert told[-1].rejected == bad
    assert told[-1].accepted == len(quotes)
    assert told[-1].conflated > A_ROUND
    assert any(quote.flags & CONFLATED for quote in quotes)
    assert {quote.symbol: quote.price for quote in quotes} == newest


async def _until(url: str, last: Callable[[FeedHealth], bool]) -> list[Event]:
    """The log from its beginning to the report that `last` is true of."""
    client = reader_client(url, name="reader")
    reader = LogReader(client, KEY, block_s=0.05)
    events: list[Event] = []
    async with asyncio.timeout(60):
        while not any(isinstance(event, FeedHealth) and last(event) for event in events):
            events += [event for entry in await reader.read() for event in entry.events]
    assert reader.lost == 0
    await client.aclose()
    return events


async def test_a_recording_keeps_its_marks_and_counts(redis: Redis, redis_url: str, tmp_path: Path) -> None:
    """Prices that were conflated when they were recorded are replayed as they are, marks and reports included, and none
    is conflated or counted anew."""
    start = at("06-10T14:00")
    recorded: list[Event] = [
        Quote("NVDA", "yahoo", start, start, 140.0, flags=CONFLATED),
        FeedHealth("yahoo", "up", start + 1_000_000, "", 1, 8, {"DUPLICATE": 3}, 12),
        Quote("NVDA", "yahoo", start + 2_000_000, start + 2_000_000, 141.0),
    ]
    path = tmp_path / "out.jsonl"
    with JsonLinesWriter(path) as file:
        for event in recorded:
            file.write(event)
    writer = LogWriter(redis, KEY, producer="replay")
    writing = asyncio.create_task(writer.run())
    await replay(Replay(INSTRUMENTS, CALENDARS).events([path]), writer, None, flush=lambda: writer.drain(60))
    writing.cancel()
    client = reader_client(redis_url, name="reader")
    entries = await LogReader(client, KEY, block_s=0.05).read()
    await client.aclose()

    assert [event for entry in entries for event in entry.events if not isinstance(event, Beat)] == recorded
    assert writer.conflated == 0
