"""Numbers, durations and times in words."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from monitor.notify import wording
from tests.notify.notes import START


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "0 s"),
        (9.94, "9.9 s"),
        (59.999, "59 s"),
        (119.0, "119 s"),
        (120.0, "2 m"),
        (3599.0, "59 m 59 s"),
        (3600.0, "1 h"),
        (86_399.0, "23 h 59 m"),
        (86_400.0, "1 d"),
    ],
)
def test_durations(seconds: float, words: str) -> None:
    """Two parts at most, never rounded up to what has not passed yet."""
    assert wording.duration(seconds) == words


def test_both_zones_name_their_dates() -> None:
    """Ten in the morning in Hong Kong is the evening before in New York, and the text says so."""
    assert wording.both_zones(START) == "2026-11-10 10:00:00 HKT / 2026-11-09 21:00:00 ET"


def test_summer_time_moves_new_york_only() -> None:
    """2026-07-01 02:00 UTC."""
    assert wording.both_zones(1_782_871_200_000) == "2026-07-01 10:00:00 HKT / 2026-06-30 22:00:00 ET"


def test_small_negative_numbers() -> None:
    """A number that rounds to zero keeps its sign only where signs are shown; missing is never zero."""
    assert wording.number(-0.004, "pp") == "-0.00 pp"
    assert wording.number(None, "pp") == "n/a"


UNITS = ("pct", "pp", "z", "ratio", "price", "usd_bn", "seconds", "count")


@given(st.sampled_from(UNITS), st.floats(0, 1e5), st.floats(0, 1e5))
def test_a_value_beyond_its_limit_never_looks_like_it(unit: str, value: float, limit: float) -> None:
    """Side by side, what differs by more than a millionth differs in print, in every unit and size."""
    assume(abs(value - limit) > 2e-6)
    decimals = wording.beside(value, limit, unit)

    assert wording.measured(value, unit, decimals=decimals) != wording.measured(limit, unit, decimals=decimals)


@given(st.sampled_from(UNITS), st.integers(-100_000, 100_000), st.integers(0, 4))
def test_a_limit_is_shown_with_the_digits_it_was_given(unit: str, digits: int, decimals: int) -> None:
    """Whoever typed 0.25 reads 0.25, not 0.2 or 0.3; long times are told in hours."""
    limit = digits / 10**decimals
    assume(not (unit == "seconds" and limit >= 120))
    shown = wording.bound(">", limit, unit).removeprefix("> ").split(" ")[0]

    assert float(shown.replace(",", "")) == limit


@pytest.mark.parametrize(
    ("comparison", "limit", "words"),
    [(">", 0.5, "bull"), ("<", -0.5, "bear"), ("≥", 0.0, "bull or correction"), ("<", -1.0, "none")],
)
def test_bounds_on_the_regime(comparison: str, limit: float, words: str) -> None:
    """The regimes beyond it, by name."""
    assert wording.bound(comparison, limit, "count", "regime") == words
