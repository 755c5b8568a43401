"""The storms of one channel: what its storm control remembers, and the STORM message that is on its way."""

import msgspec
from msgspec.structs import replace

from monitor.bus.outbox import Delivery, Entry, Outbox, Status
from monitor.bus.storms import PendingStorm, StormMemory
from monitor.core.alerts.notification import Notification
from monitor.core.alerts.rules.service import Storm
from monitor.notify.storm_words import storm_bulletin, storm_line
from monitor.workers.alerts.storm import FOLD_MOST, Fold, in_window
from monitor.workers.alerts.waiting import Parcel, Waiting, read_note

LINES_KEPT = FOLD_MOST
"""How many lines an edited STORM message names: the newest."""


class Folding:
    """Memory of one channel's storm control, the same here and in Redis: only its sender writes it.

    again_s: shortest time between two STORM messages that are not edits, seconds.
    """

    def __init__(self, outbox: Outbox, storm: Storm, *, again_s: float) -> None:
        self._outbox = outbox
        self._storm = storm
        self._again_ms = round(again_s * 1000)
        self.memory = StormMemory()

    async def load(self) -> None:
        """Go on from what another process, or an earlier round of this one, left."""
        self.memory = await self._outbox.memory()

    def with_single(self, now_ms: int) -> StormMemory:
        """The memory once an opening has left by itself."""
        return replace(self.memory, singles=(*in_window(self.memory.singles, self._storm, now_ms), now_ms))

    def fold_from_ms(self, now_ms: int) -> int:
        """The earliest time of the next STORM message: soon when it is an edit, else after `again_s`."""
        memory = self.memory
        if not memory.thread or memory.last_ms > now_ms:
            return now_ms
        pause_ms = self._storm.group_wait_ms if self._edits(now_ms) else self._again_ms
        return memory.last_ms + pause_ms

    async def fold(self, fold: Fold, now_ms: int) -> None:
        """Bind these notes to one STORM message, which is from now on what the channel sends first."""
        bound = [one for parcel in fold.parcels for one in parcel.all]
        notes = [one.note for one in bound if isinstance(one.note, Notification)]
        edit, memory = self._edits(now_ms), self.memory
        thread = f"storm:{self._outbox.channel}:{notes[0].t}"
        if self._goes_on(now_ms):
            thread = memory.thread
        elif thread != memory.thread:
            memory = StormMemory(singles=memory.singles, began_ms=now_ms)
        identifier = f"{thread}:{memory.count}" if memory.count else thread
        fresh = tuple(storm_line(note) for note in notes)
        lines = (*memory.lines, *fresh)[-LINES_KEPT:]
        bulletin = storm_bulletin(
            notes,
            lines if edit else fresh,
            identifier=identifier,
            thread=thread,
            channel=self._outbox.channel,
            total=memory.told + len(notes),
        )
        memory = replace(
            memory,
            thread=thread,
            last_ms=now_ms,
            count=memory.count + 1,
            told=memory.told + len(notes),
            lines=lines,
            pending=PendingStorm(identifier, msgspec.json.encode(bulletin).decode(), edit),
        )
        await self._outbox.fold([(one.entry, replace(one.delivery, told_by=identifier)) for one in bound], memory)
        self.memory = memory

    async def parcel(self, waiting: list[Waiting], now_ms: int) -> Parcel | None:
        """The STORM message on its way with the notes that it tells; None when there is none.

        When none of its notes waits any more, somebody took them out by hand: then it is given up.
        """
        pending = self.memory.pending
        if pending is None:
            return None
        entry = Entry("", pending.id, pending.note.encode())
        delivery = await self._outbox.found(pending.id) or Delivery(created_ms=now_ms)
        bound = tuple(one for one in waiting if one.delivery.told_by == pending.id)
        note = read_note(pending.note)
        if bound and note is not None:
            return Parcel(Waiting(entry, delivery, note), bound)
        memory = self.settled()
        reason = "its notes wait no more" if note is not None else "this version cannot read it"
        lost = replace(delivery, status=Status.DEAD, ended_ms=now_ms, reason=reason)
        await self._outbox.settle([(entry, lost)], memory=memory)
        self.memory = memory
        return None

    @property
    def parent(self) -> str | None:
        """Where the channel keeps the message that the one on its way replaces; None when it stands by itself."""
        pending = self.memory.pending
        return self.memory.reference if pending is not None and pending.edit else None

    def settled(self, reference: str | None = None) -> StormMemory:
        """The memory once the STORM message has come to its end. reference: where the channel keeps it, None where it
        cannot be edited, or was not taken."""
        return replace(self.memory, pending=None, reference=reference or self.parent)

    def _goes_on(self, now_ms: int) -> bool:
        """Whether the storm that began last is not over."""
        return bool(self.memory.thread) and 0 <= now_ms - self.memory.began_ms < self._storm.window_ms

    def _edits(self, now_ms: int) -> bool:
        return self._goes_on(now_ms) and self.memory.reference is not None
