"""The past of one metric, for a chart: minutes as far as they are finished, then single snapshots."""

from monitor.bus.history import HistoryReader
from monitor.bus.recent import RecentValues
from monitor.core.bars import MINUTE_MS
from monitor.core.metrics.catalogue import parse_metric
from monitor.core.metrics.statuses import OK
from monitor.notify.chart.spec import ChartPoint

_HOLE_MS = 5 * MINUTE_MS
"""A subject of which nothing was recorded for longer than this was not computed, or its markets were shut."""

_MOST_RECENT = 90
"""Single snapshots: enough for the minute that goes on, and for a board that keeps no minutes."""


class MetricHistory:
    """Reads what one board keeps. Every method raises what redis-py raises."""

    def __init__(self, history: HistoryReader, recent: RecentValues) -> None:
        self._history = history
        self._recent = recent

    async def points(self, metric: str, first_ms: int, last_ms: int) -> list[ChartPoint]:
        """The metric from `first_ms` to `last_ms` (epoch ms UTC), ascending; empty when nothing is kept.

        A minute stands at its end. A line breaks (value None) where nothing of the subject was recorded for five
        minutes. Of single snapshots is said what was said of the last minute. What came after `last_ms` is never in it:
        asked again, it says the same, as long as Redis keeps it.
        """
        points, end_ms = await self._minutes(metric, first_ms, last_ms)
        said = (points[-1].status, points[-1].simulated) if points else (OK, False)
        async for t, value in self._recent.of(metric, end_ms, last_ms, _MOST_RECENT):
            if points and t - points[-1].t_ms > _HOLE_MS:
                points.append(ChartPoint(points[-1].t_ms, None))
            points.append(ChartPoint(t, value, None, None, *said))
        return points

    async def _minutes(self, metric: str, first_ms: int, last_ms: int) -> tuple[list[ChartPoint], int]:
        """Those of finished minutes, and when the last of them ended; `first_ms` without any."""
        subject, measure, window = parse_metric(metric)
        name = f"{measure}.{window}"
        points: list[ChartPoint] = []
        value: float | None = None
        said: tuple[str, bool] = OK, False
        end_ms = first_ms
        async for minute in self._history.minutes(subject, first_ms, last_ms - MINUTE_MS):
            if points and minute.ms - end_ms > _HOLE_MS:
                points.append(ChartPoint(end_ms, None))
            end_ms = minute.ms + MINUTE_MS
            bar = minute.bars.get(name)
            if bar is not None:
                _, high, low, value, status = bar
                said = status, minute.simulated
                points.append(ChartPoint(end_ms, value, low, high, *said))
            elif value is not None:  # others of the subject moved in this minute, this one did not
                points.append(ChartPoint(end_ms, value, None, None, *said))
        return points, end_ms
