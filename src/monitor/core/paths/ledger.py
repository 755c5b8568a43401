"""The closes of a board and everything that turns them into returns, without a log: what its past is computed from."""

from collections.abc import Iterable, Mapping

from monitor.core.baskets.composite import Composite
from monitor.core.definition import BoardDefinition, Kind
from monitor.core.event import Fx, OfficialClose
from monitor.core.instant import MILLISECOND
from monitor.core.instruments.leg import Leg
from monitor.core.instruments.on_file import leg_on_file
from monitor.core.moment import Moment
from monitor.core.pairs.side import Side, legs_of
from monitor.core.prices.rates import Rates
from monitor.core.reference import Reference
from monitor.core.session import Calendar
from monitor.core.suggestion import did_you_mean
from monitor.errors import UsageError


class Ledger:
    """Legs, baskets and rates of one board as of its last close. Prices of now are not in it: they are the snapshot's.

    calendars: by name, at least those of the board's instruments. reference: what was on file at the start.
    Raises ValueError where the calculator would: for a basket whose members or share counts do not exist.
    """

    def __init__(self, definition: BoardDefinition, calendars: Mapping[str, Calendar], reference: Reference) -> None:
        self.definition = definition
        self.legs: dict[str, Leg] = {
            line.symbol: leg_on_file(line, calendars[line.calendar or ""], reference)
            for line in definition.instruments
            if line.kind is not Kind.FX
        }
        self.composites = {b.id: Composite(b, self.legs, reference) for b in definition.baskets}
        self.rates = Rates(reference.fixings)
        self._pairs = {pair.id: pair for pair in definition.pairs}
        self.markets = {leg.calendar.name: leg.calendar for leg in self.legs.values()}
        """The exchanges of the instruments, by name."""

    @property
    def version(self) -> tuple[int, int]:
        """Another one whenever a close or a fixing has changed."""
        return sum(leg.closes.version for leg in self.legs.values()), self.rates.version

    def take_up(self, closes: Mapping[str, Iterable[OfficialClose]], rates: Iterable[Fx]) -> None:
        """What the log has brought since (`monitor.core.board_state.decode_closes`); may be given again."""
        for symbol, brought in closes.items():
            leg = self.legs.get(symbol)
            if leg is not None:
                for close in brought:
                    leg.closes.put(close)
        self.rates.load(rates, {})

    def moment(self, t_ns: int) -> Moment:
        """The board's markets at an instant, nanoseconds UTC."""
        return Moment(t_ns, self.markets.values())

    def date_at(self, t_ms: int) -> str:
        """The latest session that has begun anywhere on the board by then (epoch ms UTC): its reference date."""
        return max(calendar.current_session(t_ms * MILLISECOND) or "" for calendar in self.markets.values())

    def side(self, subject: str) -> Side:
        """An instrument or basket. Raises KeyError for anything else."""
        return self.legs[subject] if subject in self.legs else self.composites[subject]

    def sides(self, pair: str) -> tuple[Side, Side]:
        """Both legs of a pair. Raises UsageError for a pair that the board does not have."""
        if pair not in self._pairs:
            raise self._unknown("pair", pair, self._pairs)
        return self.side(self._pairs[pair].a), self.side(self._pairs[pair].b)

    def basket(self, basket: str) -> Composite:
        """A basket. Raises UsageError for one that the board does not have."""
        if basket not in self.composites:
            raise self._unknown("basket", basket, self.composites)
        return self.composites[basket]

    def _unknown(self, kind: str, name: str, known: Iterable[str]) -> UsageError:
        hint = did_you_mean(name, known) or f"There are {', '.join(known)}."
        return UsageError(f"board {self.definition.id} has no {kind} {name[:100]!r}. {hint}")


def markets_of(*sides: Side) -> list[Calendar]:
    """The exchanges on which the instruments of some sides trade, each once."""
    return list({leg.calendar.name: leg.calendar for side in sides for leg in legs_of(side)}.values())
