"""One-minute bars of a board in memory, each read from Redis once."""

import asyncio
from array import array
from bisect import bisect_left
from collections.abc import Iterable

from monitor.bus.history import HistoryReader, MinuteBars
from monitor.core.bars import MINUTE_MS
from monitor.core.instant import DAY_MS
from monitor.core.metrics.statuses import joined
from monitor.core.paths.recorded import Series

KEPT_MS = 11 * DAY_MS
"""A week, with what a long holiday adds to it."""


class MinuteShelf:
    """The minutes of the subjects that were asked for, of the last eleven days: 16 bytes a value. What is new is added
    at the next question; a log that went back in time, as a new simulation does, is read anew."""

    def __init__(self, reader: HistoryReader) -> None:
        self._reader = reader
        self._minutes: dict[str, _Minutes] = {}

    async def recorded(
        self, subjects: Iterable[str], first_ms: int, now_ms: int, *, simulated: bool
    ) -> dict[str, dict[str, Series]]:
        """Subject → `measure.window` → what was recorded from `first_ms` (epoch ms UTC) on. simulated: whether the
        prices of now are invented; minutes of the other kind are not theirs. Raises what redis-py raises."""
        found = {}
        for subject in dict.fromkeys(subjects):
            minutes = self._minutes.setdefault(subject, _Minutes())
            async with minutes.lock:
                await minutes.read(self._reader, subject, max(first_ms, now_ms - KEPT_MS), now_ms, simulated)
                found[subject] = minutes.since(first_ms)
        return found


class _Minutes:
    """Of one subject. first_ms: as far back as it was read; next_ms: beginning of the first minute not read yet."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self._first_ms = self._next_ms = 0
        self._simulated = False
        self._times: dict[str, array[int]] = {}
        self._values: dict[str, array[float]] = {}
        self._said: dict[str, list[tuple[int, str]]] = {}
        """By metric: from which minute on which status was said, ascending."""

    async def read(self, reader: HistoryReader, subject: str, first_ms: int, now_ms: int, simulated: bool) -> None:
        """Read what is missing between the two times."""
        anew = not self._next_ms or first_ms < self._first_ms or now_ms < self._next_ms - MINUTE_MS
        if anew or simulated != self._simulated:
            self._times, self._values, self._said = {}, {}, {}
            self._first_ms = self._next_ms = first_ms // MINUTE_MS * MINUTE_MS
            self._simulated = simulated
        async for minute in reader.minutes(subject, self._next_ms, now_ms):
            self._next_ms = minute.ms + MINUTE_MS
            if minute.simulated == simulated:
                self._take(minute)
        self._forget(now_ms - KEPT_MS)

    def _take(self, minute: MinuteBars) -> None:
        for name, (_, high, low, close, status) in minute.bars.items():
            said = self._said.setdefault(name, [])
            values = self._values.setdefault(name, array("d"))
            if not said or said[-1][1] != status:
                said.append((minute.ms + MINUTE_MS, status))
                if values and high == low == values[-1]:
                    continue  # there only to say so: it is no sign that the market moved
            self._times.setdefault(name, array("q")).append(minute.ms + MINUTE_MS)
            values.append(close)

    def _forget(self, before_ms: int) -> None:
        if before_ms - self._first_ms < DAY_MS:
            return
        self._first_ms = before_ms
        for name, times in self._times.items():
            old = bisect_left(times, before_ms)
            del times[:old]
            del self._values[name][:old]
            del self._said[name][: self._first_said(name, before_ms)]

    def since(self, first_ms: int) -> dict[str, Series]:
        """Copies, which stay as they are."""
        found = {}
        for name, times in self._times.items():
            start = bisect_left(times, first_ms)
            said = frozenset(
                word for _, s in self._said[name][self._first_said(name, first_ms) :] for word in s.split()
            )
            found[name] = Series(times[start:], self._values[name][start:], joined(said))
        return found

    def _first_said(self, name: str, ms: int) -> int:
        """Where the status stands that was said last before a time."""
        return max(0, bisect_left(self._said[name], (ms, "")) - 1)
