"""Fair values and SYNC once more, from the tables of the board's oracle and the accepted quotes of proxies."""

from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from monitor.core.instant import SECOND
from tests.core.market import CALENDARS, instrument

if TYPE_CHECKING:
    from tests.core.test_board_oracle import Oracle

PATIENCE_S = 1800.0
RATIO = 8.0


class Fair(NamedTuple):
    """A fair value, the close it starts from, and the price of the own market."""

    value: float
    close: float
    price: float


class ProxyOracle:
    """quotes: accepted quotes of proxies in log order: symbol, event_ns, price, and the live rate when it came."""

    def __init__(self, oracle: "Oracle", quotes: pd.DataFrame) -> None:
        self.oracle = oracle
        self.quotes = {symbol: table[table.event_ns <= oracle.t_ns] for symbol, table in quotes.groupby("symbol")}

    def of(self, target: str) -> Fair | None:
        closes = self.oracle.closes[target]
        price = self.oracle.asof[target][1]
        if closes.empty or price is None:
            return None
        session, close = closes.index[-1], float(closes.iloc[-1])
        value = {
            "IXIC": lambda: self._moved("NQ", "IXIC", session, close, -300, 0, converted=False),
            "HSTECH": lambda: self._etf(session, close),
            "9988.HK": self._parity,
        }[target]()
        return None if value is None else Fair(value, close, price)

    def _etf(self, session: str, close: float) -> float | None:
        before = self._moved("KWEB", "HSTECH", session, close, -600, 0, converted=True)
        return self._moved("KWEB", "HSTECH", session, close, 0, 3600, converted=True) if before is None else before

    def _live(self, symbol: str) -> float | None:
        table = self.quotes.get(symbol)
        if table is None or table.empty or self.oracle.t_ns - table.event_ns.iloc[-1] > PATIENCE_S * SECOND:
            return None
        return float(table.price.iloc[-1])

    def _rate(self) -> float | None:
        return self.oracle.live_rate or self.oracle.rate(self.oracle.ref_date)

    def _moved(
        self, symbol: str, target: str, session: str, close: float, low_s: int, high_s: int, *, converted: bool
    ) -> float | None:
        """The close moved by what the proxy did since its price in `[close + low_s, close + high_s]`: the last one
        there when they lie before it, else the first."""
        live, table = self._live(symbol), self.quotes.get(symbol)
        if live is None or table is None:
            return None
        closed = CALENDARS[instrument(target).calendar or ""].close_instant(session)
        near = table[table.event_ns.between(closed + low_s * SECOND, closed + high_s * SECOND)]
        if near.empty:
            return None
        ref = near.iloc[-1 if low_s else 0]
        factor = 1.0
        if converted:
            then = self.oracle.rate(session) if pd.isna(ref.rate) else ref.rate
            now = self._rate()
            if now is None or then is None:
                return None
            factor = now / then
        return close * live * factor / float(ref.price)

    def _parity(self) -> float | None:
        live, rate = self._live("BABA"), self._rate()
        return None if live is None or rate is None else live * rate / RATIO

    def _worth(self, symbol: str) -> float | None:
        """The price where it trades now, else its fair value."""
        calendar = CALENDARS[instrument(symbol).calendar or ""]
        _, price, event_ns = self.oracle.asof[symbol]
        quoted = symbol in self.oracle.ticks.index and self.oracle.ticks.event_ns[symbol] == event_ns
        if quoted and calendar.phase(self.oracle.t_ns) == "REGULAR" and self.oracle.fresh(symbol):
            return price
        fair = self.of(symbol)
        return None if fair is None else fair.value

    def spread(self, window: str) -> float | None:
        """SYNC of HSTECH against IXIC."""
        returns = []
        for symbol in ("HSTECH", "IXIC"):
            worth, base = self._worth(symbol), self.oracle.baseline(symbol, window)
            if worth is None or base is None:
                return None
            returns.append(worth / base[1] - 1)
        return 100 * (returns[0] - returns[1])
