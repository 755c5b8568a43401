"""The metrics of one basket: its return in every way it is counted, how its members differ, its coverage."""

from monitor.core.baskets.composite import Composite
from monitor.core.explain.basket_detail import DETAILS, explain_detail, variant_of
from monitor.core.explain.explanation import NO_NUMBER, Explanation
from monitor.core.explain.returns import coverage_notes, explain_basket, explain_return
from monitor.core.instruments.cut import Return
from monitor.core.status import Status
from monitor.core.tolerance import above
from monitor.core.views.basket import BasketWindow
from monitor.core.workings import Workings

_CURRENCIES = {"usd_return_pct": "USD", "hkd_return_pct": "HKD"}


def explain_basket_metric(
    workings: Workings, basket: str, measure: str, window: str, value: float | None
) -> Explanation:
    """One metric of a basket. window: as on the board, or `now`. value: of the metric. Raises KeyError for a measure
    that baskets do not have."""
    composite = workings.composites[basket]
    label = f"{composite.basket.name} ({basket})"
    if measure in DETAILS:
        return explain_detail(workings, composite, measure, window, value)
    index = workings.definition.windows.index(window)
    view = workings.snapshot.baskets[basket][window]
    match measure:
        case "return_pct":
            return _return(workings, composite, index, f"{label} {window} return", value)
        case "dispersion_pp":
            return _dispersion(workings, composite, index, f"{label} {window} dispersion", value)
        case "breadth":
            return _breadth(workings, composite, index, f"{label} {window} breadth", value)
        case "coverage_fresh":
            return Explanation(
                name="result",
                label=f"{label} {window} share of weight with a fresh price",
                value=value,
                status=view.status,
                notes=coverage_notes(composite, view),
            )
        case "usd_return_pct" | "hkd_return_pct":
            currency = _CURRENCIES[measure]
            return _in_currency(workings, composite, index, window, currency, f"{label} {window} return", value)
        case _:
            raise KeyError(measure)


def _return(workings: Workings, composite: Composite, index: int, label: str, value: float | None) -> Explanation:
    found = explain_basket(workings, composite, workings.cut, index, "r")
    return Explanation(
        name="result",
        label=label,
        value=value,
        unit="pct",
        formula="sum(c)",
        status=found.status,
        notes=[found.label, *found.notes],
        parts=found.parts,
    )


def _dispersion(workings: Workings, composite: Composite, index: int, label: str, value: float | None) -> Explanation:
    window = _window(workings, composite, index)
    mean = Explanation(name="mean", label="return of the basket", value=window.basket_return, unit="fraction")
    parts = []
    for symbol, weight in window.weights.items():
        own = _member_return(workings, composite, index, symbol)
        apart = None if own.value is None or mean.value is None else weight * (own.value - mean.value) ** 2
        parts.append(
            Explanation(
                name="d",
                label=symbol,
                value=apart,
                formula="w × (r − mean) × (r − mean)",
                parts=[Explanation(name="w", label="weight at the anchor", value=weight), own, mean],
            )
        )
    return Explanation(
        name="result",
        label=label,
        value=value,
        unit="pp",
        formula="100 × sqrt(sum(d))",
        status=window.status,
        notes=coverage_notes(composite, window),
        parts=parts,
    )


def _breadth(workings: Workings, composite: Composite, index: int, label: str, value: float | None) -> Explanation:
    window = _window(workings, composite, index)
    benchmark = composite.basket.benchmark
    parts: list[Explanation] = []
    status = window.status if benchmark is not None else NO_NUMBER
    if benchmark is not None:
        against = explain_return(workings, workings.legs[benchmark], workings.cut, index, "benchmark")
        returns = [_member_return(workings, composite, index, symbol) for symbol in window.weights]
        ahead = [
            r for r in returns if r.value is not None and against.value is not None and above(r.value, against.value)
        ]
        parts = [
            Explanation(name="ahead", label="members above it", value=float(len(ahead)), parts=ahead),
            Explanation(name="members", label="members that count", value=float(len(returns)), parts=returns),
            against,
        ]
        if value is None and window.basket_return is not None:
            status = against.status
    return Explanation(
        name="result",
        label=label,
        value=value,
        formula="ahead / members",
        status=status,
        notes=coverage_notes(composite, window) if benchmark else ["the basket has no benchmark"],
        parts=parts,
    )


def _in_currency(
    workings: Workings,
    composite: Composite,
    index: int,
    window: str,
    currency: str,
    label: str,
    value: float | None,
) -> Explanation:
    """The members bought at the anchor in equal parts of one currency."""
    counted = _window(workings, composite, index).included
    found = [
        explain_return(workings, leg, workings.cut, index, "r", currency)
        for symbol, leg in composite.legs.items()
        if symbol in counted
    ]
    members = [own for own in found if own.value is not None]
    variant = variant_of(workings, composite.basket.id, window, "EW", currency)
    return Explanation(
        name="result",
        label=f"{label} in {currency}, equal parts",
        value=value,
        unit="pct",
        formula="100 × sum(r) / n",
        status=Status.MISSING if variant is None else variant.status,
        notes=coverage_notes(composite, _window(workings, composite, index)),
        parts=[*members, Explanation(name="n", label="members that count", value=float(len(members)))],
    )


def _member_return(workings: Workings, composite: Composite, index: int, symbol: str) -> Explanation:
    return explain_return(workings, composite.legs[symbol], workings.cut, index, "r", composite.basket.currency)


def _window(workings: Workings, composite: Composite, index: int) -> BasketWindow:
    benchmark = composite.basket.benchmark
    against: list[Return] | None = workings.cut.returns[benchmark] if benchmark else None
    return composite.windows(workings.cut, workings.moment, against)[index]
