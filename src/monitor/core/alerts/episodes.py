"""Episodes: what the transitions and notifications of an engine amount to, one line for each breach that fired.

The digest of a session and a back-test both count in episodes, told or not.
"""

from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from monitor.core.alerts.engine.record import sign_of
from monitor.core.alerts.engine.state import Instance
from monitor.core.alerts.notification import Kind, Notification, Transition
from monitor.core.alerts.rules.rule import RANK, Rule


class Episode(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One breach that led to FIRING, or one event of an edge rule. Times are epoch milliseconds of the snapshots.

    start: of the breach; ended: None while it is open; fired: when it began to fire. level: the highest. peak,
    peak_t: value furthest out, in the rule's unit, and when.
    messages: (t, kind) of each notification; further: how many there were besides. held_back: what kept the
    announcement back, for good or for a while. event: of an edge rule. reason: why it ended, a phrase as in the audit;
    None while it is open, and for an event.
    """

    rule: str
    instance: str
    start: int
    fired: int
    ended: int | None = None
    level: str = ""
    peak: float | None = None
    peak_t: int | None = None
    messages: tuple[tuple[int, Kind], ...] = ()
    further: int = 0
    held_back: tuple[str, ...] = ()
    event: bool = False
    reason: str | None = None

    @property
    def told(self) -> bool:
        """Whether anybody heard of it."""
        return self.said > 0

    @property
    def said(self) -> int:
        """How many messages there were."""
        return len(self.messages) + self.further

    def length_ms(self, t: int) -> int:
        """From start to end, at `t` when it is open then; 0 for an event."""
        return (t if self.ended is None else self.ended) - self.start

    @property
    def key(self) -> str:
        """`rule:instance:<start>`, as in the ids of its notifications."""
        return f"{self.rule}:{self.instance}:{self.start}"


class EpisodeBook:
    """Collects episodes from what one `step` after the other returned, in order."""

    def __init__(self) -> None:
        self._by_key: dict[str, Episode] = {}

    def add(self, transitions: Iterable[Transition], notifications: Iterable[Notification]) -> None:
        """Take one step's results into account."""
        for transition in transitions:
            self._moved(transition)
        for note in notifications:
            self._said(note)

    def put(self, episode: Episode) -> None:
        """Add an episode that began before the book did, or replace the one of that key."""
        self._by_key[episode.key] = episode

    def get(self, key: str) -> Episode | None:
        """The episode of that key; None when there is none."""
        return self._by_key.get(key)

    def drop(self, key: str) -> None:
        """Forget an episode."""
        self._by_key.pop(key, None)

    @property
    def episodes(self) -> tuple[Episode, ...]:
        """All of them, in order of appearance."""
        return tuple(self._by_key.values())

    def _moved(self, moved: Transition) -> None:
        if moved.crossed:
            self.put(_began(moved, moved.t, event=True))
        elif moved.episode is not None:
            key = f"{moved.rule}:{moved.instance}:{moved.episode}"
            before = self._by_key.get(key) or _began(moved, moved.episode)
            self.put(
                replace(
                    before,
                    ended=moved.t if moved.after == "OK" else None,
                    level=_higher(before.level, moved.level or ""),
                    peak=moved.peak,
                    peak_t=moved.peak_t,
                    held_back=moved.held_back,
                    reason=moved.cause if moved.after == "OK" else None,
                )
            )

    def _said(self, note: Notification) -> None:
        if note.kind in (Kind.NO_DATA, Kind.DATA_BACK):
            return
        before = self._by_key.get(note.subject_key)
        if before is not None:
            level = _higher(before.level, note.level)  # a transition of an edge rule carries none
            self.put(replace(before, level=level, messages=(*before.messages, (note.t, note.kind))))


def open_episode(rule: str, subject: str, instance: Instance, known: Rule | None) -> Episode | None:
    """The episode that an instance is in, told by what the engine itself remembers; None without one.

    The times of reminders and escalations are not remembered, so those are `further` messages. known: the rule as it
    is configured, None when it is gone.
    """
    if instance.episode is None:
        return None
    sign = sign_of(known, instance)
    told = instance.told
    level = ""
    for _, passed in instance.path:
        level = _higher(level, passed)
    return Episode(
        rule=rule,
        instance=subject,
        start=instance.episode,
        fired=instance.path[0][0] if instance.path else instance.episode,
        level=level,
        peak=None if instance.peak is None else sign * instance.peak,
        peak_t=instance.peak_t,
        messages=() if told is None else ((told.first, Kind.FIRING),),
        further=0 if told is None else told.escalations + told.reminders,
        held_back=instance.held_by,
    )


def _began(moved: Transition, start: int, *, event: bool = False) -> Episode:
    return Episode(
        rule=moved.rule,
        instance=moved.instance,
        start=start,
        fired=moved.t,
        ended=moved.t if event else None,
        level=moved.level or "",
        peak=moved.value if event else moved.peak,
        peak_t=moved.t if event else moved.peak_t,
        held_back=moved.held_back,
        event=event,
    )


def _higher(first: str, second: str) -> str:
    return max(first, second, key=lambda level: RANK.get(level, -1))
