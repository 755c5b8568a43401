"""One-minute bars of the headline numbers."""

import pytest

from monitor.core.bars import Bar, Bars, Minute, is_headline
from monitor.core.metrics.frame import Frame


def frame(t: int, spread: float | None, **metrics: float | None) -> Frame:
    return Frame(t=t, seq=0, metrics={"a.b-c.spread_pp.1d": spread, "x.age_seconds.now": 5.0, **metrics})


def test_a_minute_is_finished_by_the_next() -> None:
    """A bar has the first, highest, lowest and last value of its minute, and comes with the first frame after it."""
    bars = Bars()

    assert [bars.add(frame(t, value)) for t, value in ((60_000, 2.0), (90_000, 3.0), (119_999, 1.0))] == [None] * 3
    assert bars.add(frame(120_000, 9.0)) == Minute(60_000, {"a.b-c": {"spread_pp.1d": Bar(2.0, 3.0, 1.0, 1.0)}})


def test_only_headlines_with_a_value_count() -> None:
    """Missing values and other measures make no bar; a minute without any bar is not told."""
    bars = Bars()
    bars.add(frame(0, None))

    assert bars.add(frame(60_000, None)) is None


def test_what_did_not_move_is_left_out() -> None:
    """A minute that stayed at the last close has no bar; one that left it and came back has."""
    bars = Bars()
    bars.add(frame(0, 1.0))
    first = bars.add(frame(60_000, 1.0))
    still = bars.add(frame(120_000, 1.0))
    bars.add(frame(130_000, 2.0))
    bars.add(frame(140_000, 1.0))
    moved = bars.add(frame(180_000, 1.0))

    assert first is not None
    assert still is None
    assert moved == Minute(120_000, {"a.b-c": {"spread_pp.1d": Bar(1.0, 2.0, 1.0, 1.0)}})


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("hstech-ixic.lag_spread_pp.1d", True),
        ("hstech-ixic.ewma_z.1d", True),
        ("china-m7.dispersion_pp.1d", True),
        ("china-m7.breadth.1d", True),
        ("0700.HK.price.now", True),
        ("hstech-ixic.robust_z.1d", False),
        ("hstech-ixic.same_date_spread_pp.1d", False),
        ("hstech-ixic.spread_pp.5s", False),
    ],
)
def test_which_metrics_are_headlines(name: str, kept: bool) -> None:
    """A name counts by its measure and window, not by letters at its end."""
    assert is_headline(name) is kept


def test_bars_hold_what_is_worth_its_memory() -> None:
    """Prices keep six decimals, everything else four."""
    bars = Bars()
    bars.add(frame(0, 1.23456789, **{"x.price.now": 0.123456789}))

    minute = bars.add(frame(60_000, 1.0))

    assert minute is not None
    assert minute.subjects["a.b-c"]["spread_pp.1d"].open == 1.2346
    assert minute.subjects["x"]["price.now"].open == 0.123457
