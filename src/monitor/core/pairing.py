"""A pair at work: two legs, each an instrument or a basket, under each policy (DOMAIN sections 5 and 9)."""

from collections.abc import Mapping, Sequence

from monitor.core.cut import Cut, Return
from monitor.core.definition import Pair, Statistics
from monitor.core.estimate import Estimate
from monitor.core.lag import DAY, Lag
from monitor.core.leg import Leg
from monitor.core.moment import Moment
from monitor.core.pair_history import PairHistory
from monitor.core.pair_statistics import statistics_view
from monitor.core.policy import SpreadTable, policy_view
from monitor.core.rates import Rates
from monitor.core.same_date import SameDate
from monitor.core.session import Calendar
from monitor.core.side import Side, event_of, legs_of, phase_of, session_of
from monitor.core.snapshot import BasketWindow, PairView, PeComparison, PolicyView
from monitor.core.stats.ewma import EwmaState
from monitor.core.status import Status
from monitor.core.sync import sync_spread, sync_view

_NOT_SAMPLED = EwmaState()


class Pairing:
    """A pair with its two sides. statistics: parameters of its z-scores and its beta."""

    def __init__(self, pair: Pair, a: Side, b: Side, windows: Sequence[str], statistics: Statistics) -> None:
        self.pair = pair
        self._a = a
        self._b = b
        self._windows = windows
        self._spreads = SpreadTable(windows)
        self._statistics = statistics
        self._same_date = SameDate(a, b, windows)
        self._lag = Lag(a, b, windows)
        self._history = PairHistory(a, b, statistics)

    @property
    def calendars(self) -> list[Calendar]:
        """The markets of its legs."""
        return [leg.calendar for side in (self._a, self._b) for leg in legs_of(side)]

    def view(
        self,
        cut: Cut,
        baskets: Mapping[str, Mapping[str, BasketWindow]],
        moment: Moment,
        rates: Rates,
        estimates: Mapping[str, Estimate],
        samples: Mapping[str, EwmaState],
        pe: PeComparison | None = None,
    ) -> PairView:
        """The pair at an instant. baskets: LAST results of the board's baskets, by id and window. estimates: fair
        values by symbol, one for each instrument that has a proxy. samples: by pair, of those that are sampled. pe: of
        two baskets with earnings on file."""
        reading = self._lag.at(cut, moment, rates)
        history = self._history.before(reading.sessions[0], moment, rates)
        beta = history.lag.beta
        sync = self._sync(cut, baskets, moment, estimates, beta)
        return PairView(
            name=self.pair.name,
            a=self.pair.a,
            b=self.pair.b,
            phase_a=phase_of(self._a, moment),
            phase_b=phase_of(self._b, moment),
            last=self._last(cut, baskets, moment, beta),
            same_date=self._same_date.view(moment, rates, beta),
            lag=self._lag.view(reading, moment.t_ns, beta),
            sync=sync,
            pe=pe,
            statistics=statistics_view(
                self._statistics,
                history,
                self._lag.spread_pp(reading),
                samples.get(self.pair.id, _NOT_SAMPLED),
                sync.spreads[DAY].spread_pp if sync is not None and DAY in sync.spreads else None,
            ),
        )

    def _sync(
        self,
        cut: Cut,
        baskets: Mapping[str, Mapping[str, BasketWindow]],
        moment: Moment,
        estimates: Mapping[str, Estimate],
        beta: float | None,
    ) -> PolicyView | None:
        if self.pair.a not in estimates and self.pair.b not in estimates:
            return None
        last = _newest(self._a, cut, baskets), _newest(self._b, cut, baskets)
        return sync_view((self._a, self._b), last, self._windows, cut, moment, estimates, beta)

    def sync_spread(self, window: int, cut: Cut, moment: Moment, estimates: Mapping[str, Estimate]) -> float | None:
        """The spread under SYNC over the window of that number in the cut, percentage points; None without one."""
        return sync_spread((self._a, self._b), window, cut, moment, estimates).spread_pp

    def _last(
        self, cut: Cut, baskets: Mapping[str, Mapping[str, BasketWindow]], moment: Moment, beta: float | None
    ) -> PolicyView:
        returns_a, returns_b = _newest(self._a, cut, baskets), _newest(self._b, cut, baskets)
        return policy_view(
            "LAST",
            self._spreads.of(returns_a, returns_b, beta),
            moment.t_ns,
            (session_of(self._a, cut), session_of(self._b, cut)),
            (event_of(self._a, cut), event_of(self._b, cut)),
        )


def _newest(side: Side, cut: Cut, baskets: Mapping[str, Mapping[str, BasketWindow]]) -> list[Return]:
    """A side under LAST; of a basket what the board has computed already."""
    if isinstance(side, Leg):
        return cut.returns[side.instrument.symbol]
    return [Return(result.basket_return, Status(result.status)) for result in baskets[side.basket.id].values()]
