"""One basket over one window, as the snapshot shows it (DOMAIN COV-2, XSC-1 to 3)."""

from collections.abc import Mapping

from monitor.core.baskets.cross_section import cross_section, moved
from monitor.core.baskets.scheme import contributions_pp
from monitor.core.coverage import Coverage, is_fresh
from monitor.core.status import Status
from monitor.core.views.basket import BasketWindow


def without_return(cover: Coverage, statuses: Mapping[str, Status], returns: Mapping[str, float]) -> BasketWindow:
    """A basket that is not covered well enough to have a return."""
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


def with_return(
    cover: Coverage,
    statuses: Mapping[str, Status],
    returns: Mapping[str, float],
    weights: dict[str, float],
    benchmark: float | None,
) -> BasketWindow:
    """A basket with its return. weights: of the included members, summing to 1. benchmark: return that breadth is
    measured against, None without one."""
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
