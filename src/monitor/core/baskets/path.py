"""Levels of baskets that change on the way: rebalanced to target weights (DOMAIN BSK-2) or by market value (BSK-4).

Both are walked the same way: between two resets the holdings stand still, so a level is the level at the last reset
times one weighted sum. Whoever keeps a `BasketPath` at its last reset pays for the price of now only, however long the
history is.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum
from math import fsum

import msgspec

from monitor.core.baskets.scheme import normalised

START_LEVEL = 100.0


class Rebalance(StrEnum):
    """When holdings are reset to target weights: at the close of the last session of each period, or never."""

    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"
    QUARTERLY = "QUARTERLY"
    NONE = "NONE"


class BasketPath:
    """One basket from its start on: `reset` it wherever its holdings change, ask for the `level` at any prices since.

    weights: at the start, any scale with a positive sum; their keys are the members. prices: of every member at the
    start. Raises ValueError when a member has no positive price there: it cannot be bought.

    >>> path = BasketPath({"A": 1, "B": 1}, {"A": 8.0, "B": 20.0})
    >>> path.level({"A": 10.0, "B": 20.0})
    112.5
    >>> path.reset({"A": 10.0, "B": 20.0})
    >>> path.level({"A": 12.5, "B": 20.0})
    126.5625
    """

    def __init__(self, weights: Mapping[str, float], prices: Mapping[str, float | None]) -> None:
        self._weights = normalised(weights)
        self._start_level = START_LEVEL
        self._start: dict[str, float] = {}
        for symbol in self._weights:
            price = prices.get(symbol)
            if price is None or not price > 0:
                raise ValueError(f"{symbol} has no price at the start of the path: {price}")
            self._start[symbol] = price
        self._earned_pp = dict.fromkeys(self._weights, 0.0)
        self._last = self._start

    def see(self, prices: Mapping[str, float | None]) -> None:
        """Remember the prices of a session, so that later missing ones carry them."""
        self._last = self._carried(prices)

    def level(self, prices: Mapping[str, float | None]) -> float:
        """What 100 at the start is worth at these prices; a missing one carries the last that was seen."""
        now, start = self._carried(prices), self._start
        return self._start_level * fsum(weight * now[s] / start[s] for s, weight in self._weights.items())

    def units(self) -> dict[str, float]:
        """How much of each member 100 at the start holds now; times its price, summed, that is the level."""
        return {s: self._start_level * weight / self._start[s] for s, weight in self._weights.items()}

    def reset(self, prices: Mapping[str, float | None], weights: Mapping[str, float] | None = None) -> None:
        """Set holdings to target weights at these prices. weights: new targets, None for those of before."""
        level, earned = self.level(prices), self.contributions_pp(prices)
        self._start = self._last = self._carried(prices)
        self._start_level, self._earned_pp = level, earned
        if weights is not None:
            self._weights = normalised(weights)

    def contributions_pp(self, prices: Mapping[str, float | None]) -> dict[str, float]:
        """XSC-1 for a rebalanced basket: what each member has added since the start, percentage points of it. They sum
        to 100 times the return."""
        now, start = self._carried(prices), self._start
        scale = 100.0 * self._start_level / START_LEVEL
        return {
            symbol: self._earned_pp[symbol] + scale * weight * (now[symbol] - start[symbol]) / start[symbol]
            for symbol, weight in self._weights.items()
        }

    def _carried(self, prices: Mapping[str, float | None]) -> dict[str, float]:
        return {symbol: last if (price := prices.get(symbol)) is None else price for symbol, last in self._last.items()}


class Rebalanced(msgspec.Struct, frozen=True):
    """BSK-2. levels: one a session, 100 at the first. rebalanced_at: sessions at whose close holdings were reset, the
    first one included. live_level: at the live prices, None without any. total_return: fraction, up to the live level
    where there is one. contributions_pp: by member, summing to 100 times that."""

    levels: list[float]
    rebalanced_at: list[str]
    live_level: float | None
    total_return: float
    contributions_pp: dict[str, float]


def rebalanced(
    sessions: Sequence[str],
    closes: Mapping[str, Sequence[float | None]],
    weights: Mapping[str, float],
    rebalance: Rebalance,
    live: Mapping[str, float | None] | None = None,
    live_session: str | None = None,
) -> Rebalanced:
    """The path of a basket with target weights (BSK-2).

    sessions: ISO dates, ascending. closes: member → one a session on one share basis and in one currency, None where
    missing: the one before is carried. weights: targets on any scale. live: prices of now, None where missing; None:
    no live level. live_session: what session they belong to, None when that is not known: then the last one ends no
    period. Raises ValueError when a member has no close in the first session.
    """
    rows = list(_rows(closes, len(sessions)))
    path = BasketPath(weights, rows[0])
    ends = set(period_ends(sessions, rebalance, live_session))
    levels = []
    for session, row in zip(sessions, rows, strict=True):
        levels.append(path.level(row))
        path.see(row)
        if session in ends:
            path.reset({})
    now = {} if live is None else live
    live_level = None if live is None else path.level(now)
    end = levels[-1] if live_level is None else live_level
    return Rebalanced(
        levels=levels,
        rebalanced_at=[session for i, session in enumerate(sessions) if i == 0 or session in ends],
        live_level=live_level,
        total_return=(end - START_LEVEL) / START_LEVEL,
        contributions_pp=path.contributions_pp(now),
    )


def period_ends(sessions: Sequence[str], rebalance: Rebalance, live_session: str | None) -> list[str]:
    """BSK-2: those sessions that are the last of their period, because the next one (after the last: the live one)
    lies in another."""
    if rebalance is Rebalance.NONE or not sessions:
        return []
    following = [*sessions[1:], live_session]
    return [
        session
        for session, after in zip(sessions, following, strict=True)
        if after is not None and _period(session, rebalance) != _period(after, rebalance)
    ]


def chain_linked(
    closes: Mapping[str, Sequence[float | None]], shares: Mapping[str, Sequence[float | None]]
) -> list[float]:
    """BSK-4: one level a session, 100 at the first, weighted by market value.

    closes: as for `rebalanced`. shares: member → how many were issued at the close of each session, on the share basis
    of the closes, None where not known anew: the count before holds. A change counts from the next session on, so that
    placements and buy-backs do not move the level. Raises ValueError when a member has no close or count at the first.
    """
    count = max((len(prices) for prices in closes.values()), default=0)
    rows, counts = list(_rows(closes, count)), list(_rows(shares, count))
    issued = {symbol: _known(counts[0].get(symbol), symbol) for symbol in closes}
    last = {symbol: _known(rows[0][symbol], symbol) for symbol in closes}
    path = BasketPath(_worth(issued, last), rows[0])
    levels = []
    for row, changed in zip(rows, counts, strict=True):
        levels.append(path.level(row))
        path.see(row)
        last = _updated(last, row)
        new = _updated(issued, changed)
        if new != issued:
            issued = new
            path.reset({}, _worth(issued, last))
    return levels


def _rows(columns: Mapping[str, Sequence[float | None]], count: int) -> Iterator[dict[str, float | None]]:
    for i in range(count):
        yield {symbol: column[i] for symbol, column in columns.items()}


def _updated(before: Mapping[str, float], row: Mapping[str, float | None]) -> dict[str, float]:
    return {symbol: old if (new := row.get(symbol)) is None else new for symbol, old in before.items()}


def _worth(shares: Mapping[str, float], prices: Mapping[str, float]) -> dict[str, float]:
    return {symbol: count * prices[symbol] for symbol, count in shares.items()}


def _known(value: float | None, symbol: str) -> float:
    if value is None:
        raise ValueError(f"{symbol} has no close or no share count in the first session")
    return value


def _period(session: str, rebalance: Rebalance) -> object:
    day = date.fromisoformat(session)
    match rebalance:
        case Rebalance.WEEKLY:
            return day.isocalendar()[:2]
        case Rebalance.MONTHLY:
            return day.year, day.month
        case Rebalance.QUARTERLY:
            return day.year, (day.month - 1) // 3
        case _:
            return session  # every session is a period of its own
