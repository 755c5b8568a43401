"""When quotes may be expected: silence outside these hours is no fault of a feed (FEEDS section 13, 6)."""

from collections.abc import Callable, Iterable, Mapping

from monitor.core.definition import Instrument
from monitor.core.prices.fx_week import fx_open
from monitor.core.session import Calendar, Phase


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
        return currencies and fx_open(instant_ns)

    return trades
