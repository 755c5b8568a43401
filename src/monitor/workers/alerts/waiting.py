"""What waits in an outbox, and which of it one message tells: notes, their threads, and parcels of them."""

from collections.abc import Iterable, Sequence

import msgspec

from monitor.bus.outbox import Delivery, Entry, Status
from monitor.core.alerts.notification import Kind, Notification
from monitor.core.instant import DAY_MS
from monitor.notify.bulletin import Bulletin, Note

_DECODER: msgspec.json.Decoder[Note] = msgspec.json.Decoder(Note)
_OUTAGE = frozenset({Kind.NO_DATA, Kind.DATA_BACK})


class Waiting(msgspec.Struct, frozen=True):
    """One note that waits: its place in the outbox, what became of it so far, and what it says."""

    entry: Entry
    delivery: Delivery
    note: Note

    @property
    def begun(self) -> bool:
        """Whether it was tried, or may have been."""
        return self.delivery.attempts > 0

    @property
    def opening(self) -> bool:
        """It announces something about the market, rather than closing it or speaking of the service."""
        return isinstance(self.note, Notification) and self.note.kind.opening


class Parcel(msgspec.Struct, frozen=True):
    """What one message tells. target: the note it is worded from. older: notes that it tells too, oldest first, with no
    message of their own."""

    target: Waiting
    older: tuple[Waiting, ...] = ()

    @property
    def all(self) -> tuple[Waiting, ...]:
        """Every note in it, oldest first."""
        return (*self.older, self.target)

    @property
    def begun(self) -> bool:
        """Whether any of it was tried."""
        return any(one.begun for one in self.all)

    @property
    def storm(self) -> bool:
        """It is a STORM message: the only one that tells notes of many threads, and did not wait in the outbox."""
        return not self.target.entry.position

    @property
    def unknown(self) -> int:
        """How many attempts have an outcome that nobody knows: repeats are counted for the notes, not for messages."""
        return max(one.delivery.unknown for one in self.all)

    @property
    def may_repeat(self) -> bool:
        """Whether people may have read some of it already."""
        return any(one.delivery.unknown or one.delivery.status is Status.SENDING for one in self.all)

    @property
    def created_ms(self) -> int:
        """When the oldest of it began to wait, epoch ms of the wall clock."""
        return min(one.delivery.created_ms for one in self.all)


def read_note(data: bytes | str) -> Note | None:
    """The notification or bulletin in an outbox entry; None when this version cannot read it."""
    try:
        return _DECODER.decode(data)
    except (msgspec.MsgspecError, RecursionError):
        return None


def thread_of(note: Note) -> str:
    """What notes on one matter share: an episode, an event, an outage, or whatever a bulletin names.

    An outage may begin in the same millisecond as an episode of its instance; they are two matters.
    """
    if isinstance(note, Bulletin):
        return note.thread
    return f"{note.subject_key}:{Kind.NO_DATA}" if note.kind in _OUTAGE else note.subject_key


def opening_id(note: Notification) -> str:
    """Id of the note that opened what this one belongs to."""
    kind = Kind.NO_DATA if note.kind in _OUTAGE else Kind.EVENT if note.kind is Kind.EVENT else Kind.FIRING
    return f"{note.subject_key}:{kind}"


def parcels(waiting: Iterable[Waiting], *, now_ms: int, merge_after_ms: int) -> list[Parcel]:
    """What could be sent next, one parcel for each thread, in the order of their oldest notes.

    Notes of a thread that had to wait, or were tried in vain, are told together by the newest (ALERTING 15.2); else the
    oldest comes alone and the others after it. merge_after_ms: how long is "had to wait". Bulletins are never told
    together.
    """
    threads: dict[str, list[Waiting]] = {}
    for one in waiting:
        threads.setdefault(thread_of(one.note), []).append(one)
    found = []
    for mates in threads.values():
        first = mates[0]
        together = isinstance(first.note, Notification) and (
            any(one.begun for one in mates) or now_ms - first.delivery.created_ms >= merge_after_ms
        )
        found.append(Parcel(mates[-1], tuple(mates[:-1])) if together else Parcel(first))
    return found


def lateness_ms(note: Note, created_ms: int, now_ms: int) -> int:
    """How long after its cause a note is sent, milliseconds.

    Counted from the snapshot's own time, unless that is simulated or more than a day away from the wall clock: then
    somebody replays a recording, and only the time since the note was made means anything.
    """
    simulated = note.simulated if isinstance(note, Bulletin) else note.evidence.simulated
    since_ms = now_ms - note.t
    if simulated or not 0 <= since_ms <= DAY_MS:
        since_ms = 0
    return max(since_ms, now_ms - created_ms)


def told_with(parcel: Parcel, others: Sequence[Notification] = ()) -> tuple[Notification, ...]:
    """The notifications that the parcel's message tells beside its own, oldest first. others: from elsewhere."""
    return (*others, *(one.note for one in parcel.older if isinstance(one.note, Notification)))
