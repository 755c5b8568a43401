"""One side of a pair, an instrument or a basket, asked the same questions."""

from typing import TypeAlias

from monitor.core.baskets.composite import Composite
from monitor.core.instruments.cut import Cut, Return
from monitor.core.instruments.leg import Leg
from monitor.core.moment import Moment
from monitor.core.session import Calendar, Phase
from monitor.core.status import Status

Side: TypeAlias = Leg | Composite


def legs_of(side: Side) -> list[Leg]:
    """The instruments behind a side, in the order of its definition."""
    return [side] if isinstance(side, Leg) else list(side.legs.values())


def calendar_of(side: Side) -> Calendar:
    """The exchange whose sessions a side is counted in; of a basket that of its first member."""
    return legs_of(side)[0].calendar


def returns_of(side: Side, cut: Cut, moment: Moment) -> list[Return]:
    """A side over every window of a cut."""
    if isinstance(side, Leg):
        return cut.returns[side.instrument.symbol]
    return [Return(result.basket_return, Status(result.status)) for result in side.windows(cut, moment)]


def has_close(side: Side, session: str, moment: Moment) -> bool:
    """Is there a known official close of this session; of a basket those of enough members (COV-2)?"""
    if isinstance(side, Leg):
        return side.closes.get(session, moment.markets[side.calendar.name].known) is not None
    return session in calendar_of(side) and side.has_close(session, moment)


def closes_version(side: Side) -> int:
    """A number that grows whenever a stored close of the side changes."""
    return sum(leg.closes.version for leg in legs_of(side))


def latest_close(side: Side, session: str, moment: Moment) -> str | None:
    """The latest session up to `session` with a known official close; None without one."""
    span = span_of(side, moment)
    if span is None:
        return None
    calendar = calendar_of(side)
    day = calendar.on_or_before(min(session, span[1]))
    while day is not None and day >= span[0]:
        if has_close(side, day, moment):
            return day
        day = calendar.previous(day)
    return None


def span_of(side: Side, moment: Moment) -> tuple[str, str] | None:
    """First and last session on which any leg of a side has a known close; None without one."""
    closes = [(leg.closes, moment.markets[leg.calendar.name].known) for leg in legs_of(side)]
    firsts = [first for book, known in closes if (first := book.first(known)) is not None]
    lasts = [last for book, known in closes if (last := book.latest(known)) is not None]
    return (min(firsts), max(lasts)) if firsts else None


def event_of(side: Side, cut: Cut) -> int | None:
    """Event time, nanoseconds UTC; of a basket that of its oldest member. None without a price."""
    return cut.points[side.instrument.symbol].event_ns if isinstance(side, Leg) else side.oldest_event_ns(cut)


def session_of(side: Side, cut: Cut) -> str | None:
    """The as-of session of a leg; of a basket the latest of its members'. None without a price."""
    return max(
        (session for leg in legs_of(side) if (session := cut.points[leg.instrument.symbol].session)), default=None
    )


def phase_of(side: Side, moment: Moment) -> Phase:
    """Of a basket: REGULAR as soon as one of its markets trades, else that of its first member."""
    phases = [moment.markets[leg.calendar.name].phase for leg in legs_of(side)]
    return Phase.REGULAR if Phase.REGULAR in phases else phases[0]
