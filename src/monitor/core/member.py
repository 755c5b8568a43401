"""What a member brings to its basket at one cut, and how it stands over a window (DOMAIN COV-2, FX-3)."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from monitor.core.anchor import Baseline
from monitor.core.corporate_action import adjustment
from monitor.core.cut import Cut
from monitor.core.leg import Leg
from monitor.core.rates import Rates
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


class Standing(msgspec.Struct, frozen=True):
    """All members over one window in one currency, by symbol in the basket's order. statuses: COV-1 with MISSING and
    NO_BASELINE for want of a price, baseline or rate. starts: of those with neither."""

    statuses: dict[str, Status]
    starts: dict[str, Start]

    def returns(self, prices: Mapping[str, float]) -> dict[str, float]:
        """FX-3 of the members that have a start, decimal fractions. prices: `prices_now` in the same currency."""
        return {symbol: (prices[symbol] - start.paid) / start.paid for symbol, start in self.starts.items()}


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


def standing(members: Sequence[Member], index: int, target: str, now: Conversions, rates: Rates) -> Standing:
    """The members over window number `index` in `target`. now: `conversions` into it."""
    statuses: dict[str, Status] = {}
    starts: dict[str, Start] = {}
    for member in members:
        start = member.baselines[index]
        if member.price is None or now[member.currency] is None:
            statuses[member.symbol] = Status.MISSING
            continue
        rate = rates.on(member.currency, target, start.session)
        if start.adjusted is None or start.raw is None or start.session is None or rate is None:
            statuses[member.symbol] = Status.NO_BASELINE
        else:
            statuses[member.symbol] = member.status
            factor = start.adjusted / start.raw
            starts[member.symbol] = Start(start.session, start.raw, factor, rate, start.adjusted * rate)
    return Standing(statuses, starts)


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
