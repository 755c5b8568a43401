"""How far a target moves with the index that its proxy stands for, estimated from daily closes (DOMAIN STA-5)."""

from itertools import pairwise

from monitor.core.definition import Statistics
from monitor.core.instruments.leg import Leg
from monitor.core.moment import Moment
from monitor.core.prices.series import run_of
from monitor.core.stats.regression import regression


class ProxyBeta:
    """Beta of `target` on `basis`, both of one exchange, over the last `lookback` sessions.

    Their daily returns are paired session by session; a session without one of the two closes is left out, and the
    return over it is that of both. Computed anew only when a close of either changes.
    """

    def __init__(self, target: Leg, basis: Leg, statistics: Statistics) -> None:
        self._target = target
        self._basis = basis
        self._statistics = statistics
        self._made_of: object = None
        self._beta: float | None = None

    def at(self, moment: Moment) -> float | None:
        """Beta by the closes known at an instant; None with too few of them, or when the basis never moved."""
        known = moment.markets[self._target.calendar.name].known
        made_of = (known, self._target.closes.version, self._basis.closes.version)
        if made_of != self._made_of:
            self._made_of, self._beta = made_of, self._estimated(known)
        return self._beta

    def _estimated(self, known: str | None) -> float | None:
        if known is None:
            return None
        y, x = (
            dict(run_of(leg.closes, leg.calendar, leg.actions, known, known)) for leg in (self._target, self._basis)
        )
        both = [session for session in y if session in x][-self._statistics.lookback - 1 :]
        returns_y = [(y[b] - y[a]) / y[a] for a, b in pairwise(both)]
        returns_x = [(x[b] - x[a]) / x[a] for a, b in pairwise(both)]
        return regression(returns_y, returns_x, self._statistics.min_obs).beta
