from random import Random

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.stats.ewma import EwmaState, EwmaZ, TimeDecayedZ
from monitor.core.status import Status

VALUES = st.lists(st.floats(-100, 100, allow_subnormal=False), min_size=2, max_size=80)


@given(values=VALUES, halflife=st.floats(0.5, 100))
def test_every_step_is_the_one_of_pandas(values: list[float], halflife: float) -> None:
    """STA-2: `ewm(halflife, adjust=False)`, mean and biased variance."""
    judge = EwmaZ(halflife, 2)
    table = pd.Series(values).ewm(halflife=halflife, adjust=False)
    means, variances = table.mean(), table.var(bias=True)
    for i, value in enumerate(values):
        judge.update(value)
        assert judge.state.mean == pytest.approx(means[i], rel=1e-9, abs=1e-9)
        if i:
            assert judge.state.variance == pytest.approx(variances[i], rel=1e-9, abs=1e-9)


def test_a_score_is_taken_before_the_value_is_absorbed() -> None:
    """Otherwise a move would hide in the mean and the variance that it is judged by."""
    random = Random(5)
    values = [random.gauss(0, 1) for _ in range(200)]
    judge = EwmaZ(10.0, 20)
    before = pd.Series(values).ewm(halflife=10.0, adjust=False)
    means, deviations = before.mean().shift(), before.var(bias=True).shift() ** 0.5
    for i, value in enumerate(values):
        found = judge.score(value)
        judge.update(value)
        if i < 20:
            assert found.status is Status.WARMUP
        else:
            assert found.z == pytest.approx((value - means[i]) / deviations[i], rel=1e-9)


def test_two_hundred_thousand_steps_do_not_drift() -> None:
    """The recursion stays with a direct weighted sum (DOMAIN 12.2)."""
    values = np.random.default_rng(1).normal(3.0, 0.5, 200_000)
    judge = EwmaZ(30.0, 20)
    for value in values:
        judge.update(float(value))
    weights = 2.0 ** (-np.arange(5000) / 30.0)
    last = values[::-1][:5000]
    mean = np.average(last, weights=weights)
    assert judge.state.mean == pytest.approx(mean, rel=1e-9)
    assert judge.state.variance == pytest.approx(np.average((last - mean) ** 2, weights=weights), rel=1e-9)


def test_a_missing_sample_changes_nothing() -> None:
    """No decay, no count: NO_PRICE and the same state."""
    judge = EwmaZ(10.0, 1)
    judge.update(1.0)
    before = judge.state
    judge.update(None)
    assert judge.state == before
    assert judge.score(None).status is Status.NO_PRICE


@given(values=VALUES, cut=st.integers(0, 80))
def test_a_state_goes_on_where_it_was_left(values: list[float], cut: int) -> None:
    """What is kept is all there is: a judge made from a state continues as if nothing had happened."""
    whole, first = EwmaZ(7.0, 2), EwmaZ(7.0, 2)
    for value in values:
        whole.update(value)
    for value in values[:cut]:
        first.update(value)
    second = EwmaZ(7.0, 2, first.state)
    for value in values[cut:]:
        second.update(value)
    assert second.state == whole.state


def test_time_decay_is_the_one_of_pandas() -> None:
    """STA-3: the mean of `ewm(halflife, times, adjust=False)` over irregular times."""
    random = Random(3)
    seconds = [0.0] + [random.uniform(0.1, 300) for _ in range(200)]
    values = [random.gauss(0, 2) for _ in seconds]
    times = pd.Timestamp("2025-03-07") + pd.to_timedelta(np.cumsum(seconds), unit="s")
    means = pd.Series(values).ewm(halflife="120s", times=times, adjust=False).mean()
    judge = TimeDecayedZ(120.0, 5)
    for i, (value, gap) in enumerate(zip(values, seconds, strict=True)):
        judge.update(value, gap)
        assert judge.state.mean == pytest.approx(means[i], rel=1e-6)  # pandas keeps times in whole nanoseconds


@given(values=VALUES)
def test_equal_gaps_make_both_forms_the_same(values: list[float]) -> None:
    """One sample a minute with a half-life of half an hour is a half-life of thirty samples."""
    by_sample, by_time = EwmaZ(30.0, 3), TimeDecayedZ(1800.0, 3)
    for value in values:
        by_sample.update(value)
        by_time.update(value, 60.0)
    assert by_time.state.n == by_sample.state.n
    assert by_time.state.mean == pytest.approx(by_sample.state.mean, rel=1e-9, abs=1e-12)
    assert by_time.state.variance == pytest.approx(by_sample.state.variance, rel=1e-9, abs=1e-12)


def test_the_gap_over_missing_samples_adds_up() -> None:
    """Time passes whether or not there is a value."""
    holes, whole = TimeDecayedZ(60.0, 1), TimeDecayedZ(60.0, 1)
    for judge in (holes, whole):
        judge.update(1.0, 0.0)
    holes.update(None, 25.0)
    holes.update(3.0, 35.0)
    whole.update(3.0, 60.0)
    assert holes.state == whole.state == EwmaState(2, 2.0, 1.0)
