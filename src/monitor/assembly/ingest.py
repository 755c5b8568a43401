"""The ingest service: the configured feeds into the log."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing

from redis.asyncio import Redis

from monitor.assembly.feed_needs import check_feeds
from monitor.assembly.feed_report import FeedReport
from monitor.assembly.feeds import CANONICAL, Wiring, make_feeds
from monitor.assembly.log_guard import end_of_log
from monitor.assembly.service import Parts, run_service
from monitor.assembly.simulation import as_simulated, sim_clock
from monitor.assembly.site import REPLAY, Site
from monitor.bus.log import LogWriter
from monitor.bus.redis import command_client
from monitor.core.definition import Instrument
from monitor.core.quotes.intake import Intake
from monitor.errors import UsageError
from monitor.runtime.clock import Clock
from monitor.runtime.ending import end, unless
from monitor.runtime.live_clock import LiveClock
from monitor.workers.ingest import ingest
from monitor.workers.recordings import FLUSH_EVERY

DRAIN_S = 5.0
LOSSLESS_S = 86_400.0


def run(site: Site) -> int:
    """The service `monitor ingest`; returns its exit code."""
    if REPLAY in site.feeds:
        raise UsageError("feed = replay has no feed to run: fill the log with `monitor replay PATH…`")
    check_feeds(site)
    lines = site.definition.lines
    instruments = as_simulated(lines) if site.simulated else lines

    async def main(parts: Parts) -> None:
        async with aclosing(command_client(site.redis_url, name=f"log-{site.instance}")) as client:
            await _run(site, parts, instruments, make_writer(site, client))

    return run_service(site, "ingest", main)


def make_writer(site: Site, client: Redis, *, lossless: bool = False) -> LogWriter:
    """The log's writer. client: of its own, so that one connection keeps the order. lossless: for a source that waits:
    nothing is ever dropped for something newer."""
    settings = site.settings.ingest
    return LogWriter(
        client,
        site.keys.quotes,
        producer=site.instance,
        linger_s=settings.linger_ms / 1000,
        max_entry_events=settings.max_entry_quotes,
        max_buffer_events=max(settings.max_buffer_quotes, FLUSH_EVERY) if lossless else settings.max_buffer_quotes,
        max_buffer_s=LOSSLESS_S if lossless else settings.max_buffer_ms / 1000,
        keep_s=settings.stream_keep_s,
        max_entries=settings.stream_max_entries,
        plain=settings.plain_entries,
    )


async def _run(site: Site, parts: Parts, instruments: Sequence[Instrument], writer: LogWriter) -> None:
    live = LiveClock()
    now_ns = live.now_ns()
    stop = parts.service.stop
    last_ns = await unless(stop, end_of_log(site, parts.commands, None if site.simulated else now_ns))
    if stop.is_set():
        return
    clock: Clock = sim_clock(site, last_ns, now_ns) if site.simulated else live
    notice = str if site.simulated else live.notice
    parts.service.spawn(writer.run(), "log")
    parts.service.spawn(_watch(writer, parts, notice), "watch")
    intake = Intake(instruments, site.calendars, canonical=CANONICAL, simulated=site.simulated)
    feeds = make_feeds(Wiring(site, instruments, clock, resumed=last_ns is not None))
    work = parts.service.spawn(
        ingest(feeds, intake, writer, clock, report=FeedReport(parts.heart), notice=notice), "feeds"
    )
    await stop.wait()
    await end(work)
    await writer.drain(DRAIN_S)


async def _watch(writer: LogWriter, parts: Parts, notice: Callable[[], str]) -> None:
    """Progress is what Redis has acknowledged: beats alone make that grow. What is wrong with the time is told too."""
    written = 0
    while True:
        if said := notice():
            parts.heart.detail["clock"] = said
        else:
            parts.heart.detail.pop("clock", None)
        if writer.written != written:
            written = writer.written
            parts.heart.progress()
        await asyncio.sleep(1.0)
