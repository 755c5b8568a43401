"""When a source is said to deliver nothing for a market."""

from monitor.feeds.brokers.silence import Silences
from tests.feeds.board import CALENDARS, at

SYMBOLS = {"700.HK": CALENDARS["XHKG"], "HSTECH.HK": CALENDARS["XHKG"], "AAPL.US": CALENDARS["XNYS"], "X": None}
OPEN, LUNCH, NIGHT = at("06-10T02:00"), at("06-10T04:30"), at("06-10T12:00")


def test_an_open_market_without_a_record_is_missed() -> None:
    """All its symbols, in their order; a market that is shut and a symbol without a market are not."""
    silences = Silences(SYMBOLS, 300.0)
    assert silences.passed(299.0, OPEN) == []
    assert silences.passed(1.0, OPEN) == ["700.HK", "HSTECH.HK"]
    assert silences.markets() == ["XHKG"]
    assert (silences.market("700.HK"), silences.market("AAPL.US"), silences.market("X")) == ("XHKG", None, None)


def test_one_record_of_any_symbol_breaks_it() -> None:
    silences = Silences(SYMBOLS, 300.0)
    silences.passed(300.0, OPEN)
    silences.broken("HSTECH.HK")
    assert silences.markets() == []
    assert silences.passed(299.0, OPEN) == []


def test_time_of_a_shut_market_does_not_count() -> None:
    """Neither lunch nor night adds to it, and a morning does not count in the afternoon; once found, it lasts, but
    nothing is wanted while the market is shut."""
    silences = Silences(SYMBOLS, 300.0)
    silences.passed(200.0, OPEN)
    assert silences.passed(3_600.0, LUNCH) == []
    assert silences.passed(200.0, OPEN) == []
    silences.passed(100.0, OPEN)
    assert silences.passed(3_600.0, NIGHT) == []
    assert silences.markets() == ["XHKG"]
    assert silences.passed(1.0, OPEN) == ["700.HK", "HSTECH.HK"]
