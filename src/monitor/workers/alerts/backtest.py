"""Rules over recorded prices: the service's own board, frames, state machine and boundaries, without Redis and without
a clock. What a recording of quotes gives is what the service would have sent while `monitor replay` published it."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from monitor.core.alerts.engine.machine import step
from monitor.core.alerts.engine.state import AlertState
from monitor.core.alerts.episodes import Episode, EpisodeBook
from monitor.core.alerts.notification import Notification
from monitor.core.alerts.rules.rule import Rule, RuleSet
from monitor.core.board import Board
from monitor.core.event import Beat, Event
from monitor.core.instant import DAY_MS, MILLISECOND, SECOND, utc_date
from monitor.core.metrics.frame import Frame
from monitor.core.metrics.measuring import Frames
from monitor.core.session import Calendar
from monitor.core.snapshot import Snapshot
from monitor.feeds.recordings.standing import Form, bars_standing, closes_standing, longest_step_ns
from monitor.workers.offline import every_boundary


class Pace(msgspec.Struct, frozen=True):
    """How finely prices that stand (`feeds.recordings.standing`) are looked at. step_ns: no hole for any timer of the
    rules. span_ns: the longest of their timers."""

    step_ns: int
    span_ns: int


_BY_THE_MINUTE = Pace(60 * SECOND, 0)


def pace_of(rules: Iterable[Rule]) -> Pace:
    """The coarsest pace at which no timer of the rules breaks off."""
    rules = tuple(rules)
    gap_ms = min((rule.max_gap_ms for rule in rules), default=60_000)
    span_ms = max((max(rule.for_ms, rule.clear_for_ms) for rule in rules), default=0)
    return Pace(longest_step_ns(gap_ms * MILLISECOND), span_ms * MILLISECOND)


def judged_by_closes(rule: Rule) -> bool:
    """Whether closes can say anything about a rule: moves within minutes and the age of prices are not in them."""
    return rule.moves is None and rule.measure not in ("age_seconds", "data_alerts", "ewma_z")


def frames_of(
    events: Iterable[Event],
    board: Board,
    form: Form,
    *,
    interval_ns: int = 0,
    pace: Pace = _BY_THE_MINUTE,
    calendars: Mapping[str, Calendar] = {},
    lengths: Mapping[str, int] = {},
    since_ns: int = 0,
    until_ns: int | None = None,
) -> Iterator[Frame]:
    """The frames that rules are judged by.

    events: in log order. board: new; for quotes made with `interval_ns`, otherwise with 0. form: quotes give the
    boundaries of the service; bars and closes stand for a while and are looked at every `pace.step_ns` while they do.
    calendars: by symbol. lengths: of bars, by symbol. since_ns, until_ns: half-open; None: to the end. What lies before
    is history.
    """
    frames = Frames()
    if form is Form.QUOTES:
        found = every_boundary(events, board, interval_ns, since_ns)
    else:
        if form is Form.CLOSES:
            standing = closes_standing(events, calendars, pace.span_ns, pace.step_ns, since_ns)
        else:
            standing = bars_standing(events, calendars, lengths, pace.step_ns)
        found = _at_beats(standing, board, since_ns, until_ns)
    for snapshot in found:
        frame = frames.of(snapshot)
        if until_ns is not None and frame.t * MILLISECOND >= until_ns:
            return
        if frame.t * MILLISECOND >= since_ns:
            yield frame


def _at_beats(events: Iterable[Event], board: Board, since_ns: int, until_ns: int | None) -> Iterator[Snapshot]:
    for event in events:
        board.apply(event)
        if isinstance(event, Beat) and event.recv_ns >= since_ns:
            yield board.snapshot()
            if until_ns is not None and event.recv_ns >= until_ns:
                return


class Judgement:
    """One set of rules, taken through frames in their order.

    charted: metrics whose values are kept, one every `chart_step_ms` at most: metric → (time, value) in `points`.
    notifications: all of them, in order. first, last: times of the frames, None before the first; frames: how many.
    """

    def __init__(self, rules: RuleSet, *, charted: Iterable[str] = (), chart_step_ms: int = 60_000) -> None:
        self.rules = rules
        self.notifications: list[Notification] = []
        self.first: int | None = None
        self.last: int | None = None
        self.frames = 0
        self.points: dict[str, list[tuple[int, float | None]]] = {metric: [] for metric in charted}
        self._chart_step_ms = chart_step_ms
        self._state = AlertState()
        self._book = EpisodeBook()

    def take(self, frame: Frame) -> None:
        """The next frame."""
        result = step(self._state, self.rules, frame)
        self._state = result.state
        self._book.add(result.transitions, result.notifications)
        self.notifications.extend(result.notifications)
        self.frames += 1
        self.first = frame.t if self.first is None else self.first
        self.last = frame.t
        for metric, points in self.points.items():
            if not points or frame.t - points[-1][0] >= self._chart_step_ms:
                points.append((frame.t, frame.metrics.get(metric)))

    @property
    def episodes(self) -> tuple[Episode, ...]:
        """Told and untold, in order of appearance."""
        return self._book.episodes

    def never_valid(self, rule: Rule) -> tuple[str, ...]:
        """The subjects for which the rule never had a value to judge."""
        instances = self._state.instances
        keys = {subject: f"{rule.id}:{subject}" for subject in rule.subjects}
        return tuple(subject for subject, key in keys.items() if key not in instances or instances[key].valid is None)

    def days(self, calendars: Iterable[Calendar]) -> list[str]:
        """Session labels of the calendars between the first and the last frame, each once; without any calendar the
        dates in UTC."""
        if self.first is None or self.last is None:
            return []
        first, last = utc_date(self.first * MILLISECOND), utc_date(self.last * MILLISECOND)
        found: set[str] = set()
        for calendar in (calendars := tuple(calendars)):
            labels = calendar.sessions[bisect_left(calendar.sessions, first) : bisect_right(calendar.sessions, last)]
            found.update(
                label
                for label in labels
                if self.first * MILLISECOND < calendar.closes_at(label)
                and calendar.opens_at(label) <= self.last * MILLISECOND
            )
        if not calendars:
            found.update(utc_date(t * MILLISECOND) for t in range(self.first, self.last, DAY_MS))
            found.add(last)
        return sorted(found)
