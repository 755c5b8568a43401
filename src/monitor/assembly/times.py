"""Times as they stand behind `--since` and `--until`."""

from collections.abc import Callable

from monitor.core.instant import beginning_of, end_of
from monitor.errors import UsageError


def since_ns(text: str, option: str = "--since") -> int:
    """Nanoseconds UTC of an instant; of a date, its beginning in UTC. Raises UsageError."""
    return _time(option, text, beginning_of)


def until_ns(text: str, option: str = "--until") -> int:
    """Nanoseconds UTC of an instant; of a date, its end in UTC. Raises UsageError."""
    return _time(option, text, end_of)


def _time(option: str, text: str, read: Callable[[str], int]) -> int:
    try:
        return read(text)
    except ValueError as error:
        hint = "Write a date (2025-02-21, in UTC) or an instant (2025-02-21T08:10:00Z)"
        raise UsageError(f"{option} {error}. {hint}") from None
