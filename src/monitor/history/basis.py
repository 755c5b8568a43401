"""How a folder of daily files states its closes: as printed, or with later splits worked in. Told, then checked.

Nothing is guessed. Where a file reaches over a recorded split the statement can be tested against it, and a wrong or
missing one is refused; everywhere else both statements mean the same prices.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from math import inf, log
from pathlib import Path

from monitor.core.prices.corporate_action import adjustment
from monitor.core.reference import ActionType, Basis, CorporateAction
from monitor.errors import DataError

_TELLING_FACTOR = 1.5
"""Splits smaller than this (3 for 2) move a price less than a wild day may: they prove nothing."""


def confirmed_basis(paths: Iterable[Path], stated: Basis | None, actions: Sequence[CorporateAction]) -> Basis:
    """`stated`, when no daily file of `paths` (files or folders) contradicts it.

    stated: None when nobody said; fine as long as no file reaches over a recorded split. actions: on file.
    Raises DataError, naming file and line, for a statement that is missing where it is needed, or wrong.
    """
    for path in daily_files(paths):
        for action in actions:
            if action.symbol == path.stem and action.type in (ActionType.SPLIT, ActionType.BONUS):
                _check(path, action, stated)
    return stated or "raw"


def _check(path: Path, action: CorporateAction, stated: Basis | None) -> None:
    factor = adjustment([action], "", action.ex_date).price_factor
    step = _step(path, action.ex_date)
    if step is None or abs(log(factor)) < log(_TELLING_FACTOR):
        return
    line, before, after = step
    move = log(after / before)
    looks: Basis = "raw" if abs(move - log(factor)) < abs(move) else "split_adjusted"
    how = f"--basis {looks} on the command line, or `basis` under [replay] in monitor.toml"
    what = f"{action.type} of {action.ex_date} (price factor {factor:.4g}): {before:g}, then {after:g}"
    if stated is None:
        problem = f"nobody said whether these closes are raw or split_adjusted, and they reach over the {what}"
        raise DataError(f"{path}:{line}", problem, f"They look {looks}; say so with {how}.")
    if stated != looks:
        problem = f"stated as {stated}, but over the {what} they look {looks}"
        raise DataError(f"{path}:{line}", problem, f"State it with {how}, or correct corporate_actions.csv.")


def _step(path: Path, ex_date: str) -> tuple[int, float, float] | None:
    """Line of the first close on or after `ex_date`, with the close before it and itself; None without either."""
    before: float | None = None
    for line, day, close in closes_in(path):
        if day >= ex_date:
            return None if before is None else (line, before, close)
        before = close
    return None


def closes_in(path: Path) -> Iterator[tuple[int, str, float]]:
    """Line, date and close of the rows of a daily file that can be read. One that cannot is for the reader of the file
    to refuse, with its reasons."""
    with path.open(encoding="utf-8-sig", newline="", errors="replace") as file:
        reader = csv.DictReader(file, restval="")
        for row in reader:
            try:
                close = float(row["close"])
            except ValueError:
                continue
            if 0 < close < inf:
                yield reader.line_num, row["date"], close


def daily_files(paths: Iterable[Path]) -> Iterator[Path]:
    """Those of the files, and in the folders, that hold daily closes."""
    for path in paths:
        inside = sorted(path.glob("*.csv")) if path.is_dir() else [path] if path.suffix == ".csv" else []
        for file in inside:
            if file.is_file():
                with file.open(encoding="utf-8-sig", newline="", errors="replace") as text:
                    header = next(csv.reader(text), [])
                if "date" in header and "close" in header:
                    yield file
