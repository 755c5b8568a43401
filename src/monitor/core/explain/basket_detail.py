"""The metrics of a basket beyond its headline return: rebalanced and by market value, beside its index, in billions of
dollars, by its earnings."""

from monitor.core.baskets.composite import Composite
from monitor.core.baskets.member import conversions, prices_now
from monitor.core.baskets.path import START_LEVEL
from monitor.core.explain.explanation import Explanation
from monitor.core.explain.returns import coverage_notes, explain_price, explain_return
from monitor.core.status import Status
from monitor.core.views.basket import Variant
from monitor.core.workings import Workings

_BILLION = 1_000_000_000
_PATHS = {"quarterly_return_pct": "QUARTERLY", "cap_return_pct": "CAP"}
_RULES = {
    "QUARTERLY": "equal parts at the anchor, reset at the close of the last session of each quarter (BSK-2)",
    "CAP": "by market value, chain-linked over changes of the share counts (BSK-4)",
}

DETAILS = frozenset({*_PATHS, "tracking_pp", "tracking_error_pct", "value_added_usd_bn", "pe"})


def explain_detail(
    workings: Workings, composite: Composite, measure: str, window: str, value: float | None
) -> Explanation:
    """One of the metrics of `DETAILS`. window: as on the board, or `now`. value: of the metric."""
    label = f"{composite.basket.name} ({composite.basket.id}) {window}"
    match measure:
        case "quarterly_return_pct" | "cap_return_pct":
            return _path(workings, composite, _PATHS[measure], window, label, value)
        case "tracking_pp":
            return _tracking(workings, composite, window, label, value)
        case "tracking_error_pct":
            return _tracking_error(workings, composite, window, label, value)
        case "value_added_usd_bn":
            return _value_added(workings, composite, window, label, value)
        case _:
            return _pe(workings, composite, label, value)


def variant_of(workings: Workings, basket: str, window: str, scheme: str, currency: str) -> Variant | None:
    """One way to count a basket; None where the board does not have it."""
    variants = workings.snapshot.basket_views[basket].variants.get(window, [])
    return next((found for found in variants if (found.scheme, found.currency) == (scheme, currency)), None)


def _path(
    workings: Workings, composite: Composite, scheme: str, window: str, label: str, value: float | None
) -> Explanation:
    index, cut = workings.definition.windows.index(window), workings.cut
    members = composite.members(cut, workings.moment)
    prices = prices_now(members, conversions(members, "LOCAL", cut))
    units = composite.detail.variants.holdings(scheme, "LOCAL", index, members, prices, cut.rates)
    variant = variant_of(workings, composite.basket.id, window, scheme, "LOCAL")
    parts = []
    if isinstance(units, dict) and value is not None:
        for symbol, held in units.items():
            leg = composite.legs[symbol]
            parts.append(
                Explanation(
                    name="part",
                    label=f"{leg.instrument.name} ({symbol})",
                    value=held * prices[symbol],
                    formula="units × price",
                    parts=[
                        Explanation(name="units", label="held now for 100 at the anchor", value=held),
                        explain_price(workings, leg, cut.points[symbol]),
                        explain_return(workings, leg, cut, index, "r"),
                    ],
                )
            )
    return Explanation(
        name="result",
        label=f"{label} return, {scheme}",
        value=value,
        unit="pct",
        formula="100 × (sum(part) − start) / start" if parts else "",
        status=Status.MISSING if variant is None else variant.status,
        notes=[_RULES[scheme], *coverage_notes(composite, workings.snapshot.baskets[composite.basket.id][window])],
        parts=[*parts, Explanation(name="start", label="level at the anchor", value=START_LEVEL)],
    )


def _tracking(workings: Workings, composite: Composite, window: str, label: str, value: float | None) -> Explanation:
    basket, index = composite.basket, workings.definition.windows.index(window)
    view = workings.snapshot.basket_views[basket.id].tracking[window]
    headline = workings.snapshot.baskets[basket.id][window]
    parts = [
        Explanation(
            name="basket", label=basket.name, value=headline.basket_return, unit="fraction", status=headline.status
        )
    ]
    if basket.benchmark is not None:
        against = workings.legs[basket.benchmark]
        parts.append(explain_return(workings, against, workings.cut, index, "index", basket.currency))
    return Explanation(
        name="result",
        label=f"{label} ahead of its index",
        value=value,
        unit="pp",
        formula="100 × (basket − index)",
        status=view.status,
        notes=[f"{view.sessions} daily differences"],
        parts=parts,
    )


