"""One instant, as every exchange of a board sees it."""

from collections.abc import Iterable

import msgspec

from monitor.core.session import Calendar, Phase


class Market(msgspec.Struct, frozen=True, gc=False):
    """One exchange at one instant. known: latest session whose close instant has come. active_ns: session clock."""

    phase: Phase
    known: str | None
    active_ns: int


class Moment:
    """An instant (nanoseconds UTC) and the state of every market then, by name of its calendar.

    known: their known sessions, in calendar order: while it stays the same no further stored close becomes known.
    """

    def __init__(self, t_ns: int, calendars: Iterable[Calendar]) -> None:
        self.t_ns = t_ns
        self.markets = {
            calendar.name: Market(calendar.phase(t_ns), calendar.known_close(t_ns), calendar.active_ns(t_ns))
            for calendar in calendars
        }
        self.known = tuple(market.known for market in self.markets.values())
