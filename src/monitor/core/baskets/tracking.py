"""How a basket runs beside its index, day by day (DOMAIN XSC-4)."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import fsum, sqrt

import msgspec

from monitor.core.baskets.cross_section import SESSIONS_PER_YEAR
from monitor.core.baskets.member import Conversions, Member, Starts, StartTable, close_on, prices_now, sessions_between
from monitor.core.definition import Basket
from monitor.core.instruments.cut import Cut
from monitor.core.instruments.leg import Leg
from monitor.core.prices.rates import Rates
from monitor.core.status import Status
from monitor.core.views.basket import BasketWindow, TrackingView


class DailyDifferences(msgspec.Struct, frozen=True):
    """Daily differences up to the session before now. count, mean, squares: how many, their mean, and the sum of their
    squared distances from it (two passes). units: what 1 at the anchor holds of each member. level, index: of the
    session right before now, None when a close of it is missing: then there is no difference of today."""

    count: int
    mean: float
    squares: float
    units: dict[str, float]
    level: float | None
    index: float | None

    def error_ann(self, level_now: float, index_now: float) -> tuple[int, float | None]:
        """Days with the one of now, and the tracking error over them; None with fewer than two."""
        count, squares = self.count, self.squares
        if self.level is not None and self.index is not None:
            today = (level_now - self.level) / self.level - (index_now - self.index) / self.index
            # One more value in an exact mean and sum of squares: nothing is ever taken out, so nothing cancels.
            squares += (today - self.mean) ** 2 * count / (count + 1)
            count += 1
        return count, sqrt(squares / (count - 1)) * sqrt(SESSIONS_PER_YEAR) if count > 1 else None


class Tracking:
    """A basket beside its index. Daily closes are walked once and remembered until the caller says `forget`. A day
    counts when basket and index have all their closes of it and of the session before: nothing is carried."""

    def __init__(self, basket: Basket, legs: Mapping[str, Leg], index: Leg) -> None:
        self._basket = basket
        self._legs = {**legs, index.instrument.symbol: index}
        self._same_calendar = len({leg.calendar.name for leg in self._legs.values()}) == 1
        self._starts = StartTable()
        self._walked: dict[tuple[int, tuple[str, ...]], DailyDifferences] = {}
        self._closes: dict[str, dict[str, float | None]] = {}

    def forget(self) -> None:
        """A close, a fixing or an as-of session is another than before."""
        self._starts.forget()
        self._walked.clear()
        self._closes.clear()

    def view(
        self,
        windows: Sequence[str],
        headline: Sequence[BasketWindow],
        members: Sequence[Member],
        index: Member,
        now: Conversions,
        cut: Cut,
    ) -> dict[str, TrackingView]:
        """By window. headline: the basket as its file says; the index is taken in the same currency. now: conversions
        of prices of now into it."""
        everyone = [*members, index] if index.symbol not in {m.symbol for m in members} else list(members)
        prices = prices_now(everyone, now)
        return {
            window: self._over(i, headline[i], everyone, index, prices, cut.rates) for i, window in enumerate(windows)
        }

    def _over(
        self,
        number: int,
        headline: BasketWindow,
        everyone: Sequence[Member],
        index: Member,
        prices: Mapping[str, float],
        rates: Rates,
    ) -> TrackingView:
        if headline.basket_return is None:
            return TrackingView(difference_pp=None, error_ann=None, sessions=0, status=Status.INSUFFICIENT_COVERAGE)
        starts = self._starts.over(everyone, number, self._basket.currency, rates)
        if not self._same_calendar or index.symbol not in starts or index.symbol not in prices:
            return TrackingView(difference_pp=None, error_ann=None, sessions=0, status=Status.NO_BASELINE)
        key = (number, tuple(headline.included))
        known = self._walked.get(key)
        if known is None:
            known = self._walked[key] = self._walk(headline.weights, everyone, index, starts, rates)
        level = fsum(held * prices[symbol] for symbol, held in known.units.items())
        sessions, error = known.error_ann(level, prices[index.symbol])
        paid = starts[index.symbol].paid
        difference = 100 * (headline.basket_return - (prices[index.symbol] - paid) / paid)
        return TrackingView(difference_pp=difference, error_ann=error, sessions=sessions, status=Status.OK)

    def _walk(
        self,
        weights: Mapping[str, float],
        everyone: Sequence[Member],
        index: Member,
        starts: Starts,
        rates: Rates,
    ) -> DailyDifferences:
        units = {symbol: weight / starts[symbol].paid for symbol, weight in weights.items()}
        used = [member for member in everyone if member.symbol in units or member.symbol == index.symbol]
        columns = {member.symbol: self._column(member, everyone, rates) for member in used}
        first = max(starts[member.symbol].session for member in used)
        live = max(member.session or first for member in used)
        days: list[tuple[float, float] | None] = []
        for session in [first, *sessions_between(self._legs.values(), first, live)]:
            row = {symbol: column.get(session) for symbol, column in columns.items()}
            whole = {symbol: close for symbol, close in row.items() if close is not None}
            if len(whole) < len(row):
                days.append(None)
            else:
                days.append((fsum(held * whole[s] for s, held in units.items()), whole[index.symbol]))
        differences = [
            (after[0] - before[0]) / before[0] - (after[1] - before[1]) / before[1]
            for before, after in pairwise(days)
            if before is not None and after is not None
        ]
        mean = fsum(differences) / len(differences) if differences else 0.0
        level, closed = (days[-1] or (None, None)) if first < live else (None, None)
        return DailyDifferences(
            len(differences), mean, fsum((one - mean) ** 2 for one in differences), units, level, closed
        )

    def _column(self, member: Member, everyone: Sequence[Member], rates: Rates) -> dict[str, float | None]:
        """Closes of one member over the longest window, by session."""
        column = self._closes.get(member.symbol)
        if column is None:
            anchors = [start.session for one in everyone for start in one.baselines if start.session is not None]
            first, live = min(anchors), max(one.session or "" for one in everyone)
            leg, currency = self._legs[member.symbol], self._basket.currency
            sessions = [first, *sessions_between([leg], first, live)]
            column = {session: close_on(leg, member, session, currency, rates) for session in sessions}
            self._closes[member.symbol] = column
        return column
