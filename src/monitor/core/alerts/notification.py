"""What the alert engine says: transitions for the audit, notifications for people, and the evidence frozen with them.

All times are milliseconds since 1970-01-01 UTC; values are in the unit of the rule's metric; None means that the frame
or the rule did not hold it, never zero.
"""

from enum import StrEnum
from typing import TypeAlias

import msgspec


class Kind(StrEnum):
    """Kinds of notifications the core makes (ALERTING section 11)."""

    FIRING = "FIRING"
    ESCALATED = "ESCALATED"
    REMINDER = "REMINDER"
    RESOLVED = "RESOLVED"
    SESSION_END = "SESSION_END"
    EVENT = "EVENT"
    NO_DATA = "NO_DATA"
    DATA_BACK = "DATA_BACK"

    @property
    def opening(self) -> bool:
        """It announces something; the others close something that was announced."""
        return self not in (Kind.RESOLVED, Kind.SESSION_END, Kind.DATA_BACK)


Bound: TypeAlias = tuple[str, float]
"""A comparison and its number: `("<", 1.2)`. Two-sided conditions have two."""


class LegEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """One instrument of the metric's subject, as it stood.

    price in `currency`; change_pct since the previous close, per cent; source: feed; phase: TIM-1; age_s since the
    last quote; delay_s by contract; event_ms of the quote; status: COV-1. words: set when its market is shut, a
    sentence such as "NDX = close of 05:00 HKT, 6 h 12 m old, market shut".
    """

    symbol: str
    name: str | None = None
    price: float | None = None
    currency: str | None = None
    change_pct: float | None = None
    source: str | None = None
    phase: str = ""
    live: bool = False
    status: str | None = None
    age_s: float | None = None
    delay_s: int = 0
    event_ms: int | None = None
    words: str | None = None


class BasketEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """One basket of the metric's subject over the metric's window: its largest contributors each way (symbol,
    percentage points), its coverage (share of fresh weight, 0 … 1) and the members left out or carried, by status.
    names: symbol → name of the contributors, where the frame has one."""

    id: str
    status: str = ""
    coverage_fresh: float | None = None
    top: list[tuple[str, float]] = []
    bottom: list[tuple[str, float]] = []
    excluded: dict[str, str] = {}
    carried: dict[str, str] = {}
    names: dict[str, str] = {}


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a message states (ALERTING section 12), frozen when the notification is made.

    title, metric, unit, severity: of the rule; each: it has an instance for every one of several subjects.
    definition: first 8 hex digits of the definition's SHA-256.
    t, seq, board, simulated: of the frame.
    value: the metric now; for a rule on moves, `move` is what is compared with the trigger.
    trigger, clear: of the present level on the episode's side, as bounds. limit: the bound of the trigger that counts.
    distance: how far value (or move) is beyond the limit, positive when beyond.
    start: of the episode, outage or event. held_ms: from start to now, for a closing its length. peak, peak_t: the
    value furthest out and when. path: (time, level) of every change of level.
    held_back: of a FIRING, why it comes later than it could, as "silence s-7f3a" or "cooldown", in order of appearance.
    z: of the subject's daily spread, standard deviations, when the subject is a pair and the metric is another one.
    legs, baskets: of the metric's subject. quality: sentences on stale, carried and excluded parts.
    today, last_30_sessions: how often this instance was announced, this time included.
    summary: the rule's own sentence, None when it has none; summary_error: why it could not be written.
    """

    title: str
    metric: str
    unit: str
    severity: str
    definition: str
    t: int
    seq: int
    start: int
    board: str = ""
    simulated: bool = False
    each: bool = False
    value: float | None = None
    move: float | None = None
    within_ms: int | None = None
    trigger: tuple[Bound, ...] = ()
    clear: tuple[Bound, ...] = ()
    limit: float | None = None
    distance: float | None = None
    held_ms: int = 0
    for_ms: int = 0
    peak: float | None = None
    peak_t: int | None = None
    path: tuple[tuple[int, str], ...] = ()
    held_back: tuple[str, ...] = ()
    z: float | None = None
    legs: tuple[LegEvidence, ...] = ()
    baskets: tuple[BasketEvidence, ...] = ()
    quality: tuple[str, ...] = ()
    today: int = 0
    last_30_sessions: int = 0
    runbook: str | None = None
    summary: str | None = None
    summary_error: str | None = None

    @property
    def measure(self) -> str:
        """Measure of the metric, `spread_pp`; "" when the metric has no name."""
        return self.metric.rsplit(".", 2)[1] if self.metric.count(".") >= 2 else ""


class Notification(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="notification"):
    """One message to send, to every channel in `notify`.

    id: `rule:instance:<ms>:KIND[:n]`, derived from what happened, the same after every restart. episode: start of the
    episode, anchor of the outage, or time of the event. level: ALERTING section 11. n: 1, 2, … for ESCALATED and
    REMINDER, else 0. reason: only on closings that the market did not cause (`rule_changed`, `rule_removed`,
    `instance_removed`, `expired`).
    """

    id: str
    kind: Kind
    rule: str
    instance: str
    episode: int
    level: str
    t: int
    seq: int
    notify: tuple[str, ...]
    evidence: Evidence
    n: int = 0
    reason: str | None = None

    @property
    def subject_key(self) -> str:
        """`rule:instance:<ms>`: what all notes of one episode, outage or event share."""
        return f"{self.rule}:{self.instance}:{self.episode}"


class Transition(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the audit: what an instance did in one frame, and why.

    before, after: phases (equal when only the level or the data watch moved). level: after it, None for OK and PENDING.
    episode: start of the episode concerned, None before FIRING. since: start of the timer that runs. cause: a phrase.
    told: whether the episode had been announced, so that untold ones can be counted. value: at the time, None where
    nothing was compared. peak, peak_t: of the episode so far, as in the evidence. held_back: what keeps its
    announcement back. crossed: an edge was passed, told or not.
    """

    t: int
    seq: int
    rule: str
    instance: str
    before: str
    after: str
    cause: str
    level: str | None = None
    episode: int | None = None
    since: int | None = None
    value: float | None = None
    told: bool = False
    held_back: tuple[str, ...] = ()
    peak: float | None = None
    peak_t: int | None = None
    crossed: bool = False
