"""What the companies of a basket gained in market value, and what is paid for their earnings (DOMAIN MV-1, MV-2)."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence

from monitor.core.baskets.member import Conversions, Member, Starts, StartTable, prices_now, statuses_of
from monitor.core.baskets.shares import ShareCount
from monitor.core.baskets.value import Earning, Holding, discount, market_value, valuation
from monitor.core.baskets.weighting import Weighting
from monitor.core.coverage import Coverage, coverage
from monitor.core.definition import Basket
from monitor.core.instruments.cut import Cut
from monitor.core.instruments.leg import Leg
from monitor.core.prices.corporate_action import adjustment
from monitor.core.status import Status
from monitor.core.views.basket import BasketView, ValuationView, ValueView
from monitor.core.views.pair import PeComparison

USD = "USD"

EarningsRecords = Mapping[str, Sequence[tuple[str, float, str]]]
"""symbol → (as of, forward earnings a share, their currency), ascending."""


class Value:
    """Market values of one basket. shares: by member. earnings: on file, those of others are passed over."""

    def __init__(
        self,
        basket: Basket,
        legs: Mapping[str, Leg],
        weighting: Weighting,
        shares: Mapping[str, ShareCount],
        earnings: EarningsRecords,
    ) -> None:
        self._basket = basket
        self._legs = legs
        self._weighting = weighting
        self._shares = shares
        self._starts = StartTable()
        self._issued: dict[tuple[str, str], float] = {}
        self._earnings = {symbol: earnings[symbol] for symbol in basket.members if earnings.get(symbol)}

    def forget(self) -> None:
        """A close, a fixing or an as-of session is another than before."""
        self._starts.forget()
        self._issued.clear()

    def added(
        self, windows: Sequence[str], members: Sequence[Member], now: Conversions, cut: Cut
    ) -> dict[str, ValueView]:
        """MV-1 by window. now: conversions of prices of now into US dollars."""
        prices = prices_now(members, now)
        weights = self._weighting.for_coverage(self._basket.scheme, members, USD, cut)
        covers: dict[frozenset[str], tuple[Coverage, dict[str, Status]]] = {}
        found = {}
        for i, window in enumerate(windows):
            starts = self._starts.over(members, i, USD, cut.rates)
            key = frozenset(starts)
            if key not in covers:  # most windows have the same
                statuses = {
                    symbol: status if self._shares[symbol].on_file else Status.NO_SHARES
                    for symbol, status in statuses_of(members, starts, prices).items()
                }
                covers[key] = coverage(statuses, weights, self._basket.coverage), statuses
            found[window] = self._over(*covers[key], starts, members, prices)
        return found

    def _over(
        self,
        cover: Coverage,
        statuses: Mapping[str, Status],
        starts: Starts,
        members: Sequence[Member],
        prices: Mapping[str, float],
    ) -> ValueView:
        missing = {symbol: status.value for symbol, status in statuses.items() if symbol not in cover.included}
        if cover.status is Status.INSUFFICIENT_COVERAGE:
            return ValueView(added_usd=None, actual_usd=None, status=cover.status, missing=missing)
        holdings = {}
        for member in members:
            if member.symbol in cover.included:
                start = starts[member.symbol]
                holdings[member.symbol] = Holding(
                    price=prices[member.symbol],
                    baseline=start.raw,
                    shares_now=self.issued(member, member.session or start.session),
                    shares_then=self.issued(member, start.session),
                    fx_now=1.0,
                    fx_base=start.rate,
                    price_factor=start.price_factor,
                )
        total = market_value(holdings)
        return ValueView(added_usd=total.constant_shares, actual_usd=total.actual, status=cover.status, missing=missing)

    def issued(self, member: Member, session: str) -> float:
        """Shares of a member that has a count on file, at the close of a session and on its share basis."""
        key = (member.symbol, session)
        if key not in self._issued:
            count = self._shares[member.symbol].at(session, member.session or session)
            assert count is not None, "members without share counts are not covered"
            self._issued[key] = count
        return self._issued[key]

    def valued(self, members: Sequence[Member], cut: Cut) -> ValuationView | None:
        """MV-2; None where no earnings are on file for any member. A member without an estimate of its time, a price or
        a rate is excluded."""
        if not self._earnings:
            return None
        found, days = {}, []
        for member in members:
            day, earning = self.earning(member, cut)
            found[member.symbol] = earning
            if day is not None:
                days.append(day)
        result = valuation(found)
        return ValuationView(
            pe_aggregate=result.pe_aggregate,
            pe_equal_weight=result.pe_equal_weight,
            excluded=result.excluded,
            as_of=min(days, default=None),
        )

    def earning(self, member: Member, cut: Cut) -> tuple[str | None, Earning]:
        """Date of the estimate that is used, None without one, and the member with it."""
        nothing = None, Earning(price=member.price or 0.0, eps=None, fx=1.0)
        records = self._earnings.get(member.symbol, ())
        i = bisect_right(records, member.session or "", key=lambda record: record[0])
        if i == 0 or member.price is None or member.session is None:
            return nothing
        day, eps, currency = records[i - 1]
        into_price, into_usd = cut.rate_now(currency, member.currency), cut.rate_now(member.currency, USD)
        if into_price is None or into_usd is None:
            return nothing
        diluted = eps / adjustment(self._legs[member.symbol].actions, day, member.session).share_factor
        shares = self._shares[member.symbol].at(member.session, member.session)
        return day, Earning(price=member.price, eps=diluted * into_price, fx=into_usd, shares=shares)

    def rates_used(self, cut: Cut) -> list[float | None]:
        """US dollars for the currencies of the estimates: what a valuation depends on beside its members."""
        used = {record[2] for records in self._earnings.values() for record in records}
        return [cut.rate_now(currency, USD) for currency in sorted(used)]


def pe_comparison(a: BasketView | None, b: BasketView | None) -> PeComparison | None:
    """MV-3 of the legs of a pair, equal-weighted; None unless both are baskets with earnings on file."""
    if a is None or b is None or a.valuation is None or b.valuation is None:
        return None
    pe_a, pe_b = a.valuation.pe_equal_weight, b.valuation.pe_equal_weight
    return PeComparison(pe_a=pe_a, pe_b=pe_b, discount=discount(pe_a, pe_b))
