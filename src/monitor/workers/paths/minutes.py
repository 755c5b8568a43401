"""One-minute bars of a board in memory, each read from Redis once."""

import asyncio
from array import array
from bisect import bisect_left
from collections.abc import Iterable

from monitor.bus.history import HistoryReader
from monitor.core.bars import MINUTE_MS
from monitor.core.instant import DAY_MS
from monitor.core.paths.recorded import Series

KEPT_MS = 11 * DAY_MS
"""A week, with what a long holiday adds to it."""


class MinuteShelf:
    """The minutes of the subjects that were asked for, of the last eleven days: 16 bytes a value. What is new is added
    at the next question; a log that went back in time, as a new simulation does, is read anew."""

    def __init__(self, reader: HistoryReader) -> None:
        self._reader = reader
        self._minutes: dict[str, _Minutes] = {}

    async def recorded(self, subjects: Iterable[str], first_ms: int, now_ms: int) -> dict[str, dict[str, Series]]:
        """Subject → `measure.window` → what was recorded from `first_ms` (epoch ms UTC) on. Raises what redis-py
        raises."""
        found = {}
        for subject in dict.fromkeys(subjects):
            minutes = self._minutes.setdefault(subject, _Minutes())
            async with minutes.lock:
                await minutes.read(self._reader, subject, max(first_ms, now_ms - KEPT_MS), now_ms)
                found[subject] = minutes.since(first_ms)
        return found


class _Minutes:
    """Of one subject. first_ms: as far back as it was read; next_ms: beginning of the first minute not read yet."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self._first_ms = self._next_ms = 0
        self._times: dict[str, array[int]] = {}
        self._values: dict[str, array[float]] = {}

    async def read(self, reader: HistoryReader, subject: str, first_ms: int, now_ms: int) -> None:
        """Read what is missing between the two times."""
        if not self._next_ms or first_ms < self._first_ms or now_ms < self._next_ms - MINUTE_MS:
            self._times, self._values = {}, {}
            self._first_ms = self._next_ms = first_ms // MINUTE_MS * MINUTE_MS
        async for minute in reader.minutes(subject, self._next_ms, now_ms):
            for name, (_, _, _, close) in minute.bars.items():
                self._times.setdefault(name, array("q")).append(minute.ms + MINUTE_MS)
                self._values.setdefault(name, array("d")).append(close)
            self._next_ms = minute.ms + MINUTE_MS
        self._forget(now_ms - KEPT_MS)

    def _forget(self, before_ms: int) -> None:
        if before_ms - self._first_ms < DAY_MS:
            return
        self._first_ms = before_ms
        for name, times in self._times.items():
            old = bisect_left(times, before_ms)
            del times[:old]
            del self._values[name][:old]

    def since(self, first_ms: int) -> dict[str, Series]:
        """Copies, which stay as they are."""
        found = {}
        for name, times in self._times.items():
            start = bisect_left(times, first_ms)
            found[name] = Series(times[start:], self._values[name][start:])
        return found
