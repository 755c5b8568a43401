"""What Futu's messages mean: times, prices outside regular hours, the previous close, suspensions."""

from typing import Any

import pytest

from monitor.core.instant import SECOND
from monitor.core.quotes.intake import BAD_FIELD, UNKNOWN_SYMBOL
from monitor.core.quotes.raw import RawHalt, RawQuote
from monitor.feeds.brokers.futu_book import FutuBook
from monitor.feeds.port import FrameError
from monitor.feeds.timestamps import BAD_TIMESTAMP
from tests.feeds.board import CALENDARS, at
from tests.real import futu_wire as wire

BOOK = {"HK.00700": CALENDARS["XHKG"], "US.NVDA": CALENDARS["XNYS"]}


def quote(symbol: str, price: float, when: str, **more: Any) -> Any:
    return wire.quote(symbol=symbol, curPrice=price, updateTimestamp=at(when) / SECOND, **more)


def records(book: FutuBook, message: Any, now: str) -> list[tuple[float | None, str | None, int | None]]:
    return [
        (item.price, item.session, item.event_ns) for item in book.read(message, at(now)) if isinstance(item, RawQuote)
    ]


@pytest.mark.parametrize(
    ("symbol", "text", "when"),
    [
        ("HK.00700", "2025-06-10 10:00:00", "06-10T02:00"),
        ("US.NVDA", "2025-06-10 10:00:00", "06-10T14:00"),
    ],
)
def test_a_text_of_time_is_in_the_zone_of_its_market(symbol: str, text: str, when: str) -> None:
    """Where there is no time stamp."""
    message = wire.quote(symbol=symbol, curPrice=1.0, updateTime=text)
    assert records(FutuBook(BOOK), message, when) == [(1.0, "regular", at(when))]


def test_a_time_stamp_goes_before_the_text() -> None:
    """Its fractions of a second too."""
    message = wire.quote(
        symbol="HK.00700",
        curPrice=1.0,
        updateTime="2025-06-10 11:11:11",
        updateTimestamp=at("06-10T02:00") / SECOND + 0.25,
    )
    assert records(FutuBook(BOOK), message, "06-10T02:00") == [(1.0, "regular", at("06-10T02:00") + SECOND // 4)]


def test_prices_outside_regular_hours_stay_apart() -> None:
    """Before the opening the time of the message is that of the pre-market price: that is the record, and the regular
    price, which is yesterday's, is none until it changes."""
    book = FutuBook(BOOK)
    early = quote("US.NVDA", 180.5, "06-10T12:00", preMarket=182.1)
    assert records(book, early, "06-10T12:00") == [(182.1, "pre", at("06-10T12:00"))]
    later = quote("US.NVDA", 180.5, "06-10T12:01", preMarket=182.2)
    assert records(book, later, "06-10T12:01") == [(182.2, "pre", at("06-10T12:01"))]
    repeated = quote("US.NVDA", 180.5, "06-10T12:02", preMarket=182.2)
    assert records(book, repeated, "06-10T12:02") == []
    opened = quote("US.NVDA", 183.0, "06-10T13:30", preMarket=182.2, volume=9)
    assert records(book, opened, "06-10T13:30") == [(183.0, "regular", at("06-10T13:30"))]


def test_a_print_just_after_the_close_is_the_day_s() -> None:
    """A message of 16:00:00 has the time of the regular price; one of 16:30 that of the price after hours."""
    book = FutuBook(BOOK)
    closed = quote("US.NVDA", 183.0, "06-10T20:00", afterMarket=183.1)
    assert records(book, closed, "06-10T20:00") == [(183.0, "regular", at("06-10T20:00"))]
    after = quote("US.NVDA", 183.0, "06-10T20:30", afterMarket=184.0)
    assert records(book, after, "06-10T20:30") == [(184.0, "post", at("06-10T20:30"))]


def test_an_old_price_outside_regular_hours_is_not_taken_for_new() -> None:
    """Pulled at night, nobody knows how old the post-market price is; when it changes, it has just happened."""
    book = FutuBook(BOOK)
    pulled = quote("US.NVDA", 183.0, "06-10T20:00", afterMarket=184.0, overnight=184.5)
    assert records(book, pulled, "06-11T03:00") == [(183.0, "regular", at("06-10T20:00"))]
    moved = quote("US.NVDA", 183.0, "06-10T20:00", afterMarket=184.0, overnight=184.6)
    assert (184.6, "overnight", None) in records(book, moved, "06-11T03:01")


@pytest.mark.parametrize(
    ("event", "now", "prev_close"),
    [
        ("06-10T02:00", "06-10T02:00", 498.0),
        ("06-09T08:00", "06-10T02:00", None),
        ("06-09T08:00", "06-10T00:55", None),
    ],
)
def test_the_previous_close_goes_with_its_session(event: str, now: str, prev_close: float | None) -> None:
    """Not with a price of the session before, and with none while it may be changing."""
    [record, _] = FutuBook(BOOK).read(quote("HK.00700", 500.0, event, lastClosePrice=498.0), at(now))
    assert isinstance(record, RawQuote)
    assert record.prev_close == prev_close


def test_a_suspension_is_said_when_it_changes() -> None:
    book = FutuBook(BOOK)
    halts = [
        [
            item.halted
            for item in book.read(quote("HK.00700", 500.0, "06-10T02:00", isSuspended=suspended), at("06-10T02:00"))
            if isinstance(item, RawHalt)
        ]
        for suspended in (True, True, False)
    ]
    assert halts == [[True], [], [False]]


def test_what_is_no_quote() -> None:
    """No price, no readable time, an unknown symbol: said why."""
    book, now = FutuBook(BOOK), at("06-10T02:00")
    reasons = [
        book.read(quote("HK.00700", 0.0, "06-10T02:00"), now)[0],
        book.read(wire.quote(symbol="HK.00700", curPrice=1.0, updateTime="soon"), now)[0],
        book.read(wire.quote(symbol="HK.00700", curPrice=1.0, updateTimestamp=float("inf")), now)[0],
        book.read(quote("HK.00001", 1.0, "06-10T02:00"), now)[0],
    ]
    assert [error.reason for error in reasons if isinstance(error, FrameError)] == [
        BAD_FIELD,
        BAD_TIMESTAMP,
        BAD_TIMESTAMP,
        UNKNOWN_SYMBOL,
    ]
