"""The metrics of one pair: its spread under every policy, and what statistics say about it."""

from monitor.core.definition import Pair
from monitor.core.explain.explanation import NO_NUMBER, Explanation
from monitor.core.explain.instruments import explain_estimate
from monitor.core.explain.returns import explain_baseline, explain_side
from monitor.core.instruments.cut import Cut
from monitor.core.instruments.leg import Leg
from monitor.core.pairs.lag import anchors_of, baselines_of
from monitor.core.pairs.side import Side, legs_of
from monitor.core.status import Status
from monitor.core.views.pair import PairView, PolicyView, Spread
from monitor.core.workings import Workings

_SPREADS = {
    "spread_pp": ("LAST", "100 × (r_a − r_b)", "pp"),
    "same_date_spread_pp": ("SAME_DATE", "100 × (r_a − r_b)", "pp"),
    "lag_spread_pp": ("LAG", "100 × (r_a − r_b)", "pp"),
    "sync_spread_pp": ("SYNC", "100 × (r_a − r_b)", "pp"),
    "log_spread_pp": ("LAST", "100 × (ln(1 + r_a) − ln(1 + r_b))", "pp"),
    "return_multiple": ("LAST", "r_a / r_b", "ratio"),
    "beta_adj_pp": ("LAG", "100 × (r_a − beta × r_b)", "pp"),
}
"""Measure → policy, formula, unit."""

SPREAD_MEASURES = frozenset(_SPREADS)


def explain_spread(
    workings: Workings, pair: Pair, measure: str, window: str, value: float | None, name: str = "result"
) -> Explanation:
    """A spread of a pair under the policy of its measure. value: of the metric."""
    policy, formula, unit = _SPREADS[measure]
    view = workings.snapshot.pair_views[pair.id]
    found = _policy(view, policy)
    parts = explain_legs(workings, pair, found, window)
    status = found.spreads[window].status
    if measure == "beta_adj_pp":
        beta = None if view.statistics is None else view.statistics.beta
        beta_status = Status.WARMUP if view.statistics is None else view.statistics.beta_status
        parts.append(Explanation(name="beta", label="beta of a on b (LAG)", value=beta, status=beta_status))
        status = beta_status if beta is None else status
    notes = _policy_notes(found, workings.snapshot.ref_date)
    if value is None and status == Status.OK:
        status = NO_NUMBER
        notes.append("b moved by less than half a percent, or a leg lost everything: the formula has no answer (SPR-5)")
    return Explanation(
        name=name,
        label=f"{pair.name} ({pair.id}) {window} {measure.removesuffix('_pp').replace('_', ' ')}, policy {policy}",
        value=value,
        unit=unit,
        formula=formula,
        status=status,
        notes=notes,
        parts=parts,
    )


def explain_legs(workings: Workings, pair: Pair, view: PolicyView, window: str) -> list[Explanation]:
    """The returns r_a and r_b of a pair over one window, as its policy takes them."""
    sides = workings.side(pair.a), workings.side(pair.b)
    index = workings.definition.windows.index(window)
    spread = view.spreads[window]
    match view.policy:
        case "LAST":
            return _both(workings, sides, workings.cut, index)
        case "SAME_DATE":
            return _same_date(workings, sides, view, index, spread)
        case "LAG":
            return _lag(workings, sides, view, window, spread)
        case _:
            return _sync(workings, sides, view, index, spread)


def _same_date(
    workings: Workings, sides: tuple[Side, Side], view: PolicyView, index: int, spread: Spread
) -> list[Explanation]:
    if view.session_a is None:
        return _without(sides, spread)
    cut = Cut.same_date(
        [*legs_of(sides[0]), *legs_of(sides[1])],
        view.session_a,
        workings.moment,
        workings.rates,
        workings.definition.windows,
    )
    return _both(workings, sides, cut, index)


def _both(workings: Workings, sides: tuple[Side, Side], cut: Cut, index: int) -> list[Explanation]:
    return [explain_side(workings, side, cut, index, name) for side, name in zip(sides, ("r_a", "r_b"), strict=True)]


