"""Minutes in which nothing moved: bars leave them out, and some who read a table want them back."""

from collections.abc import Callable

import pyarrow as pa

from monitor.core.bars import MINUTE_MS
from monitor.history.history_table import VALUES, MinuteRows


class Filler:
    """Puts in the minutes that bars leave out, day after day.

    is_open: is an exchange of the board trading at this time (milliseconds UTC)? A metric then gets, from its first bar
    on, a row for every such minute between the first and the last row of the day, with its last close as open, high,
    low and close. A day without any row gets none: nothing was computed on it, and nobody knows that nothing moved.
    """

    def __init__(self, is_open: Callable[[int], bool]) -> None:
        self._is_open = is_open
        self._last: dict[str, tuple[float, str, bool]] = {}
        """Close of each metric's last bar, its status, and whether it is simulated."""

    def fill(self, rows: pa.Table) -> pa.Table:
        """The rows of one UTC day, as in MINUTES, with those in between: each with the last close and what was said of
        it."""
        if not rows.num_rows:
            return rows
        t = rows["t"].cast(pa.int64()).to_pylist()
        bars: dict[str, dict[int, tuple[float, float, float, float, str, bool]]] = {}
        columns = (rows[name].to_pylist() for name in ("metric", *VALUES, "status", "simulated"))
        for ms, metric, open_, high, low, close, status, simulated in zip(t, *columns, strict=True):
            bars.setdefault(metric, {})[ms] = open_, high, low, close, status, simulated
        moved = set(t)
        grid = [ms for ms in range(t[0], t[-1] + 1, MINUTE_MS) if ms in moved or self._is_open(ms)]
        filled = MinuteRows()
        for metric in sorted(self._last.keys() | bars.keys()):
            own = bars.get(metric, {})
            subject, measure, window = metric.rsplit(".", 2)
            for ms in grid:
                bar = own.get(ms)
                if bar is not None:
                    self._last[metric] = bar[3:]
                elif metric in self._last:
                    close, status, simulated = self._last[metric]
                    bar = close, close, close, close, status, simulated
                else:
                    continue
                filled.add(ms, subject, {f"{measure}.{window}": bar[:5]}, simulated=bar[5])
        return filled.table()
