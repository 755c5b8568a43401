"""What the alert engine knows, as it was last written."""

from redis.asyncio import Redis

from monitor.bus.alert_store import AlertStore
from monitor.core.alerts.engine.shelf import Shelf
from monitor.core.alerts.engine.state import AlertState
from monitor.errors import DataError
from monitor.wire.keys import Keys


async def read_state(client: Redis, keys: Keys) -> AlertState:
    """At most some seconds old while the service runs; `AlertState()` when there is none.

    Raises DataError when another version of the program wrote it.
    """
    stored = await AlertStore(client, keys).load()
    if not stored.head:
        return AlertState()
    try:
        return Shelf.load(stored.head, stored.instances, stored.windows)[0]
    except ValueError as unreadable:
        raise DataError(f"Redis key {keys.alert_state}", str(unreadable)) from None
