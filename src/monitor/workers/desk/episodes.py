"""Episodes as the faces show them."""

from collections.abc import Mapping

from msgspec.structs import replace

from monitor.core.alerts.engine.record import sign_of
from monitor.core.alerts.engine.state import AlertState
from monitor.core.alerts.episodes import Episode, open_episode
from monitor.core.alerts.notification import Kind
from monitor.core.alerts.rules.refusal import unknown
from monitor.core.alerts.rules.rule import Rule
from monitor.core.alerts.rules.rule_file import AlertConfig
from monitor.core.metrics.catalogue import parse_metric
from monitor.errors import UsageError
from monitor.readouts.desk import EpisodeView
from monitor.workers.desk.index import EpisodeIndex, Record, Subject
from monitor.workers.desk.titles import title_of

MOST = 1000
"""Of one answer."""

_ENDINGS = {"clear held": Kind.RESOLVED.value, "session over": Kind.SESSION_END.value}


class Episodes:
    """Answers questions about what is in an index.

    names: of the board's subjects, by id. simulated: whether the board's numbers are invented; for episodes of which no
    message says it.
    """

    def __init__(self, index: EpisodeIndex, names: Mapping[str, str], *, simulated: bool) -> None:
        self._index = index
        self._names = names
        self._simulated = simulated

    def views(
        self,
        config: AlertConfig | None,
        state: AlertState,
        *,
        limit: int,
        before_ms: int | None = None,
        rule: str | None = None,
        instance: str | None = None,
    ) -> list[EpisodeView]:
        """See `Desk.episodes`. config: the rules, for what nobody was told of; None when there are none. state: what
        the engine remembers; it knows of episodes that began before all that was read."""
        if not 1 <= limit <= MOST:
            raise UsageError(f"limit {limit}: allowed are 1 to {MOST}")
        self._check(config, rule, instance)
        found = [] if before_ms is not None else self._lasting(config, state, rule, instance)[:limit]
        for record in self._index.over(rule, instance, before_ms):
            if len(found) >= limit and (found[-1].lasts or record.episode.start != found[-1].episode.start):
                break
            found.append(record)
        return [self.view(record, config, state) for record in found]

    def view(self, record: Record, config: AlertConfig | None, state: AlertState) -> EpisodeView:
        """One of them."""
        episode = self._up_to_now(record.episode, config, state)
        rule = _rule(config, episode.rule)
        subject = record.subject or self._unsaid(record, rule)
        return EpisodeView(
            id=episode.key,
            rule=episode.rule,
            instance=episode.instance,
            title=subject.title,
            kind=_kind(record),
            level=episode.level or ("" if rule is None else rule.severity),
            start_ms=episode.start,
            end_ms=episode.ended,
            metric=subject.metric,
            unit=subject.unit,
            window=_window(subject.metric),
            peak=episode.peak,
            limit=subject.limit,
            told=episode.said,
            ended_by=_ENDINGS.get(episode.reason or "", episode.reason or ""),
            simulated=subject.simulated,
            held_back=list(episode.held_back),
        )

    def _lasting(
        self, config: AlertConfig | None, state: AlertState, rule: str | None, instance: str | None
    ) -> list[Record]:
        """What has not ended, the newest first."""
        found = self._index.lasting(rule, instance)
        for key, engaged in state.instances.items():
            of, _, subject = key.partition(":")
            if engaged.episode is None or rule not in (None, of) or instance not in (None, subject):
                continue
            if self._index.get(f"{key}:{engaged.episode}") is None:
                episode = open_episode(of, subject, engaged, _rule(config, of))
                assert episode is not None
                found.append(Record(episode, outage=False, positions=[]))
        return sorted(found, key=lambda record: (record.episode.start, record.episode.key), reverse=True)

    def _up_to_now(self, episode: Episode, config: AlertConfig | None, state: AlertState) -> Episode:
        """The history learns with the next transition of a new peak and of what holds a message back; the engine
        knows."""
        engaged = state.instances.get(f"{episode.rule}:{episode.instance}")
        if episode.ended is not None or engaged is None or engaged.episode != episode.start or engaged.peak is None:
            return episode
        sign = sign_of(_rule(config, episode.rule), engaged)
        return replace(episode, peak=sign * engaged.peak, peak_t=engaged.peak_t, held_back=engaged.held_by)

    def _unsaid(self, record: Record, rule: Rule | None) -> Subject:
        """What the rule file says where no message does."""
        episode = record.episode
        if rule is None:
            return Subject(episode.rule, "", "", None, self._simulated)
        return Subject(
            title=title_of(rule, episode.instance, self._names),
            metric=rule.metric_of(episode.instance),
            unit=rule.unit,
            limit=_limit(rule, episode.level, episode.peak),
            simulated=self._simulated,
        )

    def _check(self, config: AlertConfig | None, rule: str | None, instance: str | None) -> None:
        """Refuse names that neither the rules nor the past nor the board know."""
        rules = [] if config is None else config.rules.rules
        if rule is not None and rule not in self._index.rules:
            known = [one.id for one in rules]
            if rule not in known:
                raise UsageError(unknown("rule", rule[:100], known))
        if instance is not None and instance not in self._names and not self._index.has_instance(instance):
            subjects = {subject for one in rules for subject in one.subjects}
            if instance not in subjects:
                raise UsageError(unknown("instance", instance[:100], {*self._names, *subjects}, listed=False))


def _rule(config: AlertConfig | None, rule: str) -> Rule | None:
    return None if config is None else config.rules.get(rule)


def _kind(record: Record) -> str:
    if record.outage:
        return Kind.NO_DATA.value
    return Kind.EVENT.value if record.episode.event else Kind.FIRING.value


def _window(metric: str) -> str:
    try:
        return parse_metric(metric).window
    except ValueError:
        return ""


def _limit(rule: Rule, level: str, peak: float | None) -> float | None:
    """The bound of the trigger that counted: of that level, on the side of the peak."""
    if rule.crossing is not None:
        return rule.crossing.at
    turn = 1 if rule.moves is None else rule.moves.sign
    condition = rule.level(level or None).condition
    limit = condition.limit(condition.half(0.0 if peak is None else turn * peak))
    return None if limit is None else turn * limit
