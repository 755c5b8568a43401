"""The session gate of a rule: when it looks (ALERTING section 7). Everything is decided by the calendar's table."""

from typing import NamedTuple

from monitor.core.instant import MILLISECOND
from monitor.core.session import Calendar


class Opening(NamedTuple):
    """One stretch [start, end) of milliseconds UTC in which a gate is open, and the session it belongs to."""

    start: int
    end: int
    session: str


class Gate:
    """Open in the chosen phases of a calendar, except in the first `skip_ms` after each day's opening.

    It only remembers what it has worked out of the calendar, so answers never depend on what was asked before.
    """

    def __init__(self, calendar: Calendar, phases: tuple[str, ...], skip_ms: int) -> None:
        self.calendar = calendar
        self._phases = frozenset(phases)
        self._skip_ms = skip_ms
        self._openings: dict[str, tuple[Opening, ...]] = {}
        self._last = Opening(0, 0, "")

    def at(self, t: int) -> Opening | None:
        """The opening that contains `t`; None when the gate is shut."""
        if self._last.start <= t < self._last.end:
            return self._last
        session = self.calendar.phase_session(t * MILLISECOND)
        if session is None:
            return None
        for opening in self.openings(session):
            if opening.start <= t < opening.end:
                self._last = opening
                return opening
        return None

    def over(self, session: str, t: int) -> bool:
        """Whether the last opening of `session` has ended by `t`; a session the table does not know is over."""
        if session not in self.calendar:
            return True
        openings = self.openings(session)
        return not openings or t >= openings[-1].end

    def openings(self, session: str) -> tuple[Opening, ...]:
        """All openings of one session, ascending; those that touch are one."""
        known = self._openings.get(session)
        if known is None:
            known = self._openings[session] = tuple(self._find(session))
        return known

    def _find(self, session: str) -> list[Opening]:
        opens = self.calendar.opens_at(session)
        before = self.calendar.segment(opens - 1)
        segment = before if before.phase_session == session else self.calendar.segment(opens)
        skip_end = opens // MILLISECOND + self._skip_ms
        found: list[Opening] = []
        while segment.phase_session == session:
            if segment.phase in self._phases:
                start, end = segment.start_ns // MILLISECOND, segment.end_ns // MILLISECOND
                if segment.start_ns >= opens:
                    start = max(start, skip_end)
                if start < end:
                    if found and found[-1].end == start:
                        start = found.pop().start
                    found.append(Opening(start, end, session))
            segment = self.calendar.segment(segment.end_ns)
        return found
