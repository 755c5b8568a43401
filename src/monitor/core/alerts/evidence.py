"""The evidence of a notification, taken from the frame that caused it (ALERTING section 12)."""

from datetime import UTC, datetime, timedelta, timezone

from monitor.core.alerts.duration import spell_duration
from monitor.core.alerts.engine.state import Instance
from monitor.core.alerts.engine.tally import counts
from monitor.core.alerts.notification import BasketEvidence, Bound, Evidence, Kind, LegEvidence
from monitor.core.alerts.rules.predicate import Condition
from monitor.core.alerts.rules.rule import Entry, Rule
from monitor.core.metrics.frame import Frame, FrameLeg

_HKT = timezone(timedelta(hours=8), "HKT")
"""Hong Kong time. The city has had no clock change since 1979, so no zone table is needed."""
_DAY_S = 86_400
_Z = "z.1d"
_SHUT = {"BREAK": "lunch break", "AUCTION": "closing auction"}


def evidence_of(frame: Frame, entry: Entry | None, i: Instance, kind: Kind, episode: int) -> Evidence:
    """What a message about `i` states. entry: None when its rule is gone; then only its card is left to speak of."""
    if entry is None:
        return _farewell(frame, i, episode)
    rule = entry.rule
    value = frame.metrics.get(entry.metric)
    today, last_30 = counts(i, entry, frame.t)
    legs = tuple(_leg(symbol, frame.legs.get(symbol), frame.t) for symbol in rule.legs.get(entry.subject, ()))
    baskets = tuple(_basket(basket, rule.metric_window, frame) for basket in rule.baskets.get(entry.subject, ()))
    facts = _Facts(rule, i, value, kind)
    return Evidence(
        title=rule.title,
        metric=entry.metric,
        unit=rule.unit,
        severity=rule.severity,
        definition=rule.definition[:8],
        t=frame.t,
        seq=frame.seq,
        start=episode,
        board=frame.board,
        simulated=frame.simulated,
        each=rule.metric.startswith("*"),
        value=value,
        move=facts.move,
        within_ms=None if rule.moves is None else rule.moves.within_ms,
        trigger=facts.trigger,
        clear=facts.clear,
        limit=facts.limit,
        distance=facts.distance,
        held_ms=frame.t - episode,
        for_ms=rule.for_ms,
        peak=None if i.peak is None else facts.sign * i.peak,
        peak_t=i.peak_t,
        path=i.path,
        held_back=i.held_by if kind is Kind.FIRING else (),
        z=frame.metrics.get(f"{entry.subject}.{_Z}") if rule.measure != "z" else None,
        legs=legs,
        baskets=baskets,
        quality=_quality(frame, legs, baskets),
        today=today,
        last_30_sessions=last_30,
        runbook=rule.message.runbook,
    )


def _farewell(frame: Frame, i: Instance, episode: int) -> Evidence:
    card = i.card
    return Evidence(
        title=card.title if card else "",
        metric=card.metric if card else "",
        unit=card.unit if card else "",
        severity=card.severity if card else "",
        definition=card.definition[:8] if card else "",
        t=frame.t,
        seq=frame.seq,
        start=episode,
        board=frame.board,
        simulated=frame.simulated,
        value=frame.metrics.get(card.metric) if card else None,
        held_ms=frame.t - episode,
        peak=None if i.peak is None else i.peak * (card.sign if card else 1),
        peak_t=i.peak_t,
        path=i.path,
        runbook=card.runbook if card else None,
    )


class _Facts:
    """Value against limit, on the side that counts. A rule on moves `down` compares the negated move; everything here
    is turned back, so that a message shows what the market did."""

    def __init__(self, rule: Rule, i: Instance, value: float | None, kind: Kind) -> None:
        self.sign = 1 if rule.moves is None else rule.moves.sign
        self.move = None if rule.moves is None or i.window is None or value is None else i.window.move
        compared = value if rule.moves is None else self.move
        self.trigger: tuple[Bound, ...] = ()
        self.clear: tuple[Bound, ...] = ()
        self.limit: float | None = None
        self.distance: float | None = None
        if rule.crossing is not None:
            crossing = rule.crossing
            self.trigger = ((">" if crossing.up else "<", crossing.at),)
            self.limit = crossing.at
            if value is not None:
                self.distance = value - crossing.at if crossing.up else crossing.at - value
            return
        condition = rule.level(i.level).condition
        side = i.side or (1 if kind is not Kind.NO_DATA else _only_side(condition))
        if side == 0:
            return
        limit = condition.limit(side)
        self.trigger = self._turned(condition.trigger_bounds(side))
        self.clear = self._turned(condition.clear_bounds(side))
        self.limit = None if limit is None else self.sign * limit
        if compared is not None:
            self.distance = condition.distance(self.sign * compared, side)

    def _turned(self, bounds: tuple[Bound, ...]) -> tuple[Bound, ...]:
        if self.sign == 1:
            return bounds
        turn = {">": "<", "<": ">", "≥": "≤", "≤": "≥"}
        return tuple((turn[comparison], -number) for comparison, number in bounds)


