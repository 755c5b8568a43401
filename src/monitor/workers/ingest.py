"""The ingest worker: feeds in, log out. It waits and counts; what is acceptable is decided by the intake."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Protocol

import structlog

from monitor.core.event import Beat, Event, FeedHealth
from monitor.core.instant import SECOND
from monitor.core.quotes.intake import Intake, RawClose, RawHalt, RawQuote
from monitor.feeds.port import CONNECTING, FAILED, EventSink, Feed
from monitor.feeds.recording import RecordingWriter
from monitor.feeds.replay import with_beats
from monitor.runtime.clock import Clock
from monitor.runtime.ending import end

log = structlog.get_logger(__name__)

HEALTH_EVERY_S = 10.0
"""FeedHealth is repeated this often, real seconds: its counts are what people see of a feed."""
_FLUSH_EVERY = 2_000
_SHORTEST_PAUSE_S = 0.002


class FeedDesk:
    """What one feed reports to: its records go through the intake into the log, its state is remembered and told.

    source: of the feed. report: called with every FeedHealth that is written.
    """

    def __init__(
        self,
        source: str,
        intake: Intake,
        log_writer: EventSink,
        clock: Clock,
        report: Callable[[FeedHealth], None] | None = None,
    ) -> None:
        self.source = source
        self._intake = intake
        self._log = log_writer
        self._clock = clock
        self._report = report
        self._state = CONNECTING
        self._detail = ""
        self._received = 0
        self._conflated = 0

    def quote(self, raw: RawQuote) -> None:
        """Let the intake judge one record and log what comes of it."""
        for event in self._intake.accept(raw):
            self._log.offer(event)

    def received(self, count: int = 1) -> None:
        """Count what arrived."""
        self._received += count

    def close(self, raw: RawClose) -> None:
        """Log an official close of an instrument that the board knows."""
        for event in self._intake.close(raw):
            self._log.offer(event)

    def halt(self, raw: RawHalt) -> None:
        """Log a halt, or its end, of an instrument that the board knows."""
        for event in self._intake.halt(raw):
            self._log.offer(event)

    def event(self, event: Event) -> None:
        """Log what is already an event."""
        self._log.offer(event)

    def rejected(self, reason: str, count: int = 1) -> None:
        """Count what never became a record."""
        self._intake.reject(self.source, reason, count)

    def conflated(self, count: int = 1) -> None:
        """Count what a newer record replaced."""
        self._conflated += count

    def state(self, state: str, detail: str = "") -> None:
        """Remember the feed's state, and tell the log when it is another one."""
        if (state, detail) != (self._state, self._detail):
            self._state, self._detail = state, detail
            log.info("feed.state", source=self.source, state=state, detail=detail)
            self.tell()

    def tell(self) -> None:
        """Write one FeedHealth event as things stand."""
        tally = self._intake.tally(self.source)
        health = FeedHealth(
            self.source,
            self._state,
            self._clock.now_ns(),
            self._detail,
            tally.accepted,
            self._conflated,
            dict(tally.rejected),
            self._received,
        )
        self._log.offer(health)
        if self._report is not None:
            self._report(health)


async def ingest(
    feeds: Sequence[Feed],
    intake: Intake,
    log_writer: EventSink,
    clock: Clock,
    *,
    beat_s: float = 0.25,
    report: Callable[[FeedHealth], None] | None = None,
) -> None:
    """Run all feeds into the log until cancelled.

    A beat is written every `beat_s` real seconds, whatever the feeds do, and each feed's health on every change and at
    every ten seconds. A feed that fails, for good or by a bug of its own, is reported as `failed`; the others go on.
    """
    desks = [FeedDesk(feed.source, intake, log_writer, clock, report) for feed in feeds]
    tasks = [
        asyncio.create_task(_guard(feed, desk), name=f"feed:{feed.source}")
        for feed, desk in zip(feeds, desks, strict=True)
    ]
    try:
        await _beat(desks, log_writer, clock, beat_s)
    finally:
        await end(*tasks)


async def _guard(feed: Feed, desk: FeedDesk) -> None:
    desk.tell()
    try:
        await feed.run(desk)
    except Exception as bug:  # whatever it is, the other feeds must go on
        log.exception("feed.crashed", source=feed.source)
        desk.state(FAILED, f"stopped by an error of its own: {type(bug).__name__}")


async def _beat(desks: Sequence[FeedDesk], log_writer: EventSink, clock: Clock, beat_s: float) -> None:
    loop = asyncio.get_running_loop()
    await asyncio.sleep(0)  # feeds first: what they know at the start belongs into the first boundary
    due = loop.time()
    told = due
    while True:
        log_writer.offer(Beat(clock.now_ns()))
        if loop.time() - told >= HEALTH_EVERY_S:
            told = loop.time()
            for desk in desks:
                desk.tell()
        # After a pause of the machine the rhythm starts anew: a burst of beats would tell nothing.
        due = max(due + beat_s, loop.time())
        await asyncio.sleep(due - loop.time())


async def replay(
    events: Iterable[Event],
    log_writer: EventSink,
    speed: float | None,
    *,
    flush: Callable[[], Awaitable[bool]],
    interval_ns: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Publish recorded events with beats (`feeds.replay.with_beats`) into the log; returns how many, beats included.
    One more beat, `interval_ns` after the last event, ends the boundary that this one is in; 0: none.

    speed: recorded seconds per real second; None: as fast as the log takes it. flush: waits until everything offered
    is written and says whether it is (`LogWriter.drain`); asked every 2,000 events, because nothing of a recording
    may be conflated. progress: called after each flush with (events so far, log time in ns).
    """
    loop = asyncio.get_running_loop()
    began_at, began_ns, published, now_ns = loop.time(), 0, 0, 0
    for event in with_beats(events):
        now_ns = max(now_ns, event.recv_ns)
        began_ns = began_ns or now_ns
        if speed is not None:
            ahead_s = (now_ns - began_ns) / SECOND / speed - (loop.time() - began_at)
            if ahead_s > _SHORTEST_PAUSE_S:
                await asyncio.sleep(ahead_s)
        log_writer.offer(event)
        published += 1
        if published % _FLUSH_EVERY == 0:
            await _flushed(flush)
            if progress is not None:
                progress(published, now_ns)
    if published and interval_ns:
        log_writer.offer(Beat(now_ns + interval_ns))
        published += 1
    await _flushed(flush)
    if progress is not None:
        progress(published, now_ns)
    return published


async def _flushed(flush: Callable[[], Awaitable[bool]]) -> None:
    while not await flush():
        log.warning("replay.waits", reason="the log takes no events")


class Batch(Protocol):
    """Some events in the order of the log."""

    @property
    def events(self) -> Sequence[Event]: ...


class LogSource(Protocol):
    """Where recorded events come from: the log reader of the bus."""

    async def read(self) -> Sequence[Batch]:
        """The next entries; waits for them."""
        ...


async def record(
    reader: LogSource, writer: RecordingWriter, *, progress: Callable[[int, int], None] | None = None
) -> None:
    """Write every event of a log to a recording, until cancelled; the recording is complete then.

    The order of the log is kept by its log time, the running maximum of the times of receipt. progress: called with
    (events so far, log time in ns) after each read.
    """
    count = log_ns = 0
    with writer:
        while True:
            for batch in await reader.read():
                for event in batch.events:
                    log_ns = max(log_ns, event.recv_ns)
                    writer.write(event, log_ns)
                    count += 1
            if progress is not None:
                progress(count, log_ns)
