"""An ingest with real feeds, a log that remembers, and beside the feed that is tried one that nothing happens to."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import count
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from monitor.core.definition import Instrument, Kind
from monitor.core.event import Beat, Event, FeedHealth, Quote
from monitor.core.quotes.intake import Intake
from monitor.feeds.port import Feed
from monitor.feeds.websocket import WebSocketFeed
from monitor.feeds.yahoo.streamer import Yahoo, frame_of
from monitor.feeds.yahoo.wire import Pricing
from monitor.runtime.backoff import Backoff
from monitor.runtime.clock import Clock, SystemClock
from monitor.workers.ingest import ingest
from tests.eventually import eventually

SECRET = "s3cret-0f-the-feed"
"""What every address, header, password and login message of a fault holds, and nothing may ever tell."""
STEADY = "steady"
"""Source of the feed that nothing happens to."""
MS = 1_795_190_400_000
"""Time of quotes, milliseconds UTC, where a test names no other: 2026-11-20, 16:00."""
SYMBOLS = ("NVDA", "0700.HK", "^IXIC", "AAPL")

Handler = Callable[[ServerConnection], Awaitable[None]]


class Log(list[Event]):
    """A log that remembers and never drops."""

    def offer(self, event: Event) -> None:
        self.append(event)

    def conflated_of(self, _source: str) -> int:
        return 0


class Lab:
    """What has been told so far, by source."""

    def __init__(self, log: Log) -> None:
        self.log = log

    def told(self, source: str) -> list[FeedHealth]:
        """Every report of a feed, in order."""
        return [event for event in self.log if isinstance(event, FeedHealth) and event.source == source]

    def states(self, source: str) -> list[tuple[str, str]]:
        """The states that a feed went through, each with its detail."""
        states = [(health.state, health.detail) for health in self.told(source)]
        return [state for n, state in enumerate(states) if n == 0 or states[n - 1] != state]

    def names(self, source: str) -> list[str]:
        """The states without their details."""
        names = [state for state, _ in self.states(source)]
        return [name for n, name in enumerate(names) if n == 0 or names[n - 1] != name]

    def reasons(self, source: str) -> list[str]:
        """Why a feed was down, each time."""
        return [detail for state, detail in self.states(source) if state == "down"]

    def prices(self, source: str, symbol: str = SYMBOLS[0]) -> list[float | None]:
        """The prices of a symbol that reached the log."""
        return [
            event.price
            for event in self.log
            if isinstance(event, Quote) and (event.source, event.symbol) == (source, symbol)
        ]

    async def a_while(self) -> None:
        """Longer than a feed's longest delay, by the beats of the log."""
        beats = sum(isinstance(event, Beat) for event in self.log)
        await eventually(lambda: sum(isinstance(event, Beat) for event in self.log) >= beats + 10)

    async def counts(self, source: str, accepted: int, **rejected: int) -> FeedHealth:
        """The first report with exactly these counts. They add up in every one before."""
        health: FeedHealth = await eventually(lambda: self._with(source, accepted, rejected))
        for told in self.told(source):
            assert told.received == told.accepted + told.conflated + sum(told.rejected.values())
        return health

    def _with(self, source: str, accepted: int, rejected: dict[str, int]) -> FeedHealth | None:
        told = self.told(source)[-1:]
        return next((one for one in told if (one.accepted, one.rejected) == (accepted, rejected)), None)


def instruments(*sources: str) -> list[Instrument]:
    """One stock a symbol, without trading hours, which each of the sources knows by its own name."""
    return [
        Instrument(
            symbol=symbol,
            name=symbol,
            kind=Kind.STOCK,
            calendar=None,
            currency="USD",
            sources=dict.fromkeys(sources, symbol),
        )
        for symbol in SYMBOLS
    ]


def yahoo_frame(price: float, symbol: str = SYMBOLS[0], ms: int = MS) -> str:
    """A frame as Yahoo sends it."""
    return frame_of(Pricing(id=symbol, price=price, time=ms, market_hours=1))


def short_backoff() -> Backoff:
    """Waits of the usual shape and a fraction of the length."""
    return Backoff(0.01, 0.1, least_s=0.005)


@contextlib.asynccontextmanager
async def server(handler: Handler, **options: Any) -> AsyncIterator[str]:
    """A WebSocket server on a free loopback port; its address holds the secret."""
    async with serve(handler, "127.0.0.1", 0, **options) as listening:
        port = next(iter(listening.sockets)).getsockname()[1]
        yield f"{'wss' if 'ssl' in options else 'ws'}://127.0.0.1:{port}/feed?token={SECRET}"


@contextlib.asynccontextmanager
async def ingesting(*feeds: Feed, clock: Clock | None = None, notice: Callable[[], str] = str) -> AsyncIterator[Lab]:
    """The feeds run inside the block, beside one that must still deliver when the block has ended well."""
    clock = clock or SystemClock()
    lab = Lab(Log())
    intake = Intake(instruments(STEADY, *(feed.source for feed in feeds)), {})
    async with server(_quoting) as url:
        steady = WebSocketFeed(
            url,
            Yahoo(SYMBOLS, STEADY),
            clock=clock,
            market_open=lambda _: False,
            backoff=short_backoff(),
        )
        work = ingest([*feeds, steady], intake, lab.log, clock, beat_s=0.02, notice=notice, soonest_s=0.05)
        task = asyncio.create_task(work)
        try:
            yield lab
            before = len(lab.prices(STEADY))
            await eventually(lambda: len(lab.prices(STEADY)) > before + 1)
            assert lab.names(STEADY) == ["connecting", "up"]
            assert SECRET not in repr(lab.log)
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def _quoting(client: ServerConnection) -> None:
    with contextlib.suppress(ConnectionClosed):
        for number in count(1):
            await client.send(yahoo_frame(100.0 + number, ms=MS + number))
            await asyncio.sleep(0.01)
