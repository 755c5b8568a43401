"""The slow inputs (DOMAIN section 2) from `config/reference/`: closes, corporate actions, fixings, share counts."""

from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path

from monitor.core.corporate_action import adjustment
from monitor.core.definition import Instrument, Kind
from monitor.core.reference import ActionType, CorporateAction, Reference
from monitor.core.session import Calendar
from monitor.errors import DataError
from monitor.history.tables import Cells, read_cells

SUSPICIOUS_RATIO = 8.0
"""A close that many times its neighbour, on the same share basis, is a slipped decimal or a missing split. Years may
lie between two closes, so the limit is wide: it is meant for factors of ten."""

_FIELDS = {
    ActionType.SPLIT: ("ratio",),
    ActionType.BONUS: ("new", "per"),
    ActionType.RIGHTS: ("new", "per", "price", "cum_close"),
    ActionType.SPECIAL_DIV: ("amount", "cum_close"),
    ActionType.CASH_DIV: ("amount", "cum_close"),
}
_NUMBERS = ("ratio", "new", "per", "price", "amount", "cum_close")


def load_reference(folder: Path, instruments: Iterable[Instrument], calendars: Mapping[str, Calendar]) -> Reference:
    """What `folder` says: `closes.csv`, `corporate_actions.csv`, `fixings.csv`, `shares.csv`, each optional.

    instruments: those that may be named, of every board. calendars: by name; a session that its calendar covers and
    does not have is refused. Closes are raw, in the instrument's currency; an empty close is one that nobody knows.
    Raises DataError at the first bad row; `reference_problems` lists them all.
    """
    reader = _Reader(folder, instruments, calendars)
    reference = reader.read()
    if reader.problems:
        first, others = reader.problems[0], len(reader.problems) - 1
        hint = f"{first.hint} {others} more: monitor reference check lists them.".strip() if others else first.hint
        raise DataError(first.where, first.problem, hint)
    return reference


def reference_problems(
    folder: Path, instruments: Iterable[Instrument], calendars: Mapping[str, Calendar]
) -> list[DataError]:
    """Everything in `folder` for which `load_reference` would refuse it; empty when it is in order."""
    reader = _Reader(folder, instruments, calendars)
    reader.read()
    return reader.problems


