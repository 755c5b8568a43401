"""The official closes of one instrument as a price series: statistics, regimes and extremes are computed on it."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from monitor.core.prices.closes import Closes
from monitor.core.prices.corporate_action import adjustment
from monitor.core.reference import CorporateAction
from monitor.core.session import Calendar

T = TypeVar("T")

MAX_HOLE = 5
"""Sessions in a row without a close that a series bridges, as many as a baseline may walk back (ANC-2). Beyond a longer
hole history is not continued: a few closes of two years say nothing about sixty sessions."""


def run_of(
    closes: Closes, calendar: Calendar, actions: Sequence[CorporateAction], asof: str, known: str | None
) -> list[tuple[str, float]]:
    """Sessions up to `asof` and their closes on the share basis of `asof` (DOMAIN CA-2), ascending by session.

    The longest run without a hole of more than `MAX_HOLE` sessions that reaches up to `asof`: it ends with the latest
    known close, and is empty when that one is further back than such a hole. Sessions without a close are left out.

    actions: corporate actions of this line, in any order. asof: ISO date of the session whose share basis counts.
    known: latest session whose close instant has come, later closes are not looked at; None: none yet.
    """
    factor = _Factor(actions, asof)
    run = [
        (session, close * factor.of(session))
        for session, close in backwards(calendar, lambda day: closes.get(day, known), asof)
    ]
    run.reverse()
    return run


def backwards(calendar: Calendar, value: Callable[[str], T | None], asof: str) -> Iterator[tuple[str, T]]:
    """Sessions that have a value, with it, from `asof` back to the first hole of more than `MAX_HOLE` sessions.

    value: of a session, None where there is none. A missing value on `asof` itself is no hole: its session may not be
    over yet.
    """
    sessions = calendar.sessions
    missing = 0
    last = bisect_right(sessions, asof) - 1
    for i in range(last, -1, -1):
        found = value(sessions[i])
        if found is not None:
            missing = 0
            yield sessions[i], found
        elif i < last:
            missing += 1
            if missing > MAX_HOLE:
                return


class _Factor:
    """Price factors to one session, each computed once for the stretch between two ex-dates."""

    def __init__(self, actions: Sequence[CorporateAction], asof: str) -> None:
        self._actions = actions
        self._asof = asof
        self._ex_dates = sorted({action.ex_date for action in actions})
        self._factors: dict[int, float] = {}

    def of(self, session: str) -> float:
        stretch = bisect_right(self._ex_dates, session)
        if stretch not in self._factors:
            self._factors[stretch] = adjustment(self._actions, session, self._asof).price_factor
        return self._factors[stretch]
