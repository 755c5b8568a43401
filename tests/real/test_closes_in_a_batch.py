"""A batch of official closes in the middle of a day: history is built anew beside a board that goes on."""

import asyncio
from random import Random

import msgspec
from redis.asyncio import Redis

from monitor.core.event import Event, OfficialClose, Quote
from monitor.core.instant import MILLISECOND, SECOND, parse_instant
from monitor.core.metrics.frame import decode_frame
from tests.core import market
from tests.real.calculator import entries_of, make_board, publish, run, stored

INTERVAL_NS = 250 * MILLISECOND
SYMBOLS = ("HSTECH", *market.CHINA, "IXIC", *market.AMERICA)
BEGIN = parse_instant("2025-03-10T02:00:00Z")


def batch(at_ns: int, factor: float) -> list[Event]:
    """Every close of three months, all received within one interval."""
    random = Random(3)
    sessions = {symbol: market.CALENDARS[market.instrument(symbol).calendar or ""].sessions for symbol in SYMBOLS}
    return [
        OfficialClose(symbol, session, round(factor * random.uniform(90, 110), 2), at_ns + i, "test")
        for symbol in SYMBOLS
        for i, session in enumerate(s for s in sessions[symbol] if "2024-12-01" <= s < "2025-03-10")
    ]


def day() -> list[Event]:
    """A quote every 100 ms for a minute, with a batch of closes after 20 and another one after 40 seconds."""
    random = Random(5)
    quotes: list[Event] = [
        Quote("HSTECH", "A", at_ns, at_ns, round(100 * (1 + random.gauss(0, 0.0005)), 3))
        for at_ns in range(BEGIN, BEGIN + 60 * SECOND, 100 * MILLISECOND)
    ]
    events = [*quotes, *batch(BEGIN + 20 * SECOND, 1.0), *batch(BEGIN + 40 * SECOND, 1.02)]
    return sorted(events, key=lambda event: event.recv_ns)


async def test_closes_in_the_middle_of_a_day(redis: Redis, redis_url: str) -> None:
    """No boundary is missing while thousands of closes arrive, none of them is lost, and the first boundary after the
    batch already stands on the new closes."""
    events = day()
    closes = sum(isinstance(event, OfficialClose) for event in events)
    await publish(redis, events, size=500)
    await run(redis_url, "a", asyncio.Event(), until_idle=True, make=lambda: make_board(INTERVAL_NS))

    board = make_board(INTERVAL_NS)
    wanted = [snapshot for event in events for snapshot in board.apply(event)]
    frames = [decode_frame(data) for _, data in await stored(redis)]

    assert closes > 800
    assert await stored(redis) == entries_of(wanted)
    times = [frame.t for frame in frames]
    assert times == list(range(times[0], times[-1] + 1, INTERVAL_NS // MILLISECOND))
    assert len(times) > 230
    assert frames[-1].seq > len(events) - 10
    by_time = {frame.t: frame.metrics["HSTECH.return_pct.1m"] for frame in frames}
    for seconds in (20, 40):
        batch_ms = (BEGIN + seconds * SECOND) // MILLISECOND
        before, after = by_time[batch_ms - 250], by_time[batch_ms + 250]
        assert before is not None
        assert after is not None
        assert abs(after - before) > 0.5


async def test_a_batch_and_its_closes_one_by_one_end_in_the_same_board(redis: Redis, redis_url: str) -> None:
    """However closes are packed, and whether or not a checkpoint lies in their midst, the board at the end is the one
    that had all of them from the start."""
    events = day()
    half = next(i for i, event in enumerate(events) if isinstance(event, OfficialClose)) + 150
    await publish(redis, events[:half], size=60)
    await run(redis_url, "a", asyncio.Event(), until_idle=True, make=lambda: make_board(INTERVAL_NS))
    await publish(redis, events[half:], size=1000, first=half)
    await run(redis_url, "b", asyncio.Event(), until_idle=True, make=lambda: make_board(INTERVAL_NS))

    board = make_board(INTERVAL_NS)
    wanted = [snapshot for event in events for snapshot in board.apply(event)]
    assert await stored(redis) == entries_of(wanted)

    informed = make_board(INTERVAL_NS)
    for close in batch(BEGIN + 40 * SECOND, 1.02):
        informed.apply(msgspec.structs.replace(close, recv_ns=BEGIN - SECOND))
    for event in events:
        if isinstance(event, Quote):
            informed.apply(event)
    now, then = board.snapshot(), informed.snapshot()
    assert {symbol: view.returns for symbol, view in then.instruments.items()} == {
        symbol: view.returns for symbol, view in now.instruments.items()
    }
