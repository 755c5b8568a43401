"""The events of the log. Whatever the calculator knows about the world reached it as one of these, in log order.

All times are integer nanoseconds since 1970-01-01 UTC. `event_ns` is when something happened by its source's clock,
`recv_ns` when an ingest worker received it; the second one orders the log (DOMAIN section 11.1: event time orders
ticks, receive time orders the replay).

The structs are array-like: on the wire an event is a short MessagePack array whose first element is the tag, so that
new fields go to the end, with a default, and readers of older messages still work.
"""

from typing import TypeAlias, TypeGuard

import msgspec

SIMULATED = 1
"""Flag: invented by the simulator, never a real price."""
EVENT_TIME_IS_RECEIPT = 2
"""Flag: the source gave no time of its own, `event_ns` is the time of receipt."""
CONFLATED = 4
"""Flag: older quotes of the same symbol were dropped in favour of this one while the log could not be written."""
RETAINED = 8
"""Flag: the last value kept by a broker, delivered because we subscribed, not because it changed."""

FIXING = 16
"""Flag of a rate: the fixing of its day (DOMAIN FX-2), which stands for dates and is no live quote."""


class Quote(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="q"):
    """One price of one instrument as a source sent it. None means that the source did not say, never zero.

    symbol: canonical symbol (`0700.HK`), mapped by table from the source's own. source: name of the feed.
    price: last trade in `currency`; None when only a two-sided market was sent.
    seq: the source's own sequence number. session: the source's word for the phase (`pre`, `regular`, `post`,
    `overnight`, `closed`) or None. prev_close: previous official close in the source's own opinion.
    delay_s: how late this source is by contract for this market, seconds; delayed is not stale.
    """

    symbol: str
    source: str
    event_ns: int
    recv_ns: int
    price: float | None
    bid: float | None = None
    ask: float | None = None
    size: float | None = None
    currency: str | None = None
    seq: int | None = None
    session: str | None = None
    day_volume: float | None = None
    prev_close: float | None = None
    delay_s: int = 0
    flags: int = 0


class Fx(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="f"):
    """An exchange rate, live or, flagged FIXING, the fixing of the UTC day of `event_ns`. pair: `USDccc`; rate: units
    of ccc per 1 USD (DOMAIN FX-1)."""

    pair: str
    rate: float
    event_ns: int
    recv_ns: int
    source: str
    flags: int = 0


class Halt(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="h"):
    """Trading in an instrument was halted (True) or resumed (False)."""

    symbol: str
    halted: bool
    recv_ns: int
    source: str = ""


class OfficialClose(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="c"):
    """The official close of one session (ISO date label in the exchange's zone), raw, in the instrument's currency.

    derived: worked out from a quote (its previous close or change) rather than published; such a close fills a gap
    and never replaces a published one.
    """

    symbol: str
    session: str
    price: float
    recv_ns: int
    source: str = ""
    derived: bool = False
    flags: int = 0


class FeedHealth(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="s"):
    """What an ingest worker says of one of its feeds, on every change of state and at least once a minute.

    state: `connecting`, `up`, `down` (will be retried) or `failed` (needs a person). The counts are of
    records since that worker's start, and add up: received = accepted + conflated + all of rejected (by reason).
    accepted: written to the log or about to be.
    """

    source: str
    state: str
    recv_ns: int
    detail: str = ""
    accepted: int = 0
    conflated: int = 0
    rejected: dict[str, int] = {}
    received: int = 0


class Beat(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="b"):
    """Nothing happened, and it is now this late: what makes time pass for a calculator without a clock."""

    recv_ns: int


Event: TypeAlias = Quote | Fx | Halt | OfficialClose | FeedHealth | Beat


def is_price(event: Event) -> TypeGuard[Quote | Fx]:
    """Is it a price of the moment, which a newer one of its source makes worthless? A fixing is not."""
    return isinstance(event, Quote) or (isinstance(event, Fx) and not event.flags & FIXING)
