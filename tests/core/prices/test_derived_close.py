"""A previous close that a quote brought is believed only when it fits what is known of its session."""

import pytest

from monitor.core.definition import FilterParams
from monitor.core.prices.derived_close import plausible, split_like

STOCK = FilterParams()


@pytest.mark.parametrize(
    ("ratio", "scale"), [(121.79 / 1208.88, 10.0), (132.2 / 396.6, 3.0), (1.5, 1.5), (100.0, 100.0), (0.83, None)]
)
def test_ratios_of_splits_are_known(ratio: float, scale: float | None) -> None:
    """NVDA's 10 for 1, BYD's 3 for 1, a slipped decimal; not a bad day."""
    assert split_like(ratio) == scale


def test_what_follows_a_tick_of_the_last_minute_is_near_it() -> None:
    """AMZN on 31 October 2025: a poller was sent 252.18 as the close before, which was 222.86 (data/README.md)."""
    last_minute = 1 / 390

    assert not plausible(252.18, 222.80, last_minute, STOCK)
    assert plausible(222.86, 222.80, last_minute, STOCK)


def test_the_room_grows_with_the_time_between() -> None:
    """Six normal days' moves, by the square root of the sessions between; a split never at so short a distance."""
    assert not plausible(120.0, 100.0, 1.0, STOCK)
    assert plausible(120.0, 100.0, 2.0, STOCK)
    assert not plausible(50.0, 100.0, 5.0, STOCK)
    assert plausible(50.0, 100.0, 30.0, STOCK)
