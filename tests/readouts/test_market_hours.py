import pytest

from monitor.core.instant import parse_instant
from monitor.core.session import Calendar
from monitor.readouts.market_hours import phase_of, sentence
from tests.core.market import CALENDARS
from tests.readouts.sample import sample


@pytest.mark.parametrize(
    ("instant", "wanted"),
    [
        ("2025-02-21T01:29:00Z", "pre-open, opens in 1 min"),
        ("2025-02-21T02:00:00Z", "trading, lunch in 2 h 0 m"),
        ("2025-02-21T04:40:00Z", "lunch, opens in 20 min"),
        ("2025-02-21T07:00:00Z", "trading, closes in 1 h 0 m"),
        ("2025-02-21T12:00:00Z", "closed, opens Mon 09:30"),
        ("2025-02-22T12:00:00Z", "closed, opens in 37 h 30 m"),
    ],
)
def test_phase_says_what_comes_next(instant: str, wanted: str) -> None:
    """Before the open, in the morning, at lunch, in the afternoon and over the weekend of Hong Kong."""
    assert sentence(CALENDARS["XHKG"], parse_instant(instant)) == wanted


@pytest.mark.parametrize(
    ("exchange", "instant", "wanted"),
    [
        ("XNYS", "2025-02-17T15:00:00Z", "holiday, opens in 23 h 30 m"),
        ("XNYS", "2025-02-15T15:00:00Z", "closed, opens Tue 09:30"),
        ("XHKG", "2025-01-29T02:00:00Z", "holiday, opens Mon 09:30"),
        ("XHKG", "2025-01-28T17:00:00Z", "holiday, opens Mon 09:30"),
        ("XHKG", "2025-01-28T15:00:00Z", "closed, opens Mon 09:30"),
    ],
)
def test_holiday_is_called_one(exchange: str, instant: str, wanted: str) -> None:
    """A weekday of the exchange without a session is one, from its own midnight on; a weekend is not."""
    assert sentence(CALENDARS[exchange], parse_instant(instant)) == wanted


def test_opening_after_a_golden_week_has_a_date() -> None:
    """Where a weekday could be this week's or the next, the date is said."""
    days = [
        ("2025-09-30", "2025-09-30T01:30:00Z", None, None, "2025-09-30T07:00:00Z"),
        ("2025-10-09", "2025-10-09T01:30:00Z", None, None, "2025-10-09T07:00:00Z"),
    ]
    shanghai = Calendar.from_rows("XSHG", "Asia/Shanghai", days, auction_min=0, pre_min=15, post_min=0)

    assert sentence(shanghai, parse_instant("2025-10-01T02:00:00Z")) == "holiday, opens Thu 9 Oct 09:30"
    assert sentence(shanghai, parse_instant("2025-10-06T02:00:00Z")) == "holiday, opens Thu 09:30"


def test_calendar_that_ends_promises_nothing() -> None:
    """After the last session of the table there is no opening to tell."""
    assert sentence(CALENDARS["XHKG"], parse_instant("2099-01-01T00:00:00Z")) == "closed"


def test_phase_of_an_exchange_is_that_of_its_instruments() -> None:
    """A board without the exchange has no phase of it."""
    snapshot = sample()

    assert phase_of(snapshot, "XNYS") == snapshot.instruments["AAPL"].phase
    assert phase_of(snapshot, "XTKS") is None
