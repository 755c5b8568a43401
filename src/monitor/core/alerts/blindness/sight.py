"""What keeps alerting from seeing, or from being heard."""

import math
from collections.abc import Mapping
from enum import StrEnum

import msgspec

from monitor.core.alerts.blindness.backlog import Backlog, Position


class Cause(StrEnum):
    """REDIS: does not answer. SNAPSHOTS: no new one. ENGINE: decisions are behind the snapshots. OUTBOX: messages do
    not get out."""

    REDIS = "redis"
    SNAPSHOTS = "snapshots"
    ENGINE = "engine"
    OUTBOX = "outbox"


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What one look at Redis found. leader: owner of the lease, None when nobody has it. newest: the newest snapshot,
    None when there is none. decided: the last snapshot whose decisions are stored. waiting: channel → the oldest and
    the newest message in its outbox; channels whose outbox is empty are left out."""

    leader: str | None = None
    newest: Position | None = None
    decided: Position = (0, 0)
    waiting: Mapping[str, tuple[Position, Position]] = {}


class Judgement(msgspec.Struct, frozen=True):
    """What is the matter. blind: cause → for how long, seconds. unknown: causes that nobody can judge now. channels:
    whose messages do not get out."""

    blind: Mapping[Cause, float] = {}
    unknown: frozenset[Cause] = frozenset()
    channels: tuple[str, ...] = ()

    @property
    def well(self) -> bool:
        """Everything is known to be in order."""
        return not self.blind and not self.unknown


class Sight:
    """Judges looks, one after the other.

    grace_s: before the first new snapshot since the start a cause needs at least so long, seconds: a calculator that
    starts with us may take a minute. unsent_s: how long a message may wait, seconds. gap_s: what a longer time between
    two looks counts as, seconds: on a machine that stood still nobody looked, and nobody could have answered.
    """

    def __init__(
        self, started_s: float, *, grace_s: float = 60.0, unsent_s: float = 120.0, gap_s: float = math.inf
    ) -> None:
        self._grace_s = grace_s
        self._unsent_s = unsent_s
        self._gap_s = gap_s
        self._judged_s = started_s
        self._stood_still_s = 0.0
        self._answered_s = started_s
        self._newest: Position | None = None
        self._fresh_s: float | None = None
        self._arrived = False
        self._undecided: Backlog | None = None
        self._unsent: dict[str, Backlog] = {}

    def judge(self, now_s: float, look: Look | None, after_s: float) -> Judgement:
        """What the look tells. now_s: of a monotonic clock. look: None when Redis did not answer. after_s: how long a
        cause must last to count, seconds."""
        self._stood_still_s += max(0.0, now_s - self._judged_s - self._gap_s)
        self._judged_s = now_s
        now_s -= self._stood_still_s
        limit_s = after_s if self._arrived else max(after_s, self._grace_s)
        if look is None:
            self._forget()
            lost_s = now_s - self._answered_s
            blind = {Cause.REDIS: lost_s} if lost_s >= limit_s else {}
            return Judgement(blind, frozenset(Cause) - blind.keys())
        self._answered_s = now_s
        silent_s = self._silent_s(now_s, look.newest)
        behind_s = self._behind_s(now_s, look, after_s)
        late_s = {channel: self._late_s(now_s, channel, *ends) for channel, ends in look.waiting.items()}
        for channel in self._unsent.keys() - look.waiting.keys():
            del self._unsent[channel]
        late_s = {channel: seconds for channel, seconds in late_s.items() if seconds >= self._unsent_s}
        blind = {}
        if silent_s >= limit_s:
            blind[Cause.SNAPSHOTS] = silent_s
        if behind_s >= limit_s:
            blind[Cause.ENGINE] = behind_s
        if late_s:
            blind[Cause.OUTBOX] = max(late_s.values())
        # Before the first new snapshot nobody can say that they come.
        unknown = frozenset() if self._arrived else frozenset({Cause.SNAPSHOTS, Cause.ENGINE}) - blind.keys()
        return Judgement(blind, unknown, tuple(sorted(late_s)))

    def _forget(self) -> None:
        """While Redis is away nothing else can be seen; afterwards every wait begins anew."""
        self._fresh_s = self._undecided = None
        self._unsent.clear()

    def _silent_s(self, now_s: float, newest: Position | None) -> float:
        if self._fresh_s is None or newest != self._newest:
            self._arrived |= self._fresh_s is not None and newest is not None
            self._newest, self._fresh_s = newest, now_s
        return now_s - self._fresh_s

    def _behind_s(self, now_s: float, look: Look, after_s: float) -> float:
        if self._undecided is None:
            self._undecided = Backlog(after_s / 16)
        milliseconds, number = look.decided
        waits = look.newest is not None and look.newest > look.decided
        return self._undecided.waited_s(now_s, (milliseconds, number + 1) if waits else None, look.newest)

    def _late_s(self, now_s: float, channel: str, oldest: Position, newest: Position) -> float:
        backlog = self._unsent.setdefault(channel, Backlog(self._unsent_s / 16))
        return backlog.waited_s(now_s, oldest, newest)
