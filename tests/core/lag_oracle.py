"""LAG and the statistics of a pair once more, with pandas and numpy, from the tables of the board's oracle."""

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from monitor.core.instant import SECOND
from monitor.core.views.pair import PairView
from tests.core.market import CALENDARS, instrument

if TYPE_CHECKING:
    from tests.core.test_board_oracle import Oracle

LOOKBACK, MIN_OBS = 60, 20


class LagOracle:
    """One pair, each leg a tuple of symbols: one for an instrument, more for a basket. usd: leg a in US dollars."""

    def __init__(self, oracle: "Oracle", a: tuple[str, ...], b: tuple[str, ...], usd: bool) -> None:
        self.oracle = oracle
        self.a, self.b, self.usd = a, b, usd
        self.instants_a, self.instants_b = (
            pd.Series({s: CALENDARS[instrument(leg[0]).calendar or ""].close_instant(s) for s in self._sessions(leg)})
            for leg in (a, b)
        )
        self.today = max(session for symbol in a if (session := oracle.asof[symbol][0]))

    @staticmethod
    def _sessions(leg: tuple[str, ...]) -> list[str]:
        return CALENDARS[instrument(leg[0]).calendar or ""].sessions

    def mapped(self, session: str) -> str:
        """The latest session of b known at the close of a's, or now; empty before the first."""
        limit = min(self.instants_a[session], self.oracle.t_ns)
        return max(self.instants_b.index[self.instants_b <= limit], default="")

    def closing(self, leg: tuple[str, ...]) -> pd.Index:
        """Sessions on which every member has a known close: here no basket may miss one."""
        return pd.concat([self.oracle.closes[symbol] for symbol in leg], axis=1).dropna().index

    def anchor(self, window: str) -> str:
        sessions = pd.Index(self._sessions(self.a))
        if window in ("1D", "5S"):
            return str(sessions[sessions.get_loc(self.today) - int(window[0])])
        target = self.oracle.target(window, self.today)
        return str(sessions[sessions.searchsorted(min(target, self.today), side="right") - 1])

    def held(self, leg: tuple[str, ...], start: str, end: str | None, usd: bool) -> float | None:
        """Equal-weighted return from one close to another, or to the price of now."""
        values = []
        for symbol in leg:
            closes, last = self.oracle.closes[symbol], self.today if end is None else end
            session = (self.oracle.asof[symbol][0] or last) if end is None else last
            price = self.oracle.asof[symbol][1] if end is None else closes.get(last)
            if price is None or start not in closes.index:
                return None
            split = symbol == "NVDA" and start < "2025-03-10" <= session
            value = price / (closes[start] / (2 if split else 1)) - 1
            if usd:
                live = self.oracle.live_rate if end is None else None
                now, then = live or self.oracle.rate(last), self.oracle.rate(start)
                if now is None or then is None:
                    return None
                value = (1 + value) * then / now - 1
            values.append(value)
        return float(np.mean(values))

    def spread(self, window: str) -> float | None:
        anchor_a = self.anchor(window)
        closing_b = self.closing(self.b)
        session_b = closing_b[closing_b <= self.mapped(self.today)][-1]
        r_a = self.held(self.a, anchor_a, None, self.usd)
        r_b = self.held(self.b, self.mapped(anchor_a), session_b, False)
        fresh = [not self.oracle.halted.get(s, False) and not self.oracle.stale(s) for s in self.a]
        if r_a is None or r_b is None or (len(self.a) > 1 and np.mean(fresh) < 0.5):
            return None
        return 100 * (r_a - r_b)

    def history(self) -> pd.DataFrame:
        """Returns between aligned closes before today, by session of a."""
        closing_b = self.closing(self.b)
        rows = pd.DataFrame({"a": [s for s in self.closing(self.a) if s < self.today]})
        rows["b"] = [max(closing_b[closing_b <= last], default=None) for last in map(self.mapped, rows.a)]
        rows = rows.dropna().drop_duplicates("b", keep="last")
        return self._returns(list(rows.itertuples(index=False, name=None))).dropna().tail(LOOKBACK)

    def same_date(self) -> pd.DataFrame:
        common = self.closing(self.a).intersection(self.closing(self.b))
        days = [day for day in common if day < self.today][-(LOOKBACK + 2) :]
        return self._returns([(day, day) for day in days])

    def _returns(self, rows: list[tuple[str, str]]) -> pd.DataFrame:
        steps = list(pairwise(rows))
        return pd.DataFrame(
            {
                "a": [self.held(self.a, start[0], end[0], self.usd) for start, end in steps],
                "b": [self.held(self.b, start[1], end[1], False) for start, end in steps],
            },
            index=[end[0] for _, end in steps],
            dtype=float,
        )


def check_pair(view: PairView, lag: LagOracle) -> None:
    """The whole LAG policy and the statistics of one pair, 1e-9 relative."""
    assert view.lag is not None
    assert view.statistics is not None
    found, returns = view.statistics, lag.history()
    assert view.lag.session_a == lag.today
    for window, spread in view.lag.spreads.items():
        _same(spread.spread_pp, lag.spread(window))
    x, spreads = lag.spread("1D"), 100 * (returns.a - returns.b)
    assert found.n == len(spreads) >= MIN_OBS
    assert (found.first_session, found.last_session) == (spreads.index[0], spreads.index[-1])
    _same(found.mean, spreads.mean())
    _same(found.std, spreads.std())
    _same(found.z, None if x is None else (x - spreads.mean()) / spreads.std())
    mad = (spreads - spreads.median()).abs().median()
    _same(found.robust_z, None if x is None else 0.6744897501960817 * (x - spreads.median()) / mad)
    beta, alpha = np.polyfit(returns.b, returns.a, 1)
    _same(found.beta, beta)
    _same(found.alpha, alpha)
    _same(found.corr, returns.a.corr(returns.b))
    pairs = lag.same_date()
    two_days = ((1 + pairs) * (1 + pairs.shift()) - 1).iloc[1:].dropna()
    assert found.overlap_n == len(two_days)
    _same(found.overlap_beta, two_days.a.cov(two_days.b) / two_days.b.var())
    _same(found.overlap_corr, two_days.a.corr(two_days.b))
    for policy in view.policies:
        for spread in policy.spreads.values():
            whole = spread.r_a is not None and spread.r_b is not None
            _same(spread.beta_adj_pp, 100 * (spread.r_a - beta * spread.r_b) if whole else None)  # type: ignore[operator]
    if view.lag.session_b is not None:
        closed = CALENDARS["XNYS"].close_instant(view.lag.session_b)
        _same(view.lag.age_b_s, (lag.oracle.t_ns - closed) / SECOND)


def _same(got: float | None, expected: float | None) -> None:
    if got is None or expected is None:
        assert got is expected
    else:
        assert abs(got - expected) <= max(1e-10, 1e-9 * abs(expected))
