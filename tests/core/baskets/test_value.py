"""Market value, valuation and share counts (DOMAIN MV-1 to 3, CA-1)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.baskets.shares import ShareCount
from monitor.core.baskets.value import Earning, Holding, discount, market_value, valuation
from monitor.core.reference import ActionType, CorporateAction

positive = st.floats(0.01, 1e4)


@given(positive, positive, positive, st.sampled_from([0.1, 2.0, 3.0, 10.0]), positive)
def test_a_split_adds_no_value(price: float, base: float, shares: float, ratio: float, fx: float) -> None:
    """The same company before and after a split: what changed is what the adjusted price did, in both countings."""
    plain = Holding(price=price, baseline=base, shares_now=shares, shares_then=shares, fx_now=fx, fx_base=fx)
    split = Holding(
        price=price / ratio,
        baseline=base,
        shares_now=shares * ratio,
        shares_then=shares,
        fx_now=fx,
        fx_base=fx,
        price_factor=1 / ratio,
    )
    expected, found = market_value({"A": plain}), market_value({"A": split})
    assert found.constant_shares == pytest.approx(expected.constant_shares, rel=1e-9, abs=1e-6 * shares)
    assert found.actual == pytest.approx(expected.actual, rel=1e-9, abs=1e-6 * shares)


def test_new_shares_count_only_as_issuance() -> None:
    """MV-1: at constant shares an unchanged price adds nothing, whatever was issued; the difference is the issue."""
    holding = Holding(price=10.0, baseline=10.0, shares_now=120.0, shares_then=100.0, fx_now=0.1, fx_base=0.1)
    found = market_value({"A": holding})
    assert found.constant_shares == 0.0
    assert found.actual == pytest.approx(20.0)


@given(st.dictionaries(st.sampled_from("ABCDE"), st.tuples(positive, st.floats(0.01, 100), positive), min_size=1))
def test_a_multiple_lies_between_those_of_the_members(members: dict[str, tuple[float, float, float]]) -> None:
    """MV-2: both averages of positive P/E ratios are between the lowest and the highest of them."""
    found = valuation({s: Earning(price=p, eps=e, fx=1.0, shares=n) for s, (p, e, n) in members.items()})
    ratios = [price / eps for price, eps, _ in members.values()]
    for average in (found.pe_aggregate, found.pe_equal_weight):
        assert average is not None
        assert min(ratios) * (1 - 1e-9) <= average <= max(ratios) * (1 + 1e-9)


def test_no_estimate_no_share_count_no_profit() -> None:
    """MV-2: who has no estimate is listed; without all share counts or any profit there is no multiple, never a 0."""
    profit, loss = Earning(price=10.0, eps=1.0, fx=1.0), Earning(price=10.0, eps=-2.0, fx=1.0, shares=1.0)
    found = valuation({"A": profit, "B": Earning(price=10.0, eps=None, fx=1.0)})
    assert (found.pe_aggregate, found.pe_equal_weight, found.excluded) == (None, pytest.approx(10.0), ["B"])
    assert valuation({"A": profit, "B": loss}).pe_equal_weight is None
    # 0.1 + 0.2 − 0.3 is not 0 in floating point, but it is no yield either.
    rounding = {str(eps): Earning(price=10.0, eps=eps, fx=1.0) for eps in (1.0, 2.0, -3.0)}
    assert valuation(rounding).pe_equal_weight is None
    nothing = valuation({})
    assert (nothing.pe_aggregate, nothing.pe_equal_weight, nothing.excluded) == (None, None, [])
    assert discount(18.0, 30.0) == pytest.approx(0.4)
    assert discount(18.0, None) is None


SPLIT = CorporateAction(symbol="A", type=ActionType.SPLIT, ex_date="2025-03-10", ratio=2)


@pytest.mark.parametrize(
    ("session", "expected"),
    [
        ("2024-06-03", 100.0),  # before the first record that one holds
        ("2025-01-02", 100.0),
        ("2025-02-03", 110.0),
        ("2025-03-07", 110.0),
        ("2025-03-10", 220.0),  # no new record: the split is worked in
        ("2025-04-01", 230.0),
    ],
)
def test_a_share_count_belongs_to_the_close_of_its_session(session: str, expected: float) -> None:
    """Each count is on the share basis of the session it is asked for, so that count times raw close is the value."""
    count = ShareCount([("2025-01-02", 100.0), ("2025-02-01", 110.0), ("2025-04-01", 230.0)], [SPLIT])
    assert count.at(session, "2025-04-15") == pytest.approx(expected)


def test_an_undated_count_is_of_the_session_it_is_asked_from() -> None:
    """Before a split the same company had half as many shares; and nothing on file is None."""
    count = ShareCount([], [SPLIT], today=200.0)
    assert count.on_file
    assert count.at("2025-03-07", "2025-03-10") == pytest.approx(100.0)
    assert count.at("2025-03-10", "2025-03-10") == pytest.approx(200.0)
    assert not ShareCount([], []).on_file
    assert ShareCount([], []).at("2025-03-07", "2025-03-10") is None


def test_a_record_after_the_session_is_taken_back_through_a_split() -> None:
    """The first record is all there is of the time before it, on the basis of its own date."""
    assert ShareCount([("2025-03-20", 200.0)], [SPLIT]).at("2025-03-03", "2025-04-01") == pytest.approx(100.0)
