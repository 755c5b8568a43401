"""What `monitor reference refresh` brought: a folder of the same files as `config/reference`."""

import csv
import fcntl
import io
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from monitor.core.definition import Instrument
from monitor.core.reference import CorporateAction
from monitor.core.session import Calendar
from monitor.errors import DataError
from monitor.history.new_file import replacing
from monitor.history.record import Record, Records
from monitor.history.reference_files import ACTIONS, CLOSES, COLUMNS, FIXINGS, NUMBERS, PROVENANCE, ReferenceFiles
from monitor.history.shelf import Shelf

_HEAD = (
    "# Written by `monitor reference refresh`; rows of config/reference go before these unless their grade is better.\n"
)


class ReferenceStore:
    """The folder `<data_dir>/reference`. Each file is written whole or not at all, so a service may start at any time.

    It is made when there is something to keep.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def owned(self) -> Iterator[None]:
        """For one refresh at a time: what two read, changed and wrote would lose what one of them found.

        Raises DataError when another one is under way, OSError when the folder cannot be written.
        """
        self.folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        with (self.folder / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise DataError(str(self.folder), "another refresh is under way", "Wait for its end.") from None
            yield

    def read(self, instruments: Iterable[Instrument], calendars: Mapping[str, Calendar]) -> Shelf:
        """What is there. Raises DataError at the first bad row: somebody edited it."""
        files = ReferenceFiles(self.folder, instruments, calendars, forgiving=True)
        shelf = files.read()
        if files.problems:
            raise files.problems[0]
        return shelf

    def write_closes(self, closes: Records) -> None:
        """Replace all closes. Raises OSError when they cannot be written; then the old ones stand."""
        self._write(CLOSES, map(_record_row, _flat(closes)))

    def write_fixings(self, fixings: Records) -> None:
        """Replace all fixings; as `write_closes`."""
        self._write(FIXINGS, map(_record_row, _flat(fixings)))

    def write_actions(self, actions: Iterable[tuple[CorporateAction, str]]) -> None:
        """Replace all corporate actions, each with its source; as `write_closes`."""
        rows = [
            [action.symbol, action.ex_date, action.type, *(_text(getattr(action, name)) for name in NUMBERS), source]
            for action, source in actions
        ]
        self._write(ACTIONS, sorted(rows), ("source",))

    def _write(self, name: str, rows: Iterable[list[str]], extra: tuple[str, ...] = PROVENANCE) -> None:
        text = io.StringIO()
        text.write(_HEAD)
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([*COLUMNS[name], *extra])
        writer.writerows(rows)
        with replacing(self.folder / name) as stream:
            stream.write(text.getvalue().encode())


def _flat(records: Records) -> Iterator[Record]:
    for name in sorted(records):
        for day in sorted(records[name]):
            yield records[name][day]


def _record_row(record: Record) -> list[str]:
    texts = [record.source, record.grade, record.fetched_at, record.replaces, record.note]
    # One line a row: the reader counts lines.
    return [record.name, record.day, _text(record.value), *(" ".join(text.split()) for text in texts)]


def _text(number: float | None) -> str:
    """The shortest text that reads back as the same number; empty for None."""
    return "" if number is None else repr(number).removesuffix(".0")
