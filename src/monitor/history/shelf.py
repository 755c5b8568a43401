"""All reference data as it lies in files, each number still with its source: what `Reference` is made from."""

import msgspec

from monitor.core.reference import CorporateAction, Reference
from monitor.history.record import Grade, Record, Records, merged


class Shelf(msgspec.Struct, frozen=True, kw_only=True):
    """closes, fixings: by symbol or pair, then day. actions: each with its source. shares, earnings, southbound: as in
    `Reference`."""

    closes: Records = {}
    fixings: Records = {}
    actions: tuple[tuple[CorporateAction, str], ...] = ()
    shares: dict[str, list[tuple[str, float]]] = {}
    earnings: dict[str, list[tuple[str, float, str]]] = {}
    southbound: dict[str, tuple[float, float]] = {}

    def with_store(self, store: "Shelf") -> "Shelf":
        """This one, from `config/reference`, with what a refresh stored: numbers by their grades, and corporate
        actions of ex-dates of which nothing is on file."""
        dated = {(action.symbol, action.ex_date) for action, _ in self.actions}
        extra = tuple(pair for pair in store.actions if (pair[0].symbol, pair[0].ex_date) not in dated)
        return msgspec.structs.replace(
            self,
            closes=merged(self.closes, store.closes),
            fixings=merged(self.fixings, store.fixings),
            actions=(*self.actions, *extra),
        )

    def of(self, symbol: str) -> tuple[CorporateAction, ...]:
        """The corporate actions of one line, by ex-date."""
        own = [action for action, _ in self.actions if action.symbol == symbol]
        return tuple(sorted(own, key=lambda action: action.ex_date))

    def reference(self) -> Reference:
        """What the calculator starts from. A doubtful close says so in its source."""
        return Reference(
            closes=_values(self.closes),
            actions=tuple(action for action, _ in self.actions),
            fixings=_values(self.fixings),
            shares=self.shares,
            close_sources={
                symbol: {day: _source(record) for day, record in days.items() if record.source}
                for symbol, days in self.closes.items()
            },
            earnings=self.earnings,
            southbound=self.southbound,
        )


def _values(records: Records) -> dict[str, dict[str, float | None]]:
    return {name: {day: record.value for day, record in sorted(days.items())} for name, days in records.items()}


def _source(record: Record) -> str:
    return f"{record.source} (doubtful)" if record.grade is Grade.DOUBTFUL else record.source
