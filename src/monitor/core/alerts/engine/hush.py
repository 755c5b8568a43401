"""What keeps an opening message back: silences, mute windows, inhibition (ALERTING section 9)."""

from monitor.core.alerts.rules.mute import muted
from monitor.core.alerts.rules.rule import Rule, RuleSet
from monitor.core.alerts.silence import Controls, matches


class Hush:
    """Answers for one frame. firing: ids of the rules with an instance in FIRING or CLEARING after pass 1."""

    def __init__(self, t: int, rules: RuleSet, controls: Controls, firing: set[str]) -> None:
        self._t = t
        self._calendars = rules.calendars
        self._silences = tuple(silence for silence in controls.silences if silence.starts <= t < silence.ends)
        self._firing = firing

    def reason(self, rule: Rule, subject: str, level: str) -> str | None:
        """Why a message of `level` may not open now, as "silence s-7f3a", "mute window" or the id of the inhibiting
        rule; None when nothing is against it."""
        for silence in self._silences:
            if matches(silence, rule.id, subject, level):
                return f"silence {silence.id}"
        if rule.mute and muted(rule.mute, self._t, self._calendars):
            return "mute window"
        return next((other for other in rule.inhibited_by if other in self._firing), None)
