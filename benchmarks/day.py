"""One day of the shipped board, made up the same way each time: what the benchmarks feed to what they measure."""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from random import Random

from monitor.core.board import Board
from monitor.core.definition import BoardDefinition, Instrument, Kind
from monitor.core.event import Event, Fx, Quote
from monitor.core.reference import Reference
from monitor.core.session import Calendar, Phase
from monitor.history.calendars import VENUES, load_calendars
from monitor.settings.board_file import load_board

ROOT = Path(__file__).parents[1]
CONFIG = ROOT / "config"
SESSION = "2026-03-11"
"""Hong Kong, Shanghai and New York all trade on it, a whole day each."""
SEED = 20260311
PRICE = 100.0
"""Last close of everything."""
RATES = {"USDHKD": 7.78, "USDCNY": 6.93}


class Day:
    """The shipped board with calendars, made-up closes for every session before SESSION, and quotes of that one."""

    def __init__(self) -> None:
        self.definition: BoardDefinition = load_board(CONFIG, "hk-us")
        overrides = CONFIG / "calendars" / "overrides.toml"
        self.calendars: Mapping[str, Calendar] = load_calendars(
            VENUES, overrides, start=date(2024, 6, 1), end=date(2026, 6, 30)
        )
        self.reference = Reference(closes={traded.symbol: self._closes(traded) for traded in self._traded()})

    def board(self, interval_ns: int = 0) -> Board:
        """A new board; every window of every instrument has a baseline."""
        return Board(self.definition, self.calendars, self.reference, interval_ns=interval_ns)

    def events(self, count: int) -> Iterator[Event]:
        """The rates, then `count` quotes spread evenly over the hours in which anything trades, in log order. No price
        strays further than a few thousandths, so that the tick filter accepts every one."""
        random = Random(SEED)
        instants = list(self._instants(count))
        for pair, rate in RATES.items():
            yield Fx(pair, rate, instants[0], instants[0], "bench")
        for i, now in enumerate(instants):
            trading = [n for n in self._traded() if self._calendar(n).phase(now) is Phase.REGULAR]
            instrument = trading[i % len(trading)]
            price = round(PRICE * (1 + random.uniform(-0.003, 0.003)), 3)
            yield Quote(instrument.symbol, "bench", now, now, price, size=100.0, currency=instrument.currency)

    def _instants(self, count: int) -> Iterator[int]:
        """`count` instants at which some market is open, evenly spaced over the open hours."""
        calendars = [self.calendars[name] for name in sorted({n.calendar or "" for n in self._traded()})]
        first = min(calendar.opens_at(SESSION) for calendar in calendars)
        last = max(calendar.closes_at(SESSION) for calendar in calendars)
        grid = 10_000
        cells = [(first + (last - first) * i // grid) for i in range(grid)]
        cells = [cell for cell in cells if any(calendar.phase(cell) is Phase.REGULAR for calendar in calendars)]
        width = (last - first) // grid
        for i in range(count):
            cell, part = divmod(i * len(cells), count)
            instant = cells[cell] + width * part // count
            # The last cell before a break may reach into it.
            yield instant if any(c.phase(instant) is Phase.REGULAR for c in calendars) else cells[cell]

    def _traded(self) -> list[Instrument]:
        return [n for n in self.definition.instruments if n.kind is not Kind.FX and n.calendar]

    def _calendar(self, instrument: Instrument) -> Calendar:
        return self.calendars[instrument.calendar or ""]

    def _closes(self, instrument: Instrument) -> dict[str, float | None]:
        random = Random(f"{SEED} {instrument.symbol}")
        sessions = [session for session in self._calendar(instrument).sessions if session < SESSION]
        closes: dict[str, float | None] = {session: round(PRICE * random.uniform(0.8, 1.2), 3) for session in sessions}
        return closes | {sessions[-1]: PRICE}
