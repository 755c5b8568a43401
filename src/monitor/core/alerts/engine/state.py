"""What the alert engine remembers between two frames; nothing else is remembered. `shelf` stores it.

All times are milliseconds since 1970-01-01 UTC. `Instance` objects are replaced by copies in every step: a state that
`step` returned is never changed afterwards.
"""

from typing import Literal, TypeAlias

import msgspec

from monitor.core.alerts.engine.window import Window

Phase: TypeAlias = Literal["OK", "PENDING", "FIRING", "CLEARING"]


class Told(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What was announced of the present episode.

    level: the level people know of, lowered silently with a falling level. highest: the highest ever announced.
    first, last: times of the first and the last message (FIRING, ESCALATED, REMINDER). session: label in which the
    first was sent, None without a session. channels: who got any of them.
    """

    level: str
    highest: str
    first: int
    last: int
    session: str | None = None
    channels: tuple[str, ...] = ()
    reminders: int = 0
    escalations: int = 0


class Outage(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A NO_DATA that waits for its DATA_BACK. anchor: its identity. session: label in which it was told, None without a
    session. channels: who was told."""

    anchor: int
    session: str | None = None
    channels: tuple[str, ...] = ()


class Card(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What closings say of a rule that may be gone by then. sign: −1 for one on moves downwards, whose values and peak
    are kept as they were compared, negated."""

    title: str
    metric: str
    unit: str
    severity: str
    definition: str
    runbook: str | None = None
    sign: int = 1


class Instance(msgspec.Struct, kw_only=True, omit_defaults=True, gc=False):
    """State of one rule on one subject.

    phase; since: start of the running timer (PENDING, CLEARING). side: +1 upper, −1 lower, 0 none.
    episode: time of the breach that led to FIRING; level: present level; judge: a changed definition is to be judged.
    falling: since when the present level's own clear holds. told: None while nobody was told of the episode.
    peak, peak_t: value (or move) furthest out in the episode; path: (time, level) of each change of level;
    held_by: what held the announcement back.
    started: start of the latest episode or event. ended, ended_level: time and highest level of the last closing
    message. spent, spent_session: `once`: an episode was told under this definition, and in which session.
    definition: digest that this state was built under; session_text: its session. seen: first frame under it.
    valid, shut: last valid and last shut frame. value: at the last valid frame. window: observations of a rule on
    moves. gate_session, gate_t: last frame inside the session gate.
    outage: told; missing: anchor of an outage that is only recorded (`do = "hold"`).
    card: what closings say, kept while anything is told. tally: session label → announcements, for the evidence.
    """

    definition: str
    session_text: str
    seen: int
    phase: Phase = "OK"
    since: int | None = None
    side: int = 0
    episode: int | None = None
    level: str | None = None
    judge: bool = False
    falling: int | None = None
    told: Told | None = None
    peak: float | None = None
    peak_t: int | None = None
    path: tuple[tuple[int, str], ...] = ()
    held_by: tuple[str, ...] = ()
    started: int | None = None
    ended: int | None = None
    ended_level: str | None = None
    spent: bool = False
    spent_session: str | None = None
    valid: int | None = None
    shut: int | None = None
    value: float | None = None
    window: Window | None = None
    gate_session: str | None = None
    gate_t: int | None = None
    outage: Outage | None = None
    missing: int | None = None
    card: Card | None = None
    tally: dict[str, int] = {}

    @property
    def active(self) -> bool:
        """FIRING or CLEARING: an episode is open."""
        return self.phase in ("FIRING", "CLEARING")


class AlertState(msgspec.Struct, frozen=True, kw_only=True):
    """Everything. t, seq: key of the last accepted frame, None before the first. instances: by `rule:instance`.

    `AlertState()` is the beginning.
    """

    t: int | None = None
    seq: int | None = None
    instances: dict[str, Instance] = {}

    def accepts(self, t: int, seq: int) -> bool:
        """Whether a frame with this key is new: `step` leaves the state alone otherwise."""
        return self.t is None or self.seq is None or (t, seq) > (self.t, self.seq)
