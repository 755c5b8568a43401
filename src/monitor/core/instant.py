"""Instants in two spellings: whole milliseconds since 1970-01-01 UTC inside, ISO-8601 with `Z` at the edges."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def epoch_ms(text: str) -> int:
    """Milliseconds since 1970-01-01 UTC of an ISO-8601 date-time with an offset; what is finer is cut off.

    >>> epoch_ms("2026-11-10T02:00:00.250Z")
    1794276000250

    Raises ValueError when the text is no date-time or says no offset.
    """
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{text!r} is a local time: an offset or Z is needed")
    return (instant - _EPOCH) // _MILLISECOND


def iso_ms(epoch: int) -> str:
    """ISO-8601 UTC with milliseconds and `Z` of an instant in milliseconds.

    >>> iso_ms(1794276000250)
    '2026-11-10T02:00:00.250Z'
    """
    return (_EPOCH + timedelta(milliseconds=epoch)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
