"""`monitor record`: the log into a recording."""

from contextlib import aclosing
from pathlib import Path
from typing import NamedTuple

import typer

from monitor.assembly.recording_progress import progress_line
from monitor.assembly.service import configure_logs
from monitor.assembly.site import Site
from monitor.assembly.times import since_ns, until_ns
from monitor.bus.log import LogReader
from monitor.bus.redis import check_reachable, reader_client
from monitor.core.alerts.duration import parse_duration
from monitor.core.instant import MILLISECOND, format_instant
from monitor.core.log_tail import Tail, tail_of
from monitor.errors import DataError, UsageError
from monitor.feeds.recordings.daily_recording import DATE, DailyRecording, files_of
from monitor.feeds.recordings.recording import RecordingWriter, read_json_lines, recording_writer
from monitor.feeds.recordings.selection import Selection
from monitor.runtime.ending import unless
from monitor.runtime.serve import Service, serve
from monitor.workers.recordings import Continuation, Span
from monitor.workers.recordings import record as write_recording

SUFFIXES = (".jsonl", ".ndjson", ".parquet")


class Request(NamedTuple):
    """What was asked for on the command line, checked. out: a file, or with `{date}` in its name one a day. before:
    where the recording that is continued ends; None: there is none. replace: existing files may go."""

    out: Path
    span: Span
    append: bool
    replace: bool
    before: Tail | None


def request(
    out: Path, *, since: str | None, until: str | None, duration: str | None, append: bool, force: bool
) -> Request:
    """The arguments of the command line. Raises UsageError for what cannot be, DataError for a recording that cannot be
    continued."""
    check_name(out)
    if append and force:
        raise UsageError("--append goes on with a file and --force replaces it: choose one")
    if append and out.suffix == ".parquet":
        raise UsageError(f"--append: a Parquet file cannot be continued. Record JSON Lines, or a file a day: {DATE}")
    span = Span(
        since_ns=0 if since is None else since_ns(since),
        until_ns=None if until is None else until_ns(until),
        longest_ns=None if duration is None else _duration_ns(duration),
    )
    if span.until_ns is not None and span.until_ns <= span.since_ns:
        raise UsageError(f"--until {until} is not later than --since {since}")
    there = files_of(out) if DATE in out.name else [out] if out.exists() else []
    if there and DATE not in out.name and not (append or force):
        raise _protected(out)
    return Request(out, span, append, force, _end_of(there[-1]) if there and append else None)


def check_name(out: Path) -> None:
    """Raises UsageError when no recording can have this name: another ending, or no such folder."""
    if out.suffix not in SUFFIXES:
        raise UsageError(f"--out {out}: the name has to end in {', '.join(SUFFIXES)}")
    if not out.parent.is_dir():
        raise UsageError(f"--out {out}: the folder {out.parent} does not exist")


def record(site: Site, asked: Request) -> int:
    """Write what the log has, from its oldest entry on, and what it gets, until stopped or until the time asked for has
    passed; returns the exit code."""
    configure_logs(site, "record", quiet=True)

    async def main(service: Service) -> None:
        async with aclosing(reader_client(site.redis_url, name=f"record-{site.instance}")) as client:
            await check_reachable(client, site.redis_url)
            before = None if asked.before is None else Continuation(asked.before)
            writer = _writer(asked, site.keys.board)  # not before: a recording is not given up for nothing
            reader = LogReader(client, site.keys.quotes)
            with progress_line() as show:
                await unless(
                    service.stop, write_recording(reader, writer, span=asked.span, before=before, progress=show)
                )
            if before is not None and asked.before is not None and before.missed:
                ended = format_instant(asked.before.log_ns)
                typer.echo(f"the log no longer had what followed {ended}: the recording has a hole there", err=True)

    return serve("record", main)


def _writer(asked: Request, board: str) -> RecordingWriter:
    def one(path: Path) -> RecordingWriter:
        if path.exists() and not (asked.append or asked.replace):
            raise _protected(path)
        return recording_writer(path, board, append=asked.append)

    return DailyRecording(asked.out, one) if DATE in asked.out.name else one(asked.out)


def _protected(path: Path) -> UsageError:
    return UsageError(f"--out {path}: exists already. Name another file, or add --append to go on with it or --force")


def _end_of(path: Path) -> Tail | None:
    """Where a recording ends; None for one without events."""
    selection = Selection()
    tail = tail_of(read_json_lines(path, selection))
    if tail is None and selection.rows:
        raise DataError(str(path), "holds no event that could be continued", "Name another file.")
    return tail


def _duration_ns(text: str) -> int:
    try:
        duration = parse_duration(text)
    except ValueError as wrong:
        raise UsageError(f"--duration: {wrong}") from None
    if not duration:
        raise UsageError(f"--duration {text}: nothing would be recorded")
    return duration * MILLISECOND
