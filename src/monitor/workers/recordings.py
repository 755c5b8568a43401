"""Recorded events into a log, and a log into a recording. What they wait for, and where each begins and ends."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Protocol

import msgspec
import structlog

from monitor.core.event import Event
from monitor.core.instant import SECOND
from monitor.core.log_tail import Tail
from monitor.feeds.port import EventSink
from monitor.feeds.recordings.recording import RecordingWriter

log = structlog.get_logger(__name__)

FLUSH_EVERY = 2_000
"""Events that are offered before the log is waited for: what its buffer must hold without loss."""
_FLUSH_S = 0.25
"""Real seconds after which a slow replay, too, says how far it is."""
_SHORTEST_PAUSE_S = 0.002

Progress = Callable[[int, int], None]
"""Called with (events so far, log time in ns)."""


async def replay(
    events: Iterable[Event],
    log_writer: EventSink,
    speed: float | None,
    *,
    flush: Callable[[], Awaitable[bool]],
    progress: Progress | None = None,
) -> int:
    """Publish `events` (with beats: `feeds.replay`) into the log, in their order; returns how many.

    speed: recorded seconds per real second; None: as fast as the log takes it. flush: waits until everything offered
    is written and says whether it is (`LogWriter.drain`); asked every 2,000 events, because nothing of a recording
    may be conflated. progress: called after each flush, and four times a second while the replay waits.
    """
    loop = asyncio.get_running_loop()
    began_at, began_ns, published, now_ns, told_at = loop.time(), 0, 0, 0, loop.time()
    for event in events:
        now_ns = max(now_ns, event.recv_ns)
        began_ns = began_ns or now_ns
        if speed is not None:
            ahead_s = (now_ns - began_ns) / SECOND / speed - (loop.time() - began_at)
            if ahead_s > _SHORTEST_PAUSE_S:
                if progress is not None and loop.time() - told_at >= _FLUSH_S:
                    told_at = loop.time()
                    progress(published, now_ns)
                await asyncio.sleep(ahead_s)
        log_writer.offer(event)
        published += 1
        if published % FLUSH_EVERY == 0:
            await _flushed(flush)
            if progress is not None:
                progress(published, now_ns)
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


class Continuation:
    """Tells which events of a log are in a recording already, whose end is `tail`.

    missed: the log begins later than the recording ends: what lies between them is gone.
    """

    def __init__(self, tail: Tail) -> None:
        self.missed = False
        self._tail = tail
        self._waiting = list(tail.events)
        self._began = False

    def holds(self, event: Event, log_ns: int) -> bool:
        """Is this event of the log, whose log time is `log_ns`, in the recording? To be asked of each in its order."""
        if not self._began:
            self._began, self.missed = True, log_ns > self._tail.log_ns
        if log_ns != self._tail.log_ns:
            return log_ns < self._tail.log_ns
        if self._waiting and self._waiting[0] == event:
            del self._waiting[0]
            return True
        return False


class Span(msgspec.Struct, frozen=True):
    """Which part of a log is recorded, in log time (ns). since_ns: its first instant. until_ns: its last one; None: no
    end. longest_ns: how far its last event may be behind its first; None: any distance."""

    since_ns: int = 0
    until_ns: int | None = None
    longest_ns: int | None = None

    def ends_before(self, log_ns: int, first_ns: int) -> bool:
        """Is `log_ns` behind the end? first_ns: log time of the first event that was recorded."""
        if self.until_ns is not None and log_ns > self.until_ns:
            return True
        return self.longest_ns is not None and log_ns - first_ns > self.longest_ns


ALL = Span()


async def record(
    reader: LogSource,
    writer: RecordingWriter,
    *,
    span: Span = ALL,
    before: Continuation | None = None,
    progress: Progress | None = None,
) -> int:
    """Write the events of a log to a recording until cancelled, or until the log has passed the end of `span`; the
    recording is complete then. Returns how many were written.

    The order of the log is kept by its log time, the running maximum of the times of receipt. before: what the
    recording holds already. progress: called after each read.
    """
    count = log_ns = first_ns = 0
    with writer:
        while True:
            for batch in await reader.read():
                for event in batch.events:
                    log_ns = max(log_ns, event.recv_ns)
                    if log_ns < span.since_ns or (before is not None and before.holds(event, log_ns)):
                        continue
                    first_ns = first_ns or log_ns
                    if span.ends_before(log_ns, first_ns):
                        return count
                    writer.write(event, log_ns)
                    count += 1
            if progress is not None:
                progress(count, log_ns)
