import pytest

from monitor.core.instant import parse_instant
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
        ("2025-02-21T12:00:00Z", "closed, opens in 2 d"),
    ],
)
def test_phase_says_what_comes_next(instant: str, wanted: str) -> None:
    """Before the open, in the morning, at lunch, in the afternoon and over the weekend of Hong Kong."""
    assert sentence(CALENDARS["XHKG"], parse_instant(instant)) == wanted


def test_calendar_that_ends_promises_nothing() -> None:
    """After the last session of the table there is no opening to tell."""
    assert sentence(CALENDARS["XHKG"], parse_instant("2099-01-01T00:00:00Z")) == "closed"


def test_phase_of_an_exchange_is_that_of_its_instruments() -> None:
    """A board without the exchange has no phase of it."""
    snapshot = sample()

    assert phase_of(snapshot, "XNYS") == snapshot.instruments["AAPL"].phase
    assert phase_of(snapshot, "XTKS") is None
