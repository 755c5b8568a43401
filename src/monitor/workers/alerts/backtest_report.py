"""What a back-test found, counted: by rule, by session day, and against another set of rules."""

from collections import Counter
from collections.abc import Collection, Sequence
from statistics import mean, median

import msgspec

from monitor.core.alerts.episodes import Episode
from monitor.core.alerts.notification import Kind, Notification
from monitor.core.alerts.rules.rule import Rule
from monitor.core.instant import MILLISECOND, utc_date
from monitor.core.session import Calendar
from monitor.feeds.recordings.standing import Form
from monitor.workers.alerts.backtest import Judgement, judged_by_closes

MANY = 5
"""More messages than this in one day are too many."""


class Difference(msgspec.Struct, frozen=True):
    """What new rules make of the same prices, less what the old ones did. None: the rule is not in that file."""

    episodes: int
    messages: int
    only: str | None = None


class RuleReport(msgspec.Struct, frozen=True, kw_only=True):
    """One rule. sessions: of its calendar that were looked at (dates in UTC for a rule without one). messages: of all
    kinds; outages: how many of them are about missing data. longest_ms: of its episodes, as far as they were seen; None
    without any. untold: what held announcements back → episodes. never_valid: subjects without a single value to judge;
    judged: False where such prices cannot say anything about the rule. difference: to the same rule of another file."""

    id: str
    title: str
    unit: str
    measure: str
    sessions: int
    episodes: tuple[Episode, ...]
    messages: int
    outages: int
    longest_ms: int | None
    untold: dict[str, int]
    never_valid: tuple[str, ...]
    judged: bool
    difference: Difference | None = None

    @property
    def a_session(self) -> float:
        """Messages in the mean session."""
        return self.messages / self.sessions if self.sessions else 0.0


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """Messages of the rules shown, by session day: a date on which any of their markets, or of the board's, had a
    session. None without any day. busy: days with more than `MANY`."""

    messages: int
    days: int
    median: float | None
    mean: float | None
    most: int | None
    most_on: str | None
    busy: int


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A back-test. form: how much of a day the prices tell. first, last: times of the snapshots, None without any.
    frames: how many. dropped: rules that only the old file has. left_out: rows that were not taken, "" for none.
    notifications: of the rules shown, snapshot by snapshot, with the ids, levels and evidence of the service.
    """

    form: Form
    simulated: bool
    first: int | None
    last: int | None
    frames: int
    rules: tuple[RuleReport, ...]
    totals: Totals
    dropped: tuple[str, ...] = ()
    left_out: str = ""
    notifications: tuple[Notification, ...] = ()


def report_of(
    judgement: Judgement,
    *,
    form: Form,
    simulated: bool,
    exchanges: Sequence[Calendar],
    only: Collection[str] = (),
    old: Judgement | None = None,
    left_out: str = "",
) -> Report:
    """What to tell of a judgement. exchanges: of the board. only: ids of the rules that are shown, empty for all. old:
    the judgement of the rules before, to compare with."""
    shown = [rule for rule in judgement.rules.rules if not only or rule.id in only]
    before = {rule.id for rule in old.rules.rules} if old is not None else set()
    now = {rule.id for rule in judgement.rules.rules}
    return Report(
        form=form,
        simulated=simulated,
        first=judgement.first,
        last=judgement.last,
        frames=judgement.frames,
        rules=tuple(_rule_report(judgement, rule, form, old) for rule in shown),
        totals=_totals(judgement, {rule.id for rule in shown}, exchanges),
        dropped=tuple(sorted(before - now)),
        left_out=left_out,
        notifications=tuple(note for note in judgement.notifications if not only or note.rule in only),
    )


def _rule_report(judgement: Judgement, rule: Rule, form: Form, old: Judgement | None) -> RuleReport:
    session = rule.session
    calendars = [] if session is None else [judgement.rules.calendars[session.calendar]]
    episodes = tuple(episode for episode in judgement.episodes if episode.rule == rule.id)
    kinds = Counter(note.kind for note in judgement.notifications if note.rule == rule.id)
    lengths = [episode.length_ms(judgement.last or 0) for episode in episodes if not episode.event]
    untold = Counter(reason for episode in episodes if not episode.told for reason in episode.held_back or ("nobody",))
    return RuleReport(
        id=rule.id,
        title=rule.title,
        unit=rule.unit,
        measure=rule.measure,
        sessions=len(judgement.days(calendars)),
        episodes=episodes,
        messages=kinds.total(),
        outages=kinds[Kind.NO_DATA] + kinds[Kind.DATA_BACK],
        longest_ms=max(lengths, default=None),
        untold=dict(untold),
        never_valid=judgement.never_valid(rule),
        judged=form is not Form.CLOSES or judged_by_closes(rule),
        difference=None if old is None else _difference(rule, episodes, kinds.total(), old),
    )


def _difference(rule: Rule, episodes: Sequence[Episode], messages: int, old: Judgement) -> Difference:
    before = sum(episode.rule == rule.id for episode in old.episodes)
    told_before = sum(note.rule == rule.id for note in old.notifications)
    only = "new" if old.rules.get(rule.id) is None else None
    return Difference(len(episodes) - before, messages - told_before, only)


def _totals(judgement: Judgement, shown: Collection[str], exchanges: Sequence[Calendar]) -> Totals:
    named = {rule.session.calendar for rule in judgement.rules.rules if rule.session is not None}
    calendars = [judgement.rules.calendars[name] for name in sorted(named)] or exchanges
    sent = Counter(utc_date(note.t * MILLISECOND) for note in judgement.notifications if note.rule in shown)
    days = sorted({*judgement.days(calendars), *sent})
    counts = [sent[day] for day in days]
    most_on = max(days, key=sent.__getitem__, default=None)
    return Totals(
        messages=sent.total(),
        days=len(days),
        median=median(counts) if counts else None,
        mean=mean(counts) if counts else None,
        most=max(counts, default=None),
        most_on=most_on,
        busy=sum(count > MANY for count in counts),
    )
