"""A cut through the board: what every instrument was worth at one instant or session, and where its windows start.

The policies of DOMAIN section 9 differ only in how the cut is made: LAST takes the latest price of each instrument,
SAME_DATE the official closes of one date, LAG a cut for each leg. Everything downstream is the same arithmetic.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from monitor.core.anchor import NO_BASELINE, Baseline
from monitor.core.instruments.leg import Leg, Point
from monitor.core.moment import Moment
from monitor.core.prices.rates import Rates
from monitor.core.status import Status


class Return(msgspec.Struct, frozen=True, gc=False):
    """RET-1 in the instrument's own currency, decimal fraction. value: None unless status is OK or OK_FALLBACK."""

    value: float | None
    status: Status


class Cut:
    """points: symbol → as-of state. baselines: symbol → one per window. returns: symbol → one per window.

    ref_date: of the cut, None when nothing has a price. fixed: exchange rates of now are fixings too (SAME_DATE).
    policy: what it was made for; CLOSES for one session of a history.
    """

    def __init__(
        self,
        points: Mapping[str, Point],
        baselines: Mapping[str, Sequence[Baseline]],
        rates: Rates,
        ref_date: str | None,
        fixed: bool,
        policy: str,
        before: "Cut | None" = None,
    ) -> None:
        self.policy = policy
        self.points = points
        self.baselines = baselines
        self.ref_date = ref_date
        self.rates = rates
        self.fixed = fixed
        self.returns = {
            symbol: _returns(point, baselines[symbol]) if before is None else before._again(symbol, point, baselines)
            for symbol, point in points.items()
        }

    def _again(self, symbol: str, point: Point, baselines: Mapping[str, Sequence[Baseline]]) -> list[Return]:
        """Returns of a later cut: the same list while neither the price nor the baselines changed, so that a boundary
        costs what moved since the last one."""
        earlier = self.points.get(symbol)
        if earlier is None or earlier.price != point.price or self.baselines[symbol] is not baselines[symbol]:
            return _returns(point, baselines[symbol])
        return self.returns[symbol]

    @classmethod
    def last(
        cls,
        legs: Mapping[str, Leg],
        points: Mapping[str, Point],
        moment: Moment,
        rates: Rates,
        windows: Sequence[str],
        ref_date: str | None,
        before: "Cut | None" = None,
    ) -> "Cut":
        """ALN-1: the latest price of each leg, windows anchored from the board's reference date. before: the last such
        cut with the same windows, for what has not changed since; None: everything is computed."""
        baselines: dict[str, Sequence[Baseline]] = {}
        asof_before: Mapping[str, Point] = {} if before is None or before.ref_date != ref_date else before.points
        for symbol, point in points.items():
            leg = legs[symbol]
            if before is not None and asof_before.get(symbol) is point:  # then no close has changed either
                baselines[symbol] = before.baselines[symbol]
            elif ref_date is None or point.session is None:
                baselines[symbol] = [NO_BASELINE] * len(windows)
            else:
                known = moment.markets[leg.calendar.name].known
                baselines[symbol] = leg.baselines.over(windows, ref_date, point.session, known)
        return cls(points, baselines, rates, ref_date, fixed=False, policy="LAST", before=before)

    @classmethod
    def same_date(
        cls, legs: Iterable[Leg], session: str, moment: Moment, rates: Rates, windows: Sequence[str]
    ) -> "Cut":
        """ALN-2: the official closes of one date, windows anchored from it."""
        points, baselines = {}, {}
        for leg in legs:
            symbol = leg.instrument.symbol
            known = moment.markets[leg.calendar.name].known
            points[symbol] = leg.point_on(session, known)
            baselines[symbol] = leg.baselines.over(windows, session, session, known)
        return cls(points, baselines, rates, session, fixed=True, policy="SAME_DATE")

    @classmethod
    def closing(
        cls, legs: Sequence[Leg], session: str, anchors: Sequence[str | None], moment: Moment, rates: Rates
    ) -> "Cut":
        """The official closes of one session, one window from the close of exactly each session of `anchors`."""
        known = {leg.instrument.symbol: moment.markets[leg.calendar.name].known for leg in legs}
        points = {symbol: leg.point_on(session, known[symbol]) for leg in legs for symbol in [leg.instrument.symbol]}
        baselines = {
            symbol: leg.baselines.at(anchors, session, known[symbol])
            for leg in legs
            for symbol in [leg.instrument.symbol]
        }
        return cls(points, baselines, rates, session, fixed=True, policy="CLOSES")

    def rate_now(self, currency: str, target: str) -> float | None:
        """Multiplier that turns a price of this cut into `target` (currency code or LOCAL); None without a rate."""
        if self.fixed:
            return self.rates.on(currency, target, self.ref_date)
        return self.rates.now(currency, target, self.ref_date)


def _returns(point: Point, starts: Sequence[Baseline]) -> list[Return]:
    return [_return(point, start) for start in starts]


def _return(point: Point, start: Baseline) -> Return:
    if point.price is None:
        return Return(None, Status.NO_PRICE)
    if start.adjusted is None:
        return Return(None, start.status)
    return Return((point.price - start.adjusted) / start.adjusted, start.status)
