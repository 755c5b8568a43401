import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.event import Fx
from monitor.core.prices.fx import currency_return, fixing, multiplier
from monitor.core.prices.rates import Rates

rates = st.floats(0.1, 200)


@given(rates, rates)
def test_there_and_back_is_one(hkd: float, cny: float) -> None:
    """FX-1: converting to another currency and back changes nothing."""
    quotes = {"USDHKD": hkd, "USDCNY": cny}
    there, back = multiplier("HKD", "CNY", quotes), multiplier("CNY", "HKD", quotes)
    assert there is not None
    assert back is not None
    assert there * back == pytest.approx(1)


def test_a_missing_quote_gives_no_rate() -> None:
    """None, not one: an unknown rate is not parity."""
    assert multiplier("JPY", "USD", {"USDHKD": 7.8}) is None
    assert multiplier("JPY", "JPY", {}) == 1.0


def test_fixings_are_at_most_five_days_old() -> None:
    """FX-2 walks back over weekends and holes, and stops."""
    table = {"2025-02-21": 7.77, "2025-02-20": None}
    assert fixing("2025-02-26", table) == ("2025-02-21", 7.77)
    assert fixing("2025-02-27", table) == (None, None)
    assert fixing("2025-02-20", table) == (None, None)


@given(st.floats(1, 1e4), st.floats(1, 1e4), rates, rates)
def test_currency_return_compounds(price: float, baseline: float, now: float, base: float) -> None:
    """FX-3: (1 + local)(1 + fx) − 1."""
    found = currency_return(price, baseline, now, base)
    assert found.fx_return is not None
    assert found.currency_return == pytest.approx(
        (1 + found.local_return) * (1 + found.fx_return) - 1, rel=1e-9, abs=1e-9
    )


def test_a_live_rate_beats_the_fixing_and_is_not_replaced_by_an_older_or_impossible_one() -> None:
    """FX-2 with the two doors through which nonsense could enter."""
    board_rates = Rates({"USDHKD": {"2025-03-07": 7.77}})
    assert board_rates.now("HKD", "USD", "2025-03-07") == pytest.approx(1 / 7.77)
    board_rates.put(Fx("USDHKD", 7.80, 100, 100, "A"), 103)
    board_rates.put(Fx("USDHKD", 7.90, 99, 101, "A"), 103)
    board_rates.put(Fx("USDHKD", 0.0, 102, 102, "A"), 103)
    board_rates.put(Fx("USDHKD", float("nan"), 103, 103, "A"), 103)
    assert board_rates.now("HKD", "USD", "2025-03-07") == pytest.approx(1 / 7.80)
    assert board_rates.on("HKD", "USD", "2025-03-07") == pytest.approx(1 / 7.77)
    assert board_rates.now("CNY", "USD", "2025-03-07") is None
    assert board_rates.now("HKD", "LOCAL", None) == 1.0
