"""Noticing that a source which accepted a subscription delivers nothing for a whole market."""

from collections.abc import Mapping, Sequence

from monitor.core.session import Calendar, Phase


class Silence:
    """How long one market has been open without a record of any of its symbols.

    market: name of its calendar. symbols: the source's own, in the order of their importance. lasts: it has been silent
    for too long; stays so over nights and lunches, until a record breaks it.
    """

    def __init__(self, calendar: Calendar, symbols: Sequence[str], limit_s: float) -> None:
        self.market = calendar.name
        self.symbols = tuple(symbols)
        self.lasts = False
        self._calendar = calendar
        self._limit_s = limit_s
        self._open_s = 0.0

    def trades(self, now_ns: int) -> bool:
        """Whether records may be expected at this instant."""
        return self._calendar.phase(now_ns) is Phase.REGULAR

    def broken(self) -> None:
        """A record came."""
        self.lasts = False
        self._open_s = 0.0

    def passed(self, seconds: float, now_ns: int) -> None:
        """So many seconds went by up to now; those of a shut market tell nothing."""
        self._open_s = self._open_s + seconds if self.trades(now_ns) else 0.0
        self.lasts = self.lasts or self._open_s >= self._limit_s


def silences(calendars: Mapping[str, Calendar | None], symbols: Sequence[str], limit_s: float) -> dict[str, Silence]:
    """Symbol → the silence of its market, one for all symbols of a market; symbols without a calendar have none."""
    markets: dict[str, list[str]] = {}
    by_name: dict[str, Calendar] = {}
    for symbol in symbols:
        calendar = calendars[symbol]
        if calendar is not None:
            by_name[calendar.name] = calendar
            markets.setdefault(calendar.name, []).append(symbol)
    return {
        symbol: silence
        for name, lines in markets.items()
        for silence in [Silence(by_name[name], lines, limit_s)]
        for symbol in lines
    }
