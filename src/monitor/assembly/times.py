"""Times as they stand behind `--since` and `--until`."""

from datetime import date

from monitor.core.instant import DAY_MS, MILLISECOND, parse_instant
from monitor.errors import UsageError


def since_ns(text: str, option: str = "--since") -> int:
    """Nanoseconds UTC of an instant; of a date, its beginning in UTC. Raises UsageError."""
    return _time(option, text, 0)


def until_ns(text: str, option: str = "--until") -> int:
    """Nanoseconds UTC of an instant; of a date, its end in UTC. Raises UsageError."""
    return _time(option, text, DAY_MS * MILLISECOND)


def _time(option: str, text: str, days_ns: int) -> int:
    try:
        if len(text) == len("2025-02-21"):
            return parse_instant(f"{date.fromisoformat(text)}T00:00:00Z") + days_ns
        return parse_instant(text)
    except ValueError as error:
        hint = "Write a date (2025-02-21, in UTC) or an instant (2025-02-21T08:10:00Z)"
        raise UsageError(f"{option} {text!r}: {error}. {hint}") from None
