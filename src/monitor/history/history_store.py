"""The history of one board on disk: Parquet files that are made once and never change. `HistoryFiles` names them."""

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from monitor.core.daily import DailyRecord
from monitor.errors import DataError
from monitor.history.files import HistoryFiles
from monitor.history.history_table import DAILY, MINUTES, Wanted, daily_records, daily_table, merged, same_rows
from monitor.history.new_file import create_file

_INVENTED = "these numbers are simulated, and real ones are kept there"


class HistoryStore:
    """Reads and writes one board's files. folder: `<data_dir>/history/<board>`; made when something is written.
    simulated: the other half, of invented prices."""

    def __init__(self, folder: Path, *, simulated: bool) -> None:
        self.simulated = simulated
        self.files = HistoryFiles(folder, simulated=simulated)

    def write_daily(self, record: DailyRecord) -> bool:
        """Keep a record; False when it was there already.

        Raises DataError when there is another record of that close, which stays, and for an invented one among real
        ones; OSError when it cannot be written.
        """
        path = self.files.daily(record.session, record.market)
        if record.simulated and not self.simulated:
            raise DataError(str(path), _INVENTED)
        return _create(path, daily_table([record]))

    def write_minutes(self, day: str, bars: pa.Table, *, replayed: bool = False) -> bool:
        """Keep the bars of one UTC day, as in MINUTES; False when they were there already. replayed: they were worked
        out from a recording. Raises as `write_daily`."""
        path = self.files.minutes(day, replayed=replayed)
        if not self.simulated and pc.any(bars["simulated"]).as_py():
            raise DataError(str(path), _INVENTED)
        return _create(path, bars)

    def daily(self, session: str, market: str) -> DailyRecord:
        """One record. Raises DataError when the file is none, OSError when it is not there."""
        (record,) = daily_records(_read(self.files.daily(session, market), DAILY))
        return record

    def minutes(self, day: str, wanted: Wanted | None = None) -> tuple[pa.Table, int]:
        """The bars of one UTC day, as in MINUTES: those that were live, and what a recording adds to them; and how many
        of those that both have differ. No rows where nothing is on file. Raises DataError for a file that is none."""
        live, replayed = (
            _wanted(_read(path, MINUTES), wanted) if path.is_file() else MINUTES.empty_table()
            for path in (self.files.minutes(day), self.files.minutes(day, replayed=True))
        )
        return merged(live, replayed)


def days_between(first: str, last: str) -> Iterable[str]:
    """ISO dates from `first` to `last`, both included."""
    begin = date.fromisoformat(first)
    return [(begin + timedelta(days=i)).isoformat() for i in range((date.fromisoformat(last) - begin).days + 1)]


def _create(path: Path, table: pa.Table) -> bool:
    if create_file(path, lambda stream: pq.write_table(table, stream, compression="zstd")):
        return True
    if not same_rows(_read(path, table.schema), table):
        raise DataError(
            str(path),
            "holds other numbers than these, and a file of history is never rewritten",
            "Move it away first if the new ones are right.",
        )
    return False


def _read(path: Path, schema: pa.Schema) -> pa.Table:
    try:
        # By name: Arrow's threads would come back to Python for one of Python's files, and a process that ends just
        # then is aborted (apache/arrow issue 50482).
        with pq.ParquetFile(path) as file:
            table = file.read()
            missing = [name for name in schema.names if name not in table.column_names]
            if missing and set(table.column_names) <= set(schema.names):
                raise DataError(
                    str(path),
                    f"was written by an older version: it has no {', '.join(missing)}",
                    "Move it away; `monitor history --replay … --store` makes it anew from a recording.",
                )
            return table.select(schema.names).cast(schema)
    except (pa.ArrowException, KeyError) as broken:
        raise DataError(str(path), f"is no file of history ({broken})", "Move it away.") from None


def _wanted(bars: pa.Table, wanted: Wanted | None) -> pa.Table:
    if wanted is None:
        return bars
    metric = bars["metric"].unify_dictionaries().combine_chunks()
    codes = [code for code, name in enumerate(metric.dictionary.to_pylist()) if wanted(name)]
    found = bars.filter(pc.is_in(metric.indices, pa.array(codes, pa.int32())))
    # Encoded anew: the names of the others must not stay behind as categories.
    for i, field in enumerate(MINUTES):
        if pa.types.is_dictionary(field.type):
            found = found.set_column(i, field.name, found[field.name].cast(pa.string()).dictionary_encode())
    return found.cast(MINUTES)
