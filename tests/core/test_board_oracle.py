"""The engine against pandas: the whole board recomputed from tables at random points of a random replay.

The oracle shares no arithmetic with the engine. It takes from it only which ticks were accepted, because the tick
filter has vectors of its own."""

from functools import cache
from random import Random

import pandas as pd
import pytest

from monitor.core.board import Board
from monitor.core.definition import RegimeParams
from monitor.core.event import Event, Fx, Halt, OfficialClose, Quote
from monitor.core.instant import SECOND
from monitor.core.snapshot import Snapshot
from monitor.core.views.instrument import InstrumentView, TrendView
from tests.core.lag_oracle import LagOracle, check_pair
from tests.core.market import AMERICA, CALENDARS, CHINA, definition, instrument, made_a_price, reference, trading
from tests.core.trend_oracle import searched_trend

REFERENCE = reference()
SYMBOLS = [one.symbol for one in definition().instruments if one.calendar]
OFFSETS = {
    "WTD": lambda d: d - pd.Timedelta(days=d.isoweekday()),
    "MTD": lambda d: d - pd.offsets.MonthEnd(1),
    "QTD": lambda d: d.to_period("Q").start_time - pd.Timedelta(days=1),
    "YTD": lambda d: d.to_period("Y").start_time - pd.Timedelta(days=1),
    "1W": lambda d: d - pd.DateOffset(weeks=1),
    "1M": lambda d: d - pd.DateOffset(months=1),
    "3M": lambda d: d - pd.DateOffset(months=3),
    "SINCE:2025-01-13": lambda d: pd.Timestamp("2025-01-13"),
}


class Oracle:
    """Everything known at `t_ns`, as pandas objects."""

    def __init__(self, events: list[Event], accepted: set[int], t_ns: int) -> None:
        self.t_ns = t_ns
        self.sessions = {
            name: pd.Series({s: calendar.close_instant(s) for s in calendar.sessions})
            for name, calendar in CALENDARS.items()
        }
        self.closes = {symbol: self._closes(symbol, events) for symbol in SYMBOLS}
        self.halted = {e.symbol: e.halted for e in events if isinstance(e, Halt)}
        rates = [e.rate for e in events if isinstance(e, Fx)]
        self.live_rate = rates[-1] if rates else None
        ticks = [
            (e.symbol, e.event_ns, e.price) for i, e in enumerate(events) if i in accepted and isinstance(e, Quote)
        ]
        frame = pd.DataFrame(ticks, columns=["symbol", "event_ns", "price"])
        self.ticks = frame[frame.event_ns <= t_ns].groupby("symbol").last()
        self.asof = {symbol: self._asof(symbol) for symbol in SYMBOLS}
        self.ref_date = max(session for session, _, _ in self.asof.values() if session)

    def _closes(self, symbol: str, events: list[Event]) -> pd.Series:
        """Known closes by session: published over derived, later over earlier."""
        instants = self.sessions[instrument(symbol).calendar or ""]
        table = pd.Series(REFERENCE.closes.get(symbol, {}), dtype=float)
        published = set(table.dropna().index)
        for event in events:
            if isinstance(event, OfficialClose) and event.symbol == symbol:
                before_split = symbol == "NVDA" and event.session == "2025-03-07"
                if event.derived and (event.session in published or before_split):
                    continue
                table.loc[event.session] = event.price
                if not event.derived:
                    published.add(event.session)
        return table[instants.reindex(table.index) <= self.t_ns].dropna().sort_index()

    def _asof(self, symbol: str) -> tuple[str | None, float | None, int | None]:
        calendar = CALENDARS[instrument(symbol).calendar or ""]
        closes = self.closes[symbol]
        session, price, event_ns = None, None, None
        if len(closes):
            session, price = closes.index[-1], closes.iloc[-1]
            event_ns = calendar.close_instant(session)
        if symbol in self.ticks.index:
            at = int(self.ticks.event_ns[symbol])  # a whole row would be floats, which lose nanoseconds
            tick_session = max(s for s in calendar.sessions if calendar.opens_at(s) <= at)
            if session is None or tick_session > session:
                return tick_session, float(self.ticks.price[symbol]), at
        return session, price, event_ns

    def baseline(self, symbol: str, window: str, day: str | None = None) -> tuple[str, float] | None:
        """Session and adjusted baseline, of now or of a session that is over."""
        session = self.asof[symbol][0] if day is None else day
        if session is None:
            return None
        sessions = pd.Index(CALENDARS[instrument(symbol).calendar or ""].sessions)
        if window in ("1D", "5S"):
            position = sessions.get_loc(session) - int(window[0])
        else:
            target = self.target(window, self.ref_date if day is None else day)
            position = sessions.searchsorted(min(target, session), side="right") - 1
        candidates = self.closes[symbol].reindex(sessions[max(position - 5, 0) : position + 1]).dropna()
        if candidates.empty:
            return None
        found = candidates.index[-1]
        split = symbol == "NVDA" and found < "2025-03-10" <= session
        return found, candidates.iloc[-1] / (2 if split else 1)

    @staticmethod
    def target(window: str, day: str) -> str:
        """The calendar date a window is anchored on."""
        return str(OFFSETS[window](pd.Timestamp(day)).strftime("%Y-%m-%d"))

    def value(self, symbol: str, window: str, day: str | None = None) -> float | None:
        base = self.baseline(symbol, window, day)
        price = self.asof[symbol][1] if day is None else self.closes[symbol].get(day)
        return None if base is None or price is None else price / base[1] - 1

    @staticmethod
    @cache
    def rate(day: str) -> float | None:
        table = pd.Series(REFERENCE.fixings["USDHKD"])
        days = pd.date_range(end=day, periods=6).strftime("%Y-%m-%d")
        found = table.reindex(days).dropna()
        return None if found.empty else found.iloc[-1]

    def stale(self, symbol: str) -> bool:
        calendar, event_ns = CALENDARS[instrument(symbol).calendar or ""], self.asof[symbol][2]
        assert event_ns is not None
        seconds = 0.0
        for session in calendar.sessions:
            opened, closed = calendar.opens_at(session), calendar.closes_at(session)
            spans = [(opened, closed)]
            if calendar.name == "XHKG" and closed - opened > 4 * 3600 * SECOND:
                lunch = opened + 9000 * SECOND
                spans = [(opened, lunch), (lunch + 3600 * SECOND, closed)]
            seconds += sum(max(0, min(end, self.t_ns) - max(start, event_ns)) for start, end in spans) / SECOND
        return seconds > 600

    def members(self, members: tuple[str, ...], window: str, usd: bool, day: str | None = None) -> pd.Series:
        """Returns of those that have one; of now, or at the closes of a session."""
        values = {}
        for symbol in members:
            base, value = self.baseline(symbol, window, day), self.value(symbol, window, day)
            if value is None or base is None:
                continue
            if usd:
                now = self.rate(day) if day else self.live_rate or self.rate(self.ref_date)
                then = self.rate(base[0])
                if now is None or then is None:
                    continue
                value = (1 + value) * then / now - 1
            values[symbol] = value
        return pd.Series(values, dtype=float)

    def fresh(self, symbol: str) -> bool:
        return not self.halted.get(symbol, False) and not self.stale(symbol)

    def basket(self, members: tuple[str, ...], window: str, usd: bool, day: str | None = None) -> float | None:
        values = self.members(members, window, usd, day)
        fresh = len(values) if day else sum(self.fresh(symbol) for symbol in values.index)
        if len(values) / len(members) < 0.8 or fresh / len(members) < 0.5:
            return None
        return float(values.mean())


