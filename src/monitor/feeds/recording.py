"""Recordings of the log: files of rows (`monitor.feeds.rows`), written and read; JSON Lines here, Parquet next door."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import msgspec

from monitor.core.event import Event
from monitor.errors import DataError
from monitor.feeds.lenient_json import read_json
from monitor.feeds.row_reading import from_row
from monitor.feeds.rows import Row, to_row
from monitor.feeds.selection import Selection, UnusableRowError

TORN_LINE = "TORN_LINE"
"""The last line of a file breaks off: whoever wrote it was killed."""

HINT = 'Expected a recording: rows such as {"symbol": "HSTECH", "price": 5000.0, "ts": 1740103800000}.'


class RecordingWriter(Protocol):
    """Where recorded events go. A context manager: leaving it completes the file."""

    def write(self, event: Event, logged_ns: int | None = None) -> None:
        """Add one event. logged_ns: its log time, where it differs from its time of receipt."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def recording_writer(path: Path) -> RecordingWriter:
    """A writer for `path`: Parquet when it is called so, JSON Lines otherwise. An existing file is replaced.

    Raises DataError when the file cannot be created.
    """
    try:
        if path.suffix != ".parquet":
            return JsonLinesWriter(path)
        from monitor.feeds.parquet import ParquetWriter  # here: pyarrow is 35 MB that no service needs

        return ParquetWriter(path)
    except OSError as error:
        raise DataError(str(path), f"cannot be written ({error.strerror})", "Choose another --out.") from None


class JsonLinesWriter:
    """Writes one JSON object a line; what was written before a crash can be read."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb", buffering=1 << 16)
        self._encode = msgspec.json.Encoder().encode

    def write(self, event: Event, logged_ns: int | None = None) -> None:
        self._file.write(self._encode(to_row(event, logged_ns)) + b"\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def read_json_lines(path: Path, selection: Selection) -> Iterator[tuple[int, Event]]:
    """(log time, event) of every usable row, in file order; the others are counted in `selection.rejected`.

    Raises DataError when the file cannot be read or a line is no JSON object; a last line that breaks off is counted.
    """
    number = 0
    try:
        with path.open(encoding="utf-8", newline="\n") as lines:
            for number, line in enumerate(lines, 1):
                if not line.isspace():
                    row = _json_row(path, number, line)
                    if row is None:
                        selection.rejected[TORN_LINE] += 1
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
