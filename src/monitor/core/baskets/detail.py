"""A basket beyond its headline return: variants, tracking, market value and valuation, computed when something they
are made of has changed."""

from collections.abc import Mapping, Sequence

from monitor.core.baskets.market_value import USD, EarningsRecords, Value
from monitor.core.baskets.member import Conversions, Member, conversions, member_of
from monitor.core.baskets.shares import ShareCount
from monitor.core.baskets.tracking import Tracking
from monitor.core.baskets.variants import CURRENCIES, Variants
from monitor.core.baskets.weighting import Weighting
from monitor.core.definition import Basket
from monitor.core.instruments.cut import Cut
from monitor.core.instruments.leg import Leg
from monitor.core.moment import Moment
from monitor.core.views.basket import BasketView, BasketWindow


class BasketDetail:
    """legs, shares: of the members. index: what the basket is measured against, None without. earnings: on file, by
    symbol."""

    def __init__(
        self,
        basket: Basket,
        legs: Mapping[str, Leg],
        index: Leg | None,
        weighting: Weighting,
        shares: Mapping[str, ShareCount],
        earnings: EarningsRecords,
    ) -> None:
        self._basket = basket
        self._legs = [*legs.values(), *([] if index is None else [index])]
        self._index = index
        self.variants = Variants(basket, legs, weighting, shares)
        self._tracking = None if index is None else Tracking(basket, legs, index)
        self.value = Value(basket, legs, weighting, shares, earnings)
        self._history: object = None
        self._remembered: tuple[object, BasketView] | None = None

    def view(
        self,
        windows: Sequence[str],
        headline: Sequence[BasketWindow],
        members: Sequence[Member],
        cut: Cut,
        moment: Moment,
    ) -> BasketView:
        """The basket at a cut, one entry a window. headline: what it returned, of the same cut."""
        index = self._index
        compared = None if index is None else member_of(index, cut, moment.markets[index.calendar.name].known)
        everyone = [*members, *([] if compared is None else [compared])]
        wanted = dict.fromkeys([*CURRENCIES, self._basket.currency])
        now = {target: conversions(everyone, target, cut) for target in wanted}
        history = (
            cut.ref_date,
            [(member.session, member.known) for member in everyone],
            sum(leg.closes.version for leg in self._legs),
            cut.rates.version,
        )
        made_of = (history, everyone, now, self.value.rates_used(cut))
        if self._remembered is None or self._remembered[0] != made_of:
            if self._history != history:
                self._history = history
                self.variants.forget()
                self.value.forget()
                if self._tracking is not None:
                    self._tracking.forget()
            self._remembered = (made_of, self._compute(windows, headline, members, compared, now, cut))
        return self._remembered[1]

    def _compute(
        self,
        windows: Sequence[str],
        headline: Sequence[BasketWindow],
        members: Sequence[Member],
        index: Member | None,
        now: Mapping[str, Conversions],
        cut: Cut,
    ) -> BasketView:
        basket, tracking = self._basket, {}
        if self._tracking is not None and index is not None:
            tracking = self._tracking.view(windows, headline, members, index, now[basket.currency], cut)
        return BasketView(
            name=basket.name,
            index=basket.benchmark,
            scheme=basket.scheme,
            currency=basket.currency,
            variants=self.variants.view(windows, headline, members, now, cut),
            tracking=tracking,
            value=self.value.added(windows, members, now[USD], cut),
            valuation=self.value.valued(members, cut),
        )
