"""Messages that nobody knows, told once for each shape: the names of their keys, never their values."""

from typing import Any

import structlog

from monitor.feeds.foreign_text import shown

log = structlog.get_logger(__name__)

MOST = 20
"""Shapes that are told; a server that invents new ones without end is only counted."""
_KEYS = 12


class Shapes:
    """Remembers which shapes have been told."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def note(self, message: Any, source: str) -> None:
        """Log the shape of `message` when it is new."""
        shape = shape_of(message)
        if shape not in self._told and len(self._told) < MOST:
            self._told.add(shape)
            log.warning("feed.unknown_message", source=source, shape=shape)


def shape_of(message: Any) -> str:
    """The names of an object's keys, for a list those of its first element; else the name of the type."""
    if isinstance(message, dict):
        keys = sorted(shown(str(key), longest=24) for key in list(message)[:_KEYS])
        return "{" + ", ".join(keys) + (", …" if len(message) > _KEYS else "") + "}"
    if isinstance(message, list):
        return f"[{shape_of(message[0])}]" if message and not isinstance(message[0], list) else "[]"
    return type(message).__name__
