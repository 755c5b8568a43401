"""Storm control of one channel, as a pure policy: which message leaves next, and what is folded (ALERTING section 17).

At most `most` openings leave by themselves in any window, highest level first, then furthest beyond their trigger; what
is too many is told by one STORM message. Outside a storm the order of the outbox is kept.
"""

from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from monitor.core.alerts.notification import Kind, Notification
from monitor.core.alerts.rules.rule import RANK
from monitor.core.alerts.rules.service import Storm
from monitor.workers.alerts.waiting import Parcel

FOLD_MOST = 100
"""How many notes one STORM message tells at most: it names each of them."""


class Leave(msgspec.Struct, frozen=True):
    """Send this parcel now. single: it is one more opening of this window."""

    parcel: Parcel
    single: bool


class Fold(msgspec.Struct, frozen=True):
    """Tell these in one STORM message."""

    parcels: tuple[Parcel, ...]


class Stay(msgspec.Struct, frozen=True):
    """Nothing may leave before that time, epoch ms of the wall clock; None: nothing waits."""

    until_ms: int | None


Move: TypeAlias = Leave | Fold | Stay


def foldable(parcel: Parcel) -> bool:
    """Whether a storm may swallow it: openings below critical. ESCALATED, critical and closings always leave, and what
    was tried once is tried until it is settled."""
    return not parcel.begun and all(
        isinstance(one.note, Notification)
        and one.note.kind.opening
        and one.note.kind is not Kind.ESCALATED
        and one.note.level != "critical"
        for one in parcel.all
    )


def counts(parcel: Parcel) -> bool:
    """Whether it is one of the `most`: critical openings are, though nothing holds them back."""
    note = parcel.target.note
    return isinstance(note, Notification) and note.kind.opening and note.kind is not Kind.ESCALATED


def in_window(singles: Sequence[int], storm: Storm, now_ms: int) -> tuple[int, ...]:
    """Of these times, those within the window that ends now. Times ahead of now, of a clock that was set back, do not
    count: they would hold openings back for as long as it was set back."""
    return tuple(at for at in singles if 0 <= now_ms - at < storm.window_ms)


def next_move(
    waiting: Sequence[Parcel], singles: Sequence[int], storm: Storm, *, now_ms: int, fold_from_ms: int
) -> Move:
    """What the channel does next.

    waiting: a parcel for each thread, in the order of the outbox. singles: when openings left by themselves, epoch ms.
    fold_from_ms: earliest time of the next STORM message. All times are of the wall clock.

    Openings wait up to `group_wait_ms` for company only where company can change anything: when more wait than may
    leave, or when fewer than half of the `most` would be left. So a single alert on a quiet day is sent at once.
    """
    begun = next((parcel for parcel in waiting if parcel.begun), None)
    if begun is not None:
        return Leave(begun, single=False)
    recent = in_window(singles, storm, now_ms)
    low = [parcel for parcel in waiting if foldable(parcel)]
    lows = {parcel.target.entry.id for parcel in low}
    urgent = sum(counts(parcel) for parcel in waiting) - len(low)
    free = max(0, storm.most - len(recent) - urgent)
    held, due_ms = _held(low, free, storm, now_ms)
    crowd = len(low) > free
    for parcel in waiting:
        if parcel.target.entry.id not in lows:
            return Leave(parcel, single=counts(parcel))
        if not crowd and parcel.target.entry.id not in held:
            return Leave(parcel, single=True)
    if held or not low:
        return Stay(due_ms)
    if free:
        return Leave(min(low, key=_rank), single=True)
    if now_ms >= fold_from_ms:
        return Fold(tuple(low[:FOLD_MOST]))
    slides_ms = recent[0] + storm.window_ms if recent else fold_from_ms
    return Stay(min(fold_from_ms, slides_ms))


def _held(low: Sequence[Parcel], free: int, storm: Storm, now_ms: int) -> tuple[frozenset[str], int | None]:
    """Ids of the openings that wait for company, and until when; in a crowd all wait as long as the first of them."""
    if 2 * (free - len(low)) >= storm.most:
        return frozenset(), None
    young = [parcel for parcel in low if 0 <= now_ms - parcel.created_ms < storm.group_wait_ms]
    if len(low) > free:
        young = list(low) if len(young) == len(low) else []
    if not young:
        return frozenset(), None
    return frozenset(parcel.target.entry.id for parcel in young), min(
        parcel.created_ms for parcel in young
    ) + storm.group_wait_ms


def _rank(parcel: Parcel) -> tuple[bool, int, float]:
    """News before reminders, the highest level first, then the furthest beyond its trigger; equals in order."""
    note = parcel.target.note
    assert isinstance(note, Notification)
    old = all(isinstance(one.note, Notification) and one.note.kind is Kind.REMINDER for one in parcel.all)
    return old, -RANK[note.level], -(note.evidence.distance or 0.0)
