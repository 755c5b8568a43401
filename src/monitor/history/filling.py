"""Minutes in which nothing moved: bars leave them out, and some who read a table want them back."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from monitor.core.bars import MINUTE_MS
from monitor.history.history_table import MinuteRows, values_of


class Filler:
    """Puts in the minutes that bars leave out, day after day.

    is_open: is an exchange of the board trading at this time (milliseconds UTC)? A metric then gets, from its first bar
    on, a row for every such minute between the first and the last row of the day, with its last close as open, high,
    low and close. A day without any row gets none: nothing was computed on it, and nobody knows that nothing moved.
    """

    def __init__(self, is_open: Callable[[int], bool]) -> None:
        self._is_open = is_open
        self._closes: dict[str, float] = {}

    def fill(self, rows: pa.Table) -> pa.Table:
        """The rows of one UTC day, as in MINUTES, with those in between."""
        if not rows.num_rows:
            return rows
        t = rows["t"].cast(pa.int64()).to_numpy()
        metrics = np.array(rows["metric"].cast(pa.string()).to_pylist(), dtype=object)
        values = values_of(rows)
        first, last = int(t[0]), int(t[-1])
        moved = set(t.tolist())
        grid = [ms for ms in range(first, last + 1, MINUTE_MS) if ms in moved or self._is_open(ms)]
        filled = MinuteRows()
        for metric in sorted(self._closes.keys() | set(metrics)):
            own = metrics == metric
            bars = dict(zip(t[own].tolist(), values[own].tolist(), strict=True))
            subject, measure, window = metric.rsplit(".", 2)
            for ms in grid:
                bar = bars.get(ms)
                if bar is not None:
                    self._closes[metric] = bar[3]
                elif metric in self._closes:
                    bar = [self._closes[metric]] * 4
                else:
                    continue
                filled.add(ms, subject, {f"{measure}.{window}": bar})
        return filled.table()
