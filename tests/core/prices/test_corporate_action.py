import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.prices.corporate_action import adjustment
from monitor.core.reference import ActionType, CorporateAction

BONUS = CorporateAction(symbol="1211.HK", type=ActionType.BONUS, ex_date="2025-06-10", new=20, per=10)
DIVIDEND = CorporateAction(
    symbol="1211.HK", type=ActionType.CASH_DIV, ex_date="2025-06-10", amount=4.35, cum_close=401.6
)


def test_the_bonus_issue_of_byd() -> None:
    """Eight bonus and twelve capitalisation shares per ten held: a third of the price, three times the shares."""
    found = adjustment([BONUS, DIVIDEND], "2024-12-31", "2025-06-10")
    assert (found.price_factor, found.share_factor) == (10 / 30, 3.0)
    assert found.applied == ["2025-06-10:BONUS"]


def test_the_ex_date_counts_only_between_baseline_and_price() -> None:
    """CA-1: a < ex_date ≤ S."""
    assert adjustment([BONUS], "2025-06-10", "2025-06-11").applied == []
    assert adjustment([BONUS], "2024-12-31", "2025-06-09").applied == []


def test_total_return_takes_the_dividend_before_the_bonus() -> None:
    """Distributions come first on one ex-date, because amounts are per old share."""
    assert adjustment([BONUS, DIVIDEND], "2024-12-31", "2025-06-10", total_return=True).applied == [
        "2025-06-10:CASH_DIV",
        "2025-06-10:BONUS",
    ]


def test_a_record_without_its_field_is_named() -> None:
    """A split without a ratio cannot be guessed."""
    broken = CorporateAction(symbol="NVDA", type=ActionType.SPLIT, ex_date="2025-03-10")
    with pytest.raises(ValueError, match=r"NVDA 2025-03-10: a SPLIT needs `ratio`"):
        adjustment([broken], "2025-03-07", "2025-03-10")


@given(st.floats(0.01, 100), st.floats(0.01, 100))
def test_splits_keep_the_value_of_a_holding(first: float, second: float) -> None:
    """Price factor times share factor is one, whatever was split in between."""
    actions = [
        CorporateAction(symbol="X", type=ActionType.SPLIT, ex_date=f"2025-03-1{n}", ratio=ratio)
        for n, ratio in enumerate((first, second))
    ]
    found = adjustment(actions, "2025-03-01", "2025-03-31")
    assert found.price_factor * found.share_factor == pytest.approx(1)
