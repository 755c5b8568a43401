"""The ingest worker: feeds in, log out. It waits and counts; what is acceptable is decided by the intake."""

import asyncio
from collections.abc import Callable, Sequence

import structlog

from monitor.core.event import Beat, FeedHealth
from monitor.core.quotes.intake import Intake
from monitor.feeds.port import FAILED, Feed
from monitor.runtime.clock import Clock
from monitor.runtime.ending import end
from monitor.workers.feed_desk import SOONEST_S, EventLog, FeedDesk

log = structlog.get_logger(__name__)


async def ingest(
    feeds: Sequence[Feed],
    intake: Intake,
    event_log: EventLog,
    clock: Clock,
    *,
    beat_s: float = 0.25,
    report: Callable[[FeedHealth], None] | None = None,
    notice: Callable[[], str] = str,
    soonest_s: float = SOONEST_S,
) -> None:
    """Run all feeds into the log until cancelled.

    A beat is written every `beat_s` real seconds, whatever the feeds do, and each feed's health on every change of its
    state and as its counts change (`FeedDesk.tell_news`). A feed that fails, for good or by a bug of its own, is
    reported as `failed`; the others go on. report, notice, soonest_s: see FeedDesk.
    """
    desks = [FeedDesk(feed.source, intake, event_log, clock, report, notice, soonest_s) for feed in feeds]
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
