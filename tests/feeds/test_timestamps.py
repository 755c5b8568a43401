"""Times in every spelling that was met in the wild."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.timestamps import read_time, write_time

T = 1_795_143_600_000_000_000


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (1795143600, "auto", T),
        (1795143600000, "auto", T),
        (1795143600000000, "auto", T),
        (T, "auto", T),
        ("1795143600000", "auto", T),
        (1795143600.5, "auto", T + 500_000_000),
        (1605509068, "ms", 1_605_509_068_000_000),
        ("2026-11-20T03:00:00Z", "auto", T),
        ("2026-11-20T11:00:00+08:00", "iso", T),
        ("2026-11-20 03:00", "auto", T),
        ("2026-11-20T03:00:00.1234567Z", "auto", T + 123_456_700),
        ("2026-11-20T03:00:00.123456789Z", "auto", T + 123_456_789),
    ],
)
def test_units_and_spellings(value: object, unit: str, expected: int) -> None:
    """Numbers are told apart by magnitude, text by its shape; ISO text without a zone is UTC."""
    assert read_time(value, unit) == expected


@pytest.mark.parametrize(
    "value",
    ["2026-08-07 Hong Kong close", "", "2026-02-31T00:00:00Z", "2026-08-07", float("nan"), True, None, -1, 10**40],
)
def test_what_names_no_instant_is_refused(value: object) -> None:
    with pytest.raises(ValueError):
        read_time(value)


@given(st.integers(min_value=10**11, max_value=4 * 10**12))
def test_fractions_and_whole_numbers_as_floats(ms: int) -> None:
    """A time as a float is the millisecond that its digits name, never the one before."""
    assert read_time(float(ms), "ms") == ms * 1_000_000
    assert read_time(ms / 1000, "s") == ms * 1_000_000
    assert read_time(str(ms / 1000), "s") == ms * 1_000_000


@given(st.integers(min_value=10**17, max_value=2**63 - 1))
def test_written_times_come_back(ns: int) -> None:
    assert read_time(write_time(ns)) == ns
