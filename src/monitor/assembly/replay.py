"""`monitor replay`: recordings into the log."""

from collections.abc import Iterator, Sequence
from contextlib import aclosing
from itertools import chain
from pathlib import Path

from redis.asyncio import Redis

from monitor.assembly.ingest import make_writer
from monitor.assembly.log_guard import end_of_log
from monitor.assembly.offline import Recording, open_recording
from monitor.assembly.recording_progress import progress_line
from monitor.assembly.service import configure_logs
from monitor.assembly.site import Site
from monitor.bus.log_end import log_tail
from monitor.bus.redis import check_reachable, command_client
from monitor.core.event import Event
from monitor.core.instant import format_instant
from monitor.core.log_tail import NotTheSameError, behind
from monitor.errors import UsageError
from monitor.feeds.recordings.replay import with_beats, with_end
from monitor.runtime.ending import unless
from monitor.runtime.serve import Service, serve
from monitor.workers.recordings import replay as publish

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


def replay(site: Site, paths: Sequence[Path], speed: str, basis: str | None, *, resume: bool) -> int:
    """Publish recordings into the log, in their exact order; returns the exit code.

    resume: go on behind the last event of these recordings that the log has. Without it a log that is already later
    than the recording begins is refused: its time would stand still until it has caught up.
    """
    pace = speed_of(speed)
    recording = open_recording(site, paths, basis)
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
            events = await _to_publish(site, client, recording, resume=resume)
            writer = make_writer(site, client, lossless=True)
            service.spawn(writer.run(), "log")
            with progress_line(recording.size, lambda: recording.selection.done) as show:
                work = publish(
                    events,
                    writer,
                    pace,
                    flush=lambda: writer.drain(FLUSH_S),
                    progress=show,
                )
                await unless(service.stop, work)
                await writer.drain(FLUSH_S)

    return serve("replay", main)


async def _to_publish(site: Site, client: Redis, recording: Recording, *, resume: bool) -> Iterator[Event]:
    """The recorded events, with beats, that the log does not have yet. Raises UsageError when they do not fit it."""
    events = with_end(with_beats(recording.events), site.interval_ns)
    first = next(events, None)
    await end_of_log(site, client)  # refuses a log of the other market
    tail = await log_tail(client, site.keys.quotes)
    if first is None:
        return iter(())
    events = chain([first], events)
    if tail is None or tail.log_ns < first.recv_ns or (tail.log_ns == first.recv_ns and not resume):
        return events
    ahead = f"the log of board {site.settings.board} is at {format_instant(tail.log_ns)}, the recording begins at "
    ahead += format_instant(first.recv_ns)
    if not resume:
        raise UsageError(
            f"{ahead}. Add --resume to go on with a replay that was interrupted, or use a board, prefix or data folder "
            "of its own"
        )
    try:
        rest = behind(events, tail)
        following = next(rest, None)
    except NotTheSameError:
        raise UsageError(
            f"{ahead}, and what the log has last is not in it: --resume goes on with the recordings of before, named "
            "in the same order"
        ) from None
    return iter(()) if following is None else chain([following], rest)