def _tracking_error(
    workings: Workings, composite: Composite, window: str, label: str, value: float | None
) -> Explanation:
    view = workings.snapshot.basket_views[composite.basket.id].tracking[window]
    status = view.status
    if value is None and status == Status.OK:
        status = Status.WARMUP
    return Explanation(
        name="result",
        label=f"{label} tracking error a year",
        value=value,
        unit="pct",
        status=status,
        notes=[
            f"standard deviation (n − 1) of {view.sessions} daily differences from {composite.basket.benchmark}, × √252"
        ],
    )


def _value_added(workings: Workings, composite: Composite, window: str, label: str, value: float | None) -> Explanation:
    index, cut = workings.definition.windows.index(window), workings.cut
    view = workings.snapshot.basket_views[composite.basket.id].value[window]
    parts = []
    if value is not None:
        for member in composite.members(cut, workings.moment):
            if member.symbol in view.missing:
                continue
            leg = composite.legs[member.symbol]
            earned = explain_return(workings, leg, cut, index, "r", "USD")
            numbers = {part.name: part.value for part in earned.parts}
            issued = composite.detail.value.issued(member, member.session or "")
            price, baseline = numbers["price"], numbers["baseline"]
            x_now, x_then = numbers.get("x_now", 1.0), numbers.get("x_then", 1.0)
            added = None
            if price is not None and baseline is not None and x_now is not None and x_then is not None:
                added = issued * (price * x_now - baseline * x_then)
            parts.append(
                Explanation(
                    name="added",
                    label=f"{leg.instrument.name} ({member.symbol})",
                    value=added,
                    unit="USD",
                    formula="shares × (price × x_now − baseline × x_then)"
                    if "x_now" in numbers
                    else "shares × (price − baseline)",
                    parts=[Explanation(name="shares", label="issued shares now", value=issued), *earned.parts],
                )
            )
    notes = ["at constant shares: what the price did (MV-1)"]
    notes += [f"left out: {symbol}, {status}" for symbol, status in view.missing.items()]
    return Explanation(
        name="result",
        label=f"{label} market value added",
        value=value,
        unit="bn USD",
        formula=f"sum(added) / {_BILLION}",
        status=view.status,
        notes=notes,
        parts=parts,
    )


def _pe(workings: Workings, composite: Composite, label: str, value: float | None) -> Explanation:
    view = workings.snapshot.basket_views[composite.basket.id].valuation
    parts = []
    for member in composite.members(workings.cut, workings.moment):
        day, found = composite.detail.value.earning(member, workings.cut)
        if found.eps is None:
            continue
        leg = composite.legs[member.symbol]
        parts.append(
            Explanation(
                name="yield_",
                label=f"{leg.instrument.name} ({member.symbol})",
                value=found.eps / found.price,
                unit="fraction",
                formula="eps / price",
                parts=[
                    Explanation(
                        name="eps",
                        label="forward earnings a share, in the price's currency",
                        value=found.eps,
                        unit=leg.instrument.currency,
                        notes=[f"estimate of {day}"],
                    ),
                    explain_price(workings, leg, workings.cut.points[member.symbol]),
                ],
            )
        )
    notes = ["harmonic mean over the members (MV-2)"]
    if view is not None and view.excluded:
        notes.append(f"without an estimate: {', '.join(view.excluded)}")
    return Explanation(
        name="result",
        label=f"{label} forward price/earnings, equal-weighted",
        value=value,
        unit="ratio",
        formula="n / sum(yield_)",
        status=Status.OK if value is not None else Status.MISSING,
        notes=notes,
        parts=[*parts, Explanation(name="n", label="members with an estimate", value=float(len(parts)))],
    )
