"""The basis of daily files is told and checked, never guessed."""

from pathlib import Path

import pytest

from monitor.core.reference import ActionType, Basis, CorporateAction
from monitor.errors import DataError
from monitor.history.basis import confirmed_basis
from tests.shared import SHARED, needs_shared

BONUS = CorporateAction(symbol="1211.HK", type=ActionType.BONUS, ex_date="2025-06-10", new=20, per=10)
SPLIT = CorporateAction(symbol="NVDA", type=ActionType.SPLIT, ex_date="2024-06-10", ratio=10)
RAW = "date,close\n2025-06-09,396.6\n2025-06-10,135.6\n"
ADJUSTED = "date,open,close\n2025-06-09,,132.2\n2025-06-10,,135.6\n"


def daily(folder: Path, text: str, name: str = "1211.HK.csv") -> Path:
    (folder / name).write_text(text, "utf-8")
    return folder


@pytest.mark.parametrize(("text", "basis"), [(RAW, "raw"), (ADJUSTED, "split_adjusted")])
def test_a_true_statement_stands(tmp_path: Path, text: str, basis: Basis) -> None:
    """For the folder and for the file."""
    folder = daily(tmp_path, text)

    assert confirmed_basis([folder], basis, [BONUS]) == basis
    assert confirmed_basis([folder / "1211.HK.csv"], basis, [BONUS]) == basis


@pytest.mark.parametrize(
    ("text", "stated", "looks"), [(RAW, "split_adjusted", "raw"), (ADJUSTED, "raw", "split_adjusted")]
)
def test_a_wrong_statement_is_refused(tmp_path: Path, text: str, stated: Basis, looks: str) -> None:
    """The message names the line of the ex-date, what was said, what it looks like, and how to say it."""
    with pytest.raises(DataError) as refused:
        confirmed_basis([daily(tmp_path, text)], stated, [BONUS])

    message = str(refused.value)
    assert message.startswith(f"{tmp_path / '1211.HK.csv'}:3: stated as {stated}, but over the BONUS of 2025-06-10")
    assert f"--basis {looks}" in message


@pytest.mark.parametrize("text", [RAW, ADJUSTED])
def test_no_statement_is_refused_where_it_matters(tmp_path: Path, text: str) -> None:
    """A file that reaches over a recorded split needs one."""
    with pytest.raises(DataError, match=r"nobody said .* --basis (raw|split_adjusted)"):
        confirmed_basis([daily(tmp_path, text)], None, [BONUS])


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("date,close\n2025-06-10,135.6\n2025-06-11,130.0\n", "1211.HK.csv"),
        ("date,close\n2025-06-06,400\n2025-06-09,396.6\n", "1211.HK.csv"),
        (ADJUSTED, "HSTECH.csv"),
        ("ts,open,close\n2025-06-09T01:30:00Z,1,396.6\n2025-06-10T01:30:00Z,1,135.6\n", "1211.HK.csv"),
        ("date,close\n2025-06-09,\n2025-06-10,n/a\n", "1211.HK.csv"),
        ("", "1211.HK.csv"),
    ],
)
def test_no_statement_is_needed_elsewhere(tmp_path: Path, text: str, name: str) -> None:
    """After the split, before it, without one, for bars, and where there is nothing to read both mean the same."""
    assert confirmed_basis([daily(tmp_path, text, name)], None, [BONUS]) == "raw"


def test_a_small_bonus_proves_nothing(tmp_path: Path) -> None:
    """1 for 10 moves a price by 9 %, which a bad day does too."""
    small = CorporateAction(symbol="1211.HK", type=ActionType.BONUS, ex_date="2025-06-10", new=1, per=10)

    assert confirmed_basis([daily(tmp_path, ADJUSTED)], "raw", [small]) == "raw"


@needs_shared
def test_the_files_of_the_specification_are_split_adjusted() -> None:
    """As their README says; and they refuse to be called raw."""
    folder = SHARED / "data" / "daily"

    assert confirmed_basis([folder], "split_adjusted", [BONUS, SPLIT]) == "split_adjusted"
    with pytest.raises(DataError, match=r"1211\.HK\.csv:\d+: stated as raw"):
        confirmed_basis([folder], "raw", [BONUS, SPLIT])
