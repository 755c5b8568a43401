"""What one frame made the engine say, collected while it goes through the instances."""

from monitor.core.alerts.engine.state import Card, Instance
from monitor.core.alerts.evidence import evidence_of
from monitor.core.alerts.notification import Kind, Notification, Transition
from monitor.core.alerts.rules.rule import Entry, Rule, RuleSet
from monitor.core.metrics.frame import Frame


class Record:
    """Transitions and notifications of one frame, in the order they came about."""

    def __init__(self, frame: Frame, rules: RuleSet) -> None:
        self.frame = frame
        self._rules = rules
        self.transitions: list[Transition] = []
        self.notifications: list[Notification] = []

    def moved(self, key: str, instance: Instance, before: str, cause: str, value: float | None = None) -> None:
        """The instance has left `before` (or its level, or its data watch, has changed)."""
        self._add(key, instance, before, cause, value, instance.held_by)

    def crossed(self, key: str, instance: Instance, cause: str, held_back: tuple[str, ...]) -> None:
        """An edge was passed. held_back: why nobody hears of it."""
        self._add(key, instance, "OK", cause, instance.value, held_back, crossed=True)

    def _add(
        self,
        key: str,
        instance: Instance,
        before: str,
        cause: str,
        value: float | None,
        held_back: tuple[str, ...],
        *,
        crossed: bool = False,
    ) -> None:
        rule, _, subject = key.partition(":")
        sign = sign_of(self._rules.get(rule), instance)
        self.transitions.append(
            Transition(
                t=self.frame.t,
                seq=self.frame.seq,
                rule=rule,
                instance=subject,
                before=before,
                after=instance.phase,
                cause=cause,
                level=instance.level,
                episode=instance.episode,
                since=instance.since,
                value=None if value is None else sign * value,
                told=instance.told is not None,
                held_back=held_back,
                peak=None if instance.peak is None else sign * instance.peak,
                peak_t=instance.peak_t,
                crossed=crossed,
            )
        )

    def say(
        self,
        key: str,
        instance: Instance,
        entry: Entry | None,
        kind: Kind,
        level: str,
        episode: int,
        notify: tuple[str, ...],
        n: int = 0,
        reason: str | None = None,
    ) -> None:
        """A notification about the instance. entry: None when its rule is gone."""
        rule, _, subject = key.partition(":")
        self.notifications.append(
            Notification(
                id=f"{key}:{episode}:{kind}" + (f":{n}" if n else ""),
                kind=kind,
                rule=rule,
                instance=subject,
                episode=episode,
                level=level,
                t=self.frame.t,
                seq=self.frame.seq,
                notify=notify,
                evidence=evidence_of(self.frame, entry, instance, kind, episode),
                n=n,
                reason=reason,
            )
        )


def card_of(entry: Entry) -> Card:
    """What closings will say of the rule, should it be gone by then."""
    rule = entry.rule
    sign = 1 if rule.moves is None else rule.moves.sign
    return Card(rule.title, entry.metric, rule.unit, rule.severity, rule.definition, rule.message.runbook, sign)


def sign_of(rule: Rule | None, instance: Instance) -> int:
    """What the instance's values are multiplied with so that they show what the market did. rule: None when it is gone;
    then its card says it, as long as anything of it was told."""
    if rule is not None:
        return 1 if rule.moves is None else rule.moves.sign
    return 1 if instance.card is None else instance.card.sign
