"""History for other programs: CSV and Parquet that pandas reads back with types and time zone, and JSON Lines."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Protocol

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from monitor.errors import DataError
from monitor.history.new_file import replacing

SUFFIXES = (".csv", ".parquet")
"""How the name of a file may end: it says what is written."""

_ISO = "%Y-%m-%dT%H:%M:%SZ"  # of milliseconds, so seconds come with three decimals


class Sink(Protocol):
    """Where rows go, table by table, all with the schema it was made for."""

    def write(self, rows: pa.Table) -> None:
        """Add rows."""
        ...


class CsvSink:
    """Long form with a header; times are ISO-8601 with `Z`, numbers as short as they are exact, nothing is an empty
    cell."""

    def __init__(self, stream: IO[bytes], schema: pa.Schema) -> None:
        self._stream = stream
        stream.write(",".join(schema.names).encode() + b"\n")

    def write(self, rows: pa.Table) -> None:
        options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="needed")
        pyarrow.csv.write_csv(_plain(rows), self._stream, options)


class JsonSink:
    """One object a line, with the columns as keys."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def write(self, rows: pa.Table) -> None:
        self._stream.writelines(msgspec.json.encode(row) + b"\n" for row in _plain(rows).to_pylist())


class ParquetSink:
    """One row group a table. Leaving the block of `export_to` completes the file."""

    def __init__(self, stream: IO[bytes], schema: pa.Schema) -> None:
        self._schema = _for_pandas(schema)
        self._writer = pq.ParquetWriter(stream, self._schema, compression="zstd")

    def write(self, rows: pa.Table) -> None:
        self._writer.write_table(rows.cast(self._schema))

    def close(self) -> None:
        """Write the footer."""
        self._writer.close()


@contextmanager
def export_to(path: Path, schema: pa.Schema) -> Iterator[Sink]:
    """A sink for a `.csv` or `.parquet` file, which takes the place of an older one at the end of the block; after an
    error in it nothing has changed. Raises DataError when it cannot be written."""
    try:
        with replacing(path) as stream:
            if path.suffix == ".csv":
                yield CsvSink(stream, schema)
            else:
                sink = ParquetSink(stream, schema)
                yield sink
                sink.close()
    except OSError as trouble:
        raise DataError(str(path), f"cannot be written ({trouble.strerror})", "Choose another --out.") from None


def plain_rows(rows: pa.Table, since_ms: int, until_ms: int, most: int) -> list[dict[str, Any]]:
    """The first rows of a table with a column `t` that lie within a stretch of time (epoch ms UTC, the end excluded),
    at most `most`, with nothing but texts, numbers and truth values: what `JsonSink` writes."""
    t = rows["t"].cast(pa.int64())
    within = pc.and_(pc.greater_equal(t, since_ms), pc.less(t, until_ms))
    found: list[dict[str, Any]] = _plain(rows.filter(within).slice(0, most)).to_pylist()
    return found


def _plain(rows: pa.Table) -> pa.Table:
    """The rows with nothing but texts, numbers and truth values."""
    for i, field in enumerate(rows.schema):
        if pa.types.is_timestamp(field.type):
            rows = rows.set_column(i, field.name, pc.strftime(rows.column(i), format=_ISO))
        elif pa.types.is_dictionary(field.type):
            rows = rows.set_column(i, field.name, rows.column(i).cast(pa.string()))
    return rows


def _for_pandas(schema: pa.Schema) -> Any:
    """The schema with what pandas itself would write beside it: no index, columns with their types."""
    told = pa.Schema.from_pandas(schema.empty_table().to_pandas(), preserve_index=False)
    return schema.with_metadata(told.metadata)
