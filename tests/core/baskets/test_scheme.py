from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.baskets.scheme import basket_return, capped, contributions_pp, normalised, scheme_weights
from monitor.core.definition import Scheme

symbols = st.text("ABCDEFGH", min_size=1, max_size=3)
weights_by_symbol = st.dictionaries(symbols, st.floats(0.01, 1000), min_size=2, max_size=12)


@given(weights_by_symbol, st.floats(0.05, 1))
def test_capped_weights(weights: dict[str, float], cap: float) -> None:
    """BSK-6: they add up to one, none is above the cap, and those below it keep their proportions."""
    if cap * len(weights) < 1:
        with pytest.raises(ValueError):
            capped(weights, cap)
        return
    found = capped(weights, cap)
    assert sum(found.values()) == pytest.approx(1)
    assert all(weight <= cap + 1e-9 for weight in found.values())
    free = [symbol for symbol in weights if found[symbol] < cap - 1e-9]
    for one, other in pairwise(free):
        assert found[one] * weights[other] == pytest.approx(found[other] * weights[one])


@pytest.mark.parametrize(
    ("weights", "cap", "expected"),
    [
        ({"A": 3.0, "B": 1.0, "C": 0.0}, 0.5, {"A": 0.5, "B": 0.5, "C": 0.0}),
        ({"A": 0.5, "B": 0.3, "C": 0.2}, 1 / 3, {"A": 1 / 3, "B": 1 / 3, "C": 1 / 3}),
        ({"A": 3.0, "B": 1.0, "C": 0.0}, 0.4, None),
    ],
)
def test_a_member_without_weight_takes_none_of_what_a_cap_sets_free(
    weights: dict[str, float], cap: float, expected: dict[str, float] | None
) -> None:
    """BSK-6 scales pro rata: what is zero stays zero, so the others must be enough to fill 1."""
    if expected is None:
        with pytest.raises(ValueError, match="2 members with a weight"):
            capped(weights, cap)
    else:
        assert capped(weights, cap) == pytest.approx(expected)


@given(weights_by_symbol, st.data())
def test_contributions_add_up_to_the_return(values: dict[str, float], data: st.DataObject) -> None:
    """XSC-1, for every scheme."""
    scheme = data.draw(st.sampled_from(Scheme))
    other = {symbol: data.draw(st.floats(0.1, 10)) for symbol in values}
    returns = {symbol: data.draw(st.floats(-0.9, 3)) for symbol in values}
    weights = scheme_weights(scheme, values, weights=other, shares=other)
    assert sum(weights.values()) == pytest.approx(1)
    assert sum(contributions_pp(weights, returns).values()) == pytest.approx(
        100 * basket_return(weights, returns), abs=1e-9
    )


def test_equal_weights_are_the_average() -> None:
    """BSK-1: "average return of the seven"."""
    returns = {"A": 0.1, "B": 0.2, "C": -0.3}
    assert basket_return(scheme_weights(Scheme.EW, dict.fromkeys(returns, 5.0)), returns) == pytest.approx(0.0)


def test_a_price_weighted_basket_is_the_sum_of_its_prices() -> None:
    """BSK-5: one share of each."""
    then, now = {"A": 10.0, "B": 90.0}, {"A": 20.0, "B": 81.0}
    returns = {symbol: now[symbol] / then[symbol] - 1 for symbol in then}
    weights = scheme_weights(Scheme.PRICE, then)
    assert basket_return(weights, returns) == pytest.approx(sum(now.values()) / sum(then.values()) - 1)


def test_a_cap_weighted_basket_is_the_market_value() -> None:
    """BSK-4."""
    shares, then, now = {"A": 7.0, "B": 2.0}, {"A": 10.0, "B": 90.0}, {"A": 20.0, "B": 81.0}
    returns = {symbol: now[symbol] / then[symbol] - 1 for symbol in then}
    value_then = sum(shares[s] * then[s] for s in then)
    value_now = sum(shares[s] * now[s] for s in then)
    weights = scheme_weights(Scheme.CAP, then, shares=shares)
    assert basket_return(weights, returns) == pytest.approx(value_now / value_then - 1)


def test_what_a_scheme_needs_is_named() -> None:
    """A custom basket without one of its weights must not be computed with another."""
    with pytest.raises(ValueError, match="no weight for B"):
        scheme_weights(Scheme.CUSTOM, {"A": 1.0, "B": 1.0}, weights={"A": 1.0})
    with pytest.raises(ValueError, match="no share count for A, B"):
        scheme_weights(Scheme.CAP, {"A": 1.0, "B": 1.0})
    with pytest.raises(ValueError):
        normalised({"A": 0.0})
