"""Two real sources of the same shares: the better one dies and returns, and the board says what it does."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
from aiomqtt import Client
from redis.asyncio import Redis

from monitor.bus.log import LogReader, LogWriter
from monitor.bus.redis import reader_client
from monitor.core.board import Board
from monitor.core.definition import BoardDefinition
from monitor.core.event import Event
from monitor.core.instant import MILLISECOND, SECOND, parse_instant
from monitor.core.quotes.intake import Intake
from monitor.core.reference import Reference
from monitor.core.snapshot import Snapshot
from monitor.feeds.mqtt.feed import MqttFeed
from monitor.feeds.recordings.recording import recording_writer
from monitor.feeds.recordings.replay import Replay
from monitor.feeds.simulated.market import Market
from monitor.feeds.simulated.sim_clock import SimClock
from monitor.feeds.simulated.yahoo_server import YahooServer
from monitor.feeds.websocket import WebSocketFeed
from monitor.feeds.yahoo.streamer import Yahoo
from monitor.runtime.backoff import Backoff
from monitor.runtime.ending import end
from monitor.runtime.mqtt_broker import MqttBroker
from monitor.workers.ingest import ingest
from monitor.workers.recordings import record
from tests.core.market import CALENDARS, definition, instrument
from tests.eventually import eventually
from tests.processes import free_tcp_port
from tests.real.broker import Broker
from tests.real.calculator import KEYS, entries_of, run, stored

pytestmark = [pytest.mark.xdist_group("heavy"), pytest.mark.timeout(300)]

SYMBOLS = ("0700.HK", "9988.HK")
SPEEDS = (60.0, 15.0, 4.0)
"""Of the session. At the first a minute, after which a source is stale, goes by in a second: a machine that stands
still for so long loses both sources at once, and is given more time."""
INTERVAL_NS = 10 * SECOND

LINES = tuple(
    instrument(symbol, stale_after_s=60.0, sources={"yahoo": symbol, "mqtt": symbol}, priority=("yahoo", "mqtt"))
    for symbol in SYMBOLS
)
SMALL: BoardDefinition = definition(instruments=LINES, baskets=(), pairs=(), windows=("1D",))


def make_board() -> Board:
    return Board(SMALL, CALENDARS, Reference(), interval_ns=INTERVAL_NS)


class Stage:
    """A market, a clock that runs through it, and everything that quotes it."""

    def __init__(self, broker_port: int, yahoo_port: int, speed: float) -> None:
        self.clock = SimClock(parse_instant("2025-03-07T01:35:00Z"), speed, speed, CALENDARS.values())
        self.market = Market(LINES, CALENDARS, seed=1)
        self._lines = {line.symbol: line for line in LINES}
        self._broker_port, self._yahoo_port = broker_port, yahoo_port

    def yahoo(self) -> YahooServer:
        """The better source's server, always on one port."""
        return YahooServer(self.market, self._lines, self.clock, quotes_per_s=80.0, port=self._yahoo_port)

    def feeds(self) -> list[WebSocketFeed | MqttFeed]:
        return [
            WebSocketFeed(
                f"ws://127.0.0.1:{self._yahoo_port}/",
                Yahoo(SYMBOLS, "yahoo", 0),
                clock=self.clock,
                market_open=lambda _: False,
                backoff=Backoff(0.02, 0.1),
            ),
            MqttFeed(MqttBroker("127.0.0.1", self._broker_port), clock=self.clock, market_open=lambda _: False),
        ]

    async def publish(self) -> None:
        """The other source: each price every twentieth of a second."""
        async with Client("127.0.0.1", self._broker_port) as client:
            while True:
                now_ns = self.clock.now_ns()
                for symbol in SYMBOLS:
                    price = round(self.market.price(symbol, now_ns), 3)
                    said = json.dumps({"symbol": symbol, "price": price, "ts": now_ns // MILLISECOND})
                    await client.publish(f"md/v1/HK/{symbol}/quote", said)
                await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def calculating(url: str, owner: str) -> AsyncIterator[None]:
    """One calculator, which is stopped and leaves a checkpoint."""
    stop = asyncio.Event()
    task = asyncio.create_task(run(url, owner, stop, make=make_board))
    try:
        yield
        stop.set()
        await asyncio.wait_for(task, 60)
    finally:
        task.cancel()


async def until(redis: Redis, condition: Callable[[Snapshot], bool]) -> Snapshot:
    """The first readout of which it is true."""

    async def shown() -> Snapshot | None:
        data = await redis.get(KEYS.readout)
        taken = None if data is None else msgspec.json.decode(data, type=Snapshot)
        return taken if taken is not None and condition(taken) else None

    return await eventually(shown)  # type: ignore[no-any-return]


async def whole_log(url: str, path: Path) -> list[Event]:
    """Recorded to a file, and read from it."""
    client = reader_client(url, name="record")
    reader, seen = LogReader(client, KEYS.quotes, block_s=0.05), [0]
    work = asyncio.create_task(record(reader, recording_writer(path), progress=lambda count, _: seen.append(count)))
    await eventually(lambda: len(seen) > 3 and seen[-1] == seen[-2] > 0)
    work.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await work
    await client.aclose()
    return list(Replay(LINES, CALENDARS).events([path]))


class Seen(NamedTuple):
    """Readouts with both sources, with the stand-in alone, and with the better source back; what a recording of all
    makes; the stored snapshots and the newest readout."""

    begun: Snapshot
    alone: Snapshot
    back: Snapshot
    expected: list[Snapshot]
    stored: list[tuple[str, bytes]]
    readout: bytes

    @property
    def failovers(self) -> list[set[int]]:
        return [{v.failovers for v in shown.instruments.values()} for shown in (self.begun, self.alone, self.back)]


async def play(redis: Redis, redis_url: str, folder: Path, speed: float) -> Seen:
    """A socket and a broker; the socket goes, another calculator comes, the socket returns; a third one computes."""
    await redis.flushall()
    broker_port = free_tcp_port()
    stage = Stage(broker_port, free_tcp_port(), speed)
    log = LogWriter(redis, KEYS.quotes, producer="ingest")
    async with Broker(folder, broker_port, "allow_anonymous true"):
        tasks = [
            asyncio.create_task(log.run()),
            asyncio.create_task(stage.publish()),
            asyncio.create_task(
                ingest(stage.feeds(), Intake(LINES, CALENDARS, ("mqtt",)), log, stage.clock, beat_s=0.02)
            ),
        ]
        try:
            async with calculating(redis_url, "first"):
                async with stage.yahoo():
                    both = {"yahoo": "LIVE", "mqtt": "STANDBY"}
                    begun = await until(redis, lambda s: all(v.sources == both for v in s.instruments.values()))
                alone = await until(redis, lambda s: all(v.source == "mqtt" for v in s.instruments.values()))
            async with calculating(redis_url, "second"), stage.yahoo():
                back = await until(redis, lambda s: all(v.source == "yahoo" for v in s.instruments.values()))
        finally:
            await end(*tasks[1:])
            await log.drain(60)
            await end(tasks[0])
    async with calculating(redis_url, "third"):
        events = await whole_log(redis_url, folder / "day.jsonl")
        board = make_board()
        expected = [taken for event in events for taken in board.apply(event)]
        await until(redis, lambda s: s.t == expected[-1].t)
    return Seen(begun, alone, back, expected, await stored(redis), await redis.get(KEYS.readout))


async def test_the_better_source_dies_and_returns(redis: Redis, redis_url: str, tmp_path: Path) -> None:
    """A websocket and a broker quote two shares. The socket's server goes: its stand-in takes over, with its name on
    the board; a new calculator goes on where the old one was; the server returns, and after its minute the better
    source has them back. What was recorded meanwhile makes the same snapshots again, byte for byte."""
    for speed in SPEEDS:
        folder = tmp_path / str(speed)
        folder.mkdir()
        seen = await play(redis, redis_url, folder, speed)
        assert seen.stored == entries_of(seen.expected)
        assert seen.readout == seen.expected[-1].to_json()
        if seen.failovers == [{0}, {1}, {1}]:
            break

    begun, alone, back = seen.begun, seen.alone, seen.back
    assert {(v.stand_in_for, v.failovers, v.not_accepted) for v in begun.instruments.values()} == {(None, 0, 0)}
    assert {(v.stand_in_for, v.failovers) for v in alone.instruments.values()} == {("yahoo", 1)}
    assert {tuple(v.sources.items()) for v in alone.instruments.values()} == {(("yahoo", "STALE"), ("mqtt", "LIVE"))}
    assert {(v.stand_in_for, v.failovers, v.not_accepted) for v in back.instruments.values()} == {(None, 1, 0)}
    since = [parse_instant(v.source_since or "") for v in back.instruments.values()]
    assert min(since) - parse_instant(alone.t) >= 60 * SECOND
