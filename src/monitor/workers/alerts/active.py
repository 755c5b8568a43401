"""What is going on right now, for people and readouts: every instance of a rule that is not OK."""

import msgspec

from monitor.core.alerts.engine.state import AlertState, Instance
from monitor.core.alerts.rules.rule import Entry, RuleSet
from monitor.notify.wording import number


class ActiveAlert(msgspec.Struct, frozen=True, kw_only=True):
    """One instance that is PENDING, FIRING or CLEARING. Times are epoch milliseconds of the snapshots.

    since_ms: start of the breach. value, limit, peak: in `unit`, None when there is none. threshold: the limit in
    words. level: "" while PENDING. told_ms: when it was announced, None when it was not. for_ms: how long a
    breach must last.
    """

    rule: str
    instance: str
    title: str
    phase: str
    level: str
    since_ms: int | None
    metric: str
    unit: str
    value: float | None
    limit: float | None
    threshold: str
    peak: float | None
    told_ms: int | None
    for_ms: int

    def to_json(self) -> bytes:
        return msgspec.json.encode(self)


def active_alerts(state: AlertState, rules: RuleSet) -> dict[str, ActiveAlert]:
    """The instances that are not OK, by `rule:instance`."""
    return {
        key: _view(rules.entries[key], instance)
        for key, instance in state.instances.items()
        if instance.phase != "OK" and key in rules.entries
    }


def _view(entry: Entry, instance: Instance) -> ActiveAlert:
    rule = entry.rule
    side = instance.side or rule.base.half(0.0)
    condition = rule.level(instance.level).condition
    return ActiveAlert(
        rule=rule.id,
        instance=entry.subject,
        title=rule.title,
        phase=instance.phase,
        level=instance.level or "",
        since_ms=instance.since if instance.phase == "PENDING" else instance.episode,
        metric=entry.metric,
        unit=rule.unit,
        value=instance.value,
        limit=condition.limit(side),
        threshold=" or ".join(f"{sign} {number(bound, rule.unit)}" for sign, bound in condition.trigger_bounds(side)),
        peak=instance.peak,
        told_ms=None if instance.told is None else instance.told.first,
        for_ms=rule.for_ms,
    )
