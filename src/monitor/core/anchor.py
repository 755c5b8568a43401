"""Where a window starts and what was paid there (DOMAIN ANC-1, ANC-2)."""

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache

import msgspec

from monitor.core.session import Calendar
from monitor.core.status import Status

MAX_LAG = 5
"""Sessions that the baseline look-up may walk back from its anchor."""

_SESSIONS_BACK = re.compile(r"([1-9]\d*)S")
_LOOK_BACK_MONTHS = {"1M": 1, "3M": 3, "6M": 6, "1Y": 12, "3Y": 36}


class Baseline(msgspec.Struct, frozen=True, gc=False):
    """Outcome of ANC-2. session: where a close was found, None with NO_BASELINE. raw: that close as published.
    adjusted: `raw` on the share basis of the as-of session (CA-1)."""

    session: str | None
    raw: float | None
    adjusted: float | None
    status: Status


NO_BASELINE = Baseline(None, None, None, Status.NO_BASELINE)


def sessions_back(window: str) -> int | None:
    """How many sessions before the as-of session a window is anchored: 1 for `1D`, n for `nS`; None for the rest."""
    if window == "1D":
        return 1
    match = _SESSIONS_BACK.fullmatch(window)
    return int(match[1]) if match else None


@lru_cache(maxsize=1024)
def target_date(window: str, ref_date: str) -> str | None:
    """ANC-1: the calendar date a window is anchored on, seen from `ref_date`; None for `1D` and `nS`, which count
    sessions. Raises ValueError for a name that is no window."""
    if sessions_back(window) is not None:
        return None
    day = date.fromisoformat(ref_date)
    if window == "WTD":
        return (day - timedelta(days=day.isoweekday())).isoformat()
    if window == "1W":
        return (day - timedelta(days=7)).isoformat()
    if window == "MTD":
        return (day.replace(day=1) - timedelta(days=1)).isoformat()
    if window == "QTD":
        return (date(day.year, 3 * ((day.month - 1) // 3) + 1, 1) - timedelta(days=1)).isoformat()
    if window == "YTD":
        return date(day.year - 1, 12, 31).isoformat()
    if window in _LOOK_BACK_MONTHS:
        return _months_before(day, _LOOK_BACK_MONTHS[window]).isoformat()
    if window.startswith("SINCE:"):
        return date.fromisoformat(window.removeprefix("SINCE:")).isoformat()
    raise ValueError(
        f"{window!r} is no window; allowed: 1D, nS, WTD, MTD, QTD, YTD, 1W, 1M, 3M, 6M, 1Y, 3Y, SINCE:YYYY-MM-DD"
    )


def has_begun(window: str, ref_date: str) -> bool:
    """Is the date that a window starts on not after `ref_date`? Only `SINCE:` may name one that is: before that date it
    has no baseline, where ANC-1 alone would give a return of 0 that nobody earned. Raises ValueError as `target_date`.
    """
    target = target_date(window, ref_date)
    return target is None or target <= ref_date


def anchor_session(calendar: Calendar, window: str, ref_date: str, asof_session: str) -> str | None:
    """ANC-1: the session whose close a window starts from; None when the calendar does not reach back that far.

    ref_date: the board's reference date (the latest as-of session on it), which decides what week, month or year it
    is. asof_session: of this instrument, on its own calendar.
    """
    steps = sessions_back(window)
    if steps is not None:
        return calendar.previous(asof_session, steps)
    target = target_date(window, ref_date)
    return None if target is None else calendar.on_or_before(min(target, asof_session))


def baseline(
    calendar: Calendar, close: Callable[[str], float | None], anchor: str | None, max_lag: int = MAX_LAG
) -> tuple[str | None, float | None, Status]:
    """ANC-2: session and raw close found at the anchor or at most `max_lag` sessions before it.

    close: official close of a session, None where there is none or it is not known yet.
    Returns (None, None, NO_BASELINE) when nothing is found.
    """
    session = anchor
    for lag in range(max_lag + 1):
        if session is None:
            break
        found = close(session)
        if found is not None:
            return session, found, Status.OK if lag == 0 else Status.OK_FALLBACK
        session = calendar.previous(session)
    return None, None, Status.NO_BASELINE


def _months_before(day: date, months: int) -> date:
    """The same day of an earlier month, clipped to that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
