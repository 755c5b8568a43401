"""What a dashboard sees of its board, as metrics: for Prometheus, which asks no service but this one."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable

from monitor.bus.levels import Levels
from monitor.bus.redis import TROUBLE
from monitor.readouts.live import LiveBoard, Observation
from monitor.runtime import metrics

EVERY_S = 2.0
"""As often as a live board asks for the depths of its streams."""


class BoardGauges:
    """Sets the gauges of one board. live: must be running. read_levels: raises the client's errors while Redis is away
    (`LevelReader.read`). every_s: seconds between two looks."""

    def __init__(
        self, live: LiveBoard, read_levels: Callable[[], Awaitable[Levels]], *, every_s: float = EVERY_S
    ) -> None:
        self._live = live
        self._read_levels = read_levels
        self._every_s = every_s

    async def run(self) -> None:
        """Look again and again until cancelled. While Redis is away, these gauges have no samples rather than old
        ones."""
        while True:
            try:
                levels = await self._read_levels()
            except TROUBLE:
                levels = None
            self._show(levels)
            await asyncio.sleep(self._every_s)

    def _show(self, levels: Levels | None) -> None:
        metrics.REDIS_MEMORY.clear()
        metrics.CHANNEL_HEALTHY.clear()
        metrics.STREAM_ENTRIES.clear()
        metrics.INSTRUMENTS.clear()
        metrics.ALERTS_ACTIVE.clear()
        if levels is None:
            return
        metrics.REDIS_MEMORY.labels("used").set(levels.memory_used)
        if levels.memory_limit is not None:
            metrics.REDIS_MEMORY.labels("limit").set(levels.memory_limit)
        for channel, healthy in levels.healthy.items():
            metrics.CHANNEL_HEALTHY.labels(channel).set(healthy)
        for depth in self._live.depths:
            metrics.STREAM_ENTRIES.labels(depth.stream).set(depth.length)
        if self._live.newest is not None:
            _show_board(self._live.newest)


def _show_board(newest: Observation) -> None:
    views = newest.snapshot.instruments.values()
    for (phase, status), count in Counter((view.phase, view.status) for view in views).items():
        metrics.INSTRUMENTS.labels(phase, status).set(count)
    alerts = Counter((alert.phase, alert.level) for alert in newest.alerts)
    metrics.ALERTS_ACTIVE.labels("FIRING", "critical").set(0)  # there without any, so that a chart shows the zero
    for (phase, level), count in alerts.items():
        metrics.ALERTS_ACTIVE.labels(phase, level).set(count)
