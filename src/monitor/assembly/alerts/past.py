"""The alert history, read for people: transitions and notifications, the newest first."""

from collections.abc import AsyncIterator

import msgspec
from redis.asyncio import Redis

from monitor.assembly.site import Site
from monitor.bus.alert_history import AlertHistory
from monitor.core.alerts.notification import Notification, Transition


class _Entry(msgspec.Struct, frozen=True):
    transition: Transition | None = None
    notification: Notification | None = None


async def read_past(client: Redis, site: Site) -> AsyncIterator[Transition | Notification]:
    """Everything on file, newest first. What is neither, or was written in a form that this version cannot read, is
    passed over."""
    async for data in AlertHistory(client, site.keys).newest_first():
        try:
            entry = msgspec.json.decode(data, type=_Entry)
        except msgspec.MsgspecError:
            continue
        found = entry.transition or entry.notification
        if found is not None:
            yield found
