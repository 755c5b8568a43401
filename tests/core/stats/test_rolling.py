import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.stats.rolling import RobustZ, RollingZ
from monitor.core.status import Status

VALUES = st.lists(st.none() | st.floats(-1e4, 1e4, allow_subnormal=False), min_size=3, max_size=60)


def close_to(got: float | None, expected: float, absolute: float = 1e-12) -> bool:
    return got is not None and abs(got - expected) <= max(absolute, 1e-9 * abs(expected))


@given(values=VALUES, window=st.integers(2, 30))
def test_every_step_is_the_one_of_pandas(values: list[float | None], window: int) -> None:
    """STA-1: mean and sample standard deviation of the last values that are not missing."""
    judge, seen = RollingZ(window, 2), []
    for value in values:
        found = judge.score(0.5)
        table = pd.Series(seen[-window:], dtype=float)
        assert found.n == len(table)
        if len(table) < 2:
            assert found.status is Status.WARMUP
        else:
            assert close_to(found.centre, table.mean(), 1e-9)
            assert close_to(found.scale, np.std(table.to_numpy(), ddof=1), 1e-9)
        judge.update(value)
        seen += [] if value is None else [value]


@given(values=VALUES)
def test_the_robust_form_is_the_one_of_numpy(values: list[float | None]) -> None:
    """STA-4: median, and median of the distances from it."""
    judge = RobustZ(20, 2)
    for value in values:
        judge.update(value)
    kept = np.array([value for value in values if value is not None][-20:])
    found = judge.score(1.0)
    if len(kept) < 2:
        assert found.status is Status.WARMUP
        return
    middle = np.median(kept)
    assert close_to(found.centre, middle)
    assert close_to(found.scale, np.median(np.abs(kept - middle)))


@given(
    values=st.lists(st.integers(-1000, 1000), min_size=4, max_size=30),
    shift=st.integers(-1000, 1000),
    factor=st.sampled_from([0.5, 2.0, 8.0]),
)
@pytest.mark.parametrize("kind", [RollingZ, RobustZ])
def test_a_score_does_not_depend_on_the_unit(kind: type, values: list[int], shift: int, factor: float) -> None:
    """Moving and scaling the series moves and scales the value to be judged, and leaves its score as it was."""
    plain, changed = kind(30, 4), kind(30, 4)
    for value in values:
        plain.update(float(value))
        changed.update(factor * value + shift)
    one, other = plain.score(7.0), changed.score(factor * 7.0 + shift)
    assert one.status is other.status
    assert one.z is None or close_to(other.z, one.z, 1e-9)


def test_a_shock_leaves_no_trace_once_it_has_left_the_window() -> None:
    """Running sums are an order of magnitude off here (DOMAIN 12.2); two passes are exact."""
    after, fresh = RollingZ(30, 2), RollingZ(30, 2)
    quiet = [5500.0 + 0.01 * (i % 3) for i in range(30)]
    for value in [1e9, *quiet]:
        after.update(value)
    for value in quiet:
        fresh.update(value)

    assert after.score(5500.05) == fresh.score(5500.05)


def test_a_value_that_is_missing_is_no_score() -> None:
    """None in, None out, and the reason beside it; what it would have been judged against is still there."""
    judge = RollingZ(10, 2)
    assert judge.score(None).status is Status.NO_PRICE
    judge.update(1.0)
    judge.update(2.0)

    found = judge.score(None)

    assert (found.z, found.status, found.centre, found.n) == (None, Status.NO_PRICE, 1.5, 2)


def test_values_all_alike_have_no_score() -> None:
    """A spread without any spread says nothing about a value beside it, however far."""
    for judge in (RollingZ(10, 2), RobustZ(10, 2)):
        for _ in range(5):
            judge.update(0.1)
        assert (judge.score(0.2).z, judge.score(0.2).status) == (None, Status.ZERO_VARIANCE)


@given(st.floats(-1e5, 1e5), st.integers(2, 60))
def test_the_rounding_of_a_mean_is_no_variance(value: float, n: int) -> None:
    """Three times 5,500.1 adds up to a mean that is off by its last bit; all values are alike nevertheless."""
    judge = RollingZ(60, 2)
    for _ in range(n):
        judge.update(value)
    assert (judge.score(0.5).z, judge.score(0.5).status) == (None, Status.ZERO_VARIANCE)


def test_scoring_changes_nothing() -> None:
    """A live value may be judged as often as one likes."""
    judge = RollingZ(10, 2)
    for value in (1.0, 2.0, 4.0):
        judge.update(value)
    assert judge.score(9.0) == judge.score(9.0)
