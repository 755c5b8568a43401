"""What every provider of daily closes delivers."""

from typing import Protocol

import msgspec

from monitor.core.definition import Instrument
from monitor.errors import DataError
from monitor.history.record import Grade


class DailyRow(msgspec.Struct, frozen=True, kw_only=True):
    """One day as a provider shows it, the close raw (as it was printed). None: not known.

    day: ISO date, local to the exchange. volume: shares, 0 when nothing was traded. where: `file:line`, or the
    provider and its symbol.
    """

    day: str
    close: float
    open: float | None = None
    high: float | None = None
    low: float | None = None
    volume: float | None = None
    where: str = ""


class Daily(msgspec.Struct, frozen=True, kw_only=True):
    """All that a provider has of one instrument, rows by day.

    source: in words, for the store. splits: ex-date → new shares per old one, in the provider's own opinion; empty
    where it has none. refused: rows that are not what they should be.
    """

    symbol: str
    source: str
    grade: Grade
    rows: tuple[DailyRow, ...]
    splits: dict[str, float] = {}
    refused: tuple[DataError, ...] = ()


class Provider(Protocol):
    """A source of daily closes. name: for messages."""

    name: str

    def offers(self, instrument: Instrument) -> bool:
        """Is there anything to ask for?"""
        ...

    def fetch(self, instrument: Instrument, since: str) -> Daily:
        """Everything from the ISO date `since` on.

        Raises UnreachableError when the provider does not answer, DataError when what it says of this instrument is
        of no use.
        """
        ...
