"""A pair at work: two legs, each an instrument or a basket, under each policy (DOMAIN sections 5 and 9)."""

from collections.abc import Mapping, Sequence

import msgspec

from monitor.core.definition import Pair, Statistics
from monitor.core.instruments.cut import Cut, Return
from monitor.core.instruments.leg import Leg
from monitor.core.moment import Moment
from monitor.core.pairs.history import PairHistory
from monitor.core.pairs.lag import DAY, Lag
from monitor.core.pairs.policy import SpreadTable, Standing, standing
from monitor.core.pairs.same_date import SameDate
from monitor.core.pairs.side import Side, event_of, legs_of, phase_of, session_of
from monitor.core.pairs.statistics import statistics_view
from monitor.core.pairs.sync import sync_spread, sync_standing
from monitor.core.prices.rates import Rates
from monitor.core.proxies.estimate import Estimate
from monitor.core.session import Calendar
from monitor.core.stats.ewma import EwmaState
from monitor.core.status import Status
from monitor.core.views.basket import BasketWindow
from monitor.core.views.pair import PairView, PeComparison, StatisticsView

_NOT_SAMPLED = EwmaState()


class _Standings(msgspec.Struct, frozen=True):
    """A pair under every policy with its statistics, as long as nothing but time changes them."""

    last: Standing
    same_date: Standing
    lag: Standing
    sync: Standing | None
    statistics: StatisticsView


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
        self._legs = [*legs_of(a), *legs_of(b)]
        self._converts = not (isinstance(a, Leg) and isinstance(b, Leg))
        """A basket may be counted in another currency than its members are quoted in."""
        self._found: tuple[object, _Standings] | None = None

    @property
    def calendars(self) -> list[Calendar]:
        """The markets of its legs."""
        return [leg.calendar for leg in self._legs]

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
        made_of = self._made_of(cut, baskets, moment, rates, estimates, samples)
        if self._found is None or self._found[0] != made_of:
            self._found = (made_of, self._compute(cut, baskets, moment, rates, estimates, samples))
        found, t_ns = self._found[1], moment.t_ns
        return PairView(
            name=self.pair.name,
            a=self.pair.a,
            b=self.pair.b,
            phase_a=phase_of(self._a, moment),
            phase_b=phase_of(self._b, moment),
            last=found.last.at(t_ns),
            same_date=found.same_date.at(t_ns),
            lag=found.lag.at(t_ns),
            sync=None if found.sync is None else found.sync.at(t_ns),
            pe=pe,
            statistics=found.statistics,
        )

    def _made_of(
        self,
        cut: Cut,
        baskets: Mapping[str, Mapping[str, BasketWindow]],
        moment: Moment,
        rates: Rates,
        estimates: Mapping[str, Estimate],
        samples: Mapping[str, EwmaState],
    ) -> object:
        """All that the pair depends on beside the time itself."""
        return (
            [cut.points[leg.instrument.symbol] for leg in self._legs],
            [leg.closes.version for leg in self._legs],
            [moment.markets[leg.calendar.name].phase for leg in self._legs],
            [
                cut.returns[side.instrument.symbol] if isinstance(side, Leg) else [*baskets[side.basket.id].values()]
                for side in (self._a, self._b)
            ],
            moment.known,
            cut.ref_date,
            rates.version,
            [*rates.live.values()] if self._converts else None,
            estimates.get(self.pair.a),
            estimates.get(self.pair.b),
            samples.get(self.pair.id),
        )

    def _compute(
        self,
        cut: Cut,
        baskets: Mapping[str, Mapping[str, BasketWindow]],
        moment: Moment,
        rates: Rates,
        estimates: Mapping[str, Estimate],
        samples: Mapping[str, EwmaState],
    ) -> _Standings:
        reading = self._lag.at(cut, moment, rates)
        history = self._history.before(reading.sessions[0], moment, rates)
        beta = history.lag.beta
        newest = _newest(self._a, cut, baskets), _newest(self._b, cut, baskets)
        sync = None
        if self.pair.a in estimates or self.pair.b in estimates:
            sync = sync_standing((self._a, self._b), newest, self._windows, cut, moment, estimates, beta)
        return _Standings(
            last=standing(
                "LAST",
                self._spreads.of(*newest, beta),
                (session_of(self._a, cut), session_of(self._b, cut)),
                (event_of(self._a, cut), event_of(self._b, cut)),
            ),
            same_date=self._same_date.at(moment, rates, beta),
            lag=self._lag.standing(reading, beta),
            sync=sync,
            statistics=statistics_view(
                self._statistics,
                history,
                self._lag.spread_pp(reading),
                samples.get(self.pair.id, _NOT_SAMPLED),
                sync.ageless.spreads[DAY].spread_pp if sync is not None and DAY in sync.ageless.spreads else None,
            ),
        )

    def sync_spread(self, window: int, cut: Cut, moment: Moment, estimates: Mapping[str, Estimate]) -> float | None:
        """The spread under SYNC over the window of that number in the cut, percentage points; None without one."""
        return sync_spread((self._a, self._b), window, cut, moment, estimates).spread_pp


def _newest(side: Side, cut: Cut, baskets: Mapping[str, Mapping[str, BasketWindow]]) -> list[Return]:
    """A side under LAST; of a basket what the board has computed already."""
    if isinstance(side, Leg):
        return cut.returns[side.instrument.symbol]
    return [Return(result.basket_return, Status(result.status)) for result in baskets[side.basket.id].values()]
