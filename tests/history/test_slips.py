"""A close ten times off is refused before a number is made of it, and a split is none."""

from pathlib import Path

import pytest

from monitor.core.reference import ActionType, Basis, CorporateAction
from monitor.errors import DataError
from monitor.history.slips import refuse_slips
from tests.shared import SHARED, needs_shared

SPLIT = CorporateAction(symbol="NVDA", type=ActionType.SPLIT, ex_date="2024-06-10", ratio=10)


def daily(folder: Path, *closes: str, name: str = "HSTECH.csv") -> Path:
    days = ("2024-06-06", "2024-06-07", "2024-06-10", "2024-06-11")
    rows = "".join(f"{day},{close}\n" for day, close in zip(days, closes, strict=False))
    (folder / name).write_text(f"date,close\n{rows}", "utf-8")
    return folder


@pytest.mark.parametrize(("close", "how"), [("55000.2", "10 times too high"), ("5.5002", "1000 times too low")])
def test_a_slipped_decimal_is_refused(tmp_path: Path, close: str, how: str) -> None:
    """By file and line, beside the close that it should be like."""
    with pytest.raises(DataError) as refused:
        refuse_slips([daily(tmp_path, "5672.24", close, "5859.3")], "raw", [])

    message = str(refused.value)
    assert message.startswith(f"{tmp_path / 'HSTECH.csv'}:3: close: {close} on 2024-06-07 is {how}")


@pytest.mark.parametrize(
    ("closes", "basis"),
    [
        (("1209.98", "1208.88", "121.79", "120.91"), "raw"),
        (("120.998", "120.888", "121.79", "120.91"), "split_adjusted"),
        (("1209.98", "1208.88", "121.79"), "raw"),
        (("120.0", "n/a", "1210.0"), "raw"),
        (("120.0",), "raw"),
        ((), "raw"),
    ],
)
def test_a_split_is_no_slip(tmp_path: Path, closes: tuple[str, ...], basis: Basis) -> None:
    """Nor is a step that nothing contradicts: what comes after it stays there, or is not known yet."""
    refuse_slips([daily(tmp_path, *closes, name="NVDA.csv")], basis, [SPLIT])


@needs_shared
def test_the_real_closes_have_none() -> None:
    """Years of two markets, with every crash in them."""
    refuse_slips([SHARED / "data" / "daily"], "split_adjusted", [])
