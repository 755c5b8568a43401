"""Noticing that a source which accepted a subscription delivers nothing for a whole market."""

from collections.abc import Mapping, Sequence

from monitor.core.session import Calendar, Phase


class Silence:
    """How long one market has been open without a record of any of its symbols.

    symbols: the source's own. lasts: it has been silent for too long; stays so over nights and lunches, until a record
    breaks it.
    """

    def __init__(self, calendar: Calendar, limit_s: float) -> None:
        self.market = calendar.name
        self.symbols: list[str] = []
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


class Silences:
    """The silences of all markets that a source quotes.

    calendars: symbol → calendar of its exchange; one without a calendar is never missed. limit_s: seconds of an open
    market without any record that are too long.
    """

    def __init__(self, calendars: Mapping[str, Calendar | None], limit_s: float) -> None:
        self._by_market: dict[str, Silence] = {}
        self._by_symbol: dict[str, Silence] = {}
        for symbol, calendar in calendars.items():
            if calendar is not None:
                silence = self._by_market.setdefault(calendar.name, Silence(calendar, limit_s))
                silence.symbols.append(symbol)
                self._by_symbol[symbol] = silence

    def broken(self, symbol: str) -> None:
        """A record of this symbol came."""
        if symbol in self._by_symbol:
            self._by_symbol[symbol].broken()

    def passed(self, seconds: float, now_ns: int) -> list[str]:
        """So many seconds went by up to now: the symbols that should have been heard of, in their order."""
        for silence in self._by_market.values():
            silence.passed(seconds, now_ns)
        return [symbol for symbol, silence in self._by_symbol.items() if silence.lasts and silence.trades(now_ns)]

    def market(self, symbol: str) -> str | None:
        """The market of this symbol when it is silent, else None."""
        silence = self._by_symbol.get(symbol)
        return silence.market if silence is not None and silence.lasts else None

    def markets(self) -> Sequence[str]:
        """Those that are silent, sorted."""
        return sorted(market for market, silence in self._by_market.items() if silence.lasts)
