"""The return of an instrument or a basket over one window of a cut, down to prices, baselines, actions and rates."""

from monitor.core.anchor import Baseline
from monitor.core.baskets.composite import Composite
from monitor.core.explain.explanation import Explanation
from monitor.core.instant import SECOND, format_instant
from monitor.core.instruments.cut import Cut
from monitor.core.instruments.leg import Leg, Point
from monitor.core.pairs.side import Side
from monitor.core.prices.corporate_action import adjustment
from monitor.core.status import Status
from monitor.core.views.basket import BasketWindow
from monitor.core.workings import Workings

LOCAL = "LOCAL"


def explain_side(workings: Workings, side: Side, cut: Cut, index: int, name: str) -> Explanation:
    """The return (a fraction) of one side of a pair over the window number `index` of a cut."""
    if isinstance(side, Leg):
        return explain_return(workings, side, cut, index, name)
    return explain_basket(workings, side, cut, index, name)


def explain_return(workings: Workings, leg: Leg, cut: Cut, index: int, name: str, currency: str = LOCAL) -> Explanation:
    """RET-1, or FX-3 where `currency` is not the instrument's own."""
    symbol = leg.instrument.symbol
    point, start = cut.points[symbol], cut.baselines[symbol][index]
    label = f"{leg.instrument.name} ({symbol})"
    parts = [explain_price(workings, leg, point), explain_baseline(leg, start, point.session)]
    if currency in (LOCAL, leg.instrument.currency):
        found = cut.returns[symbol][index]
        return Explanation(
            name=name,
            label=label,
            value=found.value,
            unit="fraction",
            formula="(price − baseline) / baseline",
            status=found.status,
            parts=parts,
        )
    now = cut.rate_now(leg.instrument.currency, currency)
    base = cut.rates.on(leg.instrument.currency, currency, start.session)
    parts += explain_rates(workings, leg, cut, start, point, currency)
    value = None
    if point.price is not None and start.adjusted is not None and now is not None and base is not None:
        paid = start.adjusted * base
        value = (point.price * now - paid) / paid
    missing = Status.MISSING if point.price is None or now is None else Status.NO_BASELINE
    return Explanation(
        name=name,
        label=f"{label} in {currency}",
        value=value,
        unit="fraction",
        formula="(price × x_now − baseline × x_then) / (baseline × x_then)",
        status=start.status if value is not None else missing,
        parts=parts,
    )


def explain_price(workings: Workings, leg: Leg, point: Point, name: str = "price") -> Explanation:
    """What a price is and where it comes from."""
    session = point.session
    if point.price is None or session is None or point.event_ns is None:
        return Explanation(name=name, label="price", value=None, status=Status.NO_PRICE)
    age_s = (workings.moment.t_ns - point.event_ns) / SECOND
    if point.source is None:
        origin = leg.closes.source(session) or "source not named"
        said = f"official close of {session}, {origin}"
    else:
        said = f"quote from {point.source}, session {session}"
    notes = [said, f"{format_instant(point.event_ns)}, {age_s:,.0f} s before"]
    if point.source is not None:
        notes += _sources(workings, leg)
    if point.simulated:
        notes.append("SIMULATED")
    return Explanation(
        name=name, label="price", value=point.price, unit=leg.instrument.currency, status=point.status, notes=notes
    )


def _sources(workings: Workings, leg: Leg) -> list[str]:
    """Who else quotes it, and whom the source of its price stands in for; nothing where there is one source."""
    notes = [f"{leg.delay_s:,} s late by contract"] if leg.delay_s else []
    roles = leg.arbiter.roles(workings.moment.t_ns)
    if roles:
        notes.append("sources, the best first: " + ", ".join(f"{source} {role}" for source, role in roles.items()))
    better = leg.arbiter.stands_in_for()
    if better is not None:
        since = leg.arbiter.changed_ns
        notes.append(
            f"{leg.arbiter.charge} stands in for {better}" + (f" since {format_instant(since)}" if since else "")
        )
    return notes


def explain_baseline(leg: Leg, start: Baseline, asof: str | None, name: str = "baseline") -> Explanation:
    """ANC-2 and CA-1: the close that a window starts from, on the share basis of now."""
    currency = leg.instrument.currency
    if start.session is None or start.raw is None or asof is None:
        return Explanation(name=name, label="baseline", value=None, unit=currency, status=start.status)
    notes = [f"official close of {start.session}, {leg.closes.source(start.session) or 'source not named'}"]
    if start.status is Status.OK_FALLBACK:
        notes.append("the anchor session has no close: taken from an earlier one")
    found = adjustment(leg.actions, start.session, asof)
    if not found.applied:
        return Explanation(
            name=name, label="baseline", value=start.adjusted, unit=currency, status=start.status, notes=notes
        )
    raw = Explanation(name="close", label="raw close", value=start.raw, unit=currency, notes=notes)
    return Explanation(
        name=name,
        label="baseline",
        value=start.adjusted,
        unit=currency,
        formula="close × factor",
        status=start.status,
        parts=[
            raw,
            Explanation(name="factor", label="share basis", value=found.price_factor, notes=[", ".join(found.applied)]),
        ],
    )


