"""A sink that remembers what a feed reported, and a way to run a feed for the length of a test."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

from monitor.core.event import Event
from monitor.core.quotes.raw import RawClose, RawHalt, RawQuote
from monitor.feeds.port import Feed


class Probe:
    """Remembers everything, in order."""

    def __init__(self) -> None:
        self.arrived = 0
        self.quotes: list[RawQuote] = []
        self.closes: list[RawClose] = []
        self.halts: list[RawHalt] = []
        self.events: list[Event] = []
        self.reasons: Counter[str] = Counter()
        self.lost = 0
        self.states: list[tuple[str, str]] = []

    def quote(self, raw: RawQuote) -> None:
        self.quotes.append(raw)

    def received(self, count: int = 1) -> None:
        self.arrived += count

    def close(self, raw: RawClose) -> None:
        self.closes.append(raw)

    def halt(self, raw: RawHalt) -> None:
        self.halts.append(raw)

    def event(self, event: Event) -> None:
        self.events.append(event)

    def rejected(self, reason: str, count: int = 1) -> None:
        self.reasons[reason] += count

    def conflated(self, count: int = 1) -> None:
        self.lost += count

    def state(self, state: str, detail: str = "") -> None:
        self.states.append((state, detail))

    @property
    def last(self) -> tuple[str, str]:
        """State and detail as told last; empty before the first."""
        return self.states[-1] if self.states else ("", "")

    def ups(self) -> int:
        """How often the feed came up."""
        return sum(state == "up" for state, _ in self.states)

    def prices(self) -> list[float | None]:
        return [raw.price for raw in self.quotes]


@contextlib.asynccontextmanager
async def running(feed: Feed, probe: Probe) -> AsyncIterator[asyncio.Task[Any]]:
    """The feed runs inside the block; an error of its own fails the test."""
    task = asyncio.create_task(feed.run(probe))
    try:
        yield task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
