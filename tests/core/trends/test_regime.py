"""The bull, correction and bear filter (DOMAIN REG-1)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.definition import RegimeParams
from monitor.core.trends.regime import Regime, RegimeFilter
from tests.core.trend_oracle import searched_regimes
from tests.core.walks import session, walks


def filtered(*closes: float, **params: float) -> RegimeFilter:
    named = [(session(number), close) for number, close in enumerate(closes)]
    return RegimeFilter(RegimeParams(**params), named)  # type: ignore[arg-type]


@given(walks(), st.sampled_from([(0.2, 0.2, 0.1), (0.15, 0.1, 0.05), (0.3, 0.25, 0.2)]))
def test_equals_a_recomputation_from_the_whole_series(
    closes: list[tuple[str, float]], thresholds: tuple[float, float, float]
) -> None:
    """State, peak and trough after every close are those found by searching the series again."""
    up, down, correction = thresholds
    params = RegimeParams(up=up, down=down, correction=correction)
    found = RegimeFilter(params)
    steps = [found.step(*close) for close in closes]
    assert [(step.state, step.peak_session, step.trough_session) for step in steps] == searched_regimes(closes, params)
    prices = dict(closes)
    assert all(step.peak == prices[step.peak_session] for step in steps)
    assert all(step.trough == prices[step.trough_session] for step in steps)
    assert all(step.drawdown <= 0 or step.state is Regime.BEAR for step in steps)


@given(walks())
def test_an_event_is_a_change_of_state(closes: list[tuple[str, float]]) -> None:
    """`event` is set exactly when the state changes, and `since` is the session of the last change."""
    found = RegimeFilter(RegimeParams())
    state, since = Regime.UNDEFINED, closes[0][0]
    for close in closes:
        step = found.step(*close)
        assert (step.event is not None) == (step.state is not state)
        state, since = step.state, step.session if step.event else since
        assert step.since == since


@given(walks(), st.floats(1, 500))
def test_looking_ahead_commits_nothing(closes: list[tuple[str, float]], price: float) -> None:
    """A provisional price is answered as if it were the next close, and the next close is judged as if it never was."""
    looked, plain = RegimeFilter(RegimeParams()), RegimeFilter(RegimeParams())
    for close in closes:
        ahead = looked.provisional("2030-01-01", price)
        assert ahead == RegimeFilter(RegimeParams(), [c for c in closes if c[0] < close[0]]).step("2030-01-01", price)
        assert looked.step(*close) == plain.step(*close)


def test_a_live_price_can_end_a_correction_for_the_moment() -> None:
    """At a new peak the provisional state is a bull market again while the official one stays a correction."""
    found = filtered(100, 120, 107)
    assert found.last is not None
    assert found.last.state is Regime.CORRECTION
    assert found.provisional("2030-01-01", 121).event == "EXIT_CORRECTION"
    assert found.last.state is Regime.CORRECTION


def test_a_bull_market_may_fall_below_where_it_began() -> None:
    """From 120 up to 19 % may be lost before it is a bear market; the run-up is negative then."""
    found = filtered(100, 120, 97)
    assert found.last is not None
    assert found.last.state is Regime.CORRECTION
    assert found.last.run_up == pytest.approx(-0.03)


def test_a_bear_market_may_rise_above_where_it_began() -> None:
    """With a smaller fall than rise to tell them, 101 is 1 % above the peak and not yet 15 % above the trough."""
    found = filtered(100, 94, 90, 101, up=0.15, down=0.1, correction=0.05)
    assert found.last is not None
    assert (found.last.state, found.last.peak) == (Regime.BEAR, 100)
    assert found.last.drawdown == pytest.approx(0.01)


def test_a_correction_that_ends_begins_no_bull_market() -> None:
    """The state is as old as the new peak, the market as old as the +20 % it began with; a bear market begins anew."""
    recovered, fallen = filtered(100, 80, 96, 120, 107, 121).last, filtered(100, 80, 96, 120, 96).last
    sessions = filtered(100, 80, 96).last
    assert recovered is not None
    assert fallen is not None
    assert sessions is not None
    assert recovered.state is Regime.BULL
    assert recovered.since == recovered.session
    assert recovered.cycle_since == sessions.session
    assert fallen.state is Regime.BEAR
    assert fallen.cycle_since == fallen.session


def test_nothing_before_the_first_close() -> None:
    """A new filter has no last step."""
    assert RegimeFilter(RegimeParams()).last is None
