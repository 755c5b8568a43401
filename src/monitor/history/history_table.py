"""History as tables: one row a metric and minute, or a metric and close, with types that pandas takes over."""

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from monitor.core.daily import DailyRecord

_INSTANT = pa.timestamp("ms", tz="UTC")
_NAME = pa.dictionary(pa.int32(), pa.string())

_VALUES = ("open", "high", "low", "close")

MINUTES = pa.schema([("t", _INSTANT), ("metric", _NAME), *((name, pa.float64()) for name in _VALUES)])
"""t: beginning of the minute. metric: `<subject>.<measure>.<window>`. The values as in the bar, never null."""

DAILY = pa.schema(
    [
        ("session", _NAME),
        ("market", _NAME),
        ("t", _INSTANT),
        ("metric", _NAME),
        ("value", pa.float64()),
        ("simulated", pa.bool_()),
    ]
)
"""session: ISO date label of the exchange that closed. market: its calendar. t: of the snapshot. value: null where the
metric had none."""

Wanted = Callable[[str], bool]
"""Is a metric, by its name, asked for?"""


class MinuteRows:
    """Collects bars and gives them back as a table. wanted: None takes every metric."""

    def __init__(self, wanted: Wanted | None = None) -> None:
        self._wanted = wanted
        self._codes: dict[str, int] = {}
        self._t, self._metric, self._values = array("q"), array("i"), array("d")

    def add(self, ms: int, subject: str, bars: Mapping[str, Sequence[float]]) -> None:
        """Take the bars of one subject and minute. ms: its beginning, milliseconds UTC. bars: `measure.window` → open,
        high, low, close."""
        for name, bar in bars.items():
            metric = f"{subject}.{name}"
            code = self._codes.get(metric)
            if code is None:
                wanted = self._wanted is None or self._wanted(metric)
                code = self._codes[metric] = len(self._codes) if wanted else -1 - len(self._codes)
            if code >= 0:
                self._t.append(ms)
                self._metric.append(code)
                self._values.extend(bar)

    def table(self) -> pa.Table:
        """Rows as in MINUTES, by time, then by name; no rows when nothing was taken."""
        values = np.frombuffer(self._values, dtype="f8").reshape(-1, 4)
        codes = np.frombuffer(self._metric, dtype="i4")
        return _minutes(np.frombuffer(self._t, dtype="i8"), codes, list(self._codes), values)


def merged(live: pa.Table, other: pa.Table) -> tuple[pa.Table, int]:
    """The rows of two tables of minutes, each minute of a metric once, and how many of those that both have differ;
    `live` counts there."""
    if not other.num_rows or not live.num_rows:
        return (live if live.num_rows else other), 0
    both = pa.concat_tables([live, other]).unify_dictionaries().combine_chunks()
    metric = both["metric"].chunk(0)
    names, codes = metric.dictionary.to_pylist(), metric.indices.to_numpy()
    t = both["t"].cast(pa.int64()).to_numpy()
    values = values_of(both)
    keys = t * len(names) + codes
    first, second = keys[: live.num_rows], keys[live.num_rows :]
    _, mine, theirs = np.intersect1d(first, second, assume_unique=True, return_indices=True)
    differing = int((values[mine] != values[live.num_rows + theirs]).any(axis=1).sum())
    kept = np.ones(len(keys), dtype=bool)
    kept[live.num_rows + theirs] = False
    return _minutes(t[kept], codes[kept], names, values[kept]), differing


def values_of(minutes: pa.Table) -> Any:
    """Open, high, low and close of rows as in MINUTES: one row each, four columns."""
    return np.column_stack([minutes[name].to_numpy() for name in _VALUES])


def _minutes(t: Any, codes: Any, names: list[str], values: Any) -> pa.Table:
    order_of_names = sorted(range(len(names)), key=names.__getitem__)
    rank = np.empty(len(names), dtype="i4")
    rank[order_of_names] = np.arange(len(names), dtype="i4")
    ranks = rank[codes]
    order = np.lexsort((ranks, t))
    metric = pa.DictionaryArray.from_arrays(
        pa.array(ranks[order]), pa.array([names[i] for i in order_of_names], pa.string())
    )
    columns = [pa.array(t[order]).cast(_INSTANT), metric, *(pa.array(column) for column in values[order].T.copy())]
    return pa.table(columns, schema=MINUTES)


def daily_table(records: Iterable[DailyRecord], wanted: Wanted | None = None) -> pa.Table:
    """Rows as in DAILY, by time, market and name of the metric."""
    rows: list[tuple[Any, ...]] = [
        (record.session, record.market, record.t, name, record.metrics[name], record.simulated)
        for record in sorted(records, key=lambda record: (record.t, record.market, record.session))
        for name in sorted(record.metrics)
        if wanted is None or wanted(name)
    ]
    columns = zip(*rows, strict=True) if rows else ([] for _ in DAILY)
    return pa.table(
        [_column(list(column), field.type) for column, field in zip(columns, DAILY, strict=True)], schema=DAILY
    )


def _column(values: list[Any], kind: pa.DataType) -> pa.Array:
    if pa.types.is_dictionary(kind):
        return pa.array(values, pa.string()).dictionary_encode().cast(_NAME)
    return pa.array(values, kind)


def daily_records(table: pa.Table) -> list[DailyRecord]:
    """The records that rows as in DAILY were made of, in their order."""
    found: dict[tuple[str, str, int, bool], dict[str, float | None]] = {}
    columns = [table["t"].cast(pa.int64()) if name == "t" else table[name] for name in DAILY.names]
    for session, market, t, metric, value, simulated in zip(*(c.to_pylist() for c in columns), strict=True):
        found.setdefault((session, market, t, simulated), {})[metric] = value
    return [
        DailyRecord(session=session, market=market, t=t, simulated=simulated, metrics=metrics)
        for (session, market, t, simulated), metrics in found.items()
    ]


def same_rows(one: pa.Table, other: pa.Table) -> bool:
    """Do two tables hold the same rows, whatever their columns are encoded with?"""
    return bool(_plain(one).equals(_plain(other)))


def _plain(table: pa.Table) -> pa.Table:
    for i, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            table = table.set_column(i, field.name, table.column(i).cast(pa.string()))
    return table.replace_schema_metadata(None).combine_chunks()
