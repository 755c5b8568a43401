"""A line that is quoted for fair values only, as a snapshot shows it: its last price and where that comes from."""

import msgspec


class ProxyLineView(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The last accepted quote of a proxy line, in `currency`: what fair values are made from. Without one, price,
    event_time and source are None.

    status: LIVE, CLOSED, STALE or MISSING by the line's own calendar and session clock (COV-1). delay_s: how late the
    source is by contract, seconds.
    """

    currency: str
    calendar: str
    price: float | None
    status: str
    event_time: str | None
    source: str | None
    delay_s: int
    simulated: bool
