"""A notification that no market caused, so that people see how the messages of a rule will look."""

import math

from monitor.core.alerts.engine.record import Record
from monitor.core.alerts.engine.state import Instance, Told
from monitor.core.alerts.engine.tally import counted
from monitor.core.alerts.engine.window import Window
from monitor.core.alerts.notification import Kind, Notification
from monitor.core.alerts.rules.predicate import LOWER, UPPER, Condition
from monitor.core.alerts.rules.rule import Entry, RuleSet
from monitor.core.metrics.catalogue import MEASURES
from monitor.core.metrics.frame import Frame, FrameBasket, FrameLeg

_EXCESS = 0.08
"""How far the value lies beyond its limit, as a share of it; the least is _STEP."""

_STEP = 0.01
_LASTED_MS = 60_000
_OUTAGES = (Kind.NO_DATA, Kind.DATA_BACK)


def kinds_of(entry: Entry) -> tuple[Kind, ...]:
    """The kinds of messages that the rule can cause, the usual one first."""
    rule = entry.rule
    kinds = [Kind.EVENT]
    if rule.crossing is None:
        kinds = [Kind.FIRING, Kind.RESOLVED]
        kinds += [Kind.ESCALATED] if len(rule.levels) > 1 else []
        kinds += [Kind.REMINDER] if rule.repeat_ms is not None else []
        kinds += [Kind.SESSION_END] if rule.session is not None and rule.session.on_close == "resolve" else []
    if rule.no_data.do == "alert":
        kinds += [Kind.NO_DATA, Kind.DATA_BACK]
    return tuple(kinds)


def made_up(entry: Entry, kind: Kind, t: int, board: str = "") -> Notification:
    """A notification of that kind at `t`, epoch milliseconds, with invented numbers. kind: one of `kinds_of`."""
    rule = entry.rule
    edge = rule.crossing is not None
    level = rule.severity if edge else rule.levels[-1 if kind is Kind.ESCALATED else 0].name
    side = UPPER if edge or rule.base.inward or rule.base.hi < math.inf else LOWER
    far, near = _values(entry, level, side)
    value = {Kind.NO_DATA: None, Kind.RESOLVED: near, Kind.DATA_BACK: near}.get(kind, far)
    start = t if kind is Kind.EVENT else t - rule.for_ms - _LASTED_MS
    turn = 1 if rule.moves is None else rule.moves.sign
    shown = None if value is None else turn * value
    i = Instance(
        definition=rule.definition,
        session_text=rule.session_text,
        seen=start,
        phase="FIRING",
        side=side,
        episode=start,
        level=level,
        told=Told(level, level, start, start),
        peak=None if kind in _OUTAGES else far,
        peak_t=None if kind in _OUTAGES else (start + t) // 2,
        path=((start, rule.severity), (t, level)) if kind is Kind.ESCALATED else ((start, level),),
        tally=counted({}, entry, t),
    )
    if rule.moves is not None and shown is not None:
        i.window = Window([t - rule.moves.within_ms, t], [0.0, shown])
    frame = Frame(
        t=t,
        seq=0,
        board=board,
        metrics={entry.metric: shown},
        legs={
            symbol: _leg(number, live=kind is not Kind.NO_DATA)
            for number, symbol in enumerate(rule.legs.get(entry.subject, ()))
        },
        baskets={basket: {rule.metric_window: _basket()} for basket in rule.baskets.get(entry.subject, ())},
    )
    record = Record(frame, RuleSet())
    n = 1 if kind in (Kind.ESCALATED, Kind.REMINDER) else 0
    record.say(entry.key, i, entry, kind, level, start, rule.notify, n)
    return record.notifications[0]


def _values(entry: Entry, level: str, side: int) -> tuple[float, float]:
    """A value beyond the limit of a level, and one on the way back, where its clear holds."""
    crossing = entry.rule.crossing
    if crossing is not None:
        away = UPPER if crossing.up else LOWER
        return _away(entry, crossing.at, away), _away(entry, crossing.at, -away)
    condition = entry.rule.level(level).condition
    if condition.inward:
        return (condition.lo + condition.hi) / 2, _away(entry, _clear(condition, UPPER), UPPER)
    return _away(entry, condition.limit(side) or 0.0, side), _away(entry, _clear(condition, side), -side)


def _clear(condition: Condition, side: int) -> float:
    """The bound at which the clear begins."""
    explicit = condition.clear_hi if side == UPPER else condition.clear_lo
    return (condition.hi if side == UPPER else condition.lo) if explicit is None else explicit


def _away(entry: Entry, limit: float, side: int) -> float:
    """A number beyond `limit` in the direction of `side`, as plausible as the measure's thresholds are."""
    rule = entry.rule
    if rule.unit == "count":
        return math.floor(limit) + 1.0 if side == UPPER else math.ceil(limit) - 1.0
    value = limit + side * max(abs(limit) * _EXCESS, _STEP)
    low, high = MEASURES[rule.measure].plausible(rule.metric_window)
    return value if low <= value <= high else (limit + (high if side == UPPER else low)) / 2


def _leg(number: int, *, live: bool) -> FrameLeg:
    return FrameLeg(
        phase="REGULAR",
        live=live,
        age_s=0.4 if live else 90.0,
        price=100.0 + number,
        return_1d_pct=1.0 - number / 2,
        source="made-up",
        status="LIVE" if live else "STALE",
    )


def _basket() -> FrameBasket:
    return FrameBasket(status="OK", coverage_fresh=1.0, top=[("FIRST", 0.5)], bottom=[("LAST", -0.2)])
