"""What a feed is to the rest of the program, and what it may ask for while it runs.

A feed only carries: it connects, decodes and hands over what arrived. Which records are acceptable is decided by
`monitor.core.quotes.intake`; where events go, by whoever gives the sink.
"""

from typing import Protocol

from monitor.core.event import Event
from monitor.core.quotes.raw import RawClose, RawHalt, RawQuote

CONNECTING = "connecting"
UP = "up"
DOWN = "down"
"""The peer is away and will be tried again."""
FAILED = "failed"
"""Trying again is useless: a person must change something."""


class EventSink(Protocol):
    """Where events end up: the log writer of the bus, or a list in a test."""

    def offer(self, event: Event) -> None:
        """Take one event. Never blocks and never raises."""
        ...


class FeedSink(Protocol):
    """What a running feed reports to. No call blocks.

    The counts add up: each record that arrives, and each frame that cannot be read, is told to `received` once, before
    anything else happens to it, and then ends in exactly one of `quote`, `rejected` and `conflated`.
    """

    def received(self, count: int = 1) -> None:
        """`count` records, or frames that hold no readable one, have arrived."""
        ...

    def quote(self, raw: RawQuote) -> None:
        """One decoded record."""
        ...

    def close(self, raw: RawClose) -> None:
        """An official close. It is no record in the sense of the counts."""
        ...

    def halt(self, raw: RawHalt) -> None:
        """A halt or its end. It is no record in the sense of the counts."""
        ...

    def event(self, event: Event) -> None:
        """Something that is already an event under the board's own symbols: the simulator's closes and fixings."""
        ...

    def rejected(self, reason: str, count: int = 1) -> None:
        """`count` frames or records could not become a quote."""
        ...

    def conflated(self, count: int = 1) -> None:
        """`count` records were replaced by newer ones before anybody read them."""
        ...

    def state(self, state: str, detail: str = "") -> None:
        """The feed is now `connecting`, `up`, `down` or `failed`. detail: for people, without secrets."""
        ...


class Feed(Protocol):
    """One source of quotes."""

    @property
    def source(self) -> str:
        """Name of the source, the `source` of every quote it delivers."""
        ...

    async def run(self, sink: FeedSink) -> None:
        """Deliver until cancelled. Returns only when going on is useless, after reporting `failed`, or when a finite
        source has ended."""
        ...


class FrameError(ValueError):
    """One frame or message cannot be read. It is counted under `reason`; the connection stays."""

    def __init__(self, reason: str, problem: str = "") -> None:
        self.reason = reason
        super().__init__(f"{reason}: {problem}" if problem else reason)
