"""A basket at work: the legs of its members computed as one leg (DOMAIN section 7, COV-2)."""

from collections.abc import Mapping, Sequence

from monitor.core.baskets.detail import BasketDetail
from monitor.core.baskets.member import (
    Conversions,
    Member,
    conversions,
    member_of,
    prices_now,
    returns_of_members,
    starts_of,
    statuses_of,
)
from monitor.core.baskets.shares import ShareCount
from monitor.core.baskets.weighting import Weighting
from monitor.core.baskets.window import with_return, without_return
from monitor.core.coverage import Coverage, coverage, may_carry
from monitor.core.definition import Basket, Scheme
from monitor.core.instruments.cut import Cut, Return
from monitor.core.instruments.leg import Leg
from monitor.core.moment import Moment
from monitor.core.prices.rates import Rates
from monitor.core.reference import Reference
from monitor.core.status import Status
from monitor.core.views.basket import BasketView, BasketWindow


class Composite:
    """A basket with the legs of its members, in the order of its definition.

    legs: at least those of the members and of the benchmark. reference: share counts, for CAP and for market values
    (where a member has no record the basket's own share count holds), and earnings. Raises ValueError when a CAP
    member has no share count.
    """

    def __init__(self, basket: Basket, legs: Mapping[str, Leg], reference: Reference) -> None:
        self.basket = basket
        self.legs = {symbol: legs[symbol] for symbol in basket.members}
        shares = {
            symbol: ShareCount(reference.shares.get(symbol, ()), leg.actions, basket.shares.get(symbol))
            for symbol, leg in self.legs.items()
        }
        self._weighting = Weighting(basket, self.legs, shares)
        index = None if basket.benchmark is None else legs[basket.benchmark]
        self.detail = BasketDetail(basket, self.legs, index, self._weighting, shares, reference.earnings)
        self._remembered: dict[str, tuple[object, list[BasketWindow]]] = {}

    def windows(self, cut: Cut, moment: Moment, benchmark: Sequence[Return] | None = None) -> list[BasketWindow]:
        """The basket over every window of a cut. benchmark: returns that breadth is measured against, one a window;
        None without one. The last answer to cuts of the same policy is given again while all that it was made of stays
        the same: most ticks touch one basket or none."""
        basket = self.basket
        members = self.members(cut, moment)
        now = conversions(members, basket.currency, cut)
        ref_weights = self._weighting.for_coverage(basket.scheme, members, basket.currency, cut)
        made_of = (members, now, ref_weights, benchmark, cut.rates.version)
        remembered = self._remembered.get(cut.policy)
        if remembered is None or remembered[0] != made_of:
            found = self._compute(members, now, ref_weights, benchmark, cut.rates)
            remembered = self._remembered[cut.policy] = (made_of, found)
        return remembered[1]

    def view(self, windows: Sequence[str], headline: Sequence[BasketWindow], cut: Cut, moment: Moment) -> BasketView:
        """The basket beyond its headline return, one entry a window. headline: of the same cut."""
        return self.detail.view(windows, headline, self.members(cut, moment), cut, moment)

    def members(self, cut: Cut, moment: Moment) -> list[Member]:
        """What each member brings to a cut."""
        return [member_of(leg, cut, moment.markets[leg.calendar.name].known) for leg in self.legs.values()]

    def _compute(
        self,
        members: Sequence[Member],
        now: Conversions,
        ref_weights: Mapping[str, float],
        benchmark: Sequence[Return] | None,
        rates: Rates,
    ) -> list[BasketWindow]:
        basket = self.basket
        prices = prices_now(members, now)
        covers: dict[tuple[Status, ...], Coverage] = {}
        windows = []
        for i in range(len(members[0].baselines)):
            starts = starts_of(members, i, basket.currency, rates)
            returns = returns_of_members(starts, prices)
            statuses = statuses_of(members, starts, prices)
            key = tuple(statuses.values())
            if key not in covers:  # most windows have the same
                covers[key] = coverage(statuses, ref_weights, basket.coverage)
            cover = covers[key]
            if cover.status is Status.INSUFFICIENT_COVERAGE:
                windows.append(without_return(cover, statuses, returns))
            else:
                weights = self._weighting.at_anchor(members, starts, cover.included)
                against = benchmark[i].value if benchmark else None
                windows.append(with_return(cover, statuses, returns, weights, against))
        return windows

    def has_close(self, session: str, moment: Moment) -> bool:
        """Do enough members have a known official close of this session for the basket to have one (COV-2)? Members
        count by target weight in a CUSTOM basket, otherwise equally."""
        have = [
            symbol
            for symbol, leg in self.legs.items()
            if leg.closes.get(session, moment.markets[leg.calendar.name].known) is not None
        ]
        basket = self.basket
        weights = basket.weights if basket.scheme is Scheme.CUSTOM else dict.fromkeys(self.legs, 1.0)
        statuses = {symbol: Status.CLOSED if symbol in have else Status.MISSING for symbol in self.legs}
        return coverage(statuses, weights, basket.coverage).status is not Status.INSUFFICIENT_COVERAGE

    def oldest_event_ns(self, cut: Cut) -> int | None:
        """Event time of the oldest member that the basket is computed from; None when there is none."""
        times = [
            point.event_ns
            for point in (cut.points[symbol] for symbol in self.legs)
            if point.event_ns is not None and may_carry(point.status, self.basket.coverage)
        ]
        return min(times, default=None)
