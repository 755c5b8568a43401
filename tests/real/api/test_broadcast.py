"""What streams are made of, where it cannot be had."""

import asyncio
from typing import cast

from redis.asyncio import Redis

from monitor.readouts.desk import AlertEvent, Desk
from monitor.readouts.live import LiveBoard
from monitor.readouts.reader import BoardReader
from monitor.readouts.web.api.broadcast import Broadcast, Reader
from monitor.runtime.clock import SystemClock
from monitor.runtime.ending import end
from tests.readouts.publishing import KEYS, publish
from tests.readouts.sample import sample


class _Broken:
    async def events(self, after: str | None, count: int = 100) -> list[AlertEvent]:
        """A mistake of ours."""
        raise KeyError("an entry that nobody foresaw")


async def test_snapshots_go_on_when_the_alert_history_cannot_be_followed(redis: Redis) -> None:
    """A mistake in what follows the alerts leaves every reader its snapshots, one after the other."""
    live = LiveBoard(BoardReader(redis, KEYS), SystemClock(), gap_s=0.01)
    broadcast = Broadcast(live, cast(Desk, _Broken()), 10)
    running = [asyncio.create_task(live.run()), asyncio.create_task(broadcast.run())]
    try:
        async with asyncio.timeout(60):
            events = []
            await publish(redis, sample())
            async for frame in Reader(broadcast, "snapshot", None).news(5.0):
                if frame is not None and frame.event == "snapshot":
                    events.append(frame)
                    await publish(redis, sample(seq=50_000 + len(events)))
                if len(events) == 3:
                    break
    finally:
        await end(*running)
    assert len(events) == 3
