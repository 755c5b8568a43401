"""Puts sample snapshots where the calculator puts its own."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from itertools import count

import msgspec
from redis.asyncio import Redis

from monitor.core.snapshot import Snapshot
from monitor.runtime.ending import end
from monitor.wire.keys import Keys

KEYS = Keys("monitor", "hk-us")


async def publish(redis: Redis, snapshot: Snapshot, alerts: Mapping[bytes, bytes] | None = None) -> None:
    """Store the snapshot and the active alerts, and announce them. All at once: nobody sees the one without the other,
    so what is on a page beside the new number belongs to it."""
    async with redis.pipeline(transaction=True) as pipeline:
        pipeline.set(KEYS.readout, snapshot.to_json())
        pipeline.delete(KEYS.alert_active)
        if alerts:
            pipeline.hset(KEYS.alert_active, mapping=dict(alerts))  # type: ignore[arg-type]
        pipeline.publish(KEYS.updates, b"new")
        await pipeline.execute()


@asynccontextmanager
async def coming(redis: Redis, snapshot: Snapshot) -> AsyncIterator[None]:
    """The snapshot again and again, each with the next number, until the block ends: a board that stands still for five
    seconds is in trouble, and a slow machine takes longer than that to open a page."""

    async def run() -> None:
        for more in count(1):
            await asyncio.sleep(0.5)
            await publish(redis, msgspec.structs.replace(snapshot, seq=snapshot.seq + more))

    await publish(redis, snapshot)
    running = asyncio.create_task(run())
    try:
        yield
    finally:
        await end(running)
