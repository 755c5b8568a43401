"""Recorded quotes as one stream of events in the order of their receipt, whatever files they lie in."""

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from operator import itemgetter
from pathlib import Path

from monitor.core.definition import Instrument, Kind
from monitor.core.event import Beat, Event, Fx, Quote
from monitor.core.instant import SECOND, format_instant
from monitor.core.quotes.intake import UNKNOWN_SYMBOL
from monitor.core.reference import Basis, CorporateAction
from monitor.core.session import Calendar
from monitor.errors import DataError
from monitor.feeds.recordings import price_files
from monitor.feeds.recordings.recording import HINT, read_json_lines
from monitor.feeds.recordings.selection import Selection

SUFFIXES = (".jsonl", ".ndjson", ".parquet", ".csv")

_LOOK_AHEAD = 1_000

_by_log_time = itemgetter(0)


class Replay:
    """Reads recordings for one board.

    instruments: of the board; rows of other symbols are counted, not fatal. calendars: by name. actions, basis: how
    daily files state their closes, see `price_files.read_daily`. window: rows by which a file may be out of order.
    `selection` tells how many rows were read and which were left out, and why; `size` how many bytes there are to read,
    0 before `events` was asked for anything.
    """

    def __init__(
        self,
        instruments: Iterable[Instrument],
        calendars: Mapping[str, Calendar],
        actions: Sequence[CorporateAction] = (),
        basis: Basis = "raw",
        window: int = 50_000,
    ) -> None:
        self._instruments = {instrument.symbol: instrument for instrument in instruments}
        self._calendars = calendars
        self._actions = actions
        self._basis = basis
        self._window = window
        self.selection = Selection(self._instruments.values())
        self.size = 0

    def events(self, paths: Iterable[Path]) -> Iterator[Event]:
        """All events of `paths`, by log time; at the same time in the order of the paths, then of their rows.

        A folder stands for the recordings in it, by name. Memory is bounded by the number of files and the window.
        Raises DataError at the first thing that cannot be read.
        """
        files = recording_files(paths)
        self.size = sum(file.stat().st_size for file in files if file.is_file())
        streams = [in_order(self._read(file), file, self._window) for file in files]
        merged = streams[0] if len(streams) == 1 else heapq.merge(*streams, key=_by_log_time)
        for _, event in merged:
            yield event

    def _read(self, path: Path) -> Iterator[tuple[int, Event]]:
        if path.suffix == ".parquet":
            from monitor.feeds.recordings.parquet import read_parquet  # here: pyarrow is 35 MB that no service needs

            return read_parquet(path, self.selection)
        if path.suffix == ".csv":
            return self._counted(self._read_csv(path), path)
        return read_json_lines(path, self.selection)

    def _counted(self, rows: Iterator[tuple[int, Event]], path: Path) -> Iterator[tuple[int, Event]]:
        yield from rows
        self.selection.done += path.stat().st_size

    def _read_csv(self, path: Path) -> Iterator[tuple[int, Event]]:
        header = price_files.read_header(path)
        if "received_at" in header:
            return price_files.read_polled(path, self.selection)
        bars = price_files.bars_symbol(path) if "ts" in header else None
        instrument = self._instruments.get(bars or path.stem)
        if instrument is None:
            return self._unknown(path)
        calendar = self._calendars.get(instrument.calendar) if instrument.calendar else None
        events: Iterator[Event]
        if "ts" in header:
            events = price_files.read_bars(path, calendar, self.selection)
        elif instrument.kind is Kind.FX:
            events = price_files.read_fixings(path, self.selection)
        elif calendar is None:
            raise DataError(str(path), f"{instrument.symbol} has no calendar, so its closes have no time")
        else:
            events = price_files.read_daily(path, calendar, self._actions, self._basis, self.selection)
        return ((event.recv_ns, event) for event in events)

    def _unknown(self, path: Path) -> Iterator[tuple[int, Event]]:
        """Nothing: the file's symbol is not on the board. Its rows are counted."""
        rows = price_files.count_rows(path)
        self.selection.rows += rows
        self.selection.rejected[UNKNOWN_SYMBOL] += rows
        return iter(())


def with_beats(events: Iterable[Event], every_ns: int = SECOND, longest_ns: int = 60 * SECOND) -> Iterator[Event]:
    """Recorded events with beats between them: time must pass, or nothing would grow stale and no boundary would come.

    A gap after a price gets one at every multiple of `every_ns`, for `longest_ns`: what can happen in a silence happens
    in its first minute, and a weekend must not become a million beats. Every gap gets one at the last multiple before
    its end. A recording of a log keeps its own time: nothing is added when one of its first thousand events is a beat,
    nor after the first beat. Depends on nothing but the events.
    """
    stream = iter(events)
    head = list(islice(stream, _LOOK_AHEAD))
    rest = chain(head, stream)
    if any(isinstance(event, Beat) for event in head):
        yield from rest
        return
    last_ns, priced_ns = -1, -longest_ns
    for event in rest:
        if isinstance(event, Beat):
            yield event
            break
        now_ns = event.recv_ns
        if 0 <= last_ns < now_ns:
            end = min(now_ns, max(last_ns, priced_ns + longest_ns) + 1)
            yield from map(Beat, range((last_ns // every_ns + 1) * every_ns, end, every_ns))
            final = (now_ns - 1) // every_ns * every_ns
            if final >= end:
                yield Beat(final)
        last_ns = max(last_ns, now_ns)
        if isinstance(event, Quote | Fx):
            priced_ns = last_ns
        yield event
    yield from rest


def with_end(events: Iterable[Event], interval_ns: int) -> Iterator[Event]:
    """`events` and, `interval_ns` after the last one, a beat: it ends the boundary that the last event is in. 0, and
    no events: no such beat."""
    last_ns = 0
    for event in events:
        last_ns = max(last_ns, event.recv_ns)
        yield event
    if last_ns and interval_ns:
        yield Beat(last_ns + interval_ns)


def in_order(rows: Iterator[tuple[int, Event]], path: Path, window: int) -> Iterator[tuple[int, Event]]:
    """`rows` sorted by log time, rows of the same time as they stand.

    Holds at most twice `window` rows: files are written in order of receipt, give or take a little.
    Raises DataError when a row stands further from its place than that.
    """
    held: list[tuple[int, Event]] = []
    last = 0
    while block := list(islice(rows, window)):
        held.extend(block)
        held.sort(key=_by_log_time)
        ready, held = held[:-window], held[-window:]
        if ready:
            _check(ready[0][0], last, path)
            last = ready[-1][0]
            yield from ready
    if held:
        _check(held[0][0], last, path)
        yield from held


def _check(first: int, last: int, path: Path) -> None:
    if first < last:
        problem = f"not in order of receipt: {format_instant(first)} comes long after {format_instant(last)}"
        raise DataError(str(path), problem, "Sort the file by received_at.")


def recording_files(paths: Iterable[Path]) -> list[Path]:
    """The recordings that `paths` stand for: a folder for those in it, by name. Raises DataError for a path that is no
    recording, and when there is none at all."""
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(file for file in path.iterdir() if file.suffix in SUFFIXES)
            if not inside:
                raise DataError(str(path), f"holds no file that ends in {', '.join(SUFFIXES)}", HINT)
            files.extend(inside)
        elif path.suffix in SUFFIXES:
            files.append(path)
        else:
            problem = "does not exist" if not path.exists() else f"ends in none of {', '.join(SUFFIXES)}"
            raise DataError(str(path), problem, "Name recordings or folders that hold some.")
    if not files:
        raise DataError("replay", "no files to read", "Name recordings or folders that hold some.")
    return files
