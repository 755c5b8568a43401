"""What exchange_calendars knows of an exchange, as plain numbers.

The only module that imports the library, and with it pandas: 100 MB and more than a second. So it is imported where
both may be forgotten again: `python -m monitor.history.library_sessions NAME… START END` writes the tables as
MessagePack to standard output and ends. `monitor.history.session_cache` is what asks it.
"""

import sys
from collections.abc import Sequence
from datetime import date, datetime
from importlib import import_module
from typing import Any, TypeAlias

import msgspec

from monitor.core.instant import SECOND

Day: TypeAlias = tuple[str, int, int | None, int | None, int]
"""Session label, then open, break start, break end and close as nanoseconds UTC; None on a day without a break."""


class Sessions(msgspec.Struct, frozen=True, array_like=True):
    """zone: IANA zone of the exchange. days: ascending."""

    zone: str
    days: list[Day]


def library_sessions(names: Sequence[str], start: date, end: date) -> dict[str, Sessions]:
    """Sessions from `start` to `end`, both included, by calendar. One that the library does not know up to `end` stops
    earlier. Raises ModuleNotFoundError for a calendar that the library does not have."""
    return {name: _sessions(name, start, end) for name in names}


def _sessions(name: str, start: date, end: date) -> Sessions:
    module = import_module(f"exchange_calendars.exchange_calendar_{name.lower()}")
    factory = getattr(module, f"{name}ExchangeCalendar")
    first, last = factory.bound_min(), factory.bound_max()
    begin = start if first is None else max(start, first.date())
    finish = end if last is None else min(end, last.date())
    library = factory(begin.isoformat(), finish.isoformat())
    days: list[Day] = []
    for row in library.schedule.itertuples():
        opened, closed = _nanoseconds(row.open), _nanoseconds(row.close)
        if opened is not None and closed is not None:
            session = row.Index.date().isoformat()
            days.append((session, opened, _nanoseconds(row.break_start), _nanoseconds(row.break_end), closed))
    return Sessions(str(library.tz), days)


def _nanoseconds(moment: Any) -> int | None:
    """Of a pandas Timestamp, whatever its unit; None for NaT."""
    stamp: datetime | None = moment.to_pydatetime() if moment == moment else None  # NaT differs from itself
    return None if stamp is None else int(stamp.timestamp()) * SECOND


if __name__ == "__main__":
    *_names, _start, _end = sys.argv[1:]
    _tables = library_sessions(_names, date.fromisoformat(_start), date.fromisoformat(_end))
    sys.stdout.buffer.write(msgspec.msgpack.encode(_tables))
