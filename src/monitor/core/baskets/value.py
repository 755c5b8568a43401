"""What companies are worth together and what is paid for their earnings (DOMAIN MV-1, MV-2, MV-3)."""

from collections.abc import Iterable, Mapping
from math import fsum

import msgspec

from monitor.core.tolerance import above


class Holding(msgspec.Struct, frozen=True, gc=False):
    """All issued shares of one member, then and now, valued at the one line of the basket.

    price: now. baseline: raw close then. price_factor: puts it on the share basis of now (CA-1). shares_now,
    shares_then: issued, each on the share basis of its time. fx_now, fx_base: US dollars for one unit of the line's
    currency.
    """

    price: float
    baseline: float
    shares_now: float
    shares_then: float
    fx_now: float
    fx_base: float
    price_factor: float = 1.0


class MarketValue(msgspec.Struct, frozen=True):
    """MV-1 in US dollars. constant_shares: what the price did, at the share count of now (the headline). actual: with
    shares issued and bought back. by_member: parts of constant_shares."""

    now: float
    then: float
    constant_shares: float
    actual: float
    by_member: dict[str, float]


def market_value(holdings: Mapping[str, Holding]) -> MarketValue:
    """MV-1 over the members in `holdings`, by symbol."""
    now = {s: h.shares_now * h.price * h.fx_now for s, h in holdings.items()}
    then = {s: h.shares_then * h.baseline * h.fx_base for s, h in holdings.items()}
    paid = {s: h.shares_now * h.baseline * h.price_factor * h.fx_base for s, h in holdings.items()}
    return MarketValue(
        now=fsum(now.values()),
        then=fsum(then.values()),
        constant_shares=fsum([*now.values(), *(-worth for worth in paid.values())]),
        actual=fsum([*now.values(), *(-worth for worth in then.values())]),
        by_member={symbol: now[symbol] - paid[symbol] for symbol in holdings},
    )


class Earning(msgspec.Struct, frozen=True, gc=False):
    """Price and forward earnings of one share, both in one currency. eps: None without an estimate. fx: from that
    currency into the one in which members are added up. shares: issued, None where not known."""

    price: float
    eps: float | None
    fx: float
    shares: float | None = None


class Valuation(msgspec.Struct, frozen=True):
    """MV-2. pe_aggregate: market value over earnings; None when earnings are not positive or a share count is missing.
    pe_equal_weight: harmonic mean of the members' P/E; None when the mean yield is not positive. excluded: without an
    estimate, in order."""

    pe_aggregate: float | None
    pe_equal_weight: float | None
    excluded: list[str]


def valuation(members: Mapping[str, Earning]) -> Valuation:
    """MV-2 over the members that have an estimate."""
    estimated = {symbol: (member, member.eps) for symbol, member in members.items() if member.eps is not None}
    yields = [eps / member.price for member, eps in estimated.values()]
    mean_yield = fsum(yields) / len(yields) if yields else 0.0
    return Valuation(
        pe_aggregate=_aggregate(estimated.values()),
        pe_equal_weight=1.0 / mean_yield if above(mean_yield, 0.0) else None,
        excluded=[symbol for symbol, member in members.items() if member.eps is None],
    )


def _aggregate(estimated: Iterable[tuple[Earning, float]]) -> float | None:
    worth, earned = [], []
    for member, eps in estimated:
        if member.shares is None:
            return None
        worth.append(member.shares * member.price * member.fx)
        earned.append(member.shares * eps * member.fx)
    earnings = fsum(earned)
    return fsum(worth) / earnings if earnings > 0 else None


def discount(pe_a: float | None, pe_b: float | None) -> float | None:
    """MV-3: how much less is paid for a's earnings than for b's, fraction; None when one of them has no P/E."""
    return None if pe_a is None or pe_b is None else 1.0 - pe_a / pe_b