def explain_rates(
    workings: Workings, leg: Leg, cut: Cut, start: Baseline, point: Point, currency: str
) -> list[Explanation]:
    """FX-1 and FX-2: both multipliers of FX-3, with the rates they are made of."""
    own = leg.instrument.currency
    now, then = cut.rate_now(own, currency), cut.rates.on(own, currency, start.session)
    why_not_now = Status.NO_PRICE if point.price is None else Status.MISSING
    return [
        Explanation(
            name=name,
            label=f"{currency} for 1 {own} {when}",
            value=value,
            formula=_cross_formula(own, currency),
            status=Status.OK if value is not None else why_not,
            parts=[_rate(workings, cut, f"USD{code}", day) for code in (own, currency) if code != "USD"],
        )
        for name, when, value, day, why_not in (
            ("x_now", "now", now, None, why_not_now),
            ("x_then", "then", then, start.session, Status.NO_BASELINE),
        )
    ]


def _cross_formula(own: str, currency: str) -> str:
    """FX-1 over rates that are called after their pairs."""
    top = "1" if currency == "USD" else f"usd{currency.lower()}"
    return top if own == "USD" else f"{top} / usd{own.lower()}"


def _rate(workings: Workings, cut: Cut, pair: str, day: str | None) -> Explanation:
    """One currency pair on a date; None: as a price of this cut is converted."""
    view = workings.snapshot.fx.get(pair)
    if day is None and not cut.fixed and view is not None and view.status == "LIVE":
        notes = [f"live, {view.source}, {view.event_time}"] + (["SIMULATED"] if view.simulated else [])
        return Explanation(name=pair.lower(), label=pair, value=view.rate, notes=notes)
    wanted = cut.ref_date if day is None else day
    value = cut.rates.fixed(pair, wanted)
    published = None if wanted is None else cut.rates.fixing_date(pair, wanted)
    notes = [f"fixing of {published}" if published else f"no fixing for {wanted} or the five days before"]
    return Explanation(
        name=pair.lower(),
        label=pair,
        value=value,
        notes=notes,
        status=Status.OK if value is not None else Status.MISSING,
    )


def explain_basket(workings: Workings, composite: Composite, cut: Cut, index: int, name: str) -> Explanation:
    """BSK-1, COV-2, XSC-1: contributions of the members that count; who does not, and why."""
    basket = composite.basket
    window = composite.windows(cut, workings.moment)[index]
    return Explanation(
        name=name,
        label=f"{basket.name} ({basket.id}), {basket.scheme}, {basket.currency}",
        value=window.basket_return,
        unit="fraction",
        formula="sum(c) / 100",
        status=window.status,
        notes=coverage_notes(composite, window),
        parts=explain_contributions(workings, composite, cut, index, window),
    )


def explain_contributions(
    workings: Workings, composite: Composite, cut: Cut, index: int, window: BasketWindow
) -> list[Explanation]:
    """One part a member that counts: its weight times its return, percentage points."""
    parts = []
    for symbol, contribution in window.contributions_pp.items():
        leg = composite.legs[symbol]
        weight = Explanation(name="w", label="weight at the anchor", value=window.weights[symbol])
        earned = explain_return(workings, leg, cut, index, "r", composite.basket.currency)
        parts.append(
            Explanation(
                name="c",
                label=f"{leg.instrument.name} ({symbol})",
                value=contribution,
                unit="pp",
                formula="100 × w × r",
                status=window.carried.get(symbol, earned.status),
                parts=[weight, earned],
            )
        )
    return parts


def coverage_notes(composite: Composite, window: BasketWindow) -> list[str]:
    """Who counts, who does not, and what the policy asks for."""
    policy = composite.basket.coverage
    notes = [
        f"{len(window.included)} of {len(composite.legs)} members; by weight {100 * window.coverage_used:.4g} % used "
        f"(at least {100 * policy.min_coverage_used:.4g} %), {100 * window.coverage_fresh:.4g} % fresh "
        f"(at least {100 * policy.min_coverage_fresh:.4g} %)",
        f"policy: stale {policy.stale}, halted {policy.halted}, missing {policy.missing}",
    ]
    notes += [f"left out: {symbol}, {status}" for symbol, status in window.excluded.items()]
    notes += [f"carried: {symbol}, {status}" for symbol, status in window.carried.items()]
    return notes
