"""Highest since, lowest since, 52 weeks, trough and peak (DOMAIN REG-2, REG-3, ANC-3).

Two monotonic stacks hold the only closes that can ever be an answer: those that no later close has reached. They are
built once per close; every question about a live price is then a bisection.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable

import msgspec

from monitor.core.anchor import target_date
from monitor.core.instant import days_before


class Extremes(msgspec.Struct, frozen=True, gc=False):
    """A price against the closes before its session.

    highest_since: latest session that closed as high (equal counts); sessions_since_high: how many closes back it is,
    1 for the previous one; both None for a record since history_start. lowest_since, sessions_since_low: likewise.
    history_start: session of the first close, None without any. high_52w, low_52w: over the closes of the last twelve
    months and the price; from_52w_…: the price against them, decimal fractions. trough, peak: lowest and highest since
    `since` with the price itself, the latest session of equal ones; since_low ≥ 0 and drawdown ≤ 0: the price against
    them.
    """

    highest_since: str | None
    lowest_since: str | None
    sessions_since_high: int | None
    sessions_since_low: int | None
    history_start: str | None
    high_52w: float
    low_52w: float
    from_52w_high: float
    from_52w_low: float
    trough: float
    trough_session: str
    peak: float
    peak_session: str
    since_low: float
    drawdown: float


class ExtremesHistory:
    """closes: sessions with their closes, ascending, on one share basis, all before the session that is asked about.

    >>> history = ExtremesHistory([("2025-01-13", 79.0), ("2025-01-14", 95.0), ("2025-01-15", 90.0)])
    >>> now = history.at("2025-01-16", 94.8)
    >>> now.highest_since, now.sessions_since_high, now.lowest_since, now.trough_session
    ('2025-01-14', 2, '2025-01-15', '2025-01-13')
    """

    def __init__(self, closes: Iterable[tuple[str, float]] = ()) -> None:
        self._start: str | None = None
        self._count = 0
        self._highs = _Ridge()
        self._lows = _Ridge()
        for session, close in closes:
            self.add(session, close)

    def add(self, session: str, close: float) -> None:
        """Take the next close."""
        if self._start is None:
            self._start = session
        self._highs.add(self._count, session, close)
        self._lows.add(self._count, session, -close)
        self._count += 1

    def at(self, session: str, price: float, since: str | None = None) -> Extremes:
        """A price of `session`, which comes after every close here.

        since: ISO date of the first session that trough and peak look at; None: all of history."""
        high, low = self._highs.latest_reaching(price), self._lows.latest_reaching(-price)
        after_year_ago = days_before(target_date("1Y", session) or session, -1)
        high_52w = self._highs.summit(after_year_ago, session, price)[1]
        low_52w = -self._lows.summit(after_year_ago, session, -price)[1]
        peak_session, peak = self._highs.summit(since or "", session, price)
        trough_session, depth = self._lows.summit(since or "", session, -price)
        trough = -depth
        return Extremes(
            highest_since=high and high[0],
            lowest_since=low and low[0],
            sessions_since_high=high and self._count - high[1],
            sessions_since_low=low and self._count - low[1],
            history_start=self._start,
            high_52w=high_52w,
            low_52w=low_52w,
            from_52w_high=(price - high_52w) / high_52w,
            from_52w_low=(price - low_52w) / low_52w,
            trough=trough,
            trough_session=trough_session,
            peak=peak,
            peak_session=peak_session,
            since_low=(price - trough) / trough,
            drawdown=(price - peak) / peak,
        )


class _Ridge:
    """What is seen looking back from the end: heights that no later one has reached, the oldest and highest first."""

    def __init__(self) -> None:
        self._depths: list[float] = []  # negative heights: ascending, as bisect wants them
        self._sessions: list[str] = []
        self._positions: list[int] = []

    def add(self, position: int, session: str, height: float) -> None:
        while self._depths and self._depths[-1] >= -height:
            for column in (self._depths, self._sessions, self._positions):
                column.pop()
        self._depths.append(-height)
        self._sessions.append(session)
        self._positions.append(position)

    def latest_reaching(self, height: float) -> tuple[str, int] | None:
        """Session and position of the latest height ≥ `height`; None where there is none."""
        i = bisect_right(self._depths, -height) - 1
        return (self._sessions[i], self._positions[i]) if i >= 0 else None

    def summit(self, since: str, session: str, height: float) -> tuple[str, float]:
        """Session and height of the highest one from `since` on, the given last one included; of equals the latest."""
        i = bisect_left(self._sessions, since)
        if i < len(self._depths) and -self._depths[i] > height:
            return self._sessions[i], -self._depths[i]
        return session, height
