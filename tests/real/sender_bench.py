"""Senders on one Redis, with channels whose outcomes are written down."""

import asyncio
import time
from collections.abc import Mapping

import msgspec
from redis.asyncio import Redis

from monitor.bus.outbox import ChannelHealth, Delivery, Outbox
from monitor.bus.redis import answer
from monitor.notify.bulletin import Note
from monitor.notify.port import Accepted, Channel, Charting, Message, Outcome
from monitor.runtime.clock import SystemClock
from monitor.wire.keys import Keys
from monitor.workers.alerts.charts import Charts
from monitor.workers.alerts.route import Route, Timings
from monitor.workers.alerts.sending import Sender
from tests.eventually import eventually

KEYS = Keys("monitor", "test")
FAST = Timings(retry_first_s=0.001, retry_cap_s=0.005, fallback_after_s=60.0, idle_s=0.05)


class Scripted:
    """A channel whose outcomes are written down; when they are used up, everything is accepted."""

    def __init__(self, *outcomes: Outcome) -> None:
        self.outcomes = list(outcomes)
        self.messages: list[Message] = []
        self.accepted: list[Message] = []

    @property
    def charting(self) -> Charting:
        return Charting.NONE

    async def send(self, message: Message) -> Outcome:
        self.messages.append(message)
        outcome = self.outcomes.pop(0) if self.outcomes else Accepted()
        if isinstance(outcome, Accepted):
            self.accepted.append(message)
        return outcome

    async def close(self) -> None:
        """Nothing to release."""


class Keeping(Scripted):
    """A channel that keeps its messages, so that later ones can edit or answer them: each stays where its parent is, or
    at a place of its own."""

    async def send(self, message: Message) -> Outcome:
        outcome = await super().send(message)
        if isinstance(outcome, Accepted):
            return Accepted(reference=message.parent or f"place of {message.id}")
        return outcome


def now_ms() -> int:
    """The wall clock."""
    return time.time_ns() // 1_000_000


async def put(redis: Redis, *notes: Note, channel: str = "desk", created_ms: int | None = None) -> None:
    """Add jobs as the commit does."""
    for one in notes:
        delivery = Delivery(created_ms=now_ms() if created_ms is None else created_ms)
        await answer(redis.hset(KEYS.jobs(channel), one.id, delivery.to_json()))
        await answer(redis.xadd(KEYS.outbox(channel), {"id": one.id, "note": msgspec.json.encode(one)}))


class Bench:
    """Senders for some channels, on one Redis. options: of the outboxes."""

    def __init__(
        self,
        redis: Redis,
        routes: Mapping[str, Route],
        timings: Timings = FAST,
        charts: Charts | None = None,
        **options: int,
    ) -> None:
        self.redis = redis
        wakes = {name: asyncio.Event() for name in routes}
        self.outboxes = {name: Outbox(redis, KEYS, name, **options) for name in routes}
        self.senders = {
            name: Sender(route, self.outboxes[name], wakes, clock=SystemClock(), timings=timings, charts=charts)
            for name, route in routes.items()
        }

    async def until_empty(self) -> None:
        """Run all senders until every outbox is empty and every result recorded."""
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            for sender in self.senders.values():
                group.create_task(sender.run(stop))

            async def empty() -> bool:
                return sum([await outbox.depth() for outbox in self.outboxes.values()]) == 0

            await eventually(empty)
            stop.set()

    async def delivery(self, identifier: str, channel: str = "desk") -> Delivery:
        """The record of one delivery."""
        record = await answer(self.redis.hget(KEYS.jobs(channel), identifier))
        return msgspec.json.decode(record, type=Delivery)

    async def health(self, channel: str = "desk") -> ChannelHealth:
        """Health of a channel."""
        return await self.outboxes[channel].health()


def one(channel: Channel, **options: object) -> dict[str, Route]:
    """Routes with the channel `desk` alone."""
    return {"desk": Route(channel, **options)}  # type: ignore[arg-type]
