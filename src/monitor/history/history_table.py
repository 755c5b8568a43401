"""History as tables: one row a metric and minute, or a metric and close, with types that pandas takes over."""

from array import array
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from monitor.core.daily import DailyRecord
from monitor.core.metrics.statuses import MISSING, OK

_INSTANT = pa.timestamp("ms", tz="UTC")
_NAME = pa.dictionary(pa.int32(), pa.string())

VALUES = ("open", "high", "low", "close")
"""Columns of a bar's values."""

MINUTES = pa.schema(
    [
        ("t", _INSTANT),
        ("metric", _NAME),
        *((name, pa.float64()) for name in VALUES),
        ("status", _NAME),
        ("simulated", pa.bool_()),
    ]
)
"""t: beginning of the minute. metric: `<subject>.<measure>.<window>`. The values and the status as in the bar, never
null. simulated: at least one value on the board was invented."""

DAILY = pa.schema(
    [
        ("session", _NAME),
        ("market", _NAME),
        ("t", _INSTANT),
        ("metric", _NAME),
        ("value", pa.float64()),
        ("status", _NAME),
        ("simulated", pa.bool_()),
    ]
)
"""session: ISO date label of the exchange that closed. market: its calendar. t: of the snapshot. value: null where the
metric had none. status: as in the record. simulated: at least one value on the board was invented."""

Wanted = Callable[[str], bool]
"""Is a metric, by its name, asked for?"""


class MinuteRows:
    """Collects bars and gives them back as a table. wanted: None takes every metric."""

    def __init__(self, wanted: Wanted | None = None) -> None:
        self._wanted = wanted
        self._codes: dict[str, int] = {}
        self._statuses: dict[str, int] = {}
        self._t, self._metric, self._values = array("q"), array("i"), array("d")
        self._status, self._simulated = array("i"), array("b")

    def add(
        self, ms: int, subject: str, bars: Mapping[str, tuple[float, float, float, float, str]], *, simulated: bool
    ) -> None:
        """Take the bars of one subject and minute. ms: its beginning, milliseconds UTC. bars: `measure.window` → open,
        high, low, close, status. simulated: at least one value on the board was invented."""
        for name, (*values, status) in bars.items():
            metric = f"{subject}.{name}"
            code = self._codes.get(metric)
            if code is None:
                wanted = self._wanted is None or self._wanted(metric)
                code = self._codes[metric] = len(self._codes) if wanted else -1 - len(self._codes)
            if code >= 0:
                self._t.append(ms)
                self._metric.append(code)
                self._values.extend(values)
                self._status.append(self._statuses.setdefault(status, len(self._statuses)))
                self._simulated.append(simulated)

    def table(self) -> pa.Table:
        """Rows as in MINUTES, by time, then by name; no rows when nothing was taken."""
        return _minutes(
            np.frombuffer(self._t, dtype="i8"),
            (np.frombuffer(self._metric, dtype="i4"), list(self._codes)),
            np.frombuffer(self._values, dtype="f8").reshape(-1, 4),
            (np.frombuffer(self._status, dtype="i4"), list(self._statuses)),
            np.frombuffer(self._simulated, dtype="i1").astype(bool),
        )


def merged(live: pa.Table, other: pa.Table) -> tuple[pa.Table, int]:
    """The rows of two tables of minutes, each minute of a metric once, and how many of those that both have differ;
    `live` counts there."""
    if not other.num_rows or not live.num_rows:
        return (live if live.num_rows else other), 0
    both = pa.concat_tables([live, other]).unify_dictionaries().combine_chunks()
    (codes, names), (status, statuses) = _decoded(both["metric"]), _decoded(both["status"])
    t = both["t"].cast(pa.int64()).to_numpy()
    values = np.column_stack([both[name].to_numpy() for name in VALUES])
    simulated = both["simulated"].to_numpy()
    keys = t * len(names) + codes
    first, second = keys[: live.num_rows], keys[live.num_rows :]
    _, mine, theirs = np.intersect1d(first, second, assume_unique=True, return_indices=True)
    theirs = live.num_rows + theirs
    differing = (values[mine] != values[theirs]).any(axis=1)
    differing |= (status[mine] != status[theirs]) | (simulated[mine] != simulated[theirs])
    kept = np.ones(len(keys), dtype=bool)
    kept[theirs] = False
    rows = _minutes(t[kept], (codes[kept], names), values[kept], (status[kept], statuses), simulated[kept])
    return rows, int(differing.sum())


_Encoded = tuple[Any, list[str]]
"""Texts as codes, one a row, and what each code stands for."""


def _decoded(column: pa.ChunkedArray) -> _Encoded:
    chunk = column.chunk(0)
    return chunk.indices.to_numpy(), chunk.dictionary.to_pylist()


def _minutes(t: Any, metric: _Encoded, values: Any, status: _Encoded, simulated: Any) -> pa.Table:
    metric_codes, names = _ascending(*metric)
    status_codes, statuses = _ascending(*status)
    order = np.lexsort((metric_codes, t))
    columns = [
        pa.array(t[order]).cast(_INSTANT),
        pa.DictionaryArray.from_arrays(pa.array(metric_codes[order]), pa.array(names, pa.string())),
        *(pa.array(column) for column in values[order].T.copy()),
        pa.DictionaryArray.from_arrays(pa.array(status_codes[order]), pa.array(statuses, pa.string())),
        pa.array(simulated[order], pa.bool_()),
    ]
    return pa.table(columns, schema=MINUTES)


def _ascending(codes: Any, names: list[str]) -> _Encoded:
    """The same texts with codes in their order."""
    order = sorted(range(len(names)), key=names.__getitem__)
    rank = np.empty(len(names), dtype="i4")
    rank[order] = np.arange(len(names), dtype="i4")
    return rank[codes], [names[i] for i in order]


def daily_table(records: Iterable[DailyRecord], wanted: Wanted | None = None) -> pa.Table:
    """Rows as in DAILY, by time, market and name of the metric."""
    rows: list[tuple[Any, ...]] = [
        (record.session, record.market, record.t, name, record.metrics[name], record.status(name), record.simulated)
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
    found: dict[tuple[str, str, int, bool], tuple[dict[str, float | None], dict[str, str]]] = {}
    columns = [table["t"].cast(pa.int64()) if name == "t" else table[name] for name in DAILY.names]
    for session, market, t, metric, value, status, simulated in zip(*(c.to_pylist() for c in columns), strict=True):
        metrics, statuses = found.setdefault((session, market, t, simulated), ({}, {}))
        metrics[metric] = value
        if status not in (OK, MISSING):
            statuses[metric] = status
    return [
        DailyRecord(session=session, market=market, t=t, simulated=simulated, metrics=metrics, statuses=statuses)
        for (session, market, t, simulated), (metrics, statuses) in found.items()
    ]


def same_rows(one: pa.Table, other: pa.Table) -> bool:
    """Do two tables hold the same rows, whatever their columns are encoded with?"""
    return bool(_plain(one).equals(_plain(other)))


def _plain(table: pa.Table) -> pa.Table:
    for i, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            table = table.set_column(i, field.name, table.column(i).cast(pa.string()))
    return table.replace_schema_metadata(None).combine_chunks()
