"""Buy-and-hold baskets over one window (DOMAIN BSK-1, 3, 4, 5, 6 and XSC-1). All schemes are linear: the return of a
basket is the weighted sum of its members' returns."""

from collections.abc import Mapping
from math import fsum

from monitor.core.definition import Scheme
from monitor.core.tolerance import above, below


def normalised(weights: Mapping[str, float]) -> dict[str, float]:
    """Weights divided by their sum. Raises ValueError when the sum is not positive."""
    total = fsum(weights.values())
    if not total > 0:
        raise ValueError(f"weights must have a positive sum, found {total}")
    return {symbol: weight / total for symbol, weight in weights.items()}


def capped(weights: Mapping[str, float], cap: float) -> dict[str, float]:
    """BSK-6: normalised weights with none above `cap`.

    Raises ValueError when `cap` times the number of members that have a weight is below 1: then no such weights exist.
    """
    result = normalised(weights)
    weighted = sum(weight > 0 for weight in result.values())
    if below(cap * weighted, 1.0):
        raise ValueError(f"a cap of {cap} cannot hold for {weighted} members with a weight")
    at_cap: set[str] = set()
    while over := {symbol for symbol in result if symbol not in at_cap and above(result[symbol], cap)}:
        at_cap |= over
        free = {symbol: weight for symbol, weight in result.items() if symbol not in at_cap}
        left = 1.0 - cap * len(at_cap)
        free_sum = fsum(free.values())
        result = {symbol: cap if symbol in at_cap else free[symbol] * left / free_sum for symbol in result}
    return result


def scheme_weights(
    scheme: Scheme,
    values: Mapping[str, float],
    *,
    weights: Mapping[str, float] | None = None,
    shares: Mapping[str, float] | None = None,
    cap: float | None = None,
) -> dict[str, float]:
    """Weights at the anchor, summing to 1.

    values: symbol → B·X_base, the price of one share at the anchor in the currency of the basket; its keys are the
    members. weights: CUSTOM targets on any scale. shares: CAP share counts. cap: BSK-6, None for none.
    Raises ValueError where a member has no weight or share count that its scheme needs.
    """
    match scheme:
        case Scheme.EW:
            raw = dict.fromkeys(values, 1.0)
        case Scheme.CUSTOM:
            raw = _of_members(values, weights, "weight")
        case Scheme.CAP:
            counts = _of_members(values, shares, "share count")
            raw = {symbol: counts[symbol] * value for symbol, value in values.items()}
        case Scheme.PRICE:
            raw = dict(values)
    return normalised(raw) if cap is None else capped(raw, cap)


def basket_return(weights: Mapping[str, float], returns: Mapping[str, float]) -> float:
    """Σ w R over the keys of `weights`, with one rounding."""
    return fsum(weight * returns[symbol] for symbol, weight in weights.items())


def contributions_pp(weights: Mapping[str, float], returns: Mapping[str, float]) -> dict[str, float]:
    """XSC-1: what each member adds to the basket's return, percentage points; they sum to 100 times that return."""
    return {symbol: 100 * weight * returns[symbol] for symbol, weight in weights.items()}


def _of_members(members: Mapping[str, float], given: Mapping[str, float] | None, what: str) -> dict[str, float]:
    missing = [symbol for symbol in members if given is None or symbol not in given]
    if missing or given is None:
        raise ValueError(f"no {what} for {', '.join(missing)}")
    return {symbol: given[symbol] for symbol in members}
