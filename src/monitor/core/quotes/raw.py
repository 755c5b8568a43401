"""What an adapter decoded of what its source sent: records under the source's own symbols, for the intake to judge."""

import msgspec


class RawQuote(msgspec.Struct, frozen=True, gc=False):
    """One record as an adapter decoded it, still under the source's own symbol. None: the source did not say.

    event_ns: the source's own time, None when it gave none. recv_ns: time of receipt. prev_close: previous official
    close, sent or derived by the adapter where its vendor's rules allow. delay_s: how late this very quote is by
    contract, when the source says so (a relay); None: what the table of delays says. The rest as in
    `monitor.core.event.Quote`.
    """

    source: str
    source_symbol: str
    recv_ns: int
    event_ns: int | None = None
    price: float | None = None
    bid: float | None = None
    ask: float | None = None
    size: float | None = None
    currency: str | None = None
    seq: int | None = None
    session: str | None = None
    day_volume: float | None = None
    prev_close: float | None = None
    flags: int = 0
    delay_s: int | None = None


class RawClose(msgspec.Struct, frozen=True, gc=False):
    """An official close as an adapter read it, still under the source's own symbol.

    session: ISO date label in the exchange's zone. derived: worked out or copied by the source rather than published by
    the exchange; such a close fills a gap and replaces nothing.
    """

    source: str
    source_symbol: str
    session: str
    price: float
    recv_ns: int
    derived: bool = True
    flags: int = 0


class RawHalt(msgspec.Struct, frozen=True, gc=False):
    """Trading was halted (True) or resumed, in the source's words and under its own symbol."""

    source: str
    source_symbol: str
    halted: bool
    recv_ns: int
