"""What the storm control of a channel remembers, so that neither a restart nor a reload gives it a fresh start."""

import msgspec


class PendingStorm(msgspec.Struct, frozen=True):
    """A STORM message that is made and not yet settled. id: of the bulletin. note: the bulletin, as JSON. edit: it
    replaces the storm's first message."""

    id: str
    note: str
    edit: bool = False


class StormMemory(msgspec.Struct, frozen=True, kw_only=True):
    """Times are epoch milliseconds of the wall clock.

    singles: when openings left by themselves, oldest first, as far back as the last window.
    thread: what the last STORM messages share, "" before the first; began_ms: when the first of them was made; last_ms:
    the last one; count: how many; reference: where the channel keeps the first, None where it cannot edit.
    told: how many notes they told; lines: label and text of the newest of these, oldest first. pending: the message
    that is on its way, None when there is none.
    """

    singles: tuple[int, ...] = ()
    thread: str = ""
    began_ms: int = 0
    last_ms: int = 0
    count: int = 0
    reference: str | None = None
    told: int = 0
    lines: tuple[tuple[str, str], ...] = ()
    pending: PendingStorm | None = None

    def to_json(self) -> bytes:
        return msgspec.json.encode(self)
