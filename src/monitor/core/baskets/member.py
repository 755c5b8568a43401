"""What a member brings to its basket at one cut, and how it stands over a window (DOMAIN COV-2, FX-3)."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from monitor.core.anchor import Baseline
from monitor.core.instruments.cut import Cut
from monitor.core.instruments.leg import Leg
from monitor.core.prices.corporate_action import adjustment
from monitor.core.prices.rates import Rates
from monitor.core.status import Status


class Member(msgspec.Struct, frozen=True, gc=False):
    """One line at one cut. price, session: None without a price. status: COV-1. known: latest session of its exchange
    whose close instant has come. baselines: one a window."""

    symbol: str
    currency: str
    price: float | None
    session: str | None
    known: str | None
    status: Status
    baselines: Sequence[Baseline]


class Start(msgspec.Struct, frozen=True, gc=False):
    """What was paid for a member at the start of a window. session: of the close. raw: that close. price_factor: onto
    the share basis of now (CA-1). rate: into the currency that was asked for, from the fixings of that date. paid: all
    three together."""

    session: str
    raw: float
    price_factor: float
    rate: float
    paid: float


Conversions = Mapping[str, float | None]
"""Currency → multiplier that turns a price of now into the currency asked for, None without a rate."""


def member_of(leg: Leg, cut: Cut, known: str | None) -> Member:
    """A leg as a member of a basket."""
    symbol = leg.instrument.symbol
    point = cut.points[symbol]
    return Member(
        symbol, leg.instrument.currency, point.price, point.session, known, point.status, cut.baselines[symbol]
    )


def conversions(members: Sequence[Member], target: str, cut: Cut) -> dict[str, float | None]:
    """How prices of now become `target` (currency code, or LOCAL for no conversion), by currency."""
    return {currency: cut.rate_now(currency, target) for currency in dict.fromkeys(m.currency for m in members)}


Starts = Mapping[str, Start]
"""Of the members that have a baseline over one window and a rate for it, by symbol in the basket's order."""


def starts_of(members: Sequence[Member], index: int, target: str, rates: Rates) -> dict[str, Start]:
    """Where window number `index` starts for each member, in `target`."""
    starts = {}
    for member in members:
        start = member.baselines[index]
        rate = rates.on(member.currency, target, start.session)
        if start.adjusted is not None and start.raw is not None and start.session is not None and rate is not None:
            factor = start.adjusted / start.raw
            starts[member.symbol] = Start(start.session, start.raw, factor, rate, start.adjusted * rate)
    return starts


class StartTable:
    """Starts by currency and window, remembered until the caller says `forget`."""

    def __init__(self) -> None:
        self._starts: dict[tuple[str, int], dict[str, Start]] = {}

    def forget(self) -> None:
        """A close, a fixing or an as-of session is another than before."""
        self._starts.clear()

    def over(self, members: Sequence[Member], index: int, target: str, rates: Rates) -> dict[str, Start]:
        """As `starts_of`; the members must be the same as before since it last forgot."""
        key = (target, index)
        if key not in self._starts:
            self._starts[key] = starts_of(members, index, target, rates)
        return self._starts[key]


def statuses_of(members: Sequence[Member], starts: Starts, prices: Mapping[str, float]) -> dict[str, Status]:
    """COV-1 of each member over one window, with MISSING and NO_BASELINE for want of a price, baseline or rate."""
    return {
        m.symbol: Status.MISSING if m.symbol not in prices else (m.status if m.symbol in starts else Status.NO_BASELINE)
        for m in members
    }


def returns_of_members(starts: Starts, prices: Mapping[str, float]) -> dict[str, float]:
    """FX-3 of the members that have both, decimal fractions. Both in one currency."""
    return {s: (prices[s] - start.paid) / start.paid for s, start in starts.items() if s in prices}


def prices_now(members: Sequence[Member], now: Conversions) -> dict[str, float]:
    """Prices of now in the currency of `now`, of the members that have one, by symbol."""
    return {
        member.symbol: member.price * rate
        for member in members
        if member.price is not None and (rate := now[member.currency]) is not None
    }


def close_on(leg: Leg, member: Member, session: str, target: str, rates: Rates) -> float | None:
    """Official close of exactly that session, on the share basis of the member's as-of session (CA-2) and in `target`
    by the fixing of that date; None when it is missing, not known yet, or without a rate."""
    close = leg.closes.get(session, member.known)
    rate = rates.on(member.currency, target, session)
    if close is None or rate is None:
        return None
    factor = adjustment(leg.actions, session, member.session).price_factor if leg.actions and member.session else 1.0
    return close * factor * rate


def sessions_between(legs: Iterable[Leg], after: str, before: str) -> list[str]:
    """Labels of all sessions of the legs' exchanges between two dates, both excluded, ascending."""
    calendars = {leg.calendar.name: leg.calendar for leg in legs}
    spans = [
        calendar.sessions[bisect_right(calendar.sessions, after) : bisect_left(calendar.sessions, before)]
        for calendar in calendars.values()
    ]
    return spans[0] if len(spans) == 1 else sorted({session for span in spans for session in span})
