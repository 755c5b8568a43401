"""The files of a reference folder, row by row: what each says, and what is wrong with it."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from monitor.core.definition import Instrument, Kind
from monitor.core.reference import ActionType, CorporateAction
from monitor.core.session import Calendar
from monitor.errors import DataError
from monitor.history.record import Grade, Record, Records
from monitor.history.shelf import Shelf
from monitor.history.tables import Cells, read_cells

T = TypeVar("T")

FIELDS = {
    ActionType.SPLIT: ("ratio",),
    ActionType.BONUS: ("new", "per"),
    ActionType.RIGHTS: ("new", "per", "price", "cum_close"),
    ActionType.SPECIAL_DIV: ("amount", "cum_close"),
    ActionType.CASH_DIV: ("amount", "cum_close"),
}
"""Which numbers a corporate action of each type has."""
NUMBERS = ("ratio", "new", "per", "price", "amount", "cum_close")
CLOSES, FIXINGS, ACTIONS = "closes.csv", "fixings.csv", "corporate_actions.csv"
COLUMNS = {
    CLOSES: ("symbol", "session", "close"),
    FIXINGS: ("pair", "date", "rate"),
    ACTIONS: ("symbol", "ex_date", "type", *NUMBERS),
    "shares.csv": ("symbol", "effective_date", "shares"),
    "earnings.csv": ("symbol", "as_of", "eps_forward", "currency"),
    "southbound.csv": ("date", "buy", "sell"),
}
"""Columns that each file must have."""
PROVENANCE = ("source", "grade", "fetched_at", "replaces", "note")
"""Columns that each may have."""


class ReferenceFiles:
    """Reads a folder; what is wrong with a row goes to `problems` and the row is left out.

    instruments: those that may be named. calendars: by name; a session that its calendar covers and does not have is
    refused. forgiving: rows of symbols that are not in instruments.toml are passed over, as in the store, which knows
    more than the configuration of today.
    """

    def __init__(
        self,
        folder: Path,
        instruments: Iterable[Instrument],
        calendars: Mapping[str, Calendar],
        *,
        forgiving: bool = False,
    ) -> None:
        self._folder = folder
        self._instruments = {instrument.symbol: instrument for instrument in instruments}
        self._calendars = calendars
        self._forgiving = forgiving
        self.problems: list[DataError] = []

    def read(self) -> Shelf:
        """Everything that is in order."""
        return Shelf(
            actions=self._actions(),
            closes=self._records(CLOSES),
            fixings=self._records(FIXINGS),
            shares=self._shares(),
            earnings=self._earnings(),
            southbound=self._southbound(),
        )

    def _rows(self, name: str) -> Iterable[Cells]:
        try:
            for row in read_cells(self._folder / name, COLUMNS[name], PROVENANCE):
                named = row.texts.get("symbol") or row.texts.get("pair") or ""
                if not (self._forgiving and named and named not in self._instruments):
                    yield row
        except DataError as problem:
            self.problems.append(problem)

    def _actions(self) -> tuple[tuple[CorporateAction, str], ...]:
        actions: dict[tuple[str, str, ActionType], tuple[CorporateAction, str]] = {}
        for row in self._rows(ACTIONS):
            try:
                action = self._action(row)
                key = (action.symbol, action.ex_date, action.type)
                if key in actions:
                    raise DataError(row.where, f"{' '.join(key)} is there twice", "Keep one of the two.")
                actions[key] = (action, row.texts.get("source", ""))
            except DataError as problem:
                self.problems.append(problem)
        return tuple(actions.values())

    def _action(self, row: Cells) -> CorporateAction:
        symbol, ex_date = self._symbol(row, "symbol"), self._session(row, "symbol", "ex_date")
        name = row.text("type")
        if name not in ActionType.__members__:
            raise DataError(row.where, f"type: {name!r} is unknown", f"Known: {', '.join(ActionType)}.")
        numbers = {column: row.positive_or_none(column) for column in NUMBERS}
        wanted = FIELDS[ActionType(name)]
        found = tuple(column for column, number in numbers.items() if number is not None)
        if found != tuple(column for column in NUMBERS if column in wanted):
            problem = f"a {name} with {', '.join(found) or 'no numbers'}"
            raise DataError(row.where, problem, f"It has {' and '.join(wanted)}, and nothing else.")
        amount, cum_close = numbers["amount"], numbers["cum_close"]
        if amount is not None and cum_close is not None and amount >= cum_close:
            problem = f"an amount of {amount:g} leaves nothing of a close of {cum_close:g}"
            raise DataError(row.where, problem, "Both are per share, in the currency of the price.")
        return CorporateAction(symbol=symbol, type=ActionType(name), ex_date=ex_date, **numbers)

    def _records(self, name: str) -> Records:
        symbol_column, day_column, value_column = COLUMNS[name]
        records: Records = {}
        for row in self._rows(name):
            try:
                symbol = self._symbol(row, symbol_column)
                if name == FIXINGS and self._instruments[symbol].kind is not Kind.FX:
                    hint = "Pairs are USDccc, of kind fx in instruments.toml."
                    raise DataError(row.where, f"pair: {symbol} is no exchange rate", hint)
                record = self._record(row, symbol, self._session(row, symbol_column, day_column), value_column)
                days = records.setdefault(symbol, {})
                if record.day in days:
                    first = days[record.day]
                    problem = f"{symbol} {record.day} is there twice"
                    hint = f"It is already at {first.where}. Keep the row with the better source."
                    raise DataError(row.where, problem, hint)
                days[record.day] = record
            except DataError as problem:
                self.problems.append(problem)
        return records

    def _record(self, row: Cells, symbol: str, day: str, value_column: str) -> Record:
        texts = row.texts
        grade = texts.get("grade") or Grade.RECORDED
        if grade not in list(Grade):
            raise DataError(row.where, f"grade: {grade!r} is unknown", f"Known: {', '.join(Grade)}, or nothing.")
        if texts.get("grade") and not texts.get("source"):
            raise DataError(row.where, "source is empty", f"A row of grade {grade} says where it comes from.")
        return Record(
            name=symbol,
            day=day,
            value=row.positive_or_none(value_column),
            source=texts.get("source", ""),
            grade=Grade(grade),
            fetched_at=texts.get("fetched_at", ""),
            replaces=texts.get("replaces", ""),
            note=texts.get("note", ""),
            where=row.where,
        )

    def _shares(self) -> dict[str, list[tuple[str, float]]]:
        shares: dict[str, dict[str, float]] = {}
        for row in self._rows("shares.csv"):
            try:
                symbol, day = self._symbol(row, "symbol"), row.day("effective_date")
                _put(shares.setdefault(symbol, {}), day, row.positive("shares"), row, f"{symbol} {day}")
            except DataError as problem:
                self.problems.append(problem)
        return {symbol: sorted(by_day.items()) for symbol, by_day in shares.items()}

    def _earnings(self) -> dict[str, list[tuple[str, float, str]]]:
        earnings: dict[str, dict[str, tuple[float, str]]] = {}
        for row in self._rows("earnings.csv"):
            try:
                symbol, day, currency = self._symbol(row, "symbol"), row.day("as_of"), row.text("currency")
                if len(currency) != 3 or not currency.isupper():
                    raise DataError(row.where, f"currency: {currency!r} is none", "Three capitals: CNY, HKD, USD.")
                table = earnings.setdefault(symbol, {})
                _put(table, day, (row.number("eps_forward"), currency), row, f"{symbol} {day}")
            except DataError as problem:
                self.problems.append(problem)
        return {
            symbol: [(day, eps, currency) for day, (eps, currency) in sorted(table.items())]
            for symbol, table in earnings.items()
        }

    def _southbound(self) -> dict[str, tuple[float, float]]:
        days: dict[str, tuple[float, float]] = {}
        for row in self._rows("southbound.csv"):
            try:
                buy, sell = row.number("buy"), row.number("sell")
                if buy < 0 or sell < 0:
                    raise DataError(row.where, "buy and sell: an amount below zero", "Both in HKD, zero or more.")
                _put(days, row.day("date"), (buy, sell), row, row.day("date"))
            except DataError as problem:
                self.problems.append(problem)
        return dict(sorted(days.items()))

    def _symbol(self, row: Cells, column: str) -> str:
        symbol = row.text(column)
        if symbol not in self._instruments:
            hint = "Correct the symbol, or add the instrument there."
            raise DataError(row.where, f"{column}: {symbol!r} is not in instruments.toml", hint)
        return symbol

    def _session(self, row: Cells, symbol_column: str, column: str) -> str:
        session = row.day(column)
        calendar = self._calendars.get(self._instruments[self._symbol(row, symbol_column)].calendar or "")
        if calendar is None or not calendar.sessions:
            return session
        if calendar.sessions[0] <= session <= calendar.sessions[-1] and session not in calendar:
            hint = "Correct the date, or the calendar in config/calendars/overrides.toml."
            raise DataError(row.where, f"{column}: {calendar.name} had no session on {session}", hint)
        return session


def _put(table: dict[str, T], day: str, value: T, row: Cells, what: str) -> None:
    if day in table:
        raise DataError(row.where, f"{what} is there twice", "Keep one of the two.")
    table[day] = value
