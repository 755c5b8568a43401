"""The simulator's clock: fast while a market trades, faster while all of them sleep."""

import asyncio
import time
from collections.abc import Callable, Iterable

from monitor.core.instant import MINUTE, SECOND
from monitor.core.session import Calendar, Phase

_SHORTEST_SLEEP_S = 0.005


class SimClock:
    """Simulated time, computed from the machine's own: it needs no task and never goes backwards.

    start_ns: simulated time at construction. speed: simulated seconds per real second while any of the calendars is in
    its REGULAR phase. idle_speed: while none is. real_ns: a monotonic clock, nanoseconds; tests pass their own.
    """

    def __init__(
        self,
        start_ns: int,
        speed: float,
        idle_speed: float,
        calendars: Iterable[Calendar],
        real_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._speed = speed
        self._idle_speed = idle_speed
        self._calendars = tuple(calendars)
        self._real_clock = real_ns
        self._real_ns = real_ns()
        self._now_ns = start_ns

    def now_ns(self) -> int:
        """Simulated now, integer nanoseconds since 1970-01-01 UTC."""
        real = self._real_clock()
        left, self._real_ns = real - self._real_ns, real
        while left > 0:
            speed = self._speed_at(self._now_ns)
            change = min((calendar.next_change(self._now_ns) for calendar in self._calendars), default=2**62)
            needed = (change - self._now_ns) / speed
            if needed > left:
                self._now_ns += round(left * speed)
                break
            self._now_ns = change
            left -= max(1, round(needed))
        return self._now_ns

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds` of simulated time."""
        until = self.now_ns() + round(seconds * SECOND)
        fastest = max(self._speed, self._idle_speed)
        while True:
            left = until - self.now_ns()
            if left <= 0:
                return
            await asyncio.sleep(max(_SHORTEST_SLEEP_S, left / SECOND / fastest))

    def _speed_at(self, now_ns: int) -> float:
        trading = any(calendar.phase(now_ns) is Phase.REGULAR for calendar in self._calendars)
        return self._speed if trading else self._idle_speed


def default_start(now_ns: int, first: Calendar, second: Calendar) -> int:
    """One minute before the most recent opening of `first` that a session of `second` on the same date follows.

    Raises ValueError when the calendars know of none before `now_ns`.
    """
    session = first.current_session(now_ns)
    while session is not None and session not in second:
        session = first.previous(session)
    if session is None:
        raise ValueError(f"no session of {first.name} is followed by one of {second.name}")
    return first.opens_at(session) - MINUTE
