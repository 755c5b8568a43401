"""Recordings of the log as Parquet files. Imported only when there is one: pyarrow weighs 35 MB."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from monitor.core.event import Event
from monitor.errors import DataError
from monitor.feeds.recordings.recording import HINT, unwritable, usable
from monitor.feeds.recordings.recording_format import check_heading, heading
from monitor.feeds.recordings.rows import Row, to_row
from monitor.feeds.recordings.selection import Selection
from monitor.feeds.timestamps import read_time

_TIMES = ("ts", "received_at", "logged_at")
_SCHEMA = pa.schema(
    [
        ("kind", pa.string()),
        ("source", pa.string()),
        ("symbol", pa.string()),
        ("price", pa.float64()),
        *((name, pa.timestamp("ns", tz="UTC")) for name in _TIMES),
        ("session", pa.string()),
        *((name, pa.float64()) for name in ("prev_close", "day_volume", "bid", "ask", "size")),
        ("currency", pa.string()),
        ("seq", pa.int64()),
        ("delay_s", pa.int64()),
        ("flags", pa.list_(pa.string())),
        ("pair", pa.string()),
        ("rate", pa.float64()),
        ("halted", pa.bool_()),
        ("derived", pa.bool_()),
        ("state", pa.string()),
        ("detail", pa.string()),
        ("accepted", pa.int64()),
        ("conflated", pa.int64()),
        ("rejected", pa.string()),
        ("received", pa.int64()),
        ("source_symbol", pa.string()),
        ("refused", pa.string()),
    ]
)
_HEADING = b"monitor.recording"
"""Key of the file's metadata under which its heading lies, as JSON."""


class ParquetWriter:
    """Writes row groups of `batch` events; a file that was not completed cannot be read."""

    def __init__(self, path: Path, board: str = "", batch: int = 10_000) -> None:
        self._path = path
        schema = _SCHEMA.with_metadata({_HEADING: json.dumps(heading(board))})
        self._writer = pq.ParquetWriter(path, schema, compression="zstd")
        self._rows: list[Row] = []
        self._batch = batch

    def write(self, event: Event, logged_ns: int | None = None) -> None:
        self.write_row(to_row(event, logged_ns))

    def write_row(self, row: Row) -> None:
        for name in _TIMES:
            if name in row:
                row[name] = read_time(row[name])
        if "rejected" in row:
            row["rejected"] = json.dumps(row["rejected"])
        self._rows.append(row)
        if len(self._rows) >= self._batch:
            self._flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._flush()
        finally:
            try:
                self._writer.close()
            except OSError as error:
                raise unwritable(self._path, error) from None

    def _flush(self) -> None:
        if self._rows:
            table = pa.Table.from_pylist(self._rows, schema=_SCHEMA)
            self._rows = []
            try:
                self._writer.write_table(table)
            except OSError as error:
                raise unwritable(self._path, error) from None


def read_parquet(path: Path, selection: Selection) -> Iterator[tuple[int, Event]]:
    """(log time, event) of every usable row, in file order. Raises DataError when it is no Parquet recording, or one of
    a newer version."""
    try:
        with pq.ParquetFile(path) as file:
            _check_heading(file.schema_arrow.metadata or {}, path)
            names = file.schema_arrow.names
            if not {"ts", "received_at"} & set(names):
                raise DataError(
                    str(path), f"has neither a column received_at nor ts (columns: {', '.join(names)})", HINT
                )
            share = path.stat().st_size / max(1, file.metadata.num_rows)
            for batch in file.iter_batches(10_000):
                selection.done += share * batch.num_rows
                for row in _with_integer_times(batch).to_pylist():
                    yield from usable(row, selection)
    except (OSError, pa.ArrowException) as broken:
        raise DataError(str(path), f"cannot be read as Parquet ({broken})", HINT) from None


def _check_heading(metadata: Mapping[bytes, bytes], path: Path) -> None:
    """Refuse what `check_heading` refuses; a file that some other program wrote has nothing to be checked."""
    if _HEADING not in metadata:
        return
    try:
        said = json.loads(metadata[_HEADING])
    except ValueError:
        said = None
    check_heading(said if isinstance(said, dict) else {}, str(path))


def _with_integer_times(batch: Any) -> Any:
    """The batch with time stamps as integer nanoseconds: Python's own datetime ends at microseconds."""
    for position, field in enumerate(batch.schema):
        if pa.types.is_timestamp(field.type):
            column = batch.column(position).cast(pa.timestamp("ns", tz=field.type.tz)).cast(pa.int64())
            batch = batch.set_column(position, field.name, column)
    return batch
