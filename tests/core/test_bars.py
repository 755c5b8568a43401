"""One-minute bars of the headline numbers."""

import msgspec
import pytest

from monitor.core.bars import Bar, Bars, Minute, is_headline
from monitor.core.metrics.frame import Frame
from monitor.core.metrics.statuses import OK


def frame(t: int, spread: float | None, **metrics: float | None) -> Frame:
    return Frame(t=t, seq=0, metrics={"a.b-c.spread_pp.1d": spread, "x.age_seconds.now": 5.0, **metrics})


def add(bars: Bars, one: Frame, status: str = OK) -> Minute | None:
    """The next frame, all its values of one status."""
    return bars.add(one, lambda _: status)


def test_a_minute_is_finished_by_the_next() -> None:
    """A bar has the first, highest, lowest and last value of its minute, and comes with the first frame after it."""
    bars = Bars()

    assert [add(bars, frame(t, value)) for t, value in ((60_000, 2.0), (90_000, 3.0), (119_999, 1.0))] == [None] * 3
    assert add(bars, frame(120_000, 9.0)) == Minute(
        60_000, False, {"a.b-c": {"spread_pp.1d": Bar(2.0, 3.0, 1.0, 1.0, OK)}}
    )


def test_only_headlines_with_a_value_count() -> None:
    """Missing values and other measures make no bar; a minute without any bar is not told."""
    bars = Bars()
    add(bars, frame(0, None))

    assert add(bars, frame(60_000, None)) is None


def test_what_did_not_move_is_left_out() -> None:
    """A minute that stayed at the last close has no bar; one that left it and came back has."""
    bars = Bars()
    add(bars, frame(0, 1.0))
    first = add(bars, frame(60_000, 1.0))
    still = add(bars, frame(120_000, 1.0))
    add(bars, frame(130_000, 2.0))
    add(bars, frame(140_000, 1.0))
    moved = add(bars, frame(180_000, 1.0))

    assert first is not None
    assert still is None
    assert moved == Minute(120_000, False, {"a.b-c": {"spread_pp.1d": Bar(1.0, 2.0, 1.0, 1.0, OK)}})


def test_a_bar_says_what_was_wrong_with_any_of_its_values() -> None:
    """The statuses of all boundaries of a minute stand together in its bar, and are gone in the next."""
    bars = Bars()
    add(bars, frame(0, 1.0), "DELAYED")
    add(bars, frame(10_000, 2.0), "STALE DELAYED")
    doubted = add(bars, frame(60_000, 3.0))
    good = add(bars, frame(120_000, 3.0))

    assert doubted == Minute(0, False, {"a.b-c": {"spread_pp.1d": Bar(1.0, 2.0, 1.0, 2.0, "STALE DELAYED")}})
    assert good == Minute(60_000, False, {"a.b-c": {"spread_pp.1d": Bar(3.0, 3.0, 3.0, 3.0, OK)}})


def test_a_value_that_goes_stale_without_moving_is_told() -> None:
    """A bar of the same value comes where its status is another one: who repeats the last bar would repeat a good
    one."""
    bars = Bars()
    add(bars, frame(0, 1.0))
    add(bars, frame(60_000, 1.0), "STALE")
    told = add(bars, frame(120_000, 1.0), "STALE")
    again = add(bars, frame(180_000, 1.0), "STALE")

    assert told == Minute(60_000, False, {"a.b-c": {"spread_pp.1d": Bar(1.0, 1.0, 1.0, 1.0, "STALE")}})
    assert again is None


def test_a_minute_with_an_invented_value_is_simulated() -> None:
    """One simulated frame marks its minute, and no other one."""
    bars = Bars()
    add(bars, frame(0, 1.0))
    add(bars, msgspec.structs.replace(frame(10_000, 1.5), simulated=True))
    first = add(bars, frame(60_000, 2.0))
    second = add(bars, frame(120_000, 3.0))

    assert first is not None
    assert second is not None
    assert (first.simulated, second.simulated) == (True, False)


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
    add(bars, frame(0, 1.23456789, **{"x.price.now": 0.123456789}))

    minute = add(bars, frame(60_000, 1.0))

    assert minute is not None
    assert minute.subjects["a.b-c"]["spread_pp.1d"].open == 1.2346
    assert minute.subjects["x"]["price.now"].open == 0.123457
