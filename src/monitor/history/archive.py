"""The process that writes history to disk, so that its 100 MB of libraries never live in the calculator.

    python -m monitor.history.archive daily   FOLDER real|simulated        < one DailyRecord a line, JSON
    python -m monitor.history.archive minutes FOLDER real|simulated DAY    < one ArchivedBars a line, JSON

It reads to the end, writes, prints a line for each record that disagrees with a file, and ends with 0. With 1 it could
not write; its last line on standard error says why.
"""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from monitor.core.daily import decode_record
from monitor.errors import DataError
from monitor.history.history_store import HistoryStore
from monitor.history.history_table import MinuteRows


class ArchivedBars(msgspec.Struct, frozen=True):
    """The bars of one subject in one minute. ms: its beginning, milliseconds UTC. simulated: at least one value on the
    board was invented. bars: `measure.window` → open, high, low, close and status."""

    ms: int
    subject: str
    simulated: bool
    bars: dict[str, tuple[float, float, float, float, str]]


_decode_bars = msgspec.json.Decoder(ArchivedBars).decode


def archive_daily(store: HistoryStore, lines: Iterable[bytes]) -> Iterator[str]:
    """Write the records; yields what disagrees with a file on disk."""
    for line in lines:
        try:
            store.write_daily(decode_record(line))
        except DataError as differing:
            yield str(differing)


def archive_minutes(store: HistoryStore, day: str, lines: Iterable[bytes]) -> Iterator[str]:
    """Write the bars of one UTC day; yields what disagrees with the file on disk. Without any line it writes none."""
    rows = MinuteRows()
    for line in lines:
        bars = _decode_bars(line)
        rows.add(bars.ms, bars.subject, bars.bars, simulated=bars.simulated)
    table = rows.table()
    if table.num_rows:
        try:
            store.write_minutes(day, table)
        except DataError as differing:
            yield str(differing)


def _main(kind: str, folder: str, half: str, day: str = "") -> int:
    store = HistoryStore(Path(folder), simulated=half == "simulated")
    lines = sys.stdin.buffer
    try:
        store.files.sweep()
        found = archive_daily(store, lines) if kind == "daily" else archive_minutes(store, day, lines)
        # Not line by line: whoever writes to us reads us only afterwards.
        sys.stdout.writelines([f"{difference}\n" for difference in found])
    except OSError as trouble:
        sys.stderr.write(f"{trouble}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_main(*sys.argv[1:]))
