"""Which rows of a recording a board can use, and what became of the rest."""

from collections import Counter
from collections.abc import Iterable

from monitor.core.definition import Instrument
from monitor.core.quotes.intake import MISSING_SYMBOL, UNKNOWN_SYMBOL


class UnusableRowError(ValueError):
    """A row that does not amount to an event. reason: what it is counted under."""

    def __init__(self, reason: str, problem: str) -> None:
        self.reason = reason
        super().__init__(problem)


class Selection:
    """The symbols that a board wants, and counts of the rows that were read.

    instruments: of the board; None takes every symbol as it stands. rows: rows read so far. rejected: those left out,
    by reason. done: bytes of the files that have been read so far, about.
    """

    def __init__(self, instruments: Iterable[Instrument] | None = None) -> None:
        known = None if instruments is None else tuple(instruments)
        self._wanted = None if known is None else frozenset(instrument.symbol for instrument in known)
        self._by_source = {
            (source, symbol): instrument.symbol
            for instrument in known or ()
            for source, symbol in instrument.sources.items()
        }
        self.rows = 0
        self.done = 0.0
        self.rejected: Counter[str] = Counter()

    def wants(self, symbol: str) -> bool:
        """Is this canonical symbol on the board?"""
        return self._wanted is None or symbol in self._wanted

    def canonical(self, symbol: object, source: str = "", source_symbol: object = None) -> str:
        """The board's symbol of a row that has it or the source's own. Raises UnusableRowError when there is none."""
        name = symbol or self._by_source.get((source, str(source_symbol)))
        if not name:
            reason = UNKNOWN_SYMBOL if source_symbol else MISSING_SYMBOL
            raise UnusableRowError(reason, f"no symbol for {source_symbol!r} of {source!r}")
        if not self.wants(str(name)):
            raise UnusableRowError(UNKNOWN_SYMBOL, f"symbol {name!r} is not on the board")
        return str(name)
