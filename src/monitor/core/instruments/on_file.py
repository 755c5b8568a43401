"""An instrument as it stands before the first event: what the reference data knows of it."""

from collections.abc import Collection

from monitor.core.definition import Instrument
from monitor.core.instruments.leg import Leg
from monitor.core.prices.closes import Closes
from monitor.core.reference import Reference
from monitor.core.session import Calendar


def leg_on_file(instrument: Instrument, calendar: Calendar, reference: Reference, failed: Collection[str] = ()) -> Leg:
    """The instrument with its closes and corporate actions. failed: as of `Leg`."""
    symbol = instrument.symbol
    actions = tuple(action for action in reference.actions if action.symbol == symbol)
    closes = Closes(calendar, reference.closes.get(symbol, {}), reference.close_sources.get(symbol))
    return Leg(instrument, calendar, closes, actions, failed)
