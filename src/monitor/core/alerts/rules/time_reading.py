"""Reads the parts of a rule that are about time: session, mute windows, expiry."""

import datetime as dt
import re
from collections.abc import Mapping
from zoneinfo import ZoneInfo

from monitor.core.alerts.rules.mute import DAYS, ClockMute, Mute, PhaseMute
from monitor.core.alerts.rules.refusal import RefusedError, unknown
from monitor.core.alerts.rules.rule import Session
from monitor.core.alerts.rules.schema import MuteTable, SessionTable
from monitor.core.instant import parse_instant, to_milliseconds
from monitor.core.session import Calendar, Phase

_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_GATE_PHASES = tuple(phase.value for phase in Phase if phase is not Phase.CLOSED)
_ALL_PHASES = tuple(phase.value for phase in Phase)


def read_session(table: SessionTable, calendars: Mapping[str, Calendar]) -> Session:
    """The session of a rule. Raises RefusedError for an unknown calendar or phase; no rule looks while CLOSED."""
    _check_calendar("session", table.calendar, calendars)
    phases = _phases("session", table.phases, _GATE_PHASES)
    return Session(table.calendar, phases, table.skip_after_open, table.on_close)


def read_mute(table: MuteTable, calendars: Mapping[str, Calendar]) -> Mute:
    """One mute window. Raises RefusedError for a mixture of the two forms, an empty window, unknown names."""
    given = table.model_fields_set
    if given == {"calendar", "phases"}:
        assert table.calendar is not None
        _check_calendar("mute", table.calendar, calendars)
        return PhaseMute(table.calendar, _phases("mute", table.phases or [], _ALL_PHASES))
    if not {"from_", "to", "tz"} <= given <= {"from_", "to", "tz", "days"}:
        raise RefusedError("mute", "a window has from, to, tz and maybe days, or calendar and phases")
    start, end = _minutes(table.from_ or "", False), _minutes(table.to or "", True)
    if start == end:
        raise RefusedError("mute", f"the window from {table.from_} to {table.to} is empty")
    if table.days is not None and not table.days:
        raise RefusedError("mute", "a window without days is empty")
    try:
        ZoneInfo(table.tz or "")
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        raise RefusedError("mute", f"unknown time zone {table.tz!r}") from None
    days = DAYS if table.days is None else table.days
    return ClockMute(start, end, table.tz or "", tuple(sorted({DAYS.index(day) for day in days})))


def read_valid_until(
    value: dt.datetime | dt.date | dt.time | str | None, session: Session | None, calendars: Mapping[str, Calendar]
) -> int | None:
    """The instant from which a rule is over, milliseconds UTC: a date-time itself, the end of a date in exchange time
    (UTC without a session). Raises RefusedError for a local date-time, a time of day, other text."""
    if value is None:
        return None
    allowed = "allowed: a date, or a date-time with an offset"
    try:
        if isinstance(value, str):
            value = dt.date.fromisoformat(value) if len(value) == 10 else dt.datetime.fromisoformat(value)
        if isinstance(value, dt.datetime):
            return to_milliseconds(parse_instant(value.isoformat()))
        if isinstance(value, dt.date):
            zone = ZoneInfo("UTC" if session is None else calendars[session.calendar].tz)
            end = dt.datetime.combine(value + dt.timedelta(days=1), dt.time.min, zone)
            return to_milliseconds(parse_instant(end.isoformat()))
    except (ValueError, OverflowError):
        raise RefusedError("valid_until", f"{value} is refused; {allowed}") from None
    raise RefusedError("valid_until", f"{value} is a time of day; {allowed}")


def _check_calendar(key: str, name: str, calendars: Mapping[str, Calendar]) -> None:
    if name not in calendars:
        raise RefusedError(key, unknown("calendar", name, calendars))


def _phases(key: str, phases: list[str], allowed: tuple[str, ...]) -> tuple[str, ...]:
    strange = next((phase for phase in phases or ["(none)"] if phase not in allowed), None)
    if strange is not None:
        raise RefusedError(key, f"unknown phase {strange!r}; allowed: {', '.join(allowed)}")
    return tuple(phase for phase in allowed if phase in phases)


def _minutes(clock: str, end: bool) -> int:
    if end and clock == "24:00":
        return 24 * 60
    found = _CLOCK.fullmatch(clock)
    if found is None:
        raise RefusedError("mute", f"{clock!r} is no time of day such as 12:30")
    return int(found[1]) * 60 + int(found[2])
