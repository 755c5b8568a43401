"""When brokers change what they call the previous close."""

from monitor.core.session import Calendar, Phase

_SETTLED = (Phase.REGULAR, Phase.BREAK, Phase.AUCTION, Phase.POST)


def session_of_previous_close(calendar: Calendar, told_ns: int) -> str | None:
    """The session that a previous close told at this instant goes with: it is the close of the one before. None while
    nobody can tell: brokers change it over some time before the opening (Longbridge at about 09:20 in New York and
    08:50 in Hong Kong, FEEDS 8.3), so from the end of a day to the next opening it may be either.
    """
    return calendar.phase_session(told_ns) if calendar.phase(told_ns) in _SETTLED else None
