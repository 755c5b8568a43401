"""The chart of a message: the metric up to the moment the message speaks of, from what the board keeps of the past."""

import asyncio
from collections.abc import Mapping
from typing import Protocol

import structlog
from msgspec.structs import replace

from monitor.bus.redis import TROUBLE
from monitor.core.bars import is_headline
from monitor.core.paths.shades import shades
from monitor.core.session import Calendar
from monitor.notify.bulletin import Note
from monitor.notify.chart.framing import Framing, framing_of
from monitor.notify.chart.spec import ChartPoint, ChartSpec
from monitor.notify.chart.studio import Studio
from monitor.workers.alerts.metric_history import MetricHistory

log = structlog.get_logger(__name__)

_MARGIN = 20
"""So small a part of what is shown may be empty at its beginning."""


def has_chart(note: Note) -> bool:
    """Whether a note has a chart at all, as long as the past of its metric is kept."""
    framing = framing_of(note)
    return framing is not None and is_headline(framing.metric)


class Charts(Protocol):
    """Whatever makes the chart of a note. The same note always has the same chart: nothing after `note.t` is in it."""

    async def chart(self, note: Note) -> bytes | None:
        """PNG; None when the note has none (a metric without a kept past, no drawing within two seconds, Redis away).
        Never raises but for cancellation: words do not wait for pictures."""
        ...

    async def close(self) -> None:
        """End what draws. No chart is asked for afterwards."""
        ...


class BoardCharts:
    """Charts of one board, drawn in a process of its own that the first call of `warm_up` or `chart` starts.

    calendars: by name; the sessions of XHKG and XNYS are shown where they are among them. limit_s: how long a chart may
    take from reading to PNG, seconds. It implements `Charts`.
    """

    def __init__(
        self,
        history: MetricHistory,
        calendars: Mapping[str, Calendar],
        *,
        limit_s: float = 2.0,
    ) -> None:
        self._history = history
        self._calendars = calendars
        self._limit_s = limit_s
        self._studio = Studio(limit_s)

    async def warm_up(self) -> None:
        """Start the drawing process, so that the first chart is in time. Never raises but for cancellation."""
        await self._studio.warm_up()

    async def chart(self, note: Note) -> bytes | None:
        """See `Charts`."""
        framing = framing_of(note)
        if framing is None or not has_chart(note):
            return None
        try:
            async with asyncio.timeout(self._limit_s):
                spec = await self._spec(framing)
                return None if spec is None else await self._studio.draw(spec)
        except (TimeoutError, *TROUBLE) as trouble:
            log.warning("chart_left_out", id=note.id, reason=str(trouble) or repr(trouble))
            return None

    async def close(self) -> None:
        """See `Charts`."""
        await self._studio.close()

    async def _spec(self, framing: Framing) -> ChartSpec | None:
        first_ms, last_ms = framing.first_ms, framing.last_ms
        points = await self._history.points(framing.metric, first_ms, last_ms)
        if framing.ending is not None and (not points or points[-1].t_ms < last_ms):
            said = (points[-1].status, points[-1].simulated) if points else ()
            points.append(ChartPoint(last_ms, framing.ending, None, None, *said))
        if sum(point.value is not None for point in points) < 2:
            return None
        # A board that is younger than the chart would have most of it empty.
        known_ms = points[0].t_ms
        first_ms = max(first_ms, known_ms - (last_ms - known_ms) // _MARGIN)
        return replace(framing, first_ms=first_ms).spec(points, shades(self._calendars, first_ms, last_ms))
