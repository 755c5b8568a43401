"""Puts sample snapshots where the calculator puts its own."""

from collections.abc import Mapping

from redis.asyncio import Redis

from monitor.core.snapshot import Snapshot
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
