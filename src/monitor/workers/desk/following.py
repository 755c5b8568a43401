"""Follows the alert history for everybody in this process who asks: one reader, however many they are."""

import asyncio
import re
from bisect import bisect_right
from collections.abc import Callable

from msgspec.structs import replace

from monitor.bus.alert_history import AlertHistory, HistoryEntry
from monitor.errors import UsageError
from monitor.readouts.desk import AlertEvent
from monitor.runtime.ending import end
from monitor.workers.desk.past import Told, is_readable, told_by

LOOKED_BACK = 20_000
"""How many entries are read when following begins."""

BEGINNING = "0-0"
"""The position before the first entry."""

_KEPT = 1000
"""Newest entries that are kept as they are, for streams: some megabytes at most."""

_PORTION = 1000
_SLICE = 200
"""Entries that are decoded before others have their turn: about two milliseconds."""

_POSITION = re.compile(r"([0-9]{1,20})-([0-9]{1,20})")
_GREATEST = 2**64 - 1

_Place = tuple[int, int]


class Following:
    """Reads what is new in the history when somebody asks, at most every `gap_s` seconds.

    take: is given the position of each entry and what it tells of, oldest first. begin: is called before all is given
    anew, because the history is another one than before. Every method raises what redis-py raises.
    """

    def __init__(
        self,
        history: AlertHistory,
        take: Callable[[str, Told], None],
        begin: Callable[[], None],
        *,
        gap_s: float = 0.1,
        looked_back: int = LOOKED_BACK,
    ) -> None:
        self._history = history
        self._take = take
        self._begin = begin
        self._gap_s = gap_s
        self._looked_back = looked_back
        self._last: str | None = None
        self._places: list[_Place] = []
        self._events: list[AlertEvent | None] = []
        self.whole = True
        """Whether following began with all of the history, and not with the newest part of it."""
        self._reading: asyncio.Task[None] | None = None
        self._read_at: float | None = None

    async def catch_up(self) -> None:
        """Return when everything has been given that was in the history `gap_s` ago."""
        if self._reading is None or self._reading.done():
            loop = asyncio.get_running_loop()
            if self._read_at is not None and loop.time() - self._read_at < self._gap_s:
                return
            # A task of its own: whoever asked may go before it ends, and what was begun has to be done whole.
            self._reading = loop.create_task(self._read(), name="alert history")
            self._reading.add_done_callback(_retrieve)
        await asyncio.shield(self._reading)

    async def after(self, position: str | None, count: int) -> list[AlertEvent]:
        """Readable entries after a position, see `Desk.events`. Raises UsageError for what is no position."""
        place = None if position is None else place_of(position)
        await self.catch_up()
        if position is None or place is None:
            return self._newest(1)
        if self._last is None:
            return []
        at = bisect_right(self._places, place)
        if at > 0 and self._places[at - 1] == place:
            return [event for event in self._events[at:] if event is not None][:count]
        return await self._older(position, place, count)

    async def close(self) -> None:
        """End what is under way."""
        if self._reading is not None:
            await end(self._reading)

    def _newest(self, count: int) -> list[AlertEvent]:
        return [event for event in self._events if event is not None][-count:]

    async def _older(self, position: str, place: _Place, count: int) -> list[AlertEvent]:
        """From Redis what is no longer, or never was, among the entries that are kept."""
        events: list[AlertEvent] = []
        gap = position != BEGINNING
        ahead = self._places[-1] < place
        start = position
        while len(events) < count and (portion := await self._history.on(start, _PORTION)):
            gap = gap and portion[0].position != position
            for entry in portion:
                if entry.position != start and (event := _event(entry)) is not None:
                    events.append(replace(event, gap=gap and not events))
            if len(portion) < _PORTION:
                break
            start = portion[-1].position
        if not events and ahead and gap:
            # No entry has come so far, not even to Redis: the position is of another history, and nothing may ever
            # follow it.
            return [replace(event, gap=True) for event in self._newest(1)]
        return events[:count]

    async def _read(self) -> None:
        if self._last is None or not await self._follow(self._last):
            await self._begin_anew()
        self._read_at = asyncio.get_running_loop().time()

    async def _follow(self, last: str) -> bool:
        """Give what has come after the entry at `last`; False when that is no longer there to go on from."""
        while True:
            portion = await self._history.on(last, _PORTION)
            if not portion or portion[0].position != last:
                return False
            await self._give(portion[1:])
            if len(portion) < _PORTION:
                return True
            last = portion[-1].position

    async def _begin_anew(self) -> None:
        newest: list[HistoryEntry] = []
        before: str | None = None
        while len(newest) < self._looked_back:
            portion = await self._history.back(before, min(_PORTION, self._looked_back - len(newest)))
            newest += portion
            if not portion:
                break
            before = portion[-1].position
        self._last, self._places, self._events = None, [], []
        self.whole = len(newest) < self._looked_back
        self._begin()
        await self._give(newest[::-1])

    async def _give(self, entries: list[HistoryEntry]) -> None:
        for start in range(0, len(entries), _SLICE):
            for entry in entries[start : start + _SLICE]:
                self._keep(entry)
            await asyncio.sleep(0)

    def _keep(self, entry: HistoryEntry) -> None:
        told = told_by(entry.data)
        if told is not None:
            self._take(entry.position, told)
        self._last = entry.position
        self._places.append(place_of(entry.position))
        self._events.append(_event(entry) if told is None else AlertEvent(position=entry.position, document=entry.data))
        if len(self._events) > 2 * _KEPT:
            del self._places[:-_KEPT], self._events[:-_KEPT]


def place_of(position: str) -> _Place:
    """A position as numbers, in the order of the stream. Raises UsageError for what is none."""
    found = _POSITION.fullmatch(position)
    if found is not None:
        place = int(found[1]), int(found[2])
        if max(place) <= _GREATEST:
            return place
    raise UsageError(f"no position of the alert history: {position[:50]!r}; allowed: <number>-<number>, as events have")


def _event(entry: HistoryEntry) -> AlertEvent | None:
    return AlertEvent(position=entry.position, document=entry.data) if is_readable(entry.data) else None


def _retrieve(reading: asyncio.Task[None]) -> None:
    """Whoever waited has the error; when nobody does any more, nobody needs it."""
    if not reading.cancelled():
        reading.exception()
