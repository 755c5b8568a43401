"""Numbers, durations and times in words."""

import pytest

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
