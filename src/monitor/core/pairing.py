"""A pair at work: two legs, each an instrument or a basket, under each policy (DOMAIN sections 5 and 9)."""

from collections.abc import Mapping, Sequence

import msgspec

from monitor.core.alignment import same_date_session
from monitor.core.cut import Cut, Return
from monitor.core.definition import Pair
from monitor.core.estimate import Estimate
from monitor.core.leg import Leg
from monitor.core.moment import Moment
from monitor.core.policy import policy_view, spread_view
from monitor.core.rates import Rates
from monitor.core.side import Side, calendar_of, event_of, has_close, legs_of, phase_of, returns_of, session_of, span_of
from monitor.core.snapshot import BasketWindow, PairView, PolicyView, Spread
from monitor.core.status import Status
from monitor.core.sync import sync_view


class SameDate(msgspec.Struct, frozen=True):
    """session: d* of ALN-2, None when the legs have no close in common. spreads: by window."""

    session: str | None
    spreads: dict[str, Spread]


class Pairing:
    """A pair with its two sides."""

    def __init__(self, pair: Pair, a: Side, b: Side, windows: Sequence[str]) -> None:
        self.pair = pair
        self._a = a
        self._b = b
        self._windows = windows
        self._same_date: tuple[object, SameDate] | None = None

    def view(
        self,
        cut: Cut,
        baskets: Mapping[str, Mapping[str, BasketWindow]],
        moment: Moment,
        rates: Rates,
        closes_version: int,
        estimates: Mapping[str, Estimate],
    ) -> PairView:
        """The pair at an instant. baskets: LAST results of the board's baskets, by id and window. estimates: fair
        values by symbol, one for each instrument that has a proxy.

        closes_version: a number that changes whenever any stored close does.
        """
        return PairView(
            name=self.pair.name,
            a=self.pair.a,
            b=self.pair.b,
            phase_a=phase_of(self._a, moment),
            phase_b=phase_of(self._b, moment),
            last=self._last(cut, baskets, moment),
            same_date=self._same_date_view(moment, rates, closes_version),
            sync=self._sync(cut, baskets, moment, estimates),
        )

    def _sync(
        self,
        cut: Cut,
        baskets: Mapping[str, Mapping[str, BasketWindow]],
        moment: Moment,
        estimates: Mapping[str, Estimate],
    ) -> PolicyView | None:
        if self.pair.a not in estimates and self.pair.b not in estimates:
            return None
        last = _newest(self._a, cut, baskets), _newest(self._b, cut, baskets)
        return sync_view((self._a, self._b), last, self._windows, cut, moment, estimates)

    def _last(self, cut: Cut, baskets: Mapping[str, Mapping[str, BasketWindow]], moment: Moment) -> PolicyView:
        returns_a, returns_b = _newest(self._a, cut, baskets), _newest(self._b, cut, baskets)
        return policy_view(
            "LAST",
            self._spreads(returns_a, returns_b),
            moment.t_ns,
            (session_of(self._a, cut), session_of(self._b, cut)),
            (event_of(self._a, cut), event_of(self._b, cut)),
        )

    def _spreads(self, returns_a: Sequence[Return], returns_b: Sequence[Return]) -> dict[str, Spread]:
        legs = zip(self._windows, returns_a, returns_b, strict=True)
        return {window: spread_view(a, b, None) for window, a, b in legs}

    def _same_date_view(self, moment: Moment, rates: Rates, closes_version: int) -> PolicyView:
        """SAME_DATE changes only when a close arrives or a session's close instant comes."""
        key = (moment.known, closes_version)
        if self._same_date is None or self._same_date[0] != key:
            self._same_date = (key, self._same_date_at(moment, rates))
        found = self._same_date[1]
        if found.session is None:
            return PolicyView(policy="SAME_DATE", spreads=found.spreads)
        event_a, event_b = (calendar_of(side).close_instant(found.session) for side in (self._a, self._b))
        return policy_view("SAME_DATE", found.spreads, moment.t_ns, (found.session, found.session), (event_a, event_b))

    def _same_date_at(self, moment: Moment, rates: Rates) -> SameDate:
        session = same_date_session(
            calendar_of(self._a),
            _common_span(span_of(self._a, moment), span_of(self._b, moment)),
            lambda day: has_close(self._a, day, moment),
            lambda day: has_close(self._b, day, moment),
        )
        if session is None:
            nothing = [Return(None, Status.NO_PRICE)] * len(self._windows)
            return SameDate(None, self._spreads(nothing, nothing))
        cut = Cut.same_date([*legs_of(self._a), *legs_of(self._b)], session, moment, rates, self._windows)
        return SameDate(session, self._spreads(returns_of(self._a, cut, moment), returns_of(self._b, cut, moment)))


def _newest(side: Side, cut: Cut, baskets: Mapping[str, Mapping[str, BasketWindow]]) -> list[Return]:
    """A side under LAST; of a basket what the board has computed already."""
    if isinstance(side, Leg):
        return cut.returns[side.instrument.symbol]
    return [Return(result.basket_return, Status(result.status)) for result in baskets[side.basket.id].values()]


def _common_span(a: tuple[str, str] | None, b: tuple[str, str] | None) -> tuple[str, str] | None:
    return None if a is None or b is None else (max(a[0], b[0]), min(a[1], b[1]))
