"""Charts of messages for pages: drawn when somebody looks, once for all who look."""

import asyncio

import structlog

from monitor.core.alerts.notification import Notification
from monitor.runtime.ending import end
from monitor.workers.alerts.charts import BoardCharts, has_chart

log = structlog.get_logger(__name__)

_KEPT = 30
"""Pictures of less than 100 kB."""

_WAITING_MOST = 20


class Pictures:
    """charts: its drawing process is started by the first picture that is asked for."""

    def __init__(self, charts: BoardCharts) -> None:
        self._charts = charts
        self._drawn: dict[str, bytes] = {}
        self._work: dict[str, asyncio.Task[bytes | None]] = {}
        self._one_at_a_time = asyncio.Lock()

    async def of(self, note: Notification) -> bytes | None:
        """PNG; None when the note has no chart, when too little of its past is kept, and when it cannot be drawn in
        time now."""
        if note.id in self._drawn:
            return self._drawn[note.id]
        if not has_chart(note):
            return None
        work = self._work.get(note.id)
        if work is None:
            if len(self._work) >= _WAITING_MOST:
                log.warning("chart_left_out", id=note.id, reason="too many charts wait")
                return None
            # A task of its own: whoever asked may go, and a process that is just starting must not be ended for that.
            work = self._work[note.id] = asyncio.create_task(self._draw(note), name=f"picture:{note.id}")
            work.add_done_callback(lambda _: self._work.pop(note.id, None))
        return await asyncio.shield(work)

    async def close(self) -> None:
        """End what is under way, and the process."""
        await end(*self._work.values())
        await self._charts.close()

    async def _draw(self, note: Notification) -> bytes | None:
        async with self._one_at_a_time:
            await self._charts.warm_up()
            picture = await self._charts.chart(note)
        if picture is not None:
            self._drawn[note.id] = picture
            if len(self._drawn) > _KEPT:
                del self._drawn[next(iter(self._drawn))]
        return picture
