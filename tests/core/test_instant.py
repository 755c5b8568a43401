import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.instant import days_before, format_instant, parse_instant, to_milliseconds, utc_date


def test_nanoseconds_survive() -> None:
    """Nine decimals are read exactly, which no float could hold."""
    assert parse_instant("2025-03-07T01:30:00.123456789Z") % 1_000_000_000 == 123_456_789


def test_offsets_are_converted() -> None:
    """The same instant in Hong Kong's clock and in UTC."""
    assert parse_instant("2025-03-07T09:30:00+08:00") == parse_instant("2025-03-07T01:30:00Z")


def test_before_1970() -> None:
    """Instants before the epoch are negative and keep their decimals."""
    assert parse_instant("1969-12-31T23:59:59.5Z") == -500_000_000


@pytest.mark.parametrize(
    "text", ["2025-03-07T01:30:00", "2025-03-07T01:30:00.Z", "noon", "2025-03-07T01:30:00.1234567890Z"]
)
def test_what_is_no_instant_is_refused(text: str) -> None:
    """A time without an offset is not guessed to be UTC, and rubbish is not read as something."""
    with pytest.raises(ValueError):
        parse_instant(text)


@given(st.integers(min_value=0, max_value=4_000_000_000_000))
def test_milliseconds_round_trip(milliseconds: int) -> None:
    """Writing and reading an instant of whole milliseconds gives it back."""
    instant = milliseconds * 1_000_000
    text = format_instant(instant)
    assert parse_instant(text) == instant
    assert to_milliseconds(instant) == milliseconds
    assert text.startswith(utc_date(instant))


def test_days_before_crosses_a_leap_day() -> None:
    """29 February 2024 exists."""
    assert days_before("2024-03-01", 1) == "2024-02-29"
