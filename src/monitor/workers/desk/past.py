"""The entries of the alert history as what they tell of."""

from collections.abc import AsyncIterator
from typing import TypeAlias

import msgspec

from monitor.bus.alert_history import AlertHistory
from monitor.core.alerts.notification import Notification, Transition

Told: TypeAlias = Transition | Notification


_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_LATEST_MS = 253_000_000_000_000
"""In the year 9987. A later time is none: no calendar could show it."""


class _Document(msgspec.Struct, frozen=True):
    transition: Transition | None = None
    notification: Notification | None = None


class _Readable(msgspec.Struct, frozen=True):
    transition: dict[str, object] | None = None
    notification: dict[str, object] | None = None
    bulletin: dict[str, object] | None = None


_decode = msgspec.json.Decoder(_Document).decode
_look = msgspec.json.Decoder(_Readable).decode


def told_by(data: bytes) -> Told | None:
    """The transition or notification in an entry's document; None where it holds neither, or was written in a form that
    this version cannot read."""
    try:
        document = _decode(data)
    except _UNREADABLE:
        return None
    found = document.transition or document.notification
    return found if found is not None and 0 <= found.t <= _LATEST_MS else None


def is_readable(data: bytes) -> bool:
    """Whether an entry's document is one that readers of the history know, whatever the version that wrote it."""
    try:
        document = _look(data)
    except _UNREADABLE:
        return False
    return any((document.transition, document.notification, document.bulletin))


async def read_past(history: AlertHistory) -> AsyncIterator[Told]:
    """All that can be read, newest first."""
    async for entry in history.newest_first():
        found = told_by(entry.data)
        if found is not None:
            yield found
