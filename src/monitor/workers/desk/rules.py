"""The rules of the alert file as the faces show them, each instance with its state."""

from collections.abc import Mapping, Sequence

from monitor.core.alerts.engine.state import AlertState
from monitor.core.alerts.rules.predicate import LOWER, UPPER, Condition
from monitor.core.alerts.rules.rule import Rule, RuleSet
from monitor.core.alerts.silence import Silence
from monitor.notify.wording import bound, duration, exact_decimals, measured
from monitor.readouts.desk import RuleView
from monitor.workers.desk.listing import Listed, list_instances
from monitor.workers.desk.silences import silencing
from monitor.workers.desk.titles import title_of

_Lines = list[tuple[str, str, float]]


def rule_views(
    state: AlertState, rules: RuleSet, silences: Sequence[Silence], names: Mapping[str, str], now_ms: int
) -> list[RuleView]:
    """Every instance of every rule: what goes on first. names: of the board's subjects, by id. now_ms: the board's
    clock."""
    views = []
    for line in list_instances(state, rules):
        rule = rules.get(line.rule)
        assert rule is not None
        level = line.level or rule.severity
        views.append(_view(line, rule, names, silencing(silences, line.rule, line.instance, level, now_ms)))
    return views


def condition_words(rule: Rule) -> str:
    """The trigger in words, as a message would put it: `> +1.50 pp, critical > +2.50 pp`."""
    crossing = rule.crossing
    if crossing is not None and rule.measure == "regime":
        return f"becomes {bound('>' if crossing.up else '<', crossing.at, rule.unit, rule.measure)}"
    if crossing is not None:
        at = measured(crossing.at, rule.unit, rule.measure, decimals=exact_decimals(crossing.at, rule.unit))
        return f"crosses {at} {'upwards' if crossing.up else 'downwards'}"
    base, *further = rule.levels
    words = [_words(rule, base.condition), *(f"{level.name} {_words(rule, level.condition)}" for level in further)]
    if rule.moves is not None:
        return f"a move {', '.join(words)} within {duration(rule.moves.within_ms / 1000)}"
    return ", ".join(words)


def _view(line: Listed, rule: Rule, names: Mapping[str, str], silenced_by: str) -> RuleView:
    return RuleView(
        rule=line.rule,
        instance=line.instance,
        title=title_of(rule, line.instance, names),
        metric=line.metric,
        measure=rule.measure,
        window=rule.metric_window,
        unit=rule.unit,
        severity=rule.severity,
        phase=line.phase,
        level=line.level,
        since_ms=line.since_ms,
        value=line.value,
        limit=line.limit,
        condition=condition_words(rule),
        bounds=_bounds(rule),
        clears=_clears(rule),
        for_ms=rule.for_ms,
        notify=list(rule.notify),
        silenced_by=silenced_by,
    )


def _words(rule: Rule, condition: Condition) -> str:
    """One condition. A move downwards is compared negated and told as the market moves."""
    turned = rule.moves is not None and rule.moves.sign < 0
    sides = [
        (("<" if sign == ">" else ">"), -at) if turned else (sign, at)
        for side in _sides(condition)
        for sign, at in condition.trigger_bounds(side)
    ]
    joint = " and " if condition.inward else " or "
    return joint.join(bound(sign, at, rule.unit, rule.measure) for sign, at in sides)


def _sides(condition: Condition) -> tuple[int, ...]:
    """Those on which the trigger can hold; `inside` has one, with two bounds."""
    if condition.inward:
        return (UPPER,)
    return tuple(side for side, at in ((UPPER, condition.hi), (LOWER, condition.lo)) if abs(at) != float("inf"))


def _bounds(rule: Rule) -> _Lines:
    if rule.moves is not None:
        return []
    if rule.crossing is not None:
        return [(rule.severity, ">" if rule.crossing.up else "<", rule.crossing.at)]
    return [
        (level.name, sign, at)
        for level in rule.levels
        for side in _sides(level.condition)
        for sign, at in level.condition.trigger_bounds(side)
    ]


def _clears(rule: Rule) -> _Lines:
    if rule.moves is not None or rule.crossing is not None:
        return []
    return [
        (level.name, sign, at)
        for level in rule.levels
        for side in _sides(level.condition)
        for sign, at in level.condition.clear_bounds(side)
    ]
