"""The hours of the currency market: one long session a week, without exchanges and without holidays."""

from monitor.core.instant import MINUTE

_HOUR = 60 * MINUTE
_WEEK = 7 * 24 * _HOUR
_OPEN = 119 * _HOUR
_FIRST_OPENING = (3 * 24 + 22) * _HOUR
"""Sunday, 4 January 1970, 22:00 UTC."""


def fx_open(instant_ns: int) -> bool:
    """Are currencies traded at this instant?"""
    return (instant_ns - _FIRST_OPENING) % _WEEK < _OPEN


def fx_clock(instant_ns: int) -> int:
    """Nanoseconds before the instant, since 1970, in which currencies were traded: from Sunday 22:00 to Friday 21:00
    UTC, the hours that are between 17:00 and 17:00 in New York in summer and in winter."""
    weeks, into = divmod(instant_ns - _FIRST_OPENING, _WEEK)
    return weeks * _OPEN + min(into, _OPEN)


def fx_session(instant_ns: int) -> str:
    """Name of the week that an instant belongs to; later ones are greater."""
    return f"{(instant_ns - _FIRST_OPENING) // _WEEK:06d}"
