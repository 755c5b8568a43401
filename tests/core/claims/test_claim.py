"""When a stated number or date counts as true (DOMAIN 1.3)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.claims.claim import (
    Dates,
    Number,
    Operator,
    Verdict,
    judge_date,
    judge_number,
    read_dates,
    read_number,
)

EQUAL, MORE, LESS, ABOUT, NEARLY = Operator
REPRODUCES, CLOSE, DOES_NOT, _ = Verdict


@pytest.mark.parametrize(
    ("operator", "stated", "computed", "verdict"),
    [
        (EQUAL, "31", 31.14, REPRODUCES),
        (EQUAL, "31", 31.49999, REPRODUCES),
        (EQUAL, "31", 31.5, REPRODUCES),  # a tie may be rounded either way
        (EQUAL, "32", 31.5, REPRODUCES),
        (EQUAL, "31", 31.51, CLOSE),
        (EQUAL, "70", 70.98, CLOSE),
        (EQUAL, "70", 73.51, DOES_NOT),
        (EQUAL, "96", 93.1, CLOSE),  # within 5 %
        (EQUAL, "4.4", 4.372, REPRODUCES),
        (EQUAL, "4.4", 4.5, CLOSE),
        (EQUAL, "4.40", 4.372, CLOSE),
        (EQUAL, "4.40", 4.39999, REPRODUCES),
        (EQUAL, "-10", -10.65, CLOSE),
        (EQUAL, "-10", 10.0, DOES_NOT),
        (EQUAL, "10", 8.99, DOES_NOT),
        (EQUAL, "3", 2.38, DOES_NOT),  # one digit: its unit is too coarse to be close
        (EQUAL, "1", 1.1, REPRODUCES),
        (EQUAL, "0", 0.4, REPRODUCES),
        (EQUAL, "0", 0.6, DOES_NOT),
        (MORE, "40", 46.3, REPRODUCES),
        (MORE, "40", 40.0, CLOSE),
        (MORE, "40", 39.2, CLOSE),
        (MORE, "1", -0.5, DOES_NOT),
        (LESS, "0.5", 0.126, REPRODUCES),
        (LESS, "0.5", 0.5, CLOSE),
        (LESS, "0.5", 0.6, DOES_NOT),
        (ABOUT, "-10", -10.65, REPRODUCES),
        (ABOUT, "-10", -11.5, CLOSE),
        (ABOUT, "-10", -12.5, DOES_NOT),
        (NEARLY, "30", 29.57, REPRODUCES),
        (NEARLY, "30", 30.0, CLOSE),
        (NEARLY, "30", 30.8, CLOSE),
        (NEARLY, "30", 28.4, DOES_NOT),
        (NEARLY, "-10", -9.4, REPRODUCES),
        (NEARLY, "-10", -10.4, CLOSE),
        (NEARLY, "3", 2.376, DOES_NOT),
        (NEARLY, "3", 2.9, REPRODUCES),
    ],
)
def test_a_number(operator: Operator, stated: str, computed: float, verdict: Verdict) -> None:
    """It rounds to the stated decimals, lies on the stated side, or within the documented tolerance."""
    assert judge_number(operator, read_number(stated), computed) is verdict


@given(st.floats(-1e6, 1e6), st.integers(0, 4))
def test_what_rounds_to_it_reproduces(computed: float, decimals: int) -> None:
    """Whatever is printed of a number bears that print out."""
    printed = f"{computed:.{decimals}f}"

    assert judge_number(EQUAL, read_number(printed), computed) is REPRODUCES


@pytest.mark.parametrize(
    ("stated", "computed", "verdict"),
    [
        ("2021-10/2021-12", "2021-12-09", REPRODUCES),
        ("2021", "2021-01-04", REPRODUCES),
        ("2021-12-09", "2021-12-09", REPRODUCES),
        ("2021-10/2021-12", "2022-01-21", CLOSE),
        ("2021-10/2021-12", "2022-02-01", DOES_NOT),
        ("2021-12-09", "2021-11-08", CLOSE),
        ("2021-12-09", "2021-11-07", DOES_NOT),
    ],
)
def test_a_date(stated: str, computed: str, verdict: Verdict) -> None:
    """A session is judged by the days that the stated date may mean, and forgiven a month."""
    assert judge_date(read_dates(stated), computed) is verdict


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("2024-02", Dates("2024-02-01", "2024-02-29")),
        ("2021-12", Dates("2021-12-01", "2021-12-31")),
        ("2021", Dates("2021-01-01", "2021-12-31")),
        ("2021-12-09/2022", Dates("2021-12-09", "2022-12-31")),
    ],
)
def test_dates_as_loose_as_they_were_stated(text: str, dates: Dates) -> None:
    """A month and a year stand for all their days, and a slash for everything between two of them."""
    assert read_dates(text) == dates


@pytest.mark.parametrize("text", ["", "late 2021", "2021-13", "21-12", "2022/2021", "2021-02-30", "2021-1", "/2021"])
def test_no_dates(text: str) -> None:
    """Text, impossible days, short forms and spans that end before they begin are refused."""
    with pytest.raises(ValueError):
        read_dates(text)


@pytest.mark.parametrize("text", ["", "abc", "1e3", "nan", "inf", "1,000", "1.", ".5", "--1", "٣", "1_0", "+-1", " 1"])
def test_no_number(text: str) -> None:
    """Only what has decimals that can be counted."""
    with pytest.raises(ValueError):
        read_number(text)


@pytest.mark.parametrize(
    ("text", "unit", "near"), [("31", 1, 1.55), ("0.50", 0.01, 0.025), ("-3.07", 0.01, 0.1535), ("1", 1, 0.05)]
)
def test_the_tolerance_follows_from_the_print(text: str, unit: float, near: float) -> None:
    """Near is 5 % of the number or one unit of its last printed place, whichever is more; of one digit only the 5 %."""
    number = Number(text)

    assert number.unit == pytest.approx(unit)
    assert number.near == pytest.approx(near)
