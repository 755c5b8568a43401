"""What was recorded of a subject by the minute, as a path reads it."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import msgspec

from monitor.core.bars import MINUTE_MS
from monitor.core.instant import MILLISECOND
from monitor.core.metrics.statuses import OK
from monitor.core.paths.path import Stretch
from monitor.core.session import Calendar

HOLE_S = 300.0
"""So many seconds of trading in which nothing of a market was recorded are a hole: the monitor did not run, or its feed
was silent. An index moves every minute."""


class Series(msgspec.Struct, frozen=True):
    """One metric. times: ends of the minutes in which it moved, epoch ms UTC, ascending. values: its last value in
    each, in the metric's unit. status: what had to be said of any of them (`monitor.core.metrics.statuses`)."""

    times: Sequence[int] = ()
    values: Sequence[float] = ()
    status: str = OK

    def between(self, first_ms: int, last_ms: int) -> list[tuple[int, float]]:
        """Those of `first_ms` < t ≤ `last_ms`."""
        start, end = bisect_right(self.times, first_ms), bisect_right(self.times, last_ms)
        return list(zip(self.times[start:end], self.values[start:end], strict=True))


Recorded = Mapping[str, Mapping[str, Series]]
"""Subject → `measure.window` → series. What was never recorded is not there."""

NOT_RECORDED = Series()


def series_of(recorded: Recorded, subject: str, name: str) -> Series:
    """A metric of a subject; an empty series where nothing is recorded."""
    return recorded.get(subject, {}).get(name, NOT_RECORDED)


Gap = Stretch
"""A stretch without records: nothing is known at times strictly between its ends."""


def pulse(recorded: Recorded, subjects: Iterable[str]) -> list[int]:
    """The times at which anything of some subjects was recorded, ascending."""
    return sorted({t for subject in subjects for series in recorded.get(subject, {}).values() for t in series.times})


class Watch:
    """Where the recording of one exchange has holes. beats: times at which something of it was recorded, ascending;
    now_ms: nothing is known after it."""

    def __init__(self, calendar: Calendar, beats: Sequence[int], now_ms: int) -> None:
        self.calendar = calendar
        self.beats = beats
        self._now_ms = now_ms

    def beats_in(self, session: str) -> Sequence[int]:
        """Those of one session, from its opening to its close instant."""
        open_ms, close_ms = session_ms(self.calendar, session)
        return self.beats[bisect_right(self.beats, open_ms) : bisect_right(self.beats, close_ms)]

    def gaps(self, first_ms: int) -> list[Gap]:
        """Holes since `first_ms`, ascending. A session that is over and of which nothing was recorded is none: its
        official close stands for it. Hours in which the exchange is shut, lunch included, never are."""
        found: list[Gap] = []
        for session in sessions_between(self.calendar, first_ms, self._now_ms):
            beats = self.beats_in(session)
            open_ms, close_ms = session_ms(self.calendar, session)
            if beats or close_ms > self._now_ms:
                edges = [open_ms, *beats, min(close_ms, self._now_ms)]
                found += [
                    (before, after)
                    for before, after in pairwise(edges)
                    if self.calendar.active_seconds(before * MILLISECOND, after * MILLISECOND) > HOLE_S
                ]
        return found

    def unrecorded(self, first_ms: int) -> list[Gap]:
        """The sessions since `first_ms` that are over and of which nothing was recorded, ascending."""
        return [
            (max(open_ms, first_ms), close_ms)
            for session in sessions_between(self.calendar, first_ms, self._now_ms)
            for open_ms, close_ms in [session_ms(self.calendar, session)]
            if close_ms <= self._now_ms and not self.beats_in(session)
        ]

    def edges(self, first_ms: int) -> list[int]:
        """Where a line has to have points so that it is flat while the exchange is shut and broken in holes: openings,
        close instants that have come, both ends of a hole and the beginning of the break."""
        bounds = [
            t
            for session in sessions_between(self.calendar, first_ms, self._now_ms)
            for t in session_ms(self.calendar, session)
        ]
        holes = [t for start, end in self.gaps(first_ms) for t in (start, start + MINUTE_MS, end)]
        return sorted({t for t in (*bounds, *holes) if first_ms <= t <= self._now_ms})


def merged(stretches: Iterable[Stretch]) -> list[Stretch]:
    """What any of some stretches covers, ascending and apart."""
    found: list[Stretch] = []
    for start, end in sorted(stretches):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found


def session_ms(calendar: Calendar, session: str) -> tuple[int, int]:
    """Opening and close instant, epoch ms UTC."""
    return calendar.opens_at(session) // MILLISECOND, calendar.close_instant(session) // MILLISECOND


def sessions_between(calendar: Calendar, first_ms: int, last_ms: int) -> list[str]:
    """The sessions that a stretch of time touches, ascending."""
    known = calendar.known_close(first_ms * MILLISECOND)
    newest = calendar.current_session(last_ms * MILLISECOND)
    start = 0 if known is None else bisect_right(calendar.sessions, known)
    return [] if newest is None else calendar.sessions[start : bisect_right(calendar.sessions, newest)]
