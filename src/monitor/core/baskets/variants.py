"""The other ways to count a basket: held, rebalanced or by market value, in its own currencies, USD and HKD
(DOMAIN BSK-1, BSK-2, BSK-4, FX-3)."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from math import fsum

from msgspec.structs import replace

from monitor.core.baskets.member import (
    Conversions,
    Member,
    Start,
    Starts,
    StartTable,
    close_on,
    prices_now,
    sessions_between,
    statuses_of,
)
from monitor.core.baskets.path import START_LEVEL, BasketPath, Rebalance, period_ends
from monitor.core.baskets.shares import ShareCount
from monitor.core.baskets.weighting import Weighting
from monitor.core.coverage import Coverage, coverage, may_carry
from monitor.core.definition import Basket, CoveragePolicy, Scheme
from monitor.core.instruments.cut import Cut
from monitor.core.instruments.leg import Leg
from monitor.core.prices.corporate_action import adjustment
from monitor.core.prices.rates import Rates
from monitor.core.status import Status
from monitor.core.views.basket import BasketWindow, Variant

CURRENCIES = ("LOCAL", "USD", "HKD")
SCHEMES = ("EW", "QUARTERLY", "CAP")

Units = dict[str, float]
"""How much of each member is held now for 100 at the start of a window."""


class Variants:
    """All variants of one basket. What was held since the anchor is walked once and remembered as units of each member
    until the caller says `forget`; a price of now then costs one sum, however long the history."""

    def __init__(
        self, basket: Basket, legs: Mapping[str, Leg], weighting: Weighting, shares: Mapping[str, ShareCount]
    ) -> None:
        self._basket = basket
        self._legs = legs
        self._weighting = weighting
        self._shares = shares
        currencies = {leg.instrument.currency for leg in legs.values()}
        self._only = currencies.pop() if len(currencies) == 1 else None
        """The currency of all members; None where they have several."""
        self._common = self._only or "USD"
        """The currency in which market values are compared where each member stays in its own."""
        self._starts = StartTable()
        self._units: dict[tuple[str, str, int, tuple[str, ...]], Units | Status] = {}
        self._ends: dict[tuple[str, str], list[str]] = {}

    def forget(self) -> None:
        """A close, a fixing or an as-of session is another than before."""
        self._starts.forget()
        self._units.clear()
        self._ends.clear()

    def view(
        self,
        windows: Sequence[str],
        headline: Sequence[BasketWindow],
        members: Sequence[Member],
        conversions: Mapping[str, Conversions],
        cut: Cut,
    ) -> dict[str, list[Variant]]:
        """By window. headline: the basket as its file says, given again where a variant is the same thing.
        conversions: of prices of now, by currency asked for; a currency without any rate is left out."""
        found: dict[str, list[Variant]] = {window: [] for window in windows}
        equal = self._weighting.for_coverage(Scheme.EW, members, self._common, cut)
        by_value = self._weighting.for_coverage(Scheme.CAP, members, self._common, cut)
        for target in CURRENCIES:
            prices = prices_now(members, conversions[target])
            if target == self._only:  # what every member is quoted in anyway
                for variants in found.values():
                    variants += [replace(variant, currency=target) for variant in variants[: len(SCHEMES)]]
            elif prices or target == "LOCAL":
                covers = _Covers(self._basket.coverage, equal, by_value)
                for i, window in enumerate(windows):
                    starts = self._starts.over(members, i, target, cut.rates)
                    cover, cover_by_value = covers.of(members, starts, prices)
                    for scheme in SCHEMES:
                        if scheme == "EW" and self._is_headline(target):
                            value, status = headline[i].basket_return, headline[i].status
                        else:
                            one = cover_by_value if scheme == "CAP" else cover
                            value, status = self._value(scheme, target, i, one, starts, members, prices, cut.rates)
                        found[window].append(Variant(scheme=scheme, currency=target, value=value, status=status))
        return found

    def _is_headline(self, target: str) -> bool:
        """Is the equal-weighted basket in `target` what the basket's file asks for?"""
        own = self._basket.currency
        return self._basket.scheme is Scheme.EW and target == ("LOCAL" if own == self._only else own)

    def _value(
        self,
        scheme: str,
        target: str,
        index: int,
        cover: Coverage,
        starts: Starts,
        members: Sequence[Member],
        prices: Mapping[str, float],
        rates: Rates,
    ) -> tuple[float | None, Status]:
        if cover.status is Status.INSUFFICIENT_COVERAGE:
            return None, cover.status
        key = (scheme, target, index, tuple(cover.included))
        units = self._units.get(key)
        if units is None:
            chosen = [member for member in members if member.symbol in cover.included]
            units = self._units[key] = self._held(scheme, target, chosen, starts, rates)
        if isinstance(units, Status):
            return None, units
        level = fsum(held * prices[symbol] for symbol, held in units.items())
        return (level - START_LEVEL) / START_LEVEL, cover.status

    def holdings(
        self, scheme: str, target: str, index: int, members: Sequence[Member], prices: Mapping[str, float], rates: Rates
    ) -> Units | Status | None:
        """How much of each member that counts is held now for 100 at the start of window number `index`, or why there
        is nothing; None where the last `view` had no use for it. prices: `prices_now` in `target`."""
        statuses = statuses_of(members, self._starts.over(members, index, target, rates), prices)
        included = [symbol for symbol, status in statuses.items() if may_carry(status, self._basket.coverage)]
        return self._units.get((scheme, target, index, tuple(included)))

    def _held(
        self, scheme: str, target: str, members: Sequence[Member], starts: Starts, rates: Rates
    ) -> Units | Status:
        """What is held now, or why there is nothing."""
        paid = {member.symbol: starts[member.symbol].paid for member in members}
        if scheme == "CAP":
            return self._by_value(target, members, starts, paid, rates)
        path = BasketPath(dict.fromkeys(paid, 1.0), paid)
        if scheme == "QUARTERLY":
            first, live = _span(members, starts)
            for day in self._quarter_ends(first, live):
                path.reset(self._paid_on(day, target, members, starts, rates))
        return path.units()

    def _by_value(
        self,
        target: str,
        members: Sequence[Member],
        starts: Starts,
        paid: Mapping[str, float],
        rates: Rates,
    ) -> Units | Status:
        """BSK-4. New share counts weigh from the close of their session on; a level is never moved by them."""
        if not all(self._shares[member.symbol].on_file for member in members):
            return Status.NO_SHARES
        first, live = _span(members, starts)
        money = self._common if target == "LOCAL" else target
        worth = self._worth_on(first, money, members, starts, rates)
        if worth is None:
            return Status.NO_BASELINE
        path = BasketPath(worth, paid)
        labels = sessions_between(self._legs.values(), first, live)
        changes = {day for member in members for day in self._shares[member.symbol].changes(first, live)}
        for i in sorted({bisect_left(labels, day) for day in changes}):
            if i < len(labels):
                worth = self._worth_on(labels[i], money, members, starts, rates)
                path.reset(self._paid_on(labels[i], target, members, starts, rates), worth)
        return path.units()

    def _quarter_ends(self, first: str, live: str) -> list[str]:
        """Last sessions of the quarters between two sessions, on any of the basket's exchanges."""
        key = (first, live)
        if key not in self._ends:
            labels = sessions_between(self._legs.values(), first, live)
            self._ends[key] = period_ends(labels, Rebalance.QUARTERLY, live)
        return self._ends[key]

    def _paid_on(
        self, day: str, target: str, members: Sequence[Member], starts: Starts, rates: Rates
    ) -> dict[str, float | None]:
        """Closes up to a session since the start, in `target`; None where there is none yet."""
        found: dict[str, float | None] = {}
        for member in members:
            session = self._last_close(member, day, starts[member.symbol])
            leg = self._legs[member.symbol]
            after = session > starts[member.symbol].session
            found[member.symbol] = close_on(leg, member, session, target, rates) if after else None
        return found

    def _worth_on(
        self, day: str, money: str, members: Sequence[Member], starts: Starts, rates: Rates
    ) -> dict[str, float] | None:
        """Market value of each member at the close of a session: the shares of that day at the last close up to it,
        both on the share basis of that close. None when one of them cannot be told."""
        worth = {}
        for member in members:
            leg, asof = self._legs[member.symbol], member.session or day
            session = self._last_close(member, day, starts[member.symbol])
            on = max(session, day)
            count = self._shares[member.symbol].at(on, asof)
            close = leg.closes.get(session, member.known)
            rate = rates.on(member.currency, money, session)
            if count is None or close is None or rate is None:
                return None
            worth[member.symbol] = count / adjustment(leg.actions, session, on).share_factor * close * rate
        return worth

    def _last_close(self, member: Member, day: str, start: Start) -> str:
        """The latest session with a close up to `day`, not before the start."""
        closes = self._legs[member.symbol].closes
        session = None if member.known is None else closes.latest(min(day, member.known))
        return start.session if session is None else max(session, start.session)


def _span(members: Sequence[Member], starts: Starts) -> tuple[str, str]:
    """The earliest session at which a member is bought, and the latest as-of session: the one of now."""
    first = min(starts[member.symbol].session for member in members)
    return first, max(member.session or first for member in members)


class _Covers:
    """Coverage of the windows of one currency, counted equally and by market value. Most windows have the same."""

    def __init__(self, policy: CoveragePolicy, equal: Mapping[str, float], by_value: Mapping[str, float]) -> None:
        self._policy = policy
        self._equal = equal
        self._by_value = by_value
        self._found: dict[frozenset[str], tuple[Coverage, Coverage]] = {}

    def of(self, members: Sequence[Member], starts: Starts, prices: Mapping[str, float]) -> tuple[Coverage, Coverage]:
        """For members with these starts; members and prices must be the same at every call."""
        key = frozenset(starts)
        if key not in self._found:
            statuses = statuses_of(members, starts, prices)
            self._found[key] = (
                coverage(statuses, self._equal, self._policy),
                coverage(statuses, self._by_value, self._policy),
            )
        return self._found[key]
