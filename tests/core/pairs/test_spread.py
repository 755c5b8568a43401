import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.pairs.spread import divergence

returns = st.floats(-0.95, 5)


@given(returns, returns)
def test_the_variants_agree_with_each_other(r_a: float, r_b: float) -> None:
    """SPR-1 to SPR-3 are one fact in three units."""
    found = divergence(r_a, r_b)
    assert found.rel_strength is not None
    assert found.ratio_index is not None
    assert found.log_spread_pp is not None
    assert found.spread_pp == pytest.approx(100 * found.rel_strength * (1 + r_b), abs=1e-9)
    assert found.ratio_index == pytest.approx(100 * (1 + found.rel_strength))
    assert found.log_spread_pp == pytest.approx(-(divergence(r_b, r_a).log_spread_pp or 0), abs=1e-12)


@given(st.lists(st.tuples(st.floats(-0.5, 1), st.floats(-0.5, 1)), min_size=1, max_size=10))
def test_the_log_spread_chains(days: list[tuple[float, float]]) -> None:
    """SPR-3 of the whole is the sum over the parts; SPR-1 is not."""
    whole_a = whole_b = 1.0
    parts = 0.0
    for r_a, r_b in days:
        whole_a *= 1 + r_a
        whole_b *= 1 + r_b
        parts += divergence(r_a, r_b).log_spread_pp or 0.0
    assert divergence(whole_a - 1, whole_b - 1).log_spread_pp == pytest.approx(parts, rel=1e-6, abs=1e-6)


def test_a_multiple_of_almost_nothing_is_no_number() -> None:
    """SPR-5 needs half a percent in the denominator; exactly that much is enough."""
    assert divergence(0.02, 0.0049).return_multiple is None
    assert divergence(0.02, -0.0049).return_multiple is None
    assert divergence(0.02, 0.005).return_multiple == pytest.approx(4)


def test_a_total_loss_has_no_logarithm() -> None:
    """R = −100 % leaves the fields without a value that would divide by or take the logarithm of nothing."""
    lost = divergence(0.1, -1.0)
    assert (lost.rel_strength, lost.ratio_index, lost.log_spread_pp) == (None, None, None)
    assert lost.spread_pp == pytest.approx(110)


def test_beta_is_not_guessed() -> None:
    """SPR-4 without a beta is missing, not computed with one."""
    assert divergence(0.31, 0.01).beta_adj_pp is None
    assert divergence(0.31, 0.01, 0.8).beta_adj_pp == pytest.approx(30.2)
