"""The command `monitor history`: what Redis and the disk hold, or what a recording gives, as a table or a file."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from pathlib import Path

import pyarrow as pa
from msgspec.structs import astuple
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from monitor.assembly.history_answer import answering, say
from monitor.assembly.history_request import DAY, MINUTE, Request, refuse_what_only_days_have
from monitor.assembly.offline import open_recording
from monitor.assembly.service import configure_logs
from monitor.assembly.site import Site
from monitor.assembly.spread import board_calendars, history_folder
from monitor.bus.history import HistoryReader
from monitor.bus.redis import TROUBLE, check_reachable, command_client
from monitor.core.bars import Minute
from monitor.core.board import Board
from monitor.core.daily import DailyRecord
from monitor.core.instant import MILLISECOND, format_instant, utc_date
from monitor.errors import DataError, UnreachableError
from monitor.history.history_store import HistoryStore
from monitor.history.history_table import MinuteRows, daily_table
from monitor.runtime.serve import Service, serve
from monitor.workers.offline import history as replayed_history
from monitor.workers.stored_history import StoredHistory


def stored(site: Site, asked: Request) -> int:
    """`monitor history`: what the board's Redis and its files hold; returns the exit code."""
    refuse_what_only_days_have(site, asked)
    store = HistoryStore(history_folder(site), simulated=site.simulated)

    async def main(_: Service) -> None:
        async with aclosing(command_client(site.redis_url, name=f"history-{site.instance}")) as client:
            reader: HistoryReader | None = HistoryReader(client, site.keys)
            try:
                await check_reachable(client, site.redis_url)
            except UnreachableError as away:
                if not store.files.days() and not store.files.closes():
                    raise
                reader = None
                say(f"{away}. Only what is on disk is looked at")
            history = StoredHistory(reader, store)
            read = history.minutes if asked.every == MINUTE else history.daily
            tables = read(asked.patterns, asked.since_ms, asked.until_ms)
            try:
                with answering(site, asked) as answer:
                    async for rows in tables:
                        answer.add(rows)
            except TROUBLE as trouble:
                raise UnreachableError("Redis", str(trouble) or type(trouble).__name__) from trouble
            if history.differing:
                say(_differing(asked.every, history.differing))

    configure_logs(site, "history", quiet=True)
    return serve("history", main)


def _differing(every: str, count: int) -> str:
    if every == MINUTE:
        return f"{count:,} bars differ between Redis, live files and replayed files; the first of them counts"
    return f"{count:,} daily records differ between Redis and the files; Redis counts"


def replayed(site: Site, asked: Request, paths: Sequence[Path], basis: str | None, *, keep: bool) -> int:
    """`monitor history --replay`: what the calculator would have kept of recorded quotes; returns the exit code.

    keep: write it to the board's files too. Needs no Redis.
    """
    refuse_what_only_days_have(site, asked)
    recording = open_recording(site, paths, basis)
    since_ns, until_ns = (0, None) if keep else (asked.since_ms * MILLISECOND, asked.until_ms * MILLISECOND)
    board = Board(
        site.definition, site.calendars, recording.reference, interval_ns=site.interval_ns, wanted_from_ns=since_ns
    )
    calendars = board_calendars(site)
    store = HistoryStore(history_folder(site), simulated=recording.simulated) if keep else None
    found = replayed_history(recording.events, board, calendars, site.interval_ns, since_ns=since_ns, until_ns=until_ns)
    with _progress() as show, answering(site, asked) as answer:
        for rows in _replayed_rows(asked, _shown(found, show), store):
            answer.add(rows)
    if recording.left_out:
        say(recording.left_out)
    return 0


def _replayed_rows(
    asked: Request, found: Iterator[Minute | DailyRecord], store: HistoryStore | None
) -> Iterator[pa.Table]:
    """Rows by UTC day, or by close; on the way all of them go into the store, where there is one."""
    day, rows, kept = "", MinuteRows(asked.patterns), MinuteRows()

    def finished() -> pa.Table:
        everything = kept.table()
        if store is not None and everything.num_rows:
            with _writing():
                store.write_minutes(day, everything, replayed=True)
        return rows.table()

    for item in found:
        if isinstance(item, DailyRecord):
            if store is not None:
                with _writing():
                    store.write_daily(item)
            if asked.every == DAY:
                yield daily_table([item], asked.patterns)
            continue
        today = utc_date(item.ms * MILLISECOND)
        if today != day:
            table = finished()
            day, rows, kept = today, MinuteRows(asked.patterns), MinuteRows()
            if asked.every == MINUTE:
                yield table
        for subject, bars in item.subjects.items():
            values = {name: astuple(bar) for name, bar in bars.items()}
            rows.add(item.ms, subject, values, simulated=item.simulated)
            if store is not None:
                kept.add(item.ms, subject, values, simulated=item.simulated)
    table = finished()
    if asked.every == MINUTE:
        yield table


@contextmanager
def _writing() -> Iterator[None]:
    try:
        yield
    except OSError as trouble:
        hint = "Make room, or name another folder with MONITOR_DATA_DIR."
        raise DataError("history", f"cannot be written ({trouble})", hint) from None


@contextmanager
def _progress() -> Iterator[Callable[[int], None]]:
    """A line on standard error that tells how far a recording is read; gone at the end."""
    columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("history", total=None)
        yield lambda ms: progress.update(task, description=f"at {format_instant(ms * MILLISECOND)}")


def _shown(found: Iterator[Minute | DailyRecord], show: Callable[[int], None]) -> Iterator[Minute | DailyRecord]:
    for item in found:
        show(item.ms if isinstance(item, Minute) else item.t)
        yield item
