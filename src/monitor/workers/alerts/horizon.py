"""How far the tables of sessions reach: past its last row a gate is shut, which nobody must learn from silence
(ALERTING section 7)."""

from monitor.core.alerts.rules.mute import PhaseMute
from monitor.core.alerts.rules.rule_file import AlertConfig
from monitor.core.instant import DAY_MS, MILLISECOND
from monitor.notify.bulletin import Bulletin, BulletinKind
from monitor.runtime import metrics

_WARN_MS = 31 * DAY_MS


def calendars_ending(config: AlertConfig, t: int) -> list[Bulletin]:
    """A NOTICE for each calendar that a rule or a digest goes by and whose last known session is at most a month away
    at `t`, milliseconds UTC. Its id is the same until the table is longer."""
    found = []
    for name in _used(config):
        calendar = config.rules.calendars[name]
        last = calendar.sessions[-1]
        left_ms = calendar.close_instant(last) // MILLISECOND - t
        metrics.CALENDAR_LEFT.labels(name).set(left_ms / DAY_MS)
        if left_ms <= _WARN_MS:
            found.append(_notice(name, last, t))
    return found


def _notice(name: str, last: str, t: int) -> Bulletin:
    return Bulletin(
        id=f"notice:calendar:{name}:{last}",
        kind=BulletinKind.NOTICE,
        thread=f"notice:calendar:{name}",
        level="warning",
        t=t,
        notify=(),
        title=f"The calendar {name} ends",
        lead=f"The last session known is {last}. After it every rule that goes by {name} is silent.",
        remarks=("Restart the service, which loads later sessions; if that does not help, update the program.",),
    )


def _used(config: AlertConfig) -> list[str]:
    names = {rule.session.calendar for rule in config.rules.rules if rule.session is not None}
    names |= {mute.calendar for rule in config.rules.rules for mute in rule.mute if isinstance(mute, PhaseMute)}
    return sorted(names | set(config.service.digest.calendars))
