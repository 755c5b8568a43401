import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.stats.regression import Regression, overlapping, regression
from monitor.core.status import Status

RETURN = st.integers(-500, 500).map(lambda basis_points: basis_points / 1e4)
PAIRS = st.lists(st.tuples(RETURN, RETURN), min_size=3, max_size=80)


@given(pairs=PAIRS)
def test_the_line_is_the_one_of_numpy(pairs: list[tuple[float, float]]) -> None:
    """STA-5: ordinary least squares."""
    y, x = (np.array(side) for side in zip(*pairs, strict=True))
    found = regression(y.tolist(), x.tolist(), 3)
    if np.ptp(x) == 0:
        assert (found.beta, found.alpha, found.corr, found.status) == (None, None, None, Status.ZERO_VARIANCE)
        return
    beta, alpha = np.polyfit(x, y, 1)
    assert found.beta == pytest.approx(beta, rel=1e-9, abs=1e-10)
    assert found.alpha == pytest.approx(alpha, rel=1e-9, abs=1e-10)
    if np.ptp(y) == 0:
        assert (found.corr, found.status) == (None, Status.ZERO_VARIANCE)
    else:
        assert found.corr == pytest.approx(np.corrcoef(y, x)[0, 1], rel=1e-9, abs=1e-10)
        assert found.status is Status.OK


@given(pairs=PAIRS, halflife=st.floats(1, 60))
def test_with_a_half_life_it_is_the_one_of_pandas(pairs: list[tuple[float, float]], halflife: float) -> None:
    """The weighted form: `ewm(halflife, adjust=False)`, biased covariances."""
    y, x = (pd.Series(side) for side in zip(*pairs, strict=True))
    found = regression(y, x, 3, halflife)
    xx = x.ewm(halflife=halflife, adjust=False).var(bias=True).iloc[-1]
    xy = x.ewm(halflife=halflife, adjust=False).cov(y, bias=True).iloc[-1]
    if found.beta is None:
        assert xx == pytest.approx(0.0, abs=1e-20)
    else:
        assert found.beta == pytest.approx(xy / xx, rel=1e-6, abs=1e-9)


@given(pairs=PAIRS)
def test_changing_sides_keeps_the_correlation(pairs: list[tuple[float, float]]) -> None:
    """The product of both slopes is the square of the correlation, which lies between −1 and 1."""
    y, x = zip(*pairs, strict=True)
    one, other = regression(y, x, 3), regression(x, y, 3)
    if one.corr is None or other.corr is None or one.beta is None or other.beta is None:
        return
    assert -1.0 <= one.corr <= 1.0
    assert one.corr == pytest.approx(other.corr, rel=1e-9, abs=1e-12)
    assert one.beta * other.beta == pytest.approx(one.corr**2, rel=1e-9, abs=1e-12)


def test_a_pair_with_a_missing_side_is_left_out() -> None:
    """Both sides of it, and it is not counted."""
    whole = regression([0.1, 0.3, 0.2], [0.1, 0.2, 0.4], 3)
    holes = regression([0.1, None, 0.3, 0.9, 0.2], [0.1, 0.5, 0.2, None, 0.4], 3)
    assert holes == whole
    assert holes.n == 3


def test_too_few_pairs_give_nothing() -> None:
    """WARMUP, whatever the pairs say; also for none at all."""
    for n in (0, 19):
        found = regression([0.01] * n, [0.02] * n)
        assert (found.n, found.beta, found.status) == (n, None, Status.WARMUP)
    assert regression([], [], 0).status is Status.WARMUP


def test_the_rounding_of_a_mean_is_no_variance() -> None:
    """Three times 5,500.1 adds up to a mean that is off by its last bit; such a leg does not move."""
    still, moving = [5500.1] * 3, [0.877493, 0.114617, 1.377738]
    assert (regression(still, moving, 3).corr, regression(still, moving, 3).status) == (None, Status.ZERO_VARIANCE)
    assert regression(moving, still, 3) == Regression(3, None, None, None, Status.ZERO_VARIANCE)


def test_two_days_overlap() -> None:
    """STA-6: each return compounds with the one before it; one that is missing takes both with it."""
    assert overlapping([0.5, 0.5, None, 0.25, 1.0]) == [1.25, None, None, 1.5]
    assert overlapping([0.1]) == []
    prices = pd.Series([100.0, 101.0, 99.5, 103.0, 102.0])
    expected = prices.pct_change(2).dropna().tolist()
    assert overlapping(prices.pct_change().dropna().tolist()) == pytest.approx(expected, rel=1e-12)
