"""What an arbiter is told, and what it remembers of the sources of a symbol."""

import msgspec

from monitor.core.event import EVENT_TIME_IS_RECEIPT, RETAINED

_AGELESS = EVENT_TIME_IS_RECEIPT | RETAINED


class Told(msgspec.Struct, frozen=True, gc=False):
    """One quote, as far as arbitration goes. session: it belongs to, None outside of any: such a quote changes
    nothing. log_ns: log time. flags: of the event."""

    source: str
    event_ns: int
    delay_s: int
    session: str | None
    log_ns: int
    flags: int = 0

    @property
    def ageless(self) -> bool:
        """A value that a broker kept, without a time of its own: it may be of any age, and proves nothing."""
        return self.flags & _AGELESS == _AGELESS


class Price(msgspec.Struct, frozen=True, gc=False):
    """What the symbol costs: event time, session and delay of the last accepted quote."""

    event_ns: int
    session: str
    delay_s: int


class SourceState(msgspec.Struct, array_like=True):
    """What a source did so far. event_ns, session, delay_s: of its newest quote; of a source in charge, of the newest
    one that was accepted. behind_ns: the session clock when another source
    was first heard with something newer, None while none was. lost: another one had to take over from it. steady_ns:
    the session clock since when it delivers without a gap, None until it delivers again after it was lost."""

    event_ns: int
    session: str
    delay_s: int
    behind_ns: int | None = None
    lost: bool = False
    steady_ns: int | None = None


class ArbiterState(msgspec.Struct, array_like=True):
    """All that an arbiter remembers, for a checkpoint. charge: the source in charge, None before the first price.
    session, began_ns: the latest session that anything was told of, and the session clock when it first was.
    changed_ns: log time of the last change of source, None without one. failovers: how many fail-overs so far."""

    sources: dict[str, SourceState] = {}
    charge: str | None = None
    session: str = ""
    began_ns: int = 0
    changed_ns: int | None = None
    failovers: int = 0
