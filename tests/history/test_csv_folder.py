"""Daily files of a folder: raw closes out of them, and every bad row by file, line and column."""

from pathlib import Path

import pytest

from monitor.core.definition import Instrument
from monitor.core.reference import ActionType, Basis, CorporateAction
from monitor.errors import DataError
from monitor.history.providers.csv_folder import CsvFolder
from monitor.history.providers.port import DailyRow
from monitor.history.record import Grade
from tests.history.lines import BYD, instruments
from tests.shared import SHARED, needs_shared

BONUS = CorporateAction(symbol="1211.HK", type=ActionType.BONUS, ex_date="2025-06-10", new=20, per=10)
HEADER = "date,open,high,low,close,volume"


def folder(path: Path, *lines: str, basis: Basis | None = "raw", name: str = "1211.HK.csv") -> CsvFolder:
    (path / name).write_text("\n".join([*lines, ""]), "utf-8")
    return CsvFolder(path, [BONUS], basis)


def test_a_row_is_a_day(tmp_path: Path) -> None:
    """With its line; an empty cell is not known, an empty close says nothing; the rows come by day."""
    provider = folder(tmp_path, HEADER, "2025-06-12,,,,134.4,", "2025-06-11,132,141.2,131,140.8,9", "2025-06-13,,,,,")

    daily = provider.fetch(BYD, "")

    where = str(tmp_path / "1211.HK.csv")
    assert daily.rows == (
        DailyRow(day="2025-06-11", close=140.8, open=132, high=141.2, low=131, volume=9, where=f"{where}:3"),
        DailyRow(day="2025-06-12", close=134.4, where=f"{where}:2"),
    )
    assert (daily.source, daily.grade, daily.refused) == (f"CSV folder {tmp_path.name}", Grade.PROVIDER, ())
    assert provider.fetch(BYD, "2025-06-12").rows == daily.rows[1:]


@pytest.mark.parametrize(
    ("line", "problem", "hint"),
    [
        ("09.06.2025,,,,396.6,", "date: '09.06.2025' is no date", "YYYY-MM-DD"),
        ("2025-06-09 Hong Kong close,,,,396.6,", "date: '2025-06-09 Hong Kong close' is no date", "YYYY-MM-DD"),
        ("2025-06-09,,,,396.6x,", "close: '396.6x' is no price", "empty cell"),
        ("2025-06-09,,,,-396.6,", "close: '-396.6' is no price", "empty cell"),
        ("2025-06-09,,,,inf,", "close: 'inf' is no price", "empty cell"),
        ("2025-06-09,n/a,,,396.6,", "open: 'n/a' is no price", "empty cell"),
        ("2025-06-09,,,,0,", "a price of 0", "above zero"),
    ],
)
def test_a_bad_row_is_refused_and_the_others_count(tmp_path: Path, line: str, problem: str, hint: str) -> None:
    """File and line, column, what was found, what is allowed."""
    daily = folder(tmp_path, HEADER, line, "2025-06-11,,,,140.8,").fetch(BYD, "")

    (refused,) = daily.refused
    assert str(refused).startswith(f"{tmp_path / '1211.HK.csv'}:2: {problem}")
    assert hint in refused.hint
    assert [row.day for row in daily.rows] == ["2025-06-11"]


def test_split_adjusted_closes_become_raw(tmp_path: Path) -> None:
    """By the actions on file up to the file's last day; opens and the like, too."""
    lines = HEADER, "2024-12-31,88.6667,90,88.0667,88.8667,7690809", "2025-06-10,132.4,139.6,132.2,135.6,1"

    first, last = folder(tmp_path, *lines, basis="split_adjusted").fetch(BYD, "").rows

    assert (first.open, first.high, first.low, first.close) == (266.0, 270.0, 264.2, 266.6)
    assert last.close == 135.6


def test_a_basis_that_the_file_contradicts_is_refused(tmp_path: Path) -> None:
    """As by `monitor replay`: by line, with what it looks like."""
    provider = folder(tmp_path, HEADER, "2025-06-09,,,,132.2,", "2025-06-10,,,,135.6,", basis="raw")

    with pytest.raises(DataError, match=r"1211\.HK\.csv:3: stated as raw, .* look split_adjusted"):
        provider.fetch(BYD, "")


@pytest.mark.parametrize("text", ["day,price\n2025-06-09,1\n", "", "date,close\n2025-06-09,\xff\n"])
def test_what_is_no_daily_file_is_refused(tmp_path: Path, text: str) -> None:
    """Another header, nothing, no text."""
    (tmp_path / "1211.HK.csv").write_text(text, "latin-1")

    with pytest.raises(DataError, match="Expected date,open,high,low,close,volume"):
        CsvFolder(tmp_path, [], "raw").fetch(BYD, "")


def test_a_folder_offers_what_it_has_a_file_of(tmp_path: Path) -> None:
    """By symbol; polled quotes and bars have other names, so they are never taken for closes."""
    provider = folder(tmp_path, HEADER)
    (tmp_path / "polled_quotes.csv").write_text("received_at,symbol,ts,price,previous_close_as_sent\n")

    assert provider.offers(BYD)
    assert not any(provider.offers(other) for other in instruments().values() if other.symbol != "1211.HK")
    assert provider.symbols() == ["1211.HK", "polled_quotes"]
    with pytest.raises(DataError, match="no such folder"):
        CsvFolder(tmp_path / "nowhere", [], None)


@needs_shared
@pytest.mark.parametrize(
    ("symbol", "day", "close"),
    [
        ("1211.HK", "2024-12-31", 266.6),
        ("1211.HK", "2025-06-09", 396.6),
        ("NVDA", "2024-06-07", 1208.88),
        ("NVDA", "2024-06-10", 121.79),
        ("0700.HK", "2024-12-31", 417.0),
        ("USDHKD", "2024-12-31", 7.76648),
    ],
)
def test_the_files_of_the_specification_give_the_printed_closes(symbol: str, day: str, close: float) -> None:
    """Split-adjusted files, raw closes: to the cent, not to the fourth decimal of a third."""
    split = CorporateAction(symbol="NVDA", type=ActionType.SPLIT, ex_date="2024-06-10", ratio=10)
    provider = CsvFolder(SHARED / "data" / "daily", [BONUS, split], "split_adjusted")

    daily = provider.fetch(instruments()[symbol], "")

    assert {row.day: row.close for row in daily.rows}[day] == close


def test_another_symbols_file_is_not_read(tmp_path: Path) -> None:
    """The A share of BYD went ex on another day: files go by symbol, never by company."""
    a_share = Instrument(symbol="002594.SZ", name="BYD A", kind=BYD.kind, calendar="XSHG", currency="CNY")
    folder(tmp_path, HEADER)

    assert not CsvFolder(tmp_path, [BONUS], "raw").offers(a_share)
