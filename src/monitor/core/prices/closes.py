"""The official closes of one instrument: what was on file and what the log brought since (DOMAIN TIM-4, TIM-5)."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Mapping
from math import isfinite

from monitor.core.event import SIMULATED, OfficialClose
from monitor.core.session import Calendar


class Closes:
    """Raw closes by session, ascending. version: changes with every close that changes anything.

    A close belongs to a session of the calendar and counts as known from that session's close instant; callers say up
    to which session closes are `known` (None: none yet), so that a replay never looks ahead.
    """

    def __init__(
        self, calendar: Calendar, on_file: Mapping[str, float | None], sources: Mapping[str, str] | None = None
    ) -> None:
        """on_file: session → raw close, None for a hole. sources: session → where that close was published; None or a
        session without an entry: nobody said."""
        self._calendar = calendar
        self._sources = sources or {}
        self._prices = {
            session: float(price) for session, price in on_file.items() if price is not None and session in calendar
        }
        self._sessions = sorted(self._prices)
        self._published = set(self._sessions)
        self._received: dict[str, OfficialClose] = {}
        self._simulated: set[str] = set()
        self.version = 0

    @property
    def simulated(self) -> bool:
        """Does a close in force come from the simulator?"""
        return bool(self._simulated)

    def put(self, close: OfficialClose) -> bool:
        """Take a close from the log. A published one replaces what is stored; a derived one only fills a gap or
        replaces another derived one. False when the close changed nothing or cannot be right (no such session, no
        positive price)."""
        session, price = close.session, close.price
        if session not in self._calendar or not isfinite(price) or price <= 0:
            return False
        if close.derived and session in self._published:
            return False
        if not close.derived:
            self._published.add(session)
        if session not in self._prices:
            insort(self._sessions, session)
        changed = self._prices.get(session) != price
        self._prices[session] = float(price)
        self._received[session] = close
        if close.flags & SIMULATED:
            self._simulated.add(session)
        else:
            self._simulated.discard(session)
        self.version += changed
        return changed

    def get(self, session: str, known: str | None) -> float | None:
        """Close of a session; None when there is none or it is not known yet."""
        return None if known is None or session > known else self._prices.get(session)

    def source(self, session: str) -> str:
        """Where the close in force of a session comes from: the feed that brought it through the log, else what the
        reference data says. Empty when nobody said, or when there is no close."""
        if session not in self._prices:
            return ""
        received = self._received.get(session)
        return self._sources.get(session, "") if received is None else received.source

    def latest(self, known: str | None) -> str | None:
        """The latest session with a close, up to `known`; None without one."""
        i = 0 if known is None else bisect_right(self._sessions, known)
        return self._sessions[i - 1] if i else None

    def first(self, known: str | None) -> str | None:
        """The earliest session with a known close; None without one."""
        return self._sessions[0] if self._sessions and known is not None and self._sessions[0] <= known else None

    def before(self, session: str) -> tuple[str, float] | None:
        """The latest session before `session` that has a close, with that close; None without one."""
        i = bisect_left(self._sessions, session)
        return (self._sessions[i - 1], self._prices[self._sessions[i - 1]]) if i else None

    def received(self) -> list[OfficialClose]:
        """The closes in force that came through the log, for a checkpoint."""
        return list(self._received.values())
