"""The ingest worker: feeds in, log out. It waits and counts; what is acceptable is decided by the intake."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Protocol

import structlog

from monitor.core.event import Beat, Event, FeedHealth
from monitor.core.instant import SECOND
from monitor.core.quotes.intake import Intake
from monitor.feeds.port import FAILED, EventSink, Feed
from monitor.feeds.recording import RecordingWriter
from monitor.feeds.replay import with_beats
from monitor.runtime.clock import Clock
from monitor.runtime.ending import end
from monitor.workers.feed_desk import EventLog, FeedDesk

log = structlog.get_logger(__name__)

_FLUSH_EVERY = 2_000
_SHORTEST_PAUSE_S = 0.002


async def ingest(
    feeds: Sequence[Feed],
    intake: Intake,
    event_log: EventLog,
    clock: Clock,
    *,
    beat_s: float = 0.25,
    report: Callable[[FeedHealth], None] | None = None,
    notice: Callable[[], str] = str,
) -> None:
    """Run all feeds into the log until cancelled.

    A beat is written every `beat_s` real seconds, whatever the feeds do, and each feed's health on every change of its
    state and as its counts change (`FeedDesk.tell_news`). A feed that fails, for good or by a bug of its own, is
    reported as `failed`; the others go on. report, notice: see FeedDesk.
    """
    desks = [FeedDesk(feed.source, intake, event_log, clock, report, notice) for feed in feeds]
    tasks = [
        asyncio.create_task(_guard(feed, desk), name=f"feed:{feed.source}")
        for feed, desk in zip(feeds, desks, strict=True)
    ]
    try:
        await _beat(desks, event_log, clock, beat_s)
    finally:
        await end(*tasks)


async def _guard(feed: Feed, desk: FeedDesk) -> None:
    desk.tell()
    try:
        await feed.run(desk)
    except Exception as bug:  # whatever it is, the other feeds must go on
        log.exception("feed.crashed", source=feed.source)
        desk.state(FAILED, f"stopped by an error of its own: {type(bug).__name__}")


async def _beat(desks: Sequence[FeedDesk], event_log: EventLog, clock: Clock, beat_s: float) -> None:
    loop = asyncio.get_running_loop()
    await asyncio.sleep(0)  # feeds first: what they know at the start belongs into the first boundary
    due = loop.time()
    while True:
        event_log.offer(Beat(clock.now_ns()))
        for desk in desks:
            desk.tell_news(loop.time())
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