def _lag(
    workings: Workings, sides: tuple[Side, Side], view: PolicyView, window: str, spread: Spread
) -> list[Explanation]:
    a, b = sides
    if view.session_a is None:
        return _without(sides, spread)
    moment = workings.moment
    anchor_a, anchor_b = anchors_of(a, b, window, view.session_a, moment)
    baselines = baselines_of(a, [anchor_a], workings.cut, moment)
    points = {symbol: workings.cut.points[symbol] for symbol in baselines}
    live = Cut(points, baselines, workings.rates, view.session_a, fixed=False, policy="LAG")
    r_a = explain_side(workings, a, live, 0, "r_a")
    if view.session_b is None:
        return [r_a, _without(sides, spread)[1]]
    closing = Cut.closing(legs_of(b), view.session_b, [anchor_b], moment, workings.rates)
    return [r_a, explain_side(workings, b, closing, 0, "r_b")]


def _sync(
    workings: Workings, sides: tuple[Side, Side], view: PolicyView, index: int, spread: Spread
) -> list[Explanation]:
    without = _without(sides, spread)
    found = []
    for side, method, name, nothing in zip(sides, (view.method_a, view.method_b), ("r_a", "r_b"), without, strict=True):
        if method is None:
            found.append(nothing)
        elif method == "LIVE" or not isinstance(side, Leg):
            found.append(explain_side(workings, side, workings.cut, index, name))
        else:
            found.append(_estimated(workings, side, index, name, nothing.value))
    return found


def _estimated(workings: Workings, leg: Leg, index: int, name: str, value: float | None) -> Explanation:
    symbol = leg.instrument.symbol
    start = workings.cut.baselines[symbol][index]
    return Explanation(
        name=name,
        label=f"{leg.instrument.name} ({symbol}), estimated",
        value=value,
        unit="fraction",
        formula="(fair − baseline) / baseline",
        status=start.status,
        parts=[
            explain_estimate(workings, symbol),
            explain_baseline(leg, start, workings.cut.points[symbol].session),
        ],
    )


def _without(sides: tuple[Side, Side], spread: Spread) -> list[Explanation]:
    """Both legs where a policy has nothing to take them apart from their values."""
    return [
        Explanation(
            name=name,
            label=side.instrument.name if isinstance(side, Leg) else side.basket.name,
            value=value,
            unit="fraction",
            status=Status.OK if value is not None else spread.status,
        )
        for side, name, value in zip(sides, ("r_a", "r_b"), (spread.r_a, spread.r_b), strict=True)
    ]


def _policy(view: PairView, policy: str) -> PolicyView:
    for found in view.policies:
        if found.policy == policy:
            return found
    raise KeyError(policy)


def _policy_notes(view: PolicyView, ref_date: str | None) -> list[str]:
    """Sessions, ages and the gap between the legs."""
    notes = [f"a as of {view.session_a or 'no session'}, b as of {view.session_b or 'no session'}"]
    if view.policy in ("LAST", "SYNC") and ref_date is not None:
        notes.append(f"windows of both legs start from the board's reference date {ref_date}")
    if view.age_a_s is not None and view.age_b_s is not None and view.async_gap_s is not None:
        order = "before" if view.async_gap_s < 0 else "after"
        gap = f"a is {abs(view.async_gap_s):,.0f} s {order} b"
        notes.append(f"ages {view.age_a_s:,.0f} s and {view.age_b_s:,.0f} s: {gap}")
    if view.policy == "SYNC":
        notes.append(f"a by {view.method_a or 'nothing'}, b by {view.method_b or 'nothing'}")
    return notes


def explain_pe_discount(workings: Workings, pair: Pair, value: float | None) -> Explanation:
    """MV-3. Raises KeyError for a pair without earnings."""
    compared = workings.snapshot.pair_views[pair.id].pe
    if compared is None:
        raise KeyError("pe_discount")
    parts = [
        Explanation(name=name, label=f"price/earnings of {side}, equal-weighted", value=pe, unit="ratio")
        for name, side, pe in (("pe_a", pair.a, compared.pe_a), ("pe_b", pair.b, compared.pe_b))
    ]
    return Explanation(
        name="result",
        label=f"{pair.name} ({pair.id}) discount by price/earnings",
        value=value,
        formula="1 − pe_a / pe_b",
        status=Status.OK if value is not None else Status.MISSING,
        parts=parts,
    )
