"""What is missing or unreadable is marked or refused, with a message that tells what to do."""

from pathlib import Path

import pytest

from monitor.core.board import Board
from monitor.core.reference import Reference
from monitor.errors import DataError, UsageError
from monitor.settings.instrument_file import load_instruments
from monitor.workers.offline import instant_of, snapshots
from tests.e2e.shipped import CONFIG, calendars, definition, reference, replay


def test_a_missing_reference_close_is_marked() -> None:
    """Without the close of its anchor a window is null with NO_BASELINE, and the other windows are not touched."""
    closes = {"HSTECH": {"2024-12-31": 4468.11, "2025-02-21": 5859.50}, "IXIC": {"2025-02-21": 19524.01}}
    under_test = Board(definition(), calendars(), Reference(closes=dict(closes)), interval_ns=0)

    (snapshot,) = snapshots([], under_test, [instant_of("2025-02-21", calendars().values())])

    hstech, ixic = snapshot.instruments["HSTECH"], snapshot.instruments["IXIC"]
    assert (hstech.return_status["YTD"], round(100 * (hstech.returns["YTD"] or 0), 1)) == ("OK", 31.1)
    assert (hstech.return_status["SINCE:2025-01-13"], hstech.returns["SINCE:2025-01-13"]) == ("NO_BASELINE", None)
    assert (ixic.return_status["YTD"], ixic.returns["YTD"]) == ("NO_BASELINE", None)
    assert snapshot.pairs["hstech-ixic"]["YTD"] is None
    assert snapshot.baskets["china-m7"]["YTD"].status == "INSUFFICIENT_COVERAGE"


def test_the_shipped_reference_alone_gives_the_anchors_of_the_year() -> None:
    """A board that starts without any history knows where YTD and SINCE begin."""
    under_test = Board(definition(), calendars(), reference(), interval_ns=0)

    (snapshot,) = snapshots([], under_test, [instant_of("2026-06-30", calendars().values())])

    view = snapshot.instruments["HSTECH"]
    assert view.returns["YTD"] == pytest.approx((4472.23 - 5515.98) / 5515.98, rel=1e-12)
    assert view.returns["SINCE:2025-01-13"] == pytest.approx((4472.23 - 4221.92) / 4221.92, rel=1e-12)
    assert (view.returns["MTD"], view.return_status["MTD"]) == (None, "NO_BASELINE")


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("HSTECH.csv", "date,close\n2025-02-21,abc\n", "HSTECH.csv:2"),
        ("HSTECH.csv", "date,close\n21.02.2025,5859.5\n", "HSTECH.csv:2"),
        ("HSTECH.csv", "day,price\n2025-02-21,5859.5\n", "HSTECH.csv"),
        ("quotes.jsonl", "{not json}\n{}\n", "quotes.jsonl:1"),
        ("quotes.parquet", "no parquet", "quotes.parquet"),
        ("notes.txt", "x", "notes.txt"),
    ],
)
def test_an_unreadable_data_file_is_refused(tmp_path: Path, name: str, text: str, says: str) -> None:
    """The message names the file, and the line where there is one."""
    (tmp_path / name).write_text(text, "utf-8")

    with pytest.raises(DataError) as refused:
        list(replay().events([tmp_path / name]))

    assert says in str(refused.value)
    assert refused.value.exit_code == 2


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """A mistyped path is not an empty recording."""
    with pytest.raises(DataError, match=r"nowhere\.csv"):
        list(replay().events([tmp_path / "nowhere.csv"]))


@pytest.mark.parametrize("text", ["yesterday", "2025-13-01", "2025-02-21T10:00:00", "21.02.2025", ""])
def test_an_instant_that_is_none_is_refused(text: str) -> None:
    """A local time, without an offset, is not taken for UTC."""
    with pytest.raises(UsageError, match=r"--at .* Write a date"):
        instant_of(text, calendars().values())


def test_reference_rows_may_name_any_instrument() -> None:
    """The shipped reference serves every board: symbols are those of instruments.toml, not of one board."""
    assert set(reference().closes) <= set(load_instruments(CONFIG))
