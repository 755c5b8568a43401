"""The level of an open episode: it rises at once and falls slowly (ALERTING section 6)."""

from msgspec.structs import replace

from monitor.core.alerts.engine.record import Record
from monitor.core.alerts.engine.state import Instance
from monitor.core.alerts.rules.rule import RANK, Entry


def relevel(record: Record, entry: Entry, i: Instance, x: float | None) -> None:
    """Step 9: rise at once, fall when the present level's own clear has held for clear_for.

    x: what the condition looks at, None when undefined: then there is neither rise nor fall.
    """
    rule, t = entry.rule, record.frame.t
    if len(rule.levels) == 1 or i.level is None:
        return
    highest = None if x is None else rule.highest(x, i.side)
    if highest is not None and RANK[highest] > RANK[i.level]:
        i.falling = None
        set_level(record, entry.key, i, highest, "level up", x)
    elif i.level != rule.severity and x is not None and rule.level(i.level).condition.cleared(x, i.side):
        if i.falling is None:
            i.falling = t
        if t - i.falling >= rule.clear_for_ms:
            i.falling = None
            set_level(record, entry.key, i, highest or rule.severity, "level down", x)
    else:
        i.falling = None


def set_level(record: Record, key: str, i: Instance, level: str, cause: str, x: float | None = None) -> None:
    """The level becomes `level`; one below the told level lowers that silently."""
    if level != i.level:
        i.level = level
        i.path = (*i.path, (record.frame.t, level))
        record.moved(key, i, i.phase, cause, x)
    if i.told is not None and RANK[level] < RANK[i.told.level]:
        i.told = replace(i.told, level=level)
