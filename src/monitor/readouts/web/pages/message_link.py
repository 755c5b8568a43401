"""What is said to somebody who followed the link of a message: messages point to the board at their own time."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from monitor.readouts import words
from monitor.readouts.desk import Desk, EpisodeView
from monitor.readouts.web.pages.screen import Address

_LATEST_MS = 4_102_444_800_000
"""2100: a later time is nobody's message."""
_ASKED = 50
_KEPT = 200


class Notice(NamedTuple):
    """when: of the message. what, href: a link to what it was about."""

    when: str
    what: str
    href: str


class MessageLinks:
    """Finds what a message of some time was about."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._known: dict[int, Notice] = {}

    async def notice(self, at: str) -> Notice | None:
        """at: epoch milliseconds as text; None for anything else. Raises the Redis client's errors."""
        moment_ms = int(at) if at.isascii() and at.isdecimal() and len(at) < 16 else 0
        if not 0 < moment_ms < _LATEST_MS:
            return None
        if moment_ms not in self._known:
            while len(self._known) >= _KEPT:
                self._known.pop(next(iter(self._known)))
            self._known[moment_ms] = await self._look_up(moment_ms)
        return self._known[moment_ms]

    async def _look_up(self, moment_ms: int) -> Notice:
        moment = datetime.fromtimestamp(moment_ms / 1000, UTC).astimezone(words.HONG_KONG)
        when = f"{moment.day} {moment:%b %Y %H:%M} HKT"
        found = await self._episodes(moment_ms)
        if not found:
            return Notice(
                when, "Alerts of that time", Address("alerts", choices=(("before", str(moment_ms + 1)),)).href()
            )
        nearest = max(found, key=lambda episode: episode.start_ms)
        return Notice(when, f"It was about: {words.clean(nearest.title)}", Address("alerts", nearest.id).href())

    async def _episodes(self, moment_ms: int) -> Sequence[EpisodeView]:
        """Those that were on at that moment."""
        newest = await self._desk.episodes(limit=_ASKED)
        earlier = await self._desk.episodes(limit=_ASKED, before_ms=moment_ms + 1)
        return [
            episode
            for episode in (*newest, *earlier)
            if episode.start_ms <= moment_ms and (episode.end_ms is None or moment_ms <= episode.end_ms)
        ]
