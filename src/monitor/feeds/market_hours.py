"""When quotes may be expected: silence outside these hours is no fault of a feed (FEEDS section 13, 6)."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

from monitor.core.definition import Instrument
from monitor.core.instant import SECOND
from monitor.core.session import Calendar, Phase

_FX_WEEKEND_START = (4, 21)
"""Friday 21:00 UTC, 17:00 in New York in summer; an hour early in winter, which only makes the watchdog milder."""
_FX_WEEKEND_END = (6, 22)


def market_hours(instruments: Iterable[Instrument], calendars: Mapping[str, Calendar]) -> Callable[[int], bool]:
    """A function that tells whether any of the instruments trades at an instant (ns).

    Exchanges trade in the REGULAR phase of their calendar; an instrument without one is a currency and trades all week.
    """
    instruments = tuple(instruments)
    names = {instrument.calendar for instrument in instruments if instrument.calendar}
    exchanges = [calendars[name] for name in sorted(names) if name in calendars]
    currencies = any(instrument.calendar is None for instrument in instruments)

    def trades(instant_ns: int) -> bool:
        if any(exchange.phase(instant_ns) is Phase.REGULAR for exchange in exchanges):
            return True
        return currencies and not is_fx_weekend(instant_ns)

    return trades


def is_fx_weekend(instant_ns: int) -> bool:
    """Do currencies rest, from Friday evening to Sunday evening?"""
    moment = datetime.fromtimestamp(instant_ns // SECOND, UTC)
    return _FX_WEEKEND_START <= (moment.weekday(), moment.hour) < _FX_WEEKEND_END
