"""A basket at work: the legs of its members computed as one leg (DOMAIN section 7, COV-2)."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence

import msgspec

from monitor.core.anchor import Baseline
from monitor.core.basket import contributions_pp, normalised, scheme_weights
from monitor.core.coverage import Coverage, coverage, is_fresh, may_carry
from monitor.core.cross_section import cross_section, moved
from monitor.core.cut import Cut, Return
from monitor.core.definition import Basket, Scheme
from monitor.core.leg import Leg
from monitor.core.moment import Moment
from monitor.core.rates import Rates
from monitor.core.snapshot import BasketView, BasketWindow
from monitor.core.status import Status


class _Member(msgspec.Struct, frozen=True, gc=False):
    """What one member brings to every window of a cut. now: multiplier of its price into the basket's currency."""

    symbol: str
    currency: str
    price: float | None
    status: Status
    now: float | None
    baselines: Sequence[Baseline]


class Composite:
    """A basket with the legs of its members, in the order of its definition.

    shares: symbol → (effective date, total issued shares), ascending, for CAP; where a member has no record the
    basket's own share count holds. Raises ValueError when a CAP member has neither.
    """

    def __init__(self, basket: Basket, legs: Mapping[str, Leg], shares: Mapping[str, list[tuple[str, float]]]) -> None:
        self.basket = basket
        self.legs = {symbol: legs[symbol] for symbol in basket.members}
        self._shares = shares
        if basket.scheme is Scheme.CAP:
            unknown = [s for s in basket.members if not shares.get(s) and s not in basket.shares]
            if unknown:
                raise ValueError(f"basket {basket.id}: no share count for {', '.join(unknown)}")
        self._remembered: dict[str, tuple[object, list[BasketWindow]]] = {}

    def windows(self, cut: Cut, moment: Moment, benchmark: Sequence[Return] | None = None) -> list[BasketWindow]:
        """The basket over every window of a cut. benchmark: returns that breadth is measured against, one a window;
        None without one. The last answer is given again while all that it was made of stays the same: most ticks touch
        one basket or none."""
        ref_weights = self._ref_weights(cut, moment)
        members = [self._member(symbol, leg, cut) for symbol, leg in self.legs.items()]
        made_of = (members, ref_weights, benchmark, cut.rates.version)
        remembered = self._remembered.get(cut.policy)
        if remembered is None or remembered[0] != made_of:
            covers: dict[tuple[Status, ...], Coverage] = {}
            found = [
                self._window(members, i, ref_weights, benchmark[i].value if benchmark else None, cut.rates, covers)
                for i in range(len(members[0].baselines))
            ]
            remembered = self._remembered[cut.policy] = (made_of, found)
        return remembered[1]

    def view(self) -> BasketView:
        """The basket beyond its headline return."""
        basket = self.basket
        return BasketView(name=basket.name, index=basket.benchmark, scheme=basket.scheme, currency=basket.currency)

    def _member(self, symbol: str, leg: Leg, cut: Cut) -> "_Member":
        point, currency = cut.points[symbol], leg.instrument.currency
        now = cut.rate_now(currency, self.basket.currency)
        return _Member(symbol, currency, point.price, point.status, now, cut.baselines[symbol])

    def _window(
        self,
        members: Sequence["_Member"],
        index: int,
        ref_weights: Mapping[str, float],
        benchmark: float | None,
        rates: Rates,
        covers: dict[tuple[Status, ...], Coverage],
    ) -> BasketWindow:
        """The basket over the window number `index`. covers: those of the windows before, by the members' statuses."""
        statuses: dict[str, Status] = {}
        worth_then: dict[str, float] = {}
        returns: dict[str, float] = {}
        target = self.basket.currency
        for member in members:
            symbol, start = member.symbol, member.baselines[index]
            base = rates.on(member.currency, target, start.session)
            if member.price is None or member.now is None:
                statuses[symbol] = Status.MISSING
            elif start.adjusted is None or start.raw is None or start.session is None or base is None:
                statuses[symbol] = Status.NO_BASELINE
            else:
                statuses[symbol] = member.status
                worth_then[symbol] = self._worth(symbol, start.session, start.raw, start.adjusted) * base
                paid = start.adjusted * base
                returns[symbol] = (member.price * member.now - paid) / paid
        found = tuple(statuses.values())
        cover = covers.get(found)
        if cover is None:
            cover = covers[found] = coverage(statuses, ref_weights, self.basket.coverage)
        if cover.status is Status.INSUFFICIENT_COVERAGE:
            return _without_return(cover, statuses, returns)
        weights = self._weights(worth_then, cover.included)
        return _with_return(cover, statuses, returns, weights, benchmark)

    def _weights(self, worth_then: Mapping[str, float], included: list[str]) -> dict[str, float]:
        """Weights at the anchor of all members that have one, scaled up to the included ones."""
        basket = self.basket
        if basket.scheme is Scheme.EW and basket.cap is None:
            return dict.fromkeys(included, 1.0 / len(included))
        # With members missing a cap may have become too small to add up to 1; the nearest thing is equal weights.
        cap = None if basket.cap is None else max(basket.cap, 1.0 / len(worth_then))
        shares = dict.fromkeys(worth_then, 1.0)  # counted in `_worth` already
        everyone = scheme_weights(basket.scheme, worth_then, weights=basket.weights, shares=shares, cap=cap)
        return normalised({symbol: everyone[symbol] for symbol in included})

    def _worth(self, symbol: str, session: str, raw: float, adjusted: float) -> float:
        """What the holding in one member was worth at the anchor, in the member's currency. Only CAP and PRICE look."""
        if self.basket.scheme is not Scheme.CAP:
            return raw
        dated = self._dated_shares(symbol, session)
        # A dated count belongs to the raw close of its time, the basket's own count to the share basis of today.
        return dated * raw if dated is not None else self.basket.shares[symbol] * adjusted

    def _dated_shares(self, symbol: str, session: str) -> float | None:
        records = self._shares.get(symbol)
        if not records:
            return None
        i = bisect_right(records, session, key=lambda record: record[0])
        return records[max(i - 1, 0)][1]

    def _ref_weights(self, cut: Cut, moment: Moment) -> dict[str, float]:
        """COV-2: weights by which coverage is counted. Equal for EW, targets for CUSTOM, weights at the last official
        close for CAP and PRICE, where a member without any close counts as one N-th."""
        basket = self.basket
        if basket.scheme is Scheme.EW:
            return dict.fromkeys(basket.members, 1.0 / len(basket.members))
        if basket.scheme is Scheme.CUSTOM:
            return normalised({symbol: basket.weights[symbol] for symbol in basket.members})
        worth = {symbol: self._worth_at_last_close(symbol, cut, moment) for symbol in basket.members}
        sized = {symbol: value for symbol, value in worth.items() if value is not None}
        if not sized:
            return dict.fromkeys(basket.members, 1.0 / len(basket.members))
        share = len(sized) / len(basket.members)
        weights = {symbol: weight * share for symbol, weight in normalised(sized).items()}
        return {symbol: weights.get(symbol, 1.0 / len(basket.members)) for symbol in basket.members}

    def _worth_at_last_close(self, symbol: str, cut: Cut, moment: Moment) -> float | None:
        leg = self.legs[symbol]
        known = moment.markets[leg.calendar.name].known
        session = leg.closes.latest(known)
        close = None if session is None else leg.closes.get(session, known)
        rate = cut.rate_now(leg.instrument.currency, self.basket.currency)
        if session is None or close is None or rate is None:
            return None
        return self._worth(symbol, session, close, close) * rate

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