def same(got: float | None, expected: float | None, absolute: float = 1e-12) -> bool:
    if got is None or expected is None:
        return got is expected
    return abs(got - expected) <= max(absolute, 1e-9 * abs(expected))


def check_trend(view: InstrumentView, symbol: str, oracle: Oracle) -> None:
    session, price, _ = oracle.asof[symbol]
    if session is None or price is None:
        assert view.trend == TrendView(status="NO_PRICE")
        return
    closes = oracle.closes[symbol]
    adjusted = closes.where(closes.index >= "2025-03-10", closes / 2) if _is_split(symbol, session) else closes
    sessions = [day for day in CALENDARS[view.calendar or ""].sessions if day <= session]
    assert view.trend == searched_trend(adjusted, sessions, session, price, RegimeParams())


def _is_split(symbol: str, session: str) -> bool:
    return symbol == "NVDA" and session >= "2025-03-10"


def check(taken: Snapshot, oracle: Oracle) -> None:
    assert taken.ref_date == oracle.ref_date
    for symbol in SYMBOLS:
        check_trend(taken.instruments[symbol], symbol, oracle)
    values: dict[str, dict[str, float | None]] = {}
    for window in taken.windows:
        for symbol in SYMBOLS:
            values.setdefault(symbol, {})[window] = oracle.value(symbol, window)
            view = taken.instruments[symbol]
            assert view.asof_session == oracle.asof[symbol][0]
            assert view.price == oracle.asof[symbol][1]
            assert same(view.returns[window], values[symbol][window])
        for basket, members, usd in (("china", CHINA, False), ("china-usd", CHINA, True), ("america", AMERICA, False)):
            values.setdefault(basket, {})[window] = expected = oracle.basket(members, window, usd)
            result = taken.baskets[basket][window]
            assert same(result.basket_return, expected)
            if expected is not None:
                assert same(sum(result.contributions_pp.values()), 100 * expected, 1e-10)
        for pair, a, b in (("hstech-ixic", "HSTECH", "IXIC"), ("china-america", "china-usd", "america")):
            legs = values[a][window], values[b][window]
            spread = None if None in legs else 100 * (legs[0] - legs[1])  # type: ignore[operator]
            assert same(taken.pairs[pair][window], spread, 1e-10)
    check_pair(taken.pair_views["hstech-ixic"], LagOracle(oracle, ("HSTECH",), ("IXIC",), usd=False))
    check_pair(taken.pair_views["china-america"], LagOracle(oracle, CHINA, AMERICA, usd=True))


@pytest.mark.parametrize("seed", range(4))
def test_the_engine_agrees_with_pandas(seed: int) -> None:
    """Prices, returns of all windows, baskets in both currencies, spreads under LAST and LAG with their statistics,
    at six random points of five days."""
    random = Random(seed)
    events = trading(seed, count=500)
    points = sorted(random.sample(range(50, len(events)), 6))
    engine = Board(definition(), CALENDARS, REFERENCE, interval_ns=0)
    accepted: set[int] = set()
    for i, event in enumerate(events):
        engine.apply(event)
        engine.snapshot()  # whatever is remembered from one to the next must not show
        if isinstance(event, Quote) and made_a_price(engine, event):
            accepted.add(i)
        if i in points:
            t_ns = engine.log_ns + random.randrange(SECOND)
            check(engine.snapshot(t_ns), Oracle(events[: i + 1], accepted, t_ns))
