"""How the members of a basket differ (DOMAIN XSC-2, 3, 4)."""

from collections.abc import Mapping, Sequence
from math import fsum, prod, sqrt
from statistics import median, stdev

import msgspec

from monitor.core.baskets.scheme import basket_return
from monitor.core.tolerance import EPS, above

SESSIONS_PER_YEAR = 252


class CrossSection(msgspec.Struct, frozen=True, gc=False):
    """XSC-2 and XSC-3. Returns are decimal fractions. best, worst: symbols. breadth_vs_bench: share of members above
    the benchmark, None without one."""

    mean: float
    dispersion: float
    median: float
    min: float
    max: float
    range: float
    best: str
    worst: str
    advancers: int
    decliners: int
    unchanged: int
    breadth_vs_bench: float | None


def cross_section(
    returns: Mapping[str, float], weights: Mapping[str, float], benchmark_return: float | None
) -> CrossSection:
    """The cross-section of the members in `returns`. weights: of the same members, summing to 1.

    benchmark_return: None without one. Raises ValueError when there are no members.
    """
    if not returns:
        raise ValueError("a cross-section needs at least one member")
    mean = basket_return(weights, returns)
    values = list(returns.values())
    low, high = min(values), max(values)
    advancers, decliners, unchanged = moved(values)
    breadth = None
    if benchmark_return is not None:
        breadth = sum(above(value, benchmark_return) for value in values) / len(values)
    return CrossSection(
        mean=mean,
        # Two passes: the mean of squares minus the squared mean loses every digit that matters (DOMAIN 12.2).
        dispersion=sqrt(fsum(weights[symbol] * (value - mean) ** 2 for symbol, value in returns.items())),
        median=median(values),
        min=low,
        max=high,
        range=high - low,
        best=min(symbol for symbol, value in returns.items() if value >= high - EPS),
        worst=min(symbol for symbol, value in returns.items() if value <= low + EPS),
        advancers=advancers,
        decliners=decliners,
        unchanged=unchanged,
        breadth_vs_bench=breadth,
    )


def moved(returns: Sequence[float]) -> tuple[int, int, int]:
    """How many returns are positive, negative and neither."""
    advancers = sum(value > EPS for value in returns)
    decliners = sum(value < -EPS for value in returns)
    return advancers, decliners, len(returns) - advancers - decliners


class Tracking(msgspec.Struct, frozen=True):
    """tracking_error_ann: annual, decimal fraction; None with fewer than two days."""

    tracking_difference_pp: float
    tracking_error_ann: float | None


def tracking(basket_daily: Sequence[float], index_daily: Sequence[float]) -> Tracking:
    """XSC-4: how far a basket ran from an index. Both: daily returns of the same days, decimal fractions."""
    if len(basket_daily) != len(index_daily):
        raise ValueError(f"{len(basket_daily)} days of the basket against {len(index_daily)} of the index")
    differences = [b - i for b, i in zip(basket_daily, index_daily, strict=True)]
    growth_basket = prod(1 + r for r in basket_daily)
    growth_index = prod(1 + r for r in index_daily)
    return Tracking(
        tracking_difference_pp=100 * (growth_basket - growth_index),
        tracking_error_ann=stdev(differences) * sqrt(SESSIONS_PER_YEAR) if len(differences) > 1 else None,
    )
