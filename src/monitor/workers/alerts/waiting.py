"""What a note in the outbox says about itself: which episode it belongs to and how late it is."""

import msgspec

from monitor.bus.outbox import Entry
from monitor.core.alerts.notification import Kind, Notification
from monitor.core.instant import DAY_MS

_EPISODE = frozenset({Kind.FIRING, Kind.ESCALATED, Kind.REMINDER, Kind.RESOLVED, Kind.SESSION_END})


def lateness_ms(note: Notification, created_ms: int, now_ms: int) -> int:
    """How long after its cause a note is sent, milliseconds.

    Counted from the snapshot's own time, unless that is simulated or more than a day away from the wall clock: then
    somebody replays a recording, and only the time since the note was made means anything.
    """
    since_ms = now_ms - note.t
    if note.evidence.simulated or not 0 <= since_ms <= DAY_MS:
        since_ms = 0
    return max(since_ms, now_ms - created_ms)


def read_note(entry: Entry) -> Notification | None:
    """The notification in an outbox entry; None when this version cannot read it."""
    try:
        return msgspec.json.decode(entry.note, type=Notification)
    except msgspec.MsgspecError:
        return None


def continues(earlier: Entry, later: Entry) -> bool:
    """Whether the later entry tells more of the same episode, or of the same outage."""
    first, second = read_note(earlier), read_note(later)
    if first is None or second is None or first.id == second.id:
        return False
    return first.subject_key == second.subject_key and (first.kind in _EPISODE) == (second.kind in _EPISODE)
