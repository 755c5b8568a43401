"""What Longbridge's quotes mean: which previous close goes with which price, volumes, halts, hours outside the day."""

from datetime import datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from monitor.core.instant import SECOND
from monitor.core.quotes.intake import BAD_FIELD, UNKNOWN_SYMBOL
from monitor.core.quotes.raw import RawClose, RawHalt, RawQuote
from monitor.feeds.brokers.longbridge_book import LongbridgeBook
from monitor.feeds.port import FrameError
from monitor.feeds.timestamps import BAD_TIMESTAMP
from tests.feeds.board import CALENDARS, at

BOOK = {"700.HK": CALENDARS["XHKG"], "AAPL.US": CALENDARS["XNYS"]}


def quote(price: str, when: str | None, prev_close: str = "0", volume: int = 0, **more: Any) -> Any:
    """A quote with the SDK's types: decimals, and times in this process's zone without saying so."""
    seconds = at(when) // SECOND if when else 0
    plain = {"trade_status": "TradeStatus.Normal", "trade_session": "TradeSession.Intraday", "current_volume": 0}
    blocks = dict.fromkeys(("pre_market_quote", "post_market_quote", "overnight_quote"))
    return SimpleNamespace(
        last_done=Decimal(price),
        prev_close=Decimal(prev_close),
        timestamp=datetime.fromtimestamp(seconds),  # noqa: DTZ006
        volume=volume,
        **plain | blocks | more,
    )


def quotes(decoded: list[Any]) -> list[RawQuote]:
    return [item for item in decoded if isinstance(item, RawQuote)]


def test_a_previous_close_goes_with_prices_of_its_session_only() -> None:
    """Pulled on Tuesday morning in Hong Kong, it goes with pushes of Tuesday, and no longer with those of Wednesday."""
    book = LongbridgeBook(BOOK)
    [pulled] = quotes(book.pulled(quote("500", "06-10T02:00", "498", symbol="700.HK"), at("06-10T02:00")))
    [same_day] = quotes(book.pushed("700.HK", quote("501", "06-10T06:00"), at("06-10T06:00")))
    [next_day] = quotes(book.pushed("700.HK", quote("502", "06-11T02:00"), at("06-11T02:00")))
    assert (pulled.prev_close, same_day.prev_close, next_day.prev_close) == (498.0, 498.0, None)


@pytest.mark.parametrize("now", ["06-09T23:00", "06-10T00:45", "06-10T01:00", "06-10T01:29"])
def test_a_previous_close_pulled_before_the_opening_is_not_believed(now: str) -> None:
    """It changes at about 08:50 in Hong Kong (00:50 UTC), and until the opening it may be either."""
    book = LongbridgeBook(BOOK)
    [pulled] = quotes(book.pulled(quote("500", "06-09T08:00", "498", symbol="700.HK"), at(now)))
    assert pulled.prev_close is None
    assert book.without_close(["700.HK"], at(now)) == []


def test_a_price_of_yesterday_is_not_given_the_close_of_today() -> None:
    """A line that has not traded since the opening: its last price is of Monday, the previous close that of Monday."""
    book = LongbridgeBook(BOOK)
    [pulled] = quotes(book.pulled(quote("500", "06-09T08:00", "500", symbol="700.HK"), at("06-10T01:31")))
    [traded] = quotes(book.pushed("700.HK", quote("503", "06-10T01:32"), at("06-10T01:32")))
    assert (pulled.prev_close, traded.prev_close) == (None, 500.0)


def test_what_an_opened_market_still_wants() -> None:
    """After the opening each line wants its previous close once a session; a market that is shut wants none."""
    book = LongbridgeBook(BOOK)
    assert book.without_close(BOOK, at("06-10T02:00")) == ["700.HK"]
    book.pulled(quote("500", "06-10T02:00", "498", symbol="700.HK"), at("06-10T02:00"))
    assert book.without_close(BOOK, at("06-10T02:00")) == []
    assert book.without_close(BOOK, at("06-10T14:00")) == ["AAPL.US"]
    assert book.without_close(BOOK, at("06-11T02:00")) == ["700.HK"]


def test_hours_outside_the_day_are_quotes_of_their_own() -> None:
    """After the close: the regular price, the post-market price, and the close of the day that the latter is measured
    from; the morning's pre-market price is over. The volume of the day stays that of the day."""
    book = LongbridgeBook(BOOK)
    whole = quote(
        "183.8",
        "06-10T20:00",
        "180.5",
        161,
        symbol="AAPL.US",
        pre_market_quote=quote("182.1", "06-10T12:00", "180.5", 100),
        post_market_quote=quote("184.0", "06-10T21:00", "183.8", 50),
    )
    decoded = book.pulled(whole, at("06-10T21:01"))
    known = [(raw.price, raw.session, raw.prev_close, raw.day_volume) for raw in quotes(decoded)]
    assert known == [(183.8, "regular", 180.5, 161.0), (184.0, "post", None, 161.0)]
    assert [item for item in decoded if isinstance(item, RawClose)] == [
        RawClose("longbridge", "AAPL.US", "2025-06-10", 183.8, at("06-10T21:01"))
    ]


@pytest.mark.parametrize(
    ("session", "name"),
    [("Intraday", "regular"), ("Pre", "pre"), ("Post", "post"), ("Overnight", "overnight"), ("Unheard", None)],
)
def test_every_session_has_its_word(session: str, name: str | None) -> None:
    """And the volume of hours outside the day is not taken for the day's."""
    pushed = quote("184", "06-10T12:00", volume=77, trade_session=f"TradeSession.{session}")
    [raw] = quotes(LongbridgeBook(BOOK).pushed("AAPL.US", pushed, at("06-10T12:00")))
    assert raw.session == name
    assert raw.day_volume == (77.0 if session == "Intraday" else None)


@pytest.mark.parametrize(
    ("state", "halted"),
    [("Normal", False), ("Halted", True), ("Fuse", True), ("SplitStockHalts", True), ("Suspend", True)]
    + [(state, False) for state in ("Delisted", "PrepareList", "CodeMoved", "ToBeOpened", "Expired")],
)
def test_which_states_are_halts(state: str, halted: bool) -> None:
    """Said once, and again when it changes."""
    book = LongbridgeBook(BOOK)
    whole = quote("500", "06-10T02:00", symbol="700.HK", trade_status=f"TradeStatus.{state}")
    first, second = book.pulled(whole, at("06-10T02:00")), book.pulled(whole, at("06-10T02:01"))
    assert [item.halted for item in first if isinstance(item, RawHalt)] == [halted]
    assert not any(isinstance(item, RawHalt) for item in second)


def test_what_is_no_quote() -> None:
    """No price yet, a pull without a time, an unknown symbol: said why. A push without a time happened now."""
    book = LongbridgeBook(BOOK)
    reasons = [
        book.pushed("700.HK", quote("0", "06-10T02:00"), at("06-10T02:00")),
        book.pulled(quote("500", None, symbol="700.HK"), at("06-10T02:00")),
        book.pulled(quote("500", "06-10T02:00", symbol="1.HK"), at("06-10T02:00")),
        book.pushed("1.HK", quote("500", "06-10T02:00"), at("06-10T02:00")),
    ]
    failed = [next(item for item in decoded if isinstance(item, FrameError)) for decoded in reasons]
    assert [error.reason for error in failed] == [BAD_FIELD, BAD_TIMESTAMP, UNKNOWN_SYMBOL, UNKNOWN_SYMBOL]
    [untimed] = quotes(book.pushed("700.HK", quote("500", None), at("06-10T02:00")))
    assert untimed.event_ns is None
