"""Recordings of the log, written and read: rows (`monitor.feeds.recordings.rows`) as JSON Lines; Parquet apart."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import msgspec

from monitor.core.event import Event
from monitor.errors import DataError
from monitor.feeds.lenient_json import read_json
from monitor.feeds.recordings.recording_format import KIND, check_heading, heading
from monitor.feeds.recordings.row_reading import from_row
from monitor.feeds.recordings.rows import Row, to_row
from monitor.feeds.recordings.selection import Selection, UnusableRowError

TORN_LINE = "TORN_LINE"
"""The last line of a file breaks off: whoever wrote it was killed."""

HINT = 'Expected a recording: rows such as {"symbol": "HSTECH", "price": 5000.0, "ts": 1740103800000}.'


class RecordingWriter(Protocol):
    """Where recorded events go. A context manager: leaving it completes the file."""

    def write(self, event: Event, logged_ns: int | None = None) -> None:
        """Add one event. logged_ns: its log time, where it differs from its time of receipt. Raises DataError when the
        file cannot be written any more: a full disk."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class RowWriter(RecordingWriter, Protocol):
    """One that also takes rows which are no events: records as they were decoded (`rows.raw_row`)."""

    def write_row(self, row: Row) -> None:
        """Add one row."""
        ...


def recording_writer(path: Path, board: str = "", *, append: bool = False) -> RowWriter:
    """A writer for `path`: Parquet when it is called so, JSON Lines otherwise.

    board: whose log is recorded. append: go on behind the last whole line of a JSON Lines file; without it an existing
    file is replaced. Raises DataError when the file cannot be written.
    """
    try:
        if path.suffix != ".parquet":
            return JsonLinesWriter(path, board, append=append)
        from monitor.feeds.recordings.parquet import ParquetWriter  # here: pyarrow is 35 MB that no service needs

        return ParquetWriter(path, board)
    except OSError as error:
        raise unwritable(path, error) from None


def unwritable(path: Path, error: OSError) -> DataError:
    """The sentence for a recording that cannot be written, from its beginning or any more."""
    reason = error.strerror or str(error)
    if error.errno:
        reason = os.strerror(error.errno)  # pyarrow's own words are a page long
    return DataError(str(path), f"cannot be written ({reason})", "Choose another --out.")


class JsonLinesWriter:
    """Writes one JSON object a line, the heading first; what was written before a crash can be read."""

    def __init__(self, path: Path, board: str = "", *, append: bool = False) -> None:
        self._path = path
        self._encode = msgspec.json.Encoder().encode
        if append:
            _cut_torn_line(path)
        self._file = path.open("ab" if append else "wb", buffering=1 << 16)
        if not self._file.tell():
            self.write_row(heading(board))

    def write(self, event: Event, logged_ns: int | None = None) -> None:
        self.write_row(to_row(event, logged_ns))

    def write_row(self, row: Row) -> None:
        try:
            self._file.write(self._encode(row) + b"\n")
        except OSError as error:
            raise unwritable(self._path, error) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._file.close()
        except OSError as error:
            raise unwritable(self._path, error) from None


def _cut_torn_line(path: Path) -> None:
    """Drop a last line that breaks off: whoever wrote it was killed, and what follows must begin a line."""
    if not path.is_file():
        return
    with path.open("rb+") as file:
        end = whole = file.seek(0, os.SEEK_END)
        while whole > 0:
            start = max(0, whole - (1 << 16))
            file.seek(start)
            newline = file.read(whole - start).rfind(b"\n")
            whole = start + newline + 1 if newline >= 0 else start
            if newline >= 0:
                break
        if whole < end:
            file.truncate(whole)


def read_json_lines(path: Path, selection: Selection) -> Iterator[tuple[int, Event]]:
    """(log time, event) of every usable row, in file order; the others are counted in `selection.rejected`.

    Raises DataError when the file cannot be read, is of a newer version, or a line is no JSON object; a last line that
    breaks off is counted.
    """
    number = 0
    try:
        with path.open(encoding="utf-8", newline="\n") as lines:
            for number, line in enumerate(lines, 1):
                selection.done += len(line)
                if line.isspace():
                    continue
                row = _json_row(path, number, line)
                if row is None:
                    selection.rejected[TORN_LINE] += 1
                elif row.get("kind") == KIND:
                    check_heading(row, f"{path}:{number}")
                else:
                    yield from usable(row, selection)
    except OSError as error:
        raise DataError(
            str(path), f"cannot be read ({error.strerror})", "Check the path and its permissions."
        ) from None
    except UnicodeDecodeError as broken:
        raise DataError(f"{path}:{number + 1}", f"not UTF-8 text ({broken.reason})", HINT) from None


def usable(row: Mapping[str, Any], selection: Selection) -> Iterator[tuple[int, Event]]:
    """(log time, event) of `row`, or nothing and one more count."""
    selection.rows += 1
    try:
        yield from_row(row, selection)
    except UnusableRowError as unusable:
        selection.rejected[unusable.reason] += 1


def _json_row(path: Path, number: int, line: str) -> Row | None:
    """The object of a line; None for a last line that breaks off."""
    try:
        row = read_json(line)
    except ValueError as broken:
        if not line.endswith("\n"):
            return None
        raise DataError(f"{path}:{number}", f"not JSON ({broken})", HINT) from None
    if not isinstance(row, dict):
        raise DataError(f"{path}:{number}", f"a {type(row).__name__} where an object is needed", HINT)
    return row
