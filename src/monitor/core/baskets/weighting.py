"""How much each member of a basket counts: at the anchor of a window, and for coverage (DOMAIN section 7, COV-2)."""

from collections.abc import Mapping, Sequence

from monitor.core.baskets.member import Member, Start, Starts
from monitor.core.baskets.scheme import normalised, scheme_weights
from monitor.core.baskets.shares import ShareCount
from monitor.core.definition import Basket, Scheme
from monitor.core.instruments.cut import Cut
from monitor.core.instruments.leg import Leg


class Weighting:
    """The weights of one basket. legs, shares: of its members, by symbol.

    Raises ValueError when a CAP member has no share count.
    """

    def __init__(self, basket: Basket, legs: Mapping[str, Leg], shares: Mapping[str, ShareCount]) -> None:
        self._basket = basket
        self._legs = legs
        self._shares = shares
        if basket.scheme is Scheme.CAP:
            unknown = [symbol for symbol in basket.members if not shares[symbol].on_file]
            if unknown:
                raise ValueError(f"basket {basket.id}: no share count for {', '.join(unknown)}")

    def at_anchor(self, members: Sequence[Member], starts: Starts, included: Sequence[str]) -> dict[str, float]:
        """Weights at the anchor of all members that have a start, scaled up to the included ones."""
        basket = self._basket
        if basket.scheme is Scheme.EW and basket.cap is None:
            return dict.fromkeys(included, 1.0 / len(included))
        worth = {m.symbol: self._worth_then(m, starts[m.symbol]) for m in members if m.symbol in starts}
        # With members missing a cap may have become too small to add up to 1; the nearest thing is equal weights.
        cap = None if basket.cap is None else max(basket.cap, 1.0 / len(worth))
        shares = dict.fromkeys(worth, 1.0)  # counted in `_worth_then` already
        everyone = scheme_weights(basket.scheme, worth, weights=basket.weights, shares=shares, cap=cap)
        return normalised({symbol: everyone[symbol] for symbol in included})

    def _worth_then(self, member: Member, start: Start) -> float:
        """B·X, times the shares of that time for CAP."""
        if self._basket.scheme is not Scheme.CAP:
            return start.raw * start.rate
        count = self._count(member.symbol, start.session, member.session)
        assert count is not None, "a CAP basket has a share count of every member"
        return count * start.raw * start.rate

    def _count(self, symbol: str, session: str, asof: str | None) -> float | None:
        return self._shares[symbol].at(session, asof or session)

    def for_coverage(self, scheme: Scheme, members: Sequence[Member], currency: str, cut: Cut) -> dict[str, float]:
        """COV-2: equal for EW, targets for CUSTOM, weights at the last official close for CAP and PRICE, where a member
        without any close or share count counts as one N-th. scheme: may be another than the basket's own."""
        basket = self._basket
        equal = 1.0 / len(basket.members)
        if scheme is Scheme.EW:
            return dict.fromkeys(basket.members, equal)
        if scheme is Scheme.CUSTOM:
            return normalised({symbol: basket.weights[symbol] for symbol in basket.members})
        worth = {m.symbol: self._worth_at_last_close(scheme, m, currency, cut) for m in members}
        sized = {symbol: value for symbol, value in worth.items() if value is not None}
        if not sized:
            return dict.fromkeys(basket.members, equal)
        share = len(sized) / len(basket.members)
        weights = {symbol: weight * share for symbol, weight in normalised(sized).items()}
        return {symbol: weights.get(symbol, equal) for symbol in basket.members}

    def _worth_at_last_close(self, scheme: Scheme, member: Member, currency: str, cut: Cut) -> float | None:
        closes = self._legs[member.symbol].closes
        session = closes.latest(member.known)
        close = None if session is None else closes.get(session, member.known)
        rate = cut.rate_now(member.currency, currency)
        if session is None or close is None or rate is None:
            return None
        count = self._count(member.symbol, session, member.session) if scheme is Scheme.CAP else 1.0
        return None if count is None else count * close * rate
