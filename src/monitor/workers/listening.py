"""Hearing a feed without a log: what arrives, what ingest would have made of it, and what the feed says of itself."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import msgspec

from monitor.core.definition import Instrument
from monitor.core.event import Event
from monitor.core.quotes.intake import Intake, source_table
from monitor.core.quotes.raw import RawClose, RawHalt, RawQuote
from monitor.core.session import Calendar
from monitor.feeds.port import CONNECTING, FAILED, UP, Feed
from monitor.runtime.ending import end, unless
from monitor.workers.feed_desk import shown


class Arrival(msgspec.Struct, frozen=True):
    """One record. symbol: the board's, "" when it has none for it. refused: why ingest would not take it, "" when it
    would."""

    raw: RawQuote
    symbol: str = ""
    refused: str = ""


Heard: TypeAlias = Arrival | RawClose | RawHalt
"""Anything that a listener passes on."""


class Listener:
    """What one feed reports to, in place of a desk of ingest (`FeedSink`).

    instruments: what is asked of the feed. canonical: its quotes come under the board's own symbols. hear: called with
    each record, close and halt. turned: called with each new state and its detail.
    """

    def __init__(
        self,
        feed: Feed,
        instruments: Sequence[Instrument],
        calendars: Mapping[str, Calendar],
        *,
        canonical: bool = False,
        hear: Callable[["Listener", Heard], None],
        turned: Callable[["Listener", str, str], None] = lambda *_: None,
    ) -> None:
        self.feed = feed
        self.source = feed.source
        self.table = source_table(instruments, feed.source, canonical)
        """Source symbol → instrument."""
        self.now = CONNECTING
        self.detail = ""
        self.was_up = False
        self.arrived = 0
        """Records, and frames that hold no readable one."""
        self.dropped = 0
        """Records that newer ones replaced before anybody read them."""
        self._intake = Intake(instruments, calendars, (feed.source,) if canonical else ())
        self._hear = hear
        self._turned = turned

    @property
    def refused(self) -> Counter[str]:
        """How many were refused, by reason."""
        return self._intake.tally(self.source).rejected

    def symbol_of(self, source_symbol: str) -> str:
        """The board's symbol for one of the feed's; "" when it has none."""
        line = self.table.get(source_symbol)
        return line.symbol if line else ""

    async def run(self) -> None:
        """Listen until cancelled, or until going on is useless."""
        try:
            await self.feed.run(self)
        except Exception as bug:  # whatever it is, the other feeds must go on
            self.state(FAILED, f"stopped by an error of its own: {type(bug).__name__}")

    def received(self, count: int = 1) -> None:
        """Count what arrived."""
        self.arrived += count

    def quote(self, raw: RawQuote) -> None:
        """Judge one record as ingest would, and pass it on."""
        before = self.refused.copy()
        events = self._intake.accept(raw)
        refused = "" if events else next(iter(self.refused - before))
        self._hear(self, Arrival(raw, self.symbol_of(raw.source_symbol), refused))

    def close(self, raw: RawClose) -> None:
        """Pass an official close on."""
        self._hear(self, raw)

    def halt(self, raw: RawHalt) -> None:
        """Pass a halt, or its end, on."""
        self._hear(self, raw)

    def event(self, event: Event) -> None:
        """The simulator's closes and fixings: nothing that was sent to us."""

    def rejected(self, reason: str, count: int = 1) -> None:
        """Count what never became a record."""
        self._intake.reject(self.source, reason, count)

    def conflated(self, count: int = 1) -> None:
        """Count what a newer record replaced."""
        self.dropped += count

    def state(self, state: str, detail: str = "") -> None:
        """Remember the feed's state and pass it on when it is another one."""
        detail = shown(detail)
        self.was_up |= state == UP
        if (state, detail) != (self.now, self.detail):
            self.now, self.detail = state, detail
            self._turned(self, state, detail)


async def listen(listeners: Sequence[Listener], stop: asyncio.Event, seconds: float | None = None) -> None:
    """Let all of them listen until `stop` is set, `seconds` have passed (None: no limit) or every feed has given up."""
    tasks = [asyncio.create_task(listener.run(), name=f"feed:{listener.source}") for listener in listeners]
    try:
        async with asyncio.timeout(seconds):
            await unless(stop, asyncio.wait(tasks))
    except TimeoutError:
        pass
    finally:
        await end(*tasks)
