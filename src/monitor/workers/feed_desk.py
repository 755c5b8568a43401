"""What a running feed reports to: its records go to the log through the intake, its state and its counts are told."""

from collections.abc import Callable
from typing import Protocol

import structlog
from msgspec.structs import replace

from monitor.core.event import Event, FeedHealth, is_price
from monitor.core.quotes.intake import Intake
from monitor.core.quotes.raw import RawClose, RawHalt, RawQuote
from monitor.feeds import foreign_text
from monitor.feeds.port import CONNECTING, EventSink
from monitor.runtime.clock import Clock
from monitor.runtime.logs import redact

log = structlog.get_logger(__name__)

SOONEST_S, LATEST_S = 1.0, 10.0
"""Counts that change are told after the first time, seconds, when they have news, and then at growing distances up to
the second one: a log must not grow by counting."""
QUIET_S = 60.0
"""Counts that do not change are told this often: whoever follows the log from now on must learn of every feed."""
LONGEST_DETAIL = 300
"""Characters of a state's detail. What a server says may be of any length."""


class EventLog(EventSink, Protocol):
    """Where events end up, and what became of them there: the log writer of the bus."""

    def conflated_of(self, source: str) -> int:
        """How many prices of `source` were dropped in favour of newer ones after they had been offered."""
        ...


class FeedDesk:
    """What one feed reports to. It adds up: received = accepted + conflated + all rejected, at every telling.

    source: of the feed. report: called with every FeedHealth that is written. notice: something that concerns all feeds
    and stands in every detail, "" for nothing. soonest_s: see SOONEST_S.
    """

    def __init__(
        self,
        source: str,
        intake: Intake,
        event_log: EventLog,
        clock: Clock,
        report: Callable[[FeedHealth], None] | None = None,
        notice: Callable[[], str] = str,
        soonest_s: float = SOONEST_S,
    ) -> None:
        self.source = source
        self._intake = intake
        self._log = event_log
        self._clock = clock
        self._report = report
        self._notice = notice
        self._state = CONNECTING
        self._detail = ""
        self._received = 0
        self._conflated = 0
        self._told: FeedHealth | None = None
        self._told_at: float | None = None
        self._soonest_s = self._gap_s = soonest_s

    def received(self, count: int = 1) -> None:
        """Count what arrived."""
        self._received += count

    def quote(self, raw: RawQuote) -> None:
        """Let the intake judge one record and log what comes of it."""
        for event in self._intake.accept(raw):
            self._log.offer(event)

    def close(self, raw: RawClose) -> None:
        """Log an official close of an instrument that the board knows."""
        for event in self._intake.close(raw):
            self._log.offer(event)

    def halt(self, raw: RawHalt) -> None:
        """Log a halt, or its end, of an instrument that the board knows."""
        for event in self._intake.halt(raw):
            self._log.offer(event)

    def event(self, event: Event) -> None:
        """Log what is already an event. A price among them counts as a record that was received and accepted."""
        if is_price(event):
            self._received += 1
            self._intake.tally(self.source).accepted += 1
        self._log.offer(event)

    def rejected(self, reason: str, count: int = 1) -> None:
        """Count what never became a record."""
        self._intake.reject(self.source, reason, count)

    def conflated(self, count: int = 1) -> None:
        """Count what a newer record replaced."""
        self._conflated += count

    def state(self, state: str, detail: str = "") -> None:
        """Remember the feed's state, and tell the log when it is another one."""
        detail = shown(detail)
        if (state, detail) != (self._state, self._detail):
            self._state, self._detail = state, detail
            log.info("feed.state", source=self.source, state=state, detail=detail)
            self._gap_s = self._soonest_s
            self.tell()

    def tell(self) -> None:
        """Write one FeedHealth event as things stand."""
        self._told = health = self._health()
        self._log.offer(health)
        if self._report is not None:
            self._report(health)

    def tell_news(self, now_s: float) -> None:
        """Write one when it is time for it: to be called several times a second.

        now_s: of a clock that only goes forward, seconds. What nobody knew of (first records, a new reason to reject, a
        notice) is told within a second, other counts ever more slowly.
        """
        if self._told is None or self._told_at is None:
            self._told_at = now_s
            self.tell()
            return
        health = self._health()
        if _is_news(self._told, health):
            self._gap_s = self._soonest_s
        changed = replace(self._told, recv_ns=health.recv_ns) != health
        if now_s - self._told_at >= (self._gap_s if changed else QUIET_S):
            self._gap_s = min(2.0 * self._gap_s, LATEST_S)
            self._told_at = now_s
            self.tell()

    def _health(self) -> FeedHealth:
        tally = self._intake.tally(self.source)
        # A price that the log's buffer dropped had been accepted before: what it gave way to was the better answer.
        dropped = self._log.conflated_of(self.source)
        return FeedHealth(
            self.source,
            self._state,
            self._clock.now_ns(),
            "; ".join(part for part in (self._detail, self._notice()) if part),
            tally.accepted - dropped,
            self._conflated + dropped,
            dict(tally.rejected),
            self._received,
        )


def shown(detail: str) -> str:
    """`detail` as it may be logged and shown: on one line, bounded, without secrets and control characters."""
    return foreign_text.shown(redact(detail), longest=LONGEST_DETAIL)


def _is_news(told: FeedHealth, health: FeedHealth) -> bool:
    if told.detail != health.detail or (health.received and not told.received):
        return True
    return not told.rejected.keys() >= health.rejected.keys() or (health.conflated > 0 and not told.conflated)
