"""Recordings into the log, and the log into a recording."""

from collections.abc import Sequence
from contextlib import aclosing
from itertools import chain
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from monitor.assembly.ingest import make_writer
from monitor.assembly.offline import open_recording
from monitor.assembly.service import configure_logs
from monitor.assembly.site import Site
from monitor.bus.log import LogReader
from monitor.bus.log_end import last_log_ns
from monitor.bus.redis import check_reachable, command_client, reader_client
from monitor.core.instant import format_instant
from monitor.errors import UsageError
from monitor.feeds.recording import recording_writer
from monitor.runtime.ending import unless
from monitor.runtime.serve import Service, serve
from monitor.workers.ingest import record as write_recording
from monitor.workers.ingest import replay as publish

FLUSH_S = 5.0


def speed_of(text: str) -> float | None:
    """Recorded seconds per second; None for `max`. Raises UsageError for anything else."""
    if text == "max":
        return None
    try:
        speed = float(text.removesuffix("x"))
    except ValueError:
        speed = 0.0
    if not 0 < speed < float("inf"):
        raise UsageError(f"--speed {text}: allowed are a number above 0 (times as fast as recorded) and max")
    return speed


def replay(site: Site, paths: Sequence[Path], speed: str, basis: str | None) -> int:
    """`monitor replay`: publish recordings into the log; returns the exit code.

    Refused when the log is already later than the recording begins: its time would stand still until it has caught up.
    """
    pace = speed_of(speed)
    recording = open_recording(site, paths, basis)
    events = recording.events
    if recording.simulated != site.simulated:
        quotes, feed = ("simulated", "sim") if recording.simulated else ("real", "replay")
        raise UsageError(
            f"these quotes are {quotes} and the board runs with feed = {site.settings.feed}: real and simulated prices "
            f"cannot share a log. Set MONITOR_FEED={feed} for all services"
        )
    configure_logs(site, "replay", quiet=True)

    async def main(service: Service) -> None:
        async with aclosing(command_client(site.redis_url, name=f"replay-{site.instance}")) as client:
            await check_reachable(client, site.redis_url)
            first = next(events, None)
            if first is None:
                return
            at_ns = await last_log_ns(client, site.keys.quotes)
            if at_ns is not None and at_ns > first.recv_ns:
                raise UsageError(
                    f"the log of board {site.settings.board} is at {format_instant(at_ns)}, the recording begins at "
                    f"{format_instant(first.recv_ns)}. Use a board, prefix or data folder of its own"
                )
            writer = make_writer(site, client, lossless=True)
            service.spawn(writer.run(), "log")
            columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
            console = Console(stderr=True)
            with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
                task = progress.add_task("replay", total=None)

                def show(count: int, log_ns: int) -> None:
                    progress.update(task, description=f"{count:,} events, at {format_instant(log_ns)}")

                all_events = chain([first], events)
                await unless(
                    service.stop,
                    publish(
                        all_events,
                        writer,
                        pace,
                        flush=lambda: writer.drain(FLUSH_S),
                        interval_ns=site.interval_ns,
                        progress=show,
                    ),
                )
                await writer.drain(FLUSH_S)

    return serve("replay", main)


def record(site: Site, out: Path) -> int:
    """`monitor record`: the log, from its oldest entry on, into a file until stopped; returns the exit code."""
    configure_logs(site, "record", quiet=True)

    async def main(service: Service) -> None:
        async with aclosing(reader_client(site.redis_url, name=f"record-{site.instance}")) as client:
            await check_reachable(client, site.redis_url)
            writer = recording_writer(out)  # not before: an older recording is not given up for nothing
            await unless(service.stop, write_recording(LogReader(client, site.keys.quotes), writer))

    return serve("record", main)
