"""A folder of daily files, `<SYMBOL>.csv` with `date,close` and, if they are there, `open,high,low,volume`."""

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from monitor.core.definition import Instrument
from monitor.core.prices.corporate_action import adjustment
from monitor.core.prices.printed_price import unadjusted
from monitor.core.reference import ActionType, Basis, CorporateAction
from monitor.errors import DataError
from monitor.history.basis import confirmed_basis
from monitor.history.providers.port import Daily, DailyRow
from monitor.history.record import Grade

_FORM = "Expected date,open,high,low,close,volume; of these date and close are needed."
_WORKED_IN = (ActionType.SPLIT, ActionType.BONUS)


class CsvFolder:
    """Daily files of people and programs, one a symbol, local exchange dates.

    actions: on file. basis: how the closes are stated; None: nobody said, which is fine where no file reaches over a
    recorded split. source: where the numbers come from, in words. grade: how good that is.
    """

    def __init__(
        self,
        folder: Path,
        actions: Sequence[CorporateAction],
        basis: Basis | None,
        source: str = "",
        grade: Grade = Grade.PROVIDER,
    ) -> None:
        if not folder.is_dir():
            raise DataError(str(folder), "no such folder", "Name one that holds files like HSTECH.csv.")
        self.name = str(folder)
        self._folder = folder
        self._actions = actions
        self._basis = basis
        self._source = source or f"CSV folder {folder.resolve().name}"
        self._grade = grade

    def offers(self, instrument: Instrument) -> bool:
        """Is there a file of that name?"""
        return self._path(instrument).is_file()

    def symbols(self) -> list[str]:
        """Names of all files, whether an instrument has that symbol or not."""
        return sorted(path.stem for path in self._folder.glob("*.csv"))

    def fetch(self, instrument: Instrument, since: str) -> Daily:
        """The rows from `since` on. A row that is none is refused and the others count.

        Raises DataError when the file is no daily file, or is not on the basis that was said.
        """
        path = self._path(instrument)
        basis = confirmed_basis([path], self._basis, self._actions)
        splits = [
            action for action in self._actions if action.symbol == instrument.symbol and action.type in _WORKED_IN
        ]
        refused: list[DataError] = []
        found = list(_read(path, refused))
        last = max((row.day for row, _ in found), default="")
        decimals = max((digits for _, digits in found), default=0)
        rows = []
        for row, _ in found:
            factor = adjustment(splits, row.day, last).price_factor if basis == "split_adjusted" else 1.0
            if row.day >= since:
                rows.append(_raw(row, factor, decimals))
        return Daily(
            symbol=instrument.symbol,
            source=self._source,
            grade=self._grade,
            rows=tuple(sorted(rows, key=lambda row: row.day)),
            refused=tuple(refused),
        )

    def _path(self, instrument: Instrument) -> Path:
        return self._folder / f"{instrument.symbol}.csv"


def _raw(row: DailyRow, factor: float, decimals: int) -> DailyRow:
    if factor == 1.0:
        return row
    return DailyRow(
        day=row.day,
        close=unadjusted(row.close, factor, decimals),
        open=_unadjusted(row.open, factor, decimals),
        high=_unadjusted(row.high, factor, decimals),
        low=_unadjusted(row.low, factor, decimals),
        volume=row.volume,
        where=row.where,
    )


def _unadjusted(price: float | None, factor: float, decimals: int) -> float | None:
    return None if price is None else unadjusted(price, factor, decimals)


def _read(path: Path, refused: list[DataError]) -> Iterator[tuple[DailyRow, int]]:
    """Each row with the decimals of its close. A row with an empty close says nothing."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restval="", strict=True)
            header = reader.fieldnames or ()
            if missing := {"date", "close"} - set(header):
                found = f"no column {' and '.join(sorted(missing))}; the header is {','.join(header)!r}"
                raise DataError(f"{path}:1", found, _FORM)
            for cells in reader:
                try:
                    if text := cells["close"].strip():
                        row = _row(cells, f"{path}:{reader.line_num}")
                        yield row, len(text.partition(".")[2])
                except DataError as problem:
                    refused.append(problem)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(str(path), f"cannot be read: {error}", _FORM) from error


def _row(cells: Mapping[str, str], where: str) -> DailyRow:
    numbers = {name: _number(cells.get(name) or "", name, where) for name in ("close", "open", "high", "low", "volume")}
    close = numbers["close"]
    if close is None or any(numbers[name] == 0 for name in ("close", "open", "high", "low")):
        raise DataError(where, "a price of 0", "Allowed: a price above zero, or an empty cell where it is not known.")
    return DailyRow(
        day=_day(cells["date"], where),
        close=close,
        open=numbers["open"],
        high=numbers["high"],
        low=numbers["low"],
        volume=numbers["volume"],
        where=where,
    )


def _number(text: str, column: str, where: str) -> float | None:
    if not text.strip():
        return None
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or number < 0:
        hint = "Allowed: a number above zero, or an empty cell where it is not known."
        raise DataError(where, f"{column}: {text!r} is no price", hint)
    return number


def _day(text: str, where: str) -> str:
    try:
        canonical = date.fromisoformat(text.strip()).isoformat()
    except ValueError:
        canonical = ""
    if canonical != text.strip():
        raise DataError(where, f"date: {text!r} is no date", "Dates are YYYY-MM-DD, local to the exchange.")
    return canonical