def _without_return(cover: Coverage, statuses: Mapping[str, Status], returns: Mapping[str, float]) -> BasketWindow:
    advancers, decliners, unchanged = moved([returns[symbol] for symbol in cover.included])
    return BasketWindow(
        basket_return=None,
        status=cover.status,
        coverage_used=cover.used,
        coverage_fresh=cover.fresh,
        included=cover.included,
        excluded=_excluded(cover, statuses),
        carried=_carried(cover, statuses),
        dispersion=None,
        median=None,
        best=None,
        worst=None,
        advancers=advancers,
        decliners=decliners,
        unchanged=unchanged,
        breadth_vs_bench=None,
        weights={},
        contributions_pp={},
    )


def _with_return(
    cover: Coverage,
    statuses: Mapping[str, Status],
    returns: Mapping[str, float],
    weights: dict[str, float],
    benchmark: float | None,
) -> BasketWindow:
    spread_out = cross_section({symbol: returns[symbol] for symbol in cover.included}, weights, benchmark)
    return BasketWindow(
        basket_return=spread_out.mean,
        status=cover.status,
        coverage_used=cover.used,
        coverage_fresh=cover.fresh,
        included=cover.included,
        excluded=_excluded(cover, statuses),
        carried=_carried(cover, statuses),
        dispersion=spread_out.dispersion,
        median=spread_out.median,
        best=spread_out.best,
        worst=spread_out.worst,
        advancers=spread_out.advancers,
        decliners=spread_out.decliners,
        unchanged=spread_out.unchanged,
        breadth_vs_bench=spread_out.breadth_vs_bench,
        weights=weights,
        contributions_pp=contributions_pp(weights, returns),
    )


def _excluded(cover: Coverage, statuses: Mapping[str, Status]) -> dict[str, str]:
    return {symbol: status.value for symbol, status in statuses.items() if symbol not in cover.included}


def _carried(cover: Coverage, statuses: Mapping[str, Status]) -> dict[str, str]:
    return {symbol: statuses[symbol].value for symbol in cover.included if not is_fresh(statuses[symbol])}
