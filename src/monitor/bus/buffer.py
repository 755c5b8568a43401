"""What waits to be written to the log: every event while that is affordable, then the newest of each symbol."""

import time
from collections import Counter
from collections.abc import Callable
from typing import cast

from msgspec.structs import replace

from monitor.core.event import (
    CONFLATED,
    FIXING,
    Beat,
    Event,
    FeedHealth,
    Fx,
    Halt,
    OfficialClose,
    Quote,
    is_price,
)


class EventBuffer:
    """A bounded queue that never refuses and never forgets what is current.

    Lossless up to `max_events`, or for `max_age_s` seconds if more than that arrive in so short a time (but never
    beyond four times `max_events`). From then until something was taken it keeps one event per source and symbol, the
    newest, in order of arrival. Prices that others were dropped for carry the flag CONFLATED; `conflated` counts the
    dropped ones by source. 50,000 events are ten seconds of the busiest market of the board (PERFORMANCE 3).
    """

    def __init__(self, max_events: int, max_age_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.conflated: Counter[str] = Counter()
        self._max_events = max_events
        self._max_age_s = max_age_s
        self._clock = clock
        self._events: list[Event] = []
        self._newest: dict[tuple[object, ...], Event] = {}
        self._oldest_at = 0.0

    def __len__(self) -> int:
        return len(self._events) + len(self._newest)

    def add(self, event: Event) -> None:
        """Append `event`; it replaces an older one of its kind when the buffer is beyond its bounds."""
        if self._newest:
            self._supersede(event)
            return
        events = self._events
        if not events:
            self._oldest_at = self._clock()
        events.append(event)
        if len(events) > self._max_events and self._is_overdue():
            self._events = []
            for waiting in events:
                self._supersede(waiting)

    def take(self, count: int) -> list[Event]:
        """Remove and return the first `count` events, fewer if there are fewer."""
        if self._newest:
            self._events.extend(self._newest.values())
            self._newest.clear()
        taken = self._events[:count]
        del self._events[:count]
        self._oldest_at = self._clock()
        return taken

    def put_back(self, events: list[Event]) -> None:
        """Return the last part of what `take` gave, to the front."""
        self._events[:0] = events

    def _is_overdue(self) -> bool:
        if len(self._events) > 4 * self._max_events:
            return True
        return self._clock() - self._oldest_at > self._max_age_s

    def _supersede(self, event: Event) -> None:
        key = _identity(event)
        older = self._newest.pop(key, None)  # popped first, so that the newer one moves to the end
        if older is not None and is_price(event):
            self.conflated[event.source] += 1
            event = cast(Event, replace(event, flags=event.flags | CONFLATED))
        self._newest[key] = event


def _identity(event: Event) -> tuple[object, ...]:
    """Events with the same identity supersede each other."""
    match event:
        case Quote(symbol=symbol, source=source):
            return (Quote, source, symbol)
        case Fx(pair=pair, source=source, flags=flags) if flags & FIXING:
            return (Fx, source, pair, event.event_ns)  # a fact about its day, which no later rate replaces
        case Fx(pair=pair, source=source):
            return (Fx, source, pair)
        case Halt(symbol=symbol):
            return (Halt, symbol)
        case OfficialClose(symbol=symbol, session=session, derived=derived):
            return (OfficialClose, symbol, session, derived)
        case FeedHealth(source=source):
            return (FeedHealth, source)
        case Beat():
            return (Beat,)
