"""Slipped decimals in a folder of daily files: refused before anything is computed from them."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from monitor.core.reference import Basis, CorporateAction
from monitor.errors import DataError
from monitor.history.basis import closes_in, daily_files
from monitor.history.findings import slipped
from monitor.history.providers.port import DailyRow


def refuse_slips(paths: Iterable[Path], basis: Basis, actions: Sequence[CorporateAction]) -> None:
    """Raises DataError for the first close that is ten, a hundred or a thousand times off, by file and line.

    Only where the closes around it agree with each other: the last row of a file could be a split. A recording of
    quotes is for the tick filter, and not looked at. paths: files or folders. basis: of the daily files. actions: on
    file.
    """
    for path in daily_files(paths):
        rows = [DailyRow(day=day, close=close, where=f"{path}:{line}") for line, day, close in closes_in(path)]
        for found in slipped(path.stem, rows, actions if basis == "raw" else ()):
            raise DataError(found.where, found.problem, found.hint)
