"""Numbers, spans and dates as sentences say them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.views.basket import ValueView
from monitor.readouts import phrases
from tests.readouts.sample import sample


@pytest.mark.parametrize(
    ("a", "b", "told"),
    [
        (31.14, 1.10, "30.0 points ahead"),
        (1.10, 31.14, "30.0 points behind"),
        (31.14, 1.06, "30.1 points ahead before rounding"),  # printed as 31.1 and 1.1
        (-1.04, 1.04, "2.1 points behind before rounding"),
        (0.04, -0.04, "0.1 points ahead before rounding"),
        (5.0, 5.0, "level"),
        (5.02, 5.04, "level"),
        (5.04, 5.06, "level before rounding"),  # printed as 5.0 and 5.1
        (1500.0, 0.0, "1,500.0 points ahead"),
    ],
)
def test_a_gap(a: float, b: float, told: str) -> None:
    """Rounded from the exact difference; where the printed numbers do not add up to it, it says so."""
    assert phrases.gap(a, b) == told


@given(st.floats(-500, 500), st.floats(-500, 500))
def test_a_gap_is_never_wrong(a: float, b: float) -> None:
    """The number told is the difference to one decimal, and it is what the printed numbers give unless it says not."""
    told = phrases.gap(a, b)

    size = 0.0 if told.startswith("level") else float(told.split()[0].replace(",", ""))
    assert abs(size - abs(a - b)) <= 0.05 + 1e-9
    printed = abs(round(round(a, 1) - round(b, 1), 1))
    assert (printed == size) == ("before rounding" not in told)


def test_a_gap_can_name_the_other_side() -> None:
    """With its number, and only behind that whether the parts add up."""
    assert phrases.gap(43.12, 31.14, of="Hang Seng TECH") == "12.0 points ahead of Hang Seng TECH (+31.1 %)"
    assert phrases.gap(-1.6, 2.8, of="Nasdaq-100") == "4.4 points behind Nasdaq-100 (+2.8 %)"
    assert phrases.gap(9.36, 4.24, of="Nasdaq-100") == "5.1 points ahead of Nasdaq-100 (+4.2 %) before rounding"
    assert phrases.gap(1.0, 1.0, of="Nasdaq-100") == "level with Nasdaq-100 (+1.0 %)"


@pytest.mark.parametrize(
    ("ref_date", "t", "told"),
    [
        ("2026-08-21", "2026-08-27T23:59:59.999Z", ""),
        ("2026-08-21", "2026-08-28T00:00:00.000Z", "As of 21 August 2026: "),
        ("2026-08-21", "2030-01-01T00:00:00.000Z", "As of 21 August 2026: "),
        (None, "2010-01-01T00:00:00.000Z", ""),
    ],
)
def test_long_ago(ref_date: str | None, t: str, told: str) -> None:
    """After a week without any session `this year` could be another one: the session is named."""
    assert phrases.long_ago(ref_date, t) == told


@pytest.mark.parametrize(
    ("value", "told"),
    [(31.14, "+31.1 %"), (-1.56, "−1.6 %"), (0.04, "0.0 %"), (-0.04, "0.0 %"), (1234.5, "+1,234.5 %")],
)
def test_a_percentage(value: float, told: str) -> None:
    """What rounds to zero has no sign."""
    assert phrases.percent(value) == told


@pytest.mark.parametrize(
    ("window", "told"),
    [
        ("YTD", "this year"),
        ("1M", "in a month"),
        ("5S", "in 5 sessions"),
        ("SINCE:2025-01-13", "since 13 January 2025"),
    ],
)
def test_a_span(window: str, told: str) -> None:
    assert phrases.span(window) == told


@pytest.mark.parametrize(
    ("session", "official", "told"),
    [
        ("2025-02-21", True, ""),
        ("2025-02-20", True, " at Thursday's close"),
        ("2025-02-20", False, " as of Thursday"),
        ("2025-02-15", True, " at Saturday's close"),
        ("2025-02-14", True, " at the close of 14 February 2025"),
        ("2024-12-31", False, " as of 31 December 2024"),
    ],
)
def test_an_older_session(session: str, official: bool, told: str) -> None:
    """By its weekday within six days, so that it cannot be taken for the same day of this week."""
    assert phrases.at_close(session, "2025-02-21", official=official) == told


@pytest.mark.parametrize(
    ("added", "missing", "told"),
    [
        (439e9, {}, "$439 billion of market value added"),
        (-588.5e9, {}, "$588 billion of market value lost"),
        (4.26e9, {}, "$4.3 billion of market value added"),
        (9.96e9, {}, "$10 billion of market value added"),
        (999.6e9, {}, "$1.00 trillion of market value added"),
        (63e9, {"0981.HK": "NO_SHARES"}, "$63 billion of market value added without SMIC"),
    ],
)
def test_market_value(added: float, missing: dict[str, str], told: str) -> None:
    value = ValueView(added_usd=added, actual_usd=None, status="OK", missing=missing)

    assert phrases.value_added(sample(), value) == told


def test_how_many_rose() -> None:
    assert [phrases.rose(count, 7) for count in (0, 1, 7)] == [
        "none of 7 members rose",
        "1 of 7 members rose",
        "all 7 members rose",
    ]


def test_names_are_listed() -> None:
    assert phrases.names_of(sample(), {"0981.HK": "", "AAPL": "", "X": ""}) == "SMIC, Apple and X"
