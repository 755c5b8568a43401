from hypothesis import given
from hypothesis import strategies as st

from monitor.core.instant import MINUTE, parse_instant
from monitor.core.prices.fx_week import fx_clock, fx_open, fx_session

HOUR = 60 * MINUTE


def between(start: str, end: str) -> float:
    """Hours of the currency market."""
    return (fx_clock(parse_instant(end)) - fx_clock(parse_instant(start))) / HOUR


def test_the_weekend_is_left_out() -> None:
    """From Friday 21:00 to Sunday 22:00 UTC the clock stands still; it goes the whole rest of the week."""
    assert between("2025-03-07T20:00:00Z", "2025-03-07T23:00:00Z") == 1
    assert between("2025-03-07T21:00:00Z", "2025-03-09T22:00:00Z") == 0
    assert between("2025-03-09T21:00:00Z", "2025-03-10T02:00:00Z") == 4
    assert between("2025-03-10T00:00:00Z", "2025-03-17T00:00:00Z") == 119


def test_currencies_rest_at_the_weekend() -> None:
    """They are traded until the last instant of Friday 20:59 and from the first one of Sunday 22:00 UTC on."""
    edges = [parse_instant("2025-03-07T21:00:00Z"), parse_instant("2025-03-09T22:00:00Z")]
    assert [fx_open(edge + step) for edge in edges for step in (-1, 0)] == [True, False, False, True]


def test_a_week_is_one_session() -> None:
    """It ends where the next one opens, on Sunday evening, and later ones have greater names."""
    days = ["2025-03-09T21:59:59Z", "2025-03-09T22:00:00Z", "2025-03-16T21:59:59Z", "2025-03-16T22:00:00Z"]
    friday, monday, sunday, next_week = (fx_session(parse_instant(day)) for day in days)
    assert friday < monday == sunday < next_week


@given(st.integers(0, 2**62), st.integers(0, 2**50))
def test_the_clock_never_goes_back_and_never_runs_fast(at: int, later: int) -> None:
    """Between two instants it goes by their distance at most."""
    assert 0 <= fx_clock(at + later) - fx_clock(at) <= later
