"""Daily closes from Yahoo, through the library yfinance (an extra: `pip install -e '.[yfinance]'` in a clone)."""

import time
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any

import pandas as pd

from monitor.core.definition import Instrument
from monitor.core.prices.printed_price import printed, unadjusted
from monitor.errors import DataError, UnreachableError, UsageError
from monitor.history.providers.port import Daily, DailyRow
from monitor.history.record import Grade

SOURCE = "yfinance"
PAUSE_S = 1.5
"""Seconds between two requests: FEEDS 5.7 allows one a second."""
_SHOWN_DECIMALS = 14
"""Yahoo shows 32-bit prices with all their noise."""
_NEEDED = ("Open", "High", "Low", "Close", "Adj Close", "Volume", "Stock Splits")


class Yahoo:
    """Asks one symbol at a time, politely. sleep: how to wait.

    Raises UsageError when the library is not installed.
    """

    name = SOURCE

    def __init__(self, sleep: Callable[[float], None] = time.sleep) -> None:
        try:
            self._library: ModuleType = import_module("yfinance")
        except ImportError:
            raise UsageError(
                "--provider yfinance needs the library yfinance, which is not installed: "
                "pip install -e '.[yfinance]' in the clone, or use --data DIR"
            ) from None
        self._sleep = sleep
        self._asked = False
        self._limited = False

    def offers(self, instrument: Instrument) -> bool:
        """Does instruments.toml say what Yahoo calls it?"""
        return bool(instrument.sources.get("yahoo"))

    def fetch(self, instrument: Instrument, since: str) -> Daily:
        """The rows from `since` on. Raises as the port says; after Yahoo has once asked for less, every later call
        raises UnreachableError at once."""
        name = instrument.sources["yahoo"]
        if self._limited:
            raise UnreachableError(
                "Yahoo", "asked for fewer requests a moment ago", "Go on in an hour; nothing is lost."
            )
        if self._asked:
            self._sleep(PAUSE_S)
        self._asked = True
        return daily(self._frame(name, since), instrument.symbol, f"{SOURCE} {name}", since)

    def _frame(self, name: str, since: str) -> pd.DataFrame:
        errors = self._library.exceptions
        ticker = self._library.Ticker(name)
        options: dict[str, Any] = {"auto_adjust": False, "actions": True, "raise_errors": True}
        try:
            try:
                return ticker.history(start=since, interval="1d", **options)
            except errors.YFInvalidPeriodError:  # HSTECH.HK: 1d and 5d are all that Yahoo keeps (yfinance issue 1763)
                return ticker.history(period="5d", interval="1d", **options)
        except errors.YFRateLimitError as error:
            self._limited = True
            raise UnreachableError("Yahoo", "asks for fewer requests", "Go on in an hour; nothing is lost.") from error
        except errors.YFException as error:
            raise DataError(
                f"{SOURCE} {name}", f"no daily closes: {error}", "See sources in instruments.toml."
            ) from error
        except Exception as error:  # whatever its HTTP client raises: no connection, no name, a broken answer
            raise UnreachableError("Yahoo", f"{type(error).__name__}: {error}", "Is there a way out?") from error


def daily(frame: pd.DataFrame, symbol: str, where: str, since: str = "") -> Daily:
    """A frame of `Ticker.history(auto_adjust=False, actions=True)` as rows with raw closes.

    Its `Close` has every later split worked in and no dividend; the splits are in the frame, so it has to reach up to
    today. Rows without a close (a day that Yahoo knows but has no price of) are left out.
    Raises DataError when a column is missing: then it was asked for in another way, and `Close` means something else.
    """
    if missing := [column for column in _NEEDED if column not in frame.columns]:
        problem = f"no column {', '.join(missing)} (found {', '.join(map(str, frame.columns))})"
        raise DataError(where, problem, "Ask with auto_adjust=False and actions=True.")
    days = [stamp.date().isoformat() for stamp in frame.index]  # local to the exchange, as the index is
    split_column = [float(ratio) for ratio in frame["Stock Splits"]]
    splits = {day: ratio for day, ratio in zip(days, split_column, strict=True) if ratio > 0 and ratio != 1}
    rows = []
    factor = 1.0  # of the splits after this row
    for day, cells, ratio in reversed(list(zip(days, frame.to_dict("records"), split_column, strict=True))):
        close = _price(cells["Close"], factor)
        if close is not None and day >= since:
            rows.append(
                DailyRow(
                    day=day,
                    close=close,
                    open=_price(cells["Open"], factor),
                    high=_price(cells["High"], factor),
                    low=_price(cells["Low"], factor),
                    volume=None if pd.isna(cells["Volume"]) else float(cells["Volume"]),
                    where=f"{where} {day}",
                )
            )
        if ratio > 0:
            factor /= ratio
    return Daily(symbol=symbol, source=SOURCE, grade=Grade.PROVIDER, rows=tuple(reversed(rows)), splits=splits)


def _price(number: float, factor: float) -> float | None:
    """The printed price; None where Yahoo has none."""
    if pd.isna(number) or number <= 0:
        return None
    if factor == 1.0:
        return printed(float(number))
    return unadjusted(float(number), factor, _SHOWN_DECIMALS)
