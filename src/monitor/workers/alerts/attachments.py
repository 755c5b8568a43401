"""The charts of a channel: inside its messages, or after them while the next one is sent (ALERTING sections 13, 14)."""

import asyncio
from typing import cast

import structlog
from msgspec.structs import replace

from monitor.notify.bulletin import Note
from monitor.notify.port import Accepted, Attaching, Channel, Charting, Message, Transient
from monitor.runtime.ending import end
from monitor.workers.alerts.charts import Charts
from monitor.workers.alerts.patience import Patience

log = structlog.get_logger(__name__)

_WAITING_MOST = 20
"""In a storm of messages the pictures of the later ones are left out: nobody would look at them all."""


class Attachments:
    """The charts of one channel, in the message or after it, whichever the channel wants.

    charts: None draws nothing. patience: of the channel; while it fails no chart is handed in, and a pause that the
    service asks for then binds the messages too. limit_s: a chart that is not there by then is left out, seconds.
    """

    def __init__(self, channel: Channel, charts: Charts | None, patience: Patience, *, limit_s: float) -> None:
        self._channel = channel
        self._charts = charts
        self._patience = patience
        self._limit_s = limit_s
        self._one_at_a_time = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._drawn: tuple[str, bytes | None] = ("", None)

    async def before(self, message: Message, note: Note) -> Message:
        """The message with its chart, where the channel wants it inside. A repeat has the same one."""
        if self._charts is None or self._channel.charting is not Charting.INLINE:
            return message
        if self._drawn[0] != message.id:
            self._drawn = message.id, await self._draw(self._charts, note)
        return replace(message, chart=self._drawn[1])

    def after(self, message: Message, note: Note, reference: str | None) -> None:
        """Draw and hand in, in the background, where the channel wants it so. reference: of the accepted message."""
        if self._charts is None or reference is None or self._channel.charting is not Charting.AFTER:
            return
        if len(self._tasks) >= _WAITING_MOST:
            log.info("chart_left_out", id=message.id, reason="too many charts wait")
            return
        task = asyncio.create_task(self._attach(self._charts, message, note, reference), name=f"chart:{message.id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Let what is begun come to its end within the limit, then end it."""
        try:
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=self._limit_s)
        finally:
            await end(*self._tasks)

    async def _attach(self, charts: Charts, message: Message, note: Note, reference: str) -> None:
        async with self._one_at_a_time:
            chart = await self._draw(charts, note)
            if chart is None or self._patience.failing:
                return
            try:
                outcome = await cast(Attaching, self._channel).attach(replace(message, chart=chart), reference)
            except Exception as bug:  # a picture is no reason to stop a channel
                log.error("channel_raised", id=message.id, error=type(bug).__name__)
                return
            if isinstance(outcome, Transient) and outcome.retry_after_s is not None:
                self._patience.keep_quiet(outcome.retry_after_s)
            if not isinstance(outcome, Accepted):
                log.info("chart_not_attached", id=message.id, reason=outcome.reason)

    async def _draw(self, charts: Charts, note: Note) -> bytes | None:
        try:
            async with asyncio.timeout(self._limit_s):
                return await charts.chart(note)
        except TimeoutError:
            log.info("chart_left_out", id=note.id, reason=f"not drawn within {self._limit_s:g} s")
            return None
