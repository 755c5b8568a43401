"""Frames as yfinance returns them become raw closes. Those below have the index and columns of recorded ones."""

import sys

import pandas as pd
import pytest

from monitor.errors import DataError, UsageError
from monitor.history.providers.port import DailyRow
from monitor.history.providers.yahoo import Yahoo, daily
from monitor.history.record import Grade

NAN = float("nan")
COLUMNS = ["Open", "High", "Low", "Close", "Adj Close", "Volume", "Dividends", "Stock Splits"]


def frame(zone: str, *rows: tuple[str, list[float]], columns: list[str] = COLUMNS) -> pd.DataFrame:
    """`Ticker.history(auto_adjust=False, actions=True)`: midnight of the exchange's zone, one row a day."""
    index = pd.DatetimeIndex([pd.Timestamp(day, tz=zone) for day, _ in rows], name="Date")
    return pd.DataFrame([cells for _, cells in rows], index=index, columns=columns)


BYD = frame(
    "Asia/Hong_Kong",
    ("2024-12-31", [88.86666870117188] * 4 + [87.4775, 0, 0.0, 0.0]),
    ("2025-06-09", [131.0, 134.0, 130.0, 132.1999969482422, 130.1335, 60_000_000, 0.0, 0.0]),
    ("2025-06-10", [132.39999389648438, 139.6, 132.2, 135.60000610351562, 133.48, 80_000_000, 1.445320, 3.0]),
    ("2025-06-11", [135.0, 141.2, 134.0, NAN, NAN, NAN, 0.0, 0.0]),
)


def test_close_has_splits_worked_in_and_no_dividend() -> None:
    """Raw again by the frame's own splits: 396.6 on 9 June 2025, 266.6 at the end of 2024; 32-bit noise is gone. The
    adjusted column is not looked at; a day without a close is left out."""
    found = daily(BYD, "1211.HK", "yfinance 1211.HK")

    assert [(row.day, row.close) for row in found.rows] == [
        ("2024-12-31", 266.6),
        ("2025-06-09", 396.6),
        ("2025-06-10", 135.6),
    ]
    assert found.rows[2] == DailyRow(
        day="2025-06-10",
        close=135.6,
        open=132.4,
        high=139.6,
        low=132.2,
        volume=80_000_000.0,
        where="yfinance 1211.HK 2025-06-10",
    )
    assert (found.splits, found.source, found.grade) == ({"2025-06-10": 3.0}, "yfinance", Grade.PROVIDER)


def test_a_consolidation_works_the_other_way() -> None:
    """One new share for ten: before it prices were a tenth."""
    shares = frame(
        "America/New_York",
        ("2025-06-09", [50.0] * 5 + [1, 0.0, 0.0]),
        ("2025-06-10", [51.0] * 5 + [1, 0.0, 0.1]),
    )

    assert [row.close for row in daily(shares, "X", "yfinance X").rows] == [5.0, 51.0]


def test_days_are_those_of_the_exchange() -> None:
    """A Hong Kong midnight is still the day before in UTC."""
    assert daily(BYD, "1211.HK", "", since="2025-06-10").rows[0].day == "2025-06-10"


def test_a_frame_that_was_asked_for_otherwise_is_refused() -> None:
    """With auto_adjust, the library's default, Close has dividends taken off, and there is no Adj Close to tell."""
    adjusted = BYD.drop(columns="Adj Close")

    with pytest.raises(DataError, match=r"no column Adj Close .* auto_adjust=False"):
        daily(adjusted, "1211.HK", "yfinance 1211.HK")


def test_an_empty_frame_is_no_closes() -> None:
    """A symbol that Yahoo has nothing of brings no rows and no error."""
    assert daily(frame("Asia/Hong_Kong"), "HSTECH", "yfinance HSTECH.HK").rows == ()


def test_without_the_library_the_message_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an extra: nothing else needs it."""
    monkeypatch.setitem(sys.modules, "yfinance", None)

    with pytest.raises(UsageError, match=r"pip install -e '\.\[yfinance\]' in the clone, or use --data DIR"):
        Yahoo()
