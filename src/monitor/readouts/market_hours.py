"""What an exchange does now and when that changes, as people say it: `closed, opens in 14 h 5 m`, `holiday, opens Mon
09:30`. Pure."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from monitor.core.instant import SECOND
from monitor.core.session import FAR_FUTURE, Calendar, Phase
from monitor.core.snapshot import Snapshot
from monitor.readouts import words

_BY_THE_CLOCK_S = 172_800.0
"""Seconds from which on the weekday and time of a change tell more than how long it is until then."""
_BY_THE_DATE_S = 518_400.0
"""Seconds from which on a weekday alone could be this week's or the next."""
_SATURDAY = 5


def phase_of(snapshot: Snapshot, calendar: str) -> str | None:
    """The phase (DOMAIN TIM-1) of the instruments of an exchange; None where the board has none of them."""
    return next((view.phase for view in snapshot.instruments.values() if view.calendar == calendar), None)


def sentence(calendar: Calendar, now_ns: int) -> str:
    """The phase and what comes next: `trading, closes in 2 h 0 m`, `lunch, opens in 20 min`, `closed, opens Mon 09:30`
    (the exchange's time, when that is days away). Without the second half where the calendar ends. now_ns: UTC."""
    here = calendar.segment(now_ns)
    trading = here.phase is Phase.REGULAR
    change_ns = here.end_ns if trading else calendar.next_regular(now_ns)
    if change_ns >= FAR_FUTURE:
        return words.phase(here.phase)
    lunch = trading and calendar.phase(change_ns) is Phase.BREAK
    what = "lunch" if lunch else "closes" if trading else "opens"
    now = "holiday" if here.phase is Phase.CLOSED and _holiday(calendar, now_ns) else words.phase(here.phase)
    return f"{now}, {what} {_when(calendar, change_ns, now_ns)}"


def _holiday(calendar: Calendar, now_ns: int) -> bool:
    """Whether this is a weekday of the exchange without a session."""
    today = _local(calendar, now_ns)
    return today.weekday() < _SATURDAY and today.date().isoformat() not in calendar


def _when(calendar: Calendar, change_ns: int, now_ns: int) -> str:
    wait_s = (change_ns - now_ns) / SECOND
    if wait_s < _BY_THE_CLOCK_S:
        return f"in {words.age(wait_s)}"
    then = _local(calendar, change_ns)
    return f"{then:%a %H:%M}" if wait_s < _BY_THE_DATE_S else f"{then:%a} {then.day} {then:%b %H:%M}"


def _local(calendar: Calendar, instant_ns: int) -> datetime:
    return datetime.fromtimestamp(instant_ns / SECOND, UTC).astimezone(ZoneInfo(calendar.tz))