def _only_side(condition: Condition) -> int:
    """The side of a one-sided condition, 0 for one with two."""
    return 0 if condition.limit(1) is None else condition.half(0.0)


def _leg(symbol: str, leg: FrameLeg | None, t: int) -> LegEvidence:
    if leg is None:
        return LegEvidence(symbol=symbol)
    return LegEvidence(
        symbol=symbol,
        name=leg.name,
        price=leg.price,
        currency=leg.currency,
        change_pct=leg.return_1d_pct,
        source=leg.source,
        phase=leg.phase,
        live=leg.live,
        status=leg.status,
        age_s=leg.age_s,
        delay_s=leg.delay_s,
        event_ms=leg.event_ms,
        words=_words(symbol, leg, t),
    )


def _words(symbol: str, leg: FrameLeg, t: int) -> str | None:
    """A sentence on a leg whose market is not in its regular session, None for one that trades. t: of the frame."""
    if leg.phase in ("REGULAR", ""):
        return None
    shut = _SHUT.get(leg.phase, "market shut")
    if leg.age_s is None:
        return f"{symbol}: no price, {shut}" if leg.price is None else f"{symbol}: price of unknown age, {shut}"
    age_s = min(max(leg.age_s, 0.0), t / 1000)  # as far as ages go, whatever a producer says
    event_ms = t - round(1000 * age_s) if leg.event_ms is None else leg.event_ms
    when = datetime.fromtimestamp(event_ms / 1000, UTC).astimezone(_HKT)
    clock = f"{when:%H:%M} HKT" if age_s < _DAY_S else f"{when:%a %d %b %H:%M} HKT"
    # A producer that gives no status still says with CLOSED that nothing newer than the close can be there.
    closed = leg.phase == "CLOSED" if leg.status is None else leg.status == "CLOSED"
    what = "close" if closed and leg.phase in ("CLOSED", "POST", "PRE") else "price"
    return f"{symbol} = {what} of {clock}, {spell_duration(age_s * 1000)} old, {shut}"


def _basket(basket: str, window: str, frame: Frame) -> BasketEvidence:
    view = frame.baskets.get(basket, {}).get(window)
    if view is None:
        return BasketEvidence(id=basket)
    return BasketEvidence(
        id=basket,
        status=view.status,
        coverage_fresh=view.coverage_fresh,
        top=view.top,
        bottom=view.bottom,
        excluded=view.excluded,
        carried=view.carried,
        names={
            symbol: leg.name
            for symbol, _ in (*view.top, *view.bottom)
            if (leg := frame.legs.get(symbol)) is not None and leg.name
        },
    )


def _quality(frame: Frame, legs: tuple[LegEvidence, ...], baskets: tuple[BasketEvidence, ...]) -> tuple[str, ...]:
    """What a reader should know before trusting the number; empty when all is well."""
    found = ["simulated prices"] if frame.simulated else []
    for leg in legs:
        if leg.status in ("STALE", "HALTED", "MISSING"):
            age = "" if leg.age_s is None else f", last price {spell_duration(leg.age_s * 1000)} old"
            found.append(f"{leg.symbol} {leg.status.lower()}{age}")
        if leg.delay_s:
            found.append(f"{leg.symbol} delayed {spell_duration(leg.delay_s * 1000)} by its source")
    for basket in baskets:
        if basket.coverage_fresh is not None and basket.coverage_fresh < 1:
            found.append(f"{basket.id}: {100 * basket.coverage_fresh:.0f} % of its weight is fresh")
        for verb, members in (("carried", basket.carried), ("left out", basket.excluded)):
            if members:
                names = ", ".join(f"{symbol} ({status})" for symbol, status in members.items())
                found.append(f"{basket.id}: {verb} {names}")
    return tuple(found)
