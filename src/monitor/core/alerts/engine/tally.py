"""How often an instance was announced, by day: sessions of the rule's calendar, UTC dates for a rule without one."""

from datetime import date, timedelta

from monitor.core.alerts.engine.state import Instance
from monitor.core.alerts.rules.rule import Entry
from monitor.core.instant import MILLISECOND, utc_date

_SESSIONS = 30


def counted(tally: dict[str, int], entry: Entry, t: int) -> dict[str, int]:
    """The tally with one more announcement at `t`; days that no count looks back to are forgotten."""
    day, since = _range(entry, t)
    kept = {label: count for label, count in tally.items() if label >= since}
    kept[day] = kept.get(day, 0) + 1
    return kept


def counts(i: Instance, entry: Entry, t: int) -> tuple[int, int]:
    """Announcements today and in the last 30 sessions (days, without a calendar), today included."""
    day, since = _range(entry, t)
    return i.tally.get(day, 0), sum(count for label, count in i.tally.items() if label >= since)


def _range(entry: Entry, t: int) -> tuple[str, str]:
    """Label of the day at `t`, and of the first day that still counts."""
    today = utc_date(t * MILLISECOND)
    if entry.gate is None:
        return today, (date.fromisoformat(today) - timedelta(days=_SESSIONS - 1)).isoformat()
    calendar = entry.gate.calendar
    day = calendar.phase_session(t * MILLISECOND) or calendar.current_session(t * MILLISECOND) or today
    return day, calendar.previous(day, _SESSIONS - 1) or ""
