"""Instants and dates at the edges: integer nanoseconds UTC inside, ISO-8601 with `Z` outside (DOMAIN 0.2)."""

from datetime import UTC, date, datetime, timedelta

SECOND = 1_000_000_000
"""One second in nanoseconds."""
MINUTE = 60 * SECOND
MILLISECOND = 1_000_000
DAY_MS = 86_400_000
"""One day in milliseconds, the unit of Redis and of history."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  (an offset that would only be cut off the text again)
_ONE_SECOND = timedelta(seconds=1)


def parse_instant(text: str) -> int:
    """Nanoseconds since 1970-01-01 UTC of an ISO-8601 instant with `Z` or an offset and up to nine decimals.

    Raises ValueError when the text is no instant or names no offset: a local time is never guessed to be UTC.
    """
    head, dot, rest = text.partition(".")
    nanoseconds = 0
    if dot:
        digits = len(rest) - len(rest.lstrip("0123456789"))
        if not 1 <= digits <= 9:
            raise ValueError(f"{text!r} is not an ISO-8601 instant: between one and nine decimals are allowed")
        nanoseconds = int(rest[:digits].ljust(9, "0"))
        head += rest[digits:]
    try:
        moment = datetime.fromisoformat(head)
    except ValueError:
        raise ValueError(f"{text!r} is not an ISO-8601 instant") from None
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} names no offset; write UTC instants with a trailing Z")
    return (moment - _EPOCH) // _ONE_SECOND * SECOND + nanoseconds


def beginning_of(text: str) -> int:
    """Nanoseconds UTC of an instant as `parse_instant` takes it; of an ISO date, its beginning in UTC. Raises
    ValueError."""
    return _of_day(text, 0)


def end_of(text: str) -> int:
    """Nanoseconds UTC of an instant as `parse_instant` takes it; of an ISO date, its end in UTC. Raises ValueError."""
    return _of_day(text, DAY_MS * MILLISECOND)


def _of_day(text: str, from_midnight_ns: int) -> int:
    if len(text) == len("2025-02-21"):
        try:
            midnight = parse_instant(f"{date.fromisoformat(text)}T00:00:00Z")
        except ValueError:
            raise ValueError(f"{text!r} is not a date of the calendar") from None
        return midnight + from_midnight_ns
    return parse_instant(text)


def format_instant(instant_ns: int) -> str:
    """`2025-03-07T01:30:00.000Z`: always UTC, always milliseconds, rounded down."""
    moment = _NAIVE_EPOCH + timedelta(milliseconds=instant_ns // MILLISECOND)
    return f"{moment.isoformat(timespec='milliseconds')}Z"


def to_milliseconds(instant_ns: int) -> int:
    """Whole milliseconds since 1970-01-01 UTC, rounded down."""
    return instant_ns // MILLISECOND


def days_before(day: str, days: int) -> str:
    """The ISO date `days` calendar days before the ISO date `day`."""
    return (date.fromisoformat(day) - timedelta(days=days)).isoformat()


def utc_date(instant_ns: int) -> str:
    """ISO date of an instant, in UTC."""
    return (_EPOCH + timedelta(seconds=instant_ns // SECOND)).date().isoformat()