class _Reader:
    """Reads the four files; what is wrong with a row goes to `problems` and the row is left out."""

    def __init__(self, folder: Path, instruments: Iterable[Instrument], calendars: Mapping[str, Calendar]) -> None:
        if not folder.is_dir():
            raise DataError(str(folder), "no such folder", "Reference data lies in <config>/reference.")
        self._folder = folder
        self._instruments = {instrument.symbol: instrument for instrument in instruments}
        self._calendars = calendars
        self.problems: list[DataError] = []

    def read(self) -> Reference:
        actions = self._actions()
        return Reference(closes=self._closes(actions), actions=actions, fixings=self._fixings(), shares=self._shares())

    def _actions(self) -> tuple[CorporateAction, ...]:
        actions: dict[tuple[str, str, ActionType], CorporateAction] = {}
        for row in self._rows("corporate_actions.csv", ("symbol", "ex_date", "type", *_NUMBERS)):
            try:
                action = self._action(row)
                key = (action.symbol, action.ex_date, action.type)
                if key in actions:
                    raise DataError(row.where, f"{' '.join(key)} is there twice")
                actions[key] = action
            except DataError as problem:
                self.problems.append(problem)
        return tuple(actions.values())

    def _action(self, row: Cells) -> CorporateAction:
        symbol, ex_date = self._symbol(row, "symbol"), self._session(row, "symbol", "ex_date")
        name = row.text("type")
        if name not in ActionType.__members__:
            raise DataError(row.where, f"type: {name!r} is unknown", f"Known: {', '.join(ActionType)}.")
        numbers = {column: row.positive_or_none(column) for column in _NUMBERS}
        wanted = _FIELDS[ActionType(name)]
        found = tuple(column for column, number in numbers.items() if number is not None)
        if found != tuple(column for column in _NUMBERS if column in wanted):
            problem = f"a {name} with {', '.join(found) or 'no numbers'}"
            raise DataError(row.where, problem, f"It has {' and '.join(wanted)}, and nothing else.")
        amount, cum_close = numbers["amount"], numbers["cum_close"]
        if amount is not None and cum_close is not None and amount >= cum_close:
            problem = f"an amount of {amount:g} leaves nothing of a close of {cum_close:g}"
            raise DataError(row.where, problem, "Both are per share, in the currency of the price.")
        return CorporateAction(symbol=symbol, type=ActionType(name), ex_date=ex_date, **numbers)

    def _closes(self, actions: tuple[CorporateAction, ...]) -> dict[str, dict[str, float | None]]:
        closes: dict[str, dict[str, float | None]] = {}
        lines: dict[tuple[str, str], str] = {}
        for row in self._rows("closes.csv", ("symbol", "session", "close")):
            try:
                symbol, session = self._symbol(row, "symbol"), self._session(row, "symbol", "session")
                self._put(closes.setdefault(symbol, {}), session, row.positive_or_none("close"), row, symbol)
                lines[symbol, session] = row.where
            except DataError as problem:
                self.problems.append(problem)
        for symbol, by_session in closes.items():
            own = [action for action in actions if action.symbol == symbol]
            self._check_levels(symbol, by_session, own, lines)
        return {symbol: dict(sorted(by_session.items())) for symbol, by_session in closes.items()}

    def _check_levels(
        self,
        symbol: str,
        closes: Mapping[str, float | None],
        actions: list[CorporateAction],
        lines: Mapping[tuple[str, str], str],
    ) -> None:
        known = sorted((session, close) for session, close in closes.items() if close is not None)
        for (before, earlier), (session, later) in pairwise(known):
            ratio = later / (earlier * adjustment(actions, before, session).price_factor)
            if not 1 / SUSPICIOUS_RATIO < ratio < SUSPICIOUS_RATIO:
                problem = f"{symbol}: {later:g} on {session} is {ratio:.3g} times {earlier:g} on {before}"
                hint = "Correct the decimal point, or record the split in corporate_actions.csv."
                self.problems.append(DataError(lines[symbol, session], problem, hint))

    def _fixings(self) -> dict[str, dict[str, float | None]]:
        fixings: dict[str, dict[str, float | None]] = {}
        for row in self._rows("fixings.csv", ("pair", "date", "rate")):
            try:
                pair = self._symbol(row, "pair")
                if self._instruments[pair].kind is not Kind.FX:
                    raise DataError(row.where, f"pair: {pair} is no exchange rate")
                self._put(fixings.setdefault(pair, {}), row.day("date"), row.positive_or_none("rate"), row, pair)
            except DataError as problem:
                self.problems.append(problem)
        return fixings

    def _shares(self) -> dict[str, list[tuple[str, float]]]:
        shares: dict[str, dict[str, float | None]] = {}
        for row in self._rows("shares.csv", ("symbol", "effective_date", "shares")):
            try:
                symbol = self._symbol(row, "symbol")
                self._put(shares.setdefault(symbol, {}), row.day("effective_date"), row.positive("shares"), row, symbol)
            except DataError as problem:
                self.problems.append(problem)
        return {
            symbol: sorted((day, count) for day, count in by_day.items() if count is not None)
            for symbol, by_day in shares.items()
        }

    def _rows(self, name: str, columns: tuple[str, ...]) -> Iterable[Cells]:
        try:
            yield from read_cells(self._folder / name, columns)
        except DataError as problem:
            self.problems.append(problem)

    def _symbol(self, row: Cells, column: str) -> str:
        symbol = row.text(column)
        if symbol not in self._instruments:
            raise DataError(row.where, f"{column}: {symbol!r} is not in instruments.toml")
        return symbol

    def _session(self, row: Cells, symbol_column: str, column: str) -> str:
        session = row.day(column)
        calendar = self._calendars.get(self._instruments[self._symbol(row, symbol_column)].calendar or "")
        if calendar is None or not calendar.sessions:
            return session
        if calendar.sessions[0] <= session <= calendar.sessions[-1] and session not in calendar:
            raise DataError(row.where, f"{column}: {calendar.name} had no session on {session}")
        return session

    def _put(self, table: dict[str, float | None], day: str, number: float | None, row: Cells, name: str) -> None:
        if day in table:
            raise DataError(row.where, f"{name} {day} is there twice")
        table[day] = number
