"""Every instance of the rules with what the engine knows of it."""

import msgspec

from monitor.core.alerts.engine.state import AlertState, Instance
from monitor.core.alerts.rules.rule import Entry, RuleSet

NO_DATA, NEVER, UNSEEN = "NO_DATA", "NEVER VALID", "NOT SEEN"


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """One instance. Times are epoch milliseconds of the snapshots, None where there is none.

    phase: OK, PENDING, FIRING or CLEARING; NO_DATA during an outage and outside an episode; NEVER VALID when no
    snapshot had a usable value yet; NOT SEEN when the engine knows nothing of it, as before the service took the rule
    up. level: "" outside an episode. value, limit: in `unit`; two-sided and edge rules have their nearest limit.
    since_ms: start of the breach, of the outage. told_ms: when it was announced. for_ms: how long a breach must last.
    valid_ms: last usable value. t_ms: of the last snapshot that the engine took into account.
    """

    rule: str
    instance: str
    title: str
    phase: str
    level: str = ""
    since_ms: int | None = None
    metric: str
    unit: str
    value: float | None = None
    limit: float | None = None
    peak: float | None = None
    told_ms: int | None = None
    for_ms: int = 0
    valid_ms: int | None = None
    t_ms: int | None = None

    @property
    def quiet(self) -> bool:
        """Nothing is going on: only `--all` shows it."""
        return self.phase in ("OK", NEVER, UNSEEN)


def list_instances(state: AlertState, rules: RuleSet) -> list[Listed]:
    """Every instance of the rules: what goes on first, by start, then the others in the order of the file."""
    found = [_listed(entry, state.instances.get(key), state.t) for key, entry in rules.entries.items()]
    return sorted(found, key=lambda line: (line.quiet, 0 if line.quiet else line.since_ms or 0))


def _listed(entry: Entry, i: Instance | None, t: int | None) -> Listed:
    rule = entry.rule
    outage = None if i is None else i.missing if i.outage is None else i.outage.anchor
    if i is None:
        phase, since = UNSEEN, None
    elif i.phase == "OK" and outage is not None:
        phase, since = NO_DATA, outage
    elif i.phase == "OK":
        phase, since = ("OK", None) if i.valid is not None else (NEVER, None)
    else:
        phase, since = i.phase, i.since if i.phase == "PENDING" else i.episode
    turn = 1 if rule.moves is None else rule.moves.sign
    value = None if i is None else i.value
    if phase == NO_DATA:
        value = None
    elif rule.moves is not None and i is not None:
        value = None if i.window is None else i.window.move
    limit = _limit(entry, i, value if value is None else turn * value)
    return Listed(
        rule=rule.id,
        instance=entry.subject,
        title=rule.title,
        phase=phase,
        level=(i.level or "") if i is not None and i.active else "",
        since_ms=since,
        metric=entry.metric,
        unit=rule.unit,
        value=value,
        limit=None if limit is None else turn * limit,
        peak=None if i is None or i.peak is None else turn * i.peak,
        told_ms=None if i is None or i.told is None else i.told.first,
        for_ms=rule.for_ms,
        valid_ms=None if i is None else i.valid,
        t_ms=t,
    )


def _limit(entry: Entry, i: Instance | None, compared: float | None) -> float | None:
    """The bound of the trigger that counts now: of the present level, on the episode's side or the nearer one."""
    rule = entry.rule
    if rule.crossing is not None:
        return rule.crossing.at
    condition = rule.level(None if i is None else i.level).condition
    side = (0 if i is None else i.side) or condition.half(0.0 if compared is None else compared)
    return condition.limit(side)
