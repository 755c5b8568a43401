"""Puts sample snapshots where the calculator puts its own."""

from collections.abc import Mapping

from redis.asyncio import Redis

from monitor.core.snapshot import Snapshot
from monitor.wire.keys import Keys

KEYS = Keys("monitor", "hk-us")


async def publish(redis: Redis, snapshot: Snapshot, alerts: Mapping[bytes, bytes] | None = None) -> None:
    """Store the snapshot and the active alerts, and announce them."""
    await redis.set(KEYS.readout, snapshot.to_json())
    await redis.delete(KEYS.alert_active)
    if alerts:
        await redis.hset(KEYS.alert_active, mapping=dict(alerts))  # type: ignore[arg-type]
    await redis.publish(KEYS.updates, b"new")
