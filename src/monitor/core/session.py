"""Exchange sessions as sorted integers (DOMAIN TIM-1 to TIM-4, 3.3).

A calendar is built once at start from a table of sessions; every question after that is one bisection. Between two
edges of the day nothing changes, so a caller that asks often keeps the `Segment` it got and asks again only when time
has left it.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import TypeAlias

import msgspec

from monitor.core.instant import MINUTE, SECOND, parse_instant

Row: TypeAlias = Sequence[str | int | None]
"""`[session, open, break_start, break_end, close]`: ISO date label, then instants as ISO-8601 UTC or nanoseconds; the
two in the middle are None on a day without a break."""

_FAR_PAST = -(2**62)
FAR_FUTURE = 2**62
"""Later than any instant of a table."""


class Phase(StrEnum):
    """What an exchange does at an instant (DOMAIN TIM-1)."""

    PRE = "PRE"
    REGULAR = "REGULAR"
    BREAK = "BREAK"
    AUCTION = "AUCTION"
    POST = "POST"
    CLOSED = "CLOSED"


_EXTENDED = frozenset({Phase.PRE, Phase.REGULAR, Phase.AUCTION, Phase.POST})


class Segment(msgspec.Struct, frozen=True, gc=False):
    """A stretch of time `[start_ns, end_ns)` in which phase and sessions stay the same.

    phase_session: the session the phase belongs to, None when CLOSED. session: TIM-3, the latest session that has
    opened, None before the first of the table. active_ns: regular nanoseconds of the whole table before `start_ns`.
    """

    start_ns: int
    end_ns: int
    phase: Phase
    phase_session: str | None
    session: str | None
    active_ns: int

    def active_at(self, instant_ns: int) -> int:
        """Regular nanoseconds of the whole table before an instant inside this segment: the session clock."""
        return self.active_ns + (instant_ns - self.start_ns if self.phase is Phase.REGULAR else 0)


class Calendar:
    """Sessions of one exchange. Build it with `from_rows`.

    name: of the table, `XHKG`. tz: IANA zone of the exchange, for people; nothing here is computed in it.
    sessions: ISO date labels, ascending.
    """

    def __init__(self, name: str, tz: str, sessions: list[str]) -> None:
        self.name = name
        self.tz = tz
        self.sessions = sessions
        self._index = {label: i for i, label in enumerate(sessions)}
        self._opens = array("q")
        self._closes = array("q")
        self._close_instants = array("q")
        self._regular_ns = array("q")
        self._edges = array("q", [_FAR_PAST])
        self._phases: list[Phase] = [Phase.CLOSED]
        self._phase_index = array("i", [-1])
        self._session_index = array("i", [-1])
        self._active = array("q", [0])
        self._extended = array("q", [0])

    @classmethod
    def from_rows(
        cls, name: str, tz: str, rows: Iterable[Row], auction_min: float, pre_min: float, post_min: float
    ) -> "Calendar":
        """Calendar of a session table.

        rows: see `Row`, ascending. auction_min: minutes after the close in which the closing price is still found.
        pre_min: minutes before the open that count as PRE. post_min: minutes after the close until POST ends.
        Raises ValueError when rows are not ascending or a session's own times are not.
        """
        days = [
            (str(row[0]), _instant(row[1]), _instant_or_none(row[2]), _instant_or_none(row[3]), _instant(row[4]))
            for row in rows
        ]
        calendar = cls(name, tz, [day[0] for day in days])
        for i, day in enumerate(days):
            following = days[i + 1][1] - round(pre_min * MINUTE) if i + 1 < len(days) else FAR_FUTURE
            calendar._append(i, day, round(auction_min * MINUTE), round(pre_min * MINUTE), round(post_min * MINUTE))
            calendar._finish_day(i, day[4], round(auction_min * MINUTE), round(post_min * MINUTE), following)
        return calendar

    def _append(
        self, i: int, day: tuple[str, int, int | None, int | None, int], auction: int, pre: int, post: int
    ) -> None:
        label, opened, break_start, break_end, closed = day
        morning_end = closed if break_start is None else break_start
        afternoon_start = closed if break_end is None else break_end
        if not opened < morning_end <= afternoon_start <= closed or (i and label <= self.sessions[i - 1]):
            raise ValueError(f"calendar {self.name}: session {label} is out of order")
        if i and opened < self._closes[i - 1]:
            raise ValueError(f"calendar {self.name}: session {label} opens before the one before it has closed")
        self._opens.append(opened)
        self._closes.append(closed)
        self._close_instants.append(closed + auction)
        self._regular_ns.append(morning_end - opened + closed - afternoon_start)
        self._edge(max(opened - pre, self._edges[-1]), Phase.PRE, i, i - 1)
        self._edge(opened, Phase.REGULAR, i, i)
        if afternoon_start > morning_end:
            self._edge(morning_end, Phase.BREAK, i, i)
            self._edge(afternoon_start, Phase.REGULAR, i, i)

    def _finish_day(self, i: int, closed: int, auction: int, post: int, following: int) -> None:
        """Auction and post-market, cut short where the next session's PRE begins."""
        self._edge(closed, Phase.AUCTION, i, i)
        following = max(closed, following)  # a session longer than usual, by override, takes from the next one's PRE
        auction_end = min(closed + auction, following)
        self._edge(auction_end, Phase.POST, i, i)
        self._edge(max(auction_end, min(closed + post, following)), Phase.CLOSED, -1, i)

    def _edge(self, at: int, phase: Phase, phase_index: int, session_index: int) -> None:
        before = self._edges[-1]
        active = self._active[-1] + (at - before if self._phases[-1] is Phase.REGULAR else 0)
        extended = self._extended[-1] + (at - before if self._phases[-1] in _EXTENDED else 0)
        if at == before:  # the stretch before it is empty
            for column in (
                self._edges,
                self._phases,
                self._phase_index,
                self._session_index,
                self._active,
                self._extended,
            ):
                column.pop()
        self._edges.append(at)
        self._phases.append(phase)
        self._phase_index.append(phase_index)
        self._session_index.append(session_index)
        self._active.append(active)
        self._extended.append(extended)

    def segment(self, instant_ns: int) -> Segment:
        """The stretch of unchanged phase that contains the instant."""
        i = bisect_right(self._edges, instant_ns) - 1
        own, session = self._phase_index[i], self._session_index[i]
        return Segment(
            self._edges[i],
            self._edges[i + 1] if i + 1 < len(self._edges) else FAR_FUTURE,
            self._phases[i],
            self.sessions[own] if own >= 0 else None,
            self.sessions[session] if session >= 0 else None,
            self._active[i],
        )

    def phase(self, instant_ns: int) -> Phase:
        """TIM-1."""
        return self._phases[bisect_right(self._edges, instant_ns) - 1]

    def phase_session(self, instant_ns: int) -> str | None:
        """Label of the session the phase belongs to; None when CLOSED."""
        own = self._phase_index[bisect_right(self._edges, instant_ns) - 1]
        return self.sessions[own] if own >= 0 else None

    def current_session(self, instant_ns: int) -> str | None:
        """TIM-3: label of the latest session with open ≤ t; None before the first of the table."""
        i = bisect_right(self._opens, instant_ns)
        return self.sessions[i - 1] if i else None

    def active_ns(self, instant_ns: int) -> int:
        """Regular nanoseconds of the whole table before the instant: differences of it are the session clock."""
        i = bisect_right(self._edges, instant_ns) - 1
        return self._active[i] + (instant_ns - self._edges[i] if self._phases[i] is Phase.REGULAR else 0)

    def extended_ns(self, instant_ns: int) -> int:
        """Nanoseconds before the instant in which anything is traded, before and after regular hours too: the session
        clock of lines whose prices count then."""
        i = bisect_right(self._edges, instant_ns) - 1
        return self._extended[i] + (instant_ns - self._edges[i] if self._phases[i] in _EXTENDED else 0)

    def active_seconds(self, from_ns: int, to_ns: int) -> float:
        """TIM-2: seconds of REGULAR phase in `(from_ns, to_ns]`; 0 when `to_ns` ≤ `from_ns`."""
        return 0.0 if to_ns <= from_ns else (self.active_ns(to_ns) - self.active_ns(from_ns)) / SECOND

    def __contains__(self, session: object) -> bool:
        return session in self._index

    def opens_at(self, session: str) -> int:
        """Instant at which the regular session opens. Raises KeyError for a day without a session."""
        return self._opens[self._index[session]]

    def closes_at(self, session: str) -> int:
        """Instant at which the regular session ends, before any auction. Raises KeyError as `opens_at`."""
        return self._closes[self._index[session]]

    def close_instant(self, session: str) -> int:
        """TIM-4: instant from which the official close counts as known. Raises KeyError as `opens_at`."""
        return self._close_instants[self._index[session]]

    def regular_seconds(self, session: str) -> float:
        """Length of the regular session without its break. Raises KeyError as `opens_at`."""
        return self._regular_ns[self._index[session]] / SECOND

    def on_or_before(self, day: str) -> str | None:
        """Last session with label ≤ `day` (an ISO date); None before the first of the table."""
        i = bisect_right(self.sessions, day)
        return self.sessions[i - 1] if i else None

    def previous(self, session: str, steps: int = 1) -> str | None:
        """The session `steps` sessions before `session`, which need not be one itself: then the count starts at the
        first label after it. None when the table does not reach back so far."""
        i = bisect_left(self.sessions, session) - steps
        return self.sessions[i] if i >= 0 else None

    def distance(self, session: str, later: str) -> int:
        """Sessions from one to the other: 1 for neighbours. Raises KeyError as `opens_at`."""
        return self._index[later] - self._index[session]

    def between(self, day: str, last: str) -> list[str]:
        """The sessions after `day` up to `last`, both ISO dates that need not be sessions; none when `last` ≤ `day`."""
        return self.sessions[bisect_right(self.sessions, day) : bisect_right(self.sessions, last)]

    def next(self, session: str) -> str | None:
        """The first session with a later label; None at the end of the table."""
        i = bisect_right(self.sessions, session)
        return self.sessions[i] if i < len(self.sessions) else None

    def known_close(self, instant_ns: int) -> str | None:
        """The latest session whose close instant has come by then; None before the first."""
        i = bisect_right(self._close_instants, instant_ns)
        return self.sessions[i - 1] if i else None

    def next_change(self, instant_ns: int) -> int:
        """The first instant after `instant_ns` at which the phase changes; far in the future at the table's end."""
        i = bisect_right(self._edges, instant_ns)
        return self._edges[i] if i < len(self._edges) else FAR_FUTURE

    def next_regular(self, instant_ns: int) -> int:
        """The first instant after `instant_ns` at which a stretch of REGULAR begins: an opening, or the end of a break;
        FAR_FUTURE at the table's end."""
        i = bisect_right(self._edges, instant_ns)
        while i < len(self._edges) and self._phases[i] is not Phase.REGULAR:
            i += 1
        return self._edges[i] if i < len(self._edges) else FAR_FUTURE


def _instant(value: str | int | None) -> int:
    if value is None:
        raise ValueError("a session needs an open and a close")
    return value if isinstance(value, int) else parse_instant(value)


def _instant_or_none(value: str | int | None) -> int | None:
    return None if value is None else _instant(value)
