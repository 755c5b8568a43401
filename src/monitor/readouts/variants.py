"""The ways to count a basket, and what belongs to its windows beyond the return. Pure."""

from collections.abc import Mapping

from monitor.core.snapshot import Snapshot
from monitor.core.views.basket import BasketView, TrackingView, ValuationView, Variant
from monitor.readouts import words

_SCHEMES = {"EW": "equal weights, held", "QUARTERLY": "equal weights, reset quarterly", "CAP": "by market value"}
_SHORT = {"EW": "equal", "QUARTERLY": "quarterly", "CAP": "by cap"}
_CURRENCIES = {"LOCAL": "local"}

_NAMED = 3
"""Members are named up to so many with the same trouble, then counted."""

Way = tuple[str, str]
"""A scheme and a currency: `("EW", "USD")`."""


def ways(view: BasketView) -> list[Way]:
    """Every way that the basket is counted in, in the board's order, without the headline's own."""
    found = {(v.scheme, v.currency): None for variants in view.variants.values() for v in variants}
    return [way for way in found if way != (view.scheme, view.currency)]


def variant(view: BasketView, window: str, way: Way) -> Variant:
    """The basket counted that way over one window; MISSING where it is not."""
    for found in view.variants.get(window, []):
        if (found.scheme, found.currency) == way:
            return found
    return Variant(scheme=way[0], currency=way[1], value=None, status="MISSING")


def label(way: Way) -> str:
    """`equal weights, reset quarterly, USD`."""
    scheme, currency = way
    return f"{_SCHEMES.get(scheme, words.clean(scheme))}, {_CURRENCIES.get(currency, words.clean(currency))}"


def short_label(way: Way) -> str:
    """`quarterly USD`."""
    scheme, currency = way
    return f"{_SHORT.get(scheme, words.clean(scheme))} {_CURRENCIES.get(currency, words.clean(currency))}"


def valuation(snapshot: Snapshot, view: ValuationView) -> list[str]:
    """`P/E 18.0 equal-weighted`, `20.4 in aggregate`, `estimates of 14 Feb 2025`, `P/E without SMIC`."""
    parts = [
        f"P/E {words.decimal(view.pe_equal_weight, 1)} equal-weighted",
        f"{words.decimal(view.pe_aggregate, 1)} in aggregate",
    ]
    if view.as_of:
        parts.append(f"estimates of {words.day(view.as_of)}")
    if view.excluded:
        parts.append(f"P/E without {', '.join(_name(snapshot, symbol) for symbol in view.excluded)}")
    return parts


def missing_members(snapshot: Snapshot, missing: Mapping[str, str]) -> str:
    """Who is not in a number, and why: `SMIC: no share count`, `7 members: no share count`; "" when all are in it.

    missing: status by symbol.
    """
    by_reason: dict[str, list[str]] = {}
    for symbol, why in missing.items():
        by_reason.setdefault(words.status_words(why), []).append(_name(snapshot, symbol))
    return "; ".join(
        f"{', '.join(found) if len(found) <= _NAMED else f'{len(found)} members'}: {why}"
        for why, found in by_reason.items()
    )


def value_without(snapshot: Snapshot, view: BasketView) -> str:
    """Who is not in a basket's value added, over any window; "" when all are."""
    missing = {symbol: why for value in view.value.values() for symbol, why in value.missing.items()}
    return missing_members(snapshot, missing)


def _name(snapshot: Snapshot, symbol: str) -> str:
    view = snapshot.instruments.get(symbol)
    return words.clean(view.name if view else symbol)


def tracking_error(view: TrackingView | None) -> str:
    """Per cent a year, without a sign; None is the dash."""
    return words.MISSING if view is None or view.error_ann is None else f"{view.error_ann * 100:.1f} %"
