"""The evidence of a notification in words: its number, its limit, and the facts below them. Pure."""

from collections.abc import Sequence

from monitor.core.alerts.notification import BasketEvidence, Bound, Evidence, Kind, LegEvidence, Notification
from monitor.notify.port import Fact
from monitor.notify.wording import (
    MISSING,
    MOST_DECIMALS,
    beside,
    bound,
    duration,
    measured,
    number,
    one_bounded_line,
    own_decimals,
    seen_from,
)


def _measured(evidence: Evidence, value: float | None, decimals: int | None = None) -> str:
    return measured(value, evidence.unit, evidence.measure, decimals=decimals)


def _digits(evidence: Evidence) -> int:
    """Decimals that value and limit are shown with, so that one can be held against the other."""
    return beside(evidence.value if evidence.move is None else evidence.move, evidence.limit, evidence.unit)


def value_of(evidence: Evidence) -> str:
    """`+1.62 pp`, `moved +1.2 % within 5 m`; `n/a` without a value."""
    if evidence.move is None:
        return _measured(evidence, evidence.value, _digits(evidence))
    text = _measured(evidence, evidence.move, _digits(evidence))
    return f"moved {text}" + (f" within {duration(evidence.within_ms / 1000)}" if evidence.within_ms else "")


def limit_of(evidence: Evidence) -> str:
    """`limit +1.50`; nothing for a regime, which is its own limit, and for a rule without a limit on this side."""
    if evidence.limit is None or evidence.measure == "regime":
        return ""
    return f"limit {_bare(evidence, evidence.limit)}"


def _bare(evidence: Evidence, limit: float) -> str:
    """A limit beside its value, which has the unit; but times are never without one."""
    digits = _digits(evidence)
    if evidence.unit == "seconds" and not digits:
        return measured(limit, evidence.unit)
    return number(limit, evidence.unit, suffix=False, decimals=digits)


def crossed(evidence: Evidence) -> str:
    """What happened, for rules of edges: `+1.62 pp, crossed +1.50`, `now bear`."""
    if evidence.measure == "regime" or evidence.limit is None:
        return f"now {value_of(evidence)}"
    return f"{value_of(evidence)}, crossed {_bare(evidence, evidence.limit)}"


def facts_of(note: Notification) -> tuple[Fact, ...]:
    """The evidence in the order of ALERTING section 13: what a channel has room for comes first."""
    evidence = note.evidence
    facts = [Fact("value", value_of(evidence))]
    if evidence.trigger:
        facts.append(Fact("limit", _bounds(evidence, evidence.trigger) + _beyond(evidence)))
    if evidence.clear:
        facts.append(Fact("clear", _bounds(evidence, evidence.clear)))
    since = f"{duration(evidence.held_ms / 1000)} since {seen_from(evidence.start, note.t)}"
    facts.append(Fact("held" if note.kind.opening else "length", since))
    if evidence.peak is not None:
        at = f" at {seen_from(evidence.peak_t, note.t)}" if evidence.peak_t is not None else ""
        facts.append(Fact("peak", _measured(evidence, evidence.peak, _digits(evidence)) + at))
    facts += [Fact(leg.symbol, _leg(leg)) for leg in evidence.legs]
    if evidence.z is not None:
        facts.append(Fact("z", number(evidence.z, "z")))
    if evidence.baskets:
        facts.append(Fact("coverage", ", ".join(_coverage(basket) for basket in evidence.baskets)))
    facts += _levels(note)
    facts += [Fact(basket.id, _contributors(basket)) for basket in evidence.baskets if basket.top or basket.bottom]
    # Names, sources and statuses come from whoever writes snapshots.
    return tuple(Fact(one_bounded_line(fact.label), one_bounded_line(fact.value)) for fact in facts)


def _bounds(evidence: Evidence, bounds: Sequence[Bound]) -> str:
    return " or ".join(bound(sign, at, evidence.unit, evidence.measure) for sign, at in bounds)


def _beyond(evidence: Evidence) -> str:
    distance = evidence.distance
    if distance is None or distance <= 0 or evidence.measure == "regime":
        return ""
    if evidence.unit == "seconds":
        return f" ({measured(distance, evidence.unit)} beyond)"
    digits = next(
        (digits for digits in range(_digits(evidence), MOST_DECIMALS) if round(distance, digits)), MOST_DECIMALS
    )
    return f" ({number(distance, evidence.unit, decimals=digits, signed=False)} beyond)"


def _levels(note: Notification) -> list[Fact]:
    """How the level moved; of a closing also the one it never left."""
    path = note.evidence.path
    if len(path) > 1:
        return [Fact("level", " → ".join(f"{level} {seen_from(t, note.t)}" for t, level in path))]
    return [Fact("level", note.level)] if note.kind in (Kind.RESOLVED, Kind.SESSION_END) else []


def _leg(leg: LegEvidence) -> str:
    """`6,301.4 HKD +1.9 % live 0.4 s yahoo · Hang Seng TECH`."""
    words = [MISSING if leg.price is None else f"{leg.price:,.{own_decimals(leg.price, 'price')}f}"]
    if leg.price is not None and leg.currency:
        words.append(leg.currency)
    if leg.change_pct is not None:
        words.append(number(leg.change_pct, "pct"))
    words.append(_standing(leg))
    if leg.age_s is not None:
        words.append(duration(leg.age_s))
    if leg.delay_s:
        words.append(f"delayed {duration(leg.delay_s)} by contract")
    if leg.source:
        words.append(leg.source)
    return " ".join(words) + (f" · {leg.name}" if leg.name and leg.name != leg.symbol else "")


def _standing(leg: LegEvidence) -> str:
    """live, or why not."""
    if leg.live:
        return "live"
    if leg.status not in (None, "", "LIVE"):
        return str(leg.status).lower()
    return leg.phase.lower() if leg.phase not in ("", "REGULAR") else "not live"


def _coverage(basket: BasketEvidence) -> str:
    """`mag7 86 % DEGRADED`."""
    covered = MISSING if basket.coverage_fresh is None else f"{100 * basket.coverage_fresh:.0f} %"
    return f"{basket.id} {covered}" + (f" {basket.status}" if basket.status not in ("", "OK") else "")


def _contributors(basket: BasketEvidence) -> str:
    """`TSLA +0.52 pp, 0700.HK Tencent +0.31 pp; AAPL -0.12 pp`: the largest each way."""
    return "; ".join(
        ", ".join(f"{_named(symbol, basket)} {number(contribution, 'pp')}" for symbol, contribution in side)
        for side in (basket.top, basket.bottom)
        if side
    )


def _named(symbol: str, basket: BasketEvidence) -> str:
    """A member with its name where its symbol is a number that says little."""
    name = basket.names.get(symbol)
    return f"{symbol} {name}" if name and symbol[:1].isdigit() else symbol
