"""Session tables at start-up: exchange_calendars plus the override file, turned into integer arrays (DOMAIN 3.3).

The library is heavy (pandas), slow (264 µs a question) and wrong on a few days, so it is asked once, where the caller
wants it, and not needed again.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias

from monitor.core.instant import MINUTE, parse_instant
from monitor.core.session import Calendar
from monitor.errors import DataError
from monitor.history.library_sessions import Day, Sessions, library_sessions

Tables: TypeAlias = Callable[[Sequence[str], date, date], Mapping[str, Sessions]]
"""Where the sessions as published come from: `library_sessions`, or a `SessionCache` in front of it."""


@dataclass(frozen=True, slots=True)
class Venue:
    """What the library does not know of an exchange (DOMAIN TIM-1), in minutes.

    auction: after the close, until the closing price is found. pre: before the open. post: from the close to the end
    of after-hours trading. rest: at the end of each session that the library shows as a whole day, when nobody trades.
    """

    auction: int
    pre: int
    post: int
    rest: int = 0


VENUES = {
    "XHKG": Venue(10, 30, 0),
    "XNYS": Venue(0, 330, 240),
    "XSHG": Venue(0, 15, 0),
    # Globex index futures: 17:00 to 16:00 the next day, Chicago, from Sunday to Friday (CME contract specifications).
    # The library has no daily rest. It stops at 12:00 on US holidays, where the exchange stops at 12:00 or 12:15, and
    # knows no session on days of mourning, when futures did trade in the morning: prices then are OUT_OF_SESSION.
    "CMES": Venue(0, 0, 0, rest=60),
}
"""Calendars that an instrument may name. XNYS serves Nasdaq listings too: same sessions, same hours."""

_DAY_NS = 24 * 60 * MINUTE

_TIME_OF_DAY = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def load_calendars(
    names: Iterable[str],
    overrides_path: Path | None,
    *,
    start: date,
    end: date,
    tables: Tables = library_sessions,
) -> dict[str, Calendar]:
    """Calendar by name, each with the sessions from `start` to `end`, both included.

    overrides_path: TOML as in config/calendars/overrides.toml; None: the library as it is. A calendar that the library
    does not know up to `end` stops earlier (Shanghai is published a year at a time): see its last session.
    tables: who asks the library; the default does it in this process.
    Raises DataError for a name that is not in VENUES and for an override that is not what it should be.
    """
    overrides = _read_overrides(overrides_path) if overrides_path is not None else {}
    wanted = list(dict.fromkeys(names))
    for name in wanted:
        if name not in VENUES:
            raise DataError("calendars", f"unknown calendar {name!r}", f"Known: {', '.join(VENUES)}.")
    calendars: dict[str, Calendar] = {}
    for name, published in tables(wanted, start, end).items():
        venue = VENUES[name]
        days = {day[0]: _rested(day, venue) for day in published.days}
        days.update(_replaced(overrides.get(name, {}), start, end))
        for session in overrides.get(name, {}).get("remove", {}):
            days.pop(session, None)
        rows = [days[session] for session in sorted(days)]
        calendars[name] = Calendar.from_rows(name, published.zone, rows, venue.auction, venue.pre, venue.post)
    return calendars


def _rested(day: Day, venue: Venue) -> Day:
    session, opened, break_start, break_end, closed = day
    whole = closed - opened == _DAY_NS
    return (session, opened, break_start, break_end, closed - venue.rest * MINUTE) if whole else day


def _replaced(override: dict[str, Any], start: date, end: date) -> dict[str, Day]:
    days: dict[str, Day] = {}
    for session, times in override.get("replace", {}).items():
        if start.isoformat() <= session <= end.isoformat():
            opened, break_start, break_end, closed = (
                parse_instant(f"{session}T{times[key]}:00Z") if key in times else None
                for key in ("open", "break_start", "break_end", "close")
            )
            assert opened is not None and closed is not None  # noqa: PT018  # _check_replacement
            days[session] = (session, opened, break_start, break_end, closed)
    return days


def _read_overrides(path: Path) -> dict[str, Any]:
    try:
        overrides = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DataError(str(path), f"cannot be read: {error}") from error
    for name, kinds in overrides.items():
        if name not in VENUES:
            raise DataError(f"{path}: {name}", "unknown calendar", f"Known: {', '.join(VENUES)}.")
        if not isinstance(kinds, dict) or not set(kinds) <= {"remove", "replace"}:
            raise DataError(f"{path}: {name}", f"found {sorted(kinds)}", "Allowed are the tables remove and replace.")
        for kind, days in kinds.items():
            for session, value in days.items():
                _check_day(f"{path}: {name}.{kind}.{session}", session, kind, value)
    return overrides


def _check_day(where: str, session: str, kind: str, value: Any) -> None:
    try:
        date.fromisoformat(session)
    except ValueError as error:
        raise DataError(where, "no ISO date", "Sessions are YYYY-MM-DD in the exchange's own zone.") from error
    if kind == "remove":
        if not isinstance(value, str) or not value.strip():
            raise DataError(where, "no source", "Say in words which notice closed the exchange.")
        return
    if not isinstance(value, dict) or not {"open", "close", "why"} <= set(value):
        raise DataError(where, "incomplete", "A replacement has open, close and why, and may have a break.")
    if unknown := set(value) - {"open", "close", "why", "break_start", "break_end"}:
        raise DataError(where, f"unknown key {min(unknown)}", "Allowed: open, break_start, break_end, close, why.")
    times = [value[key] for key in ("open", "break_start", "break_end", "close") if key in value]
    if ("break_start" in value) != ("break_end" in value):
        raise DataError(where, "half a break", "Give break_start and break_end, or neither.")
    if not all(isinstance(time, str) and _TIME_OF_DAY.fullmatch(time) for time in times) or times != sorted(times):
        raise DataError(where, f"found times {times}", "Times are HH:MM UTC, ascending.")
