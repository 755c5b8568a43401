"""Small CSV files with a header: rows with their line, and cells that are what they claim to be."""

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from monitor.errors import DataError

_POSITIVE = "Allowed: a finite number above zero; leave the cell empty where a number may be unknown."


@dataclass(frozen=True, slots=True)
class Cells:
    """One row. where: `file:line`, for messages. Each reader below raises DataError naming the column."""

    where: str
    texts: dict[str, str]

    def text(self, column: str) -> str:
        """What stands there; it may not be empty."""
        if not (text := self.texts[column]):
            raise DataError(self.where, f"{column} is empty")
        return text

    def day(self, column: str) -> str:
        """An ISO date, `YYYY-MM-DD`."""
        text = self.text(column)
        try:
            canonical = date.fromisoformat(text).isoformat()
        except ValueError:
            canonical = ""
        if text != canonical:
            raise DataError(self.where, f"{column}: {text!r} is no date", "Dates are YYYY-MM-DD.")
        return text

    def positive(self, column: str) -> float:
        """A finite number above zero."""
        text = self.text(column)
        try:
            number = float(text)
        except ValueError:
            raise DataError(self.where, f"{column}: {text!r} is not a number", _POSITIVE) from None
        if not math.isfinite(number) or number <= 0:
            raise DataError(self.where, f"{column}: {text} is not a finite number above zero", _POSITIVE)
        return number

    def number(self, column: str) -> float:
        """A finite number of any sign."""
        text = self.text(column)
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise DataError(self.where, f"{column}: {text!r} is not a finite number", "Allowed: -1.5, 0, 12.")
        return number

    def positive_or_none(self, column: str) -> float | None:
        """As `positive`; None where the cell is empty: not known, never zero."""
        return self.positive(column) if self.texts[column] else None


def read_cells(path: Path, columns: Sequence[str], optional: Sequence[str] = ("source", "note")) -> Iterator[Cells]:
    """Rows of a CSV file; lines that start with `#` and empty lines are for people. A file that is not there has none.

    columns: must be in the header. optional: may be, and a row may leave the last of them off; a column in neither is
    refused, since it would be ignored. Raises DataError when the file cannot be read, the header differs, or a row has
    more cells than it, or not enough.
    """
    try:
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(str(path), f"cannot be read: {error}", "It has to be a UTF-8 text file.") from error
    rows = [(number, line) for number, line in enumerate(lines, 1) if line.strip() and not line.startswith("#")]
    if not rows:
        return
    header = next(csv.reader([rows[0][1]]))
    missing = [column for column in columns if column not in header]
    unknown = [column for column in header if column not in (*columns, *optional)]
    if missing or unknown or len(set(header)) < len(header):
        hint = f"Expected {','.join(columns)} and, if wanted, {', '.join(optional)}."
        raise DataError(f"{path}:{rows[0][0]}", f"header is {rows[0][1]!r}", hint)
    for number, line in rows[1:]:
        cells = [cell.strip() for cell in next(csv.reader([line]))]
        left_off = header[len(cells) :]
        if len(cells) > len(header) or any(column in columns for column in left_off):
            hint = f"Columns are {','.join(header)}; a text with a comma stands in double quotes."
            raise DataError(f"{path}:{number}", f"{len(cells)} cells under {len(header)} columns", hint)
        yield Cells(f"{path}:{number}", dict(zip(header, [*cells, *("" for _ in left_off)], strict=True)))
