"""Delays between attempts."""

import itertools

from monitor.runtime.backoff import Backoff


def test_delays_stay_between_least_and_cap() -> None:
    """No delay is shorter than `least_s` nor longer than `cap_s`, and the ceiling doubles until the cap."""
    low = Backoff(1.0, 30.0, least_s=0.5, draw=lambda: 0.0)
    high = Backoff(1.0, 30.0, least_s=0.5, draw=lambda: 1.0)

    assert [low.next() for _ in range(8)] == [0.5] * 8
    assert [high.next() for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]


def test_never_overflows() -> None:
    """A thousand failures later the delay is still the cap."""
    delays = Backoff(1.0, 30.0, draw=lambda: 1.0)
    for _ in itertools.repeat(None, 2000):
        last = delays.next()

    assert last == 30.0


def test_only_a_long_life_resets() -> None:
    """A connection that lived shorter than `reset_after_s` does not shorten the next delay."""
    delays = Backoff(1.0, 30.0, draw=lambda: 1.0)
    delays.next()
    delays.lived(29.9)
    longer = delays.next()
    delays.lived(30.0)

    assert longer == 2.0
    assert delays.next() == 1.0
