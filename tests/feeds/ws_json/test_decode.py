"""What frames mean: classification, records, fields."""

import json
from typing import Any

import pytest
from structlog.testing import capture_logs

from monitor.core.quotes.raw import RawQuote
from monitor.feeds.port import FrameError
from monitor.feeds.ws_json.decode import Decoder, Meaning
from monitor.feeds.ws_json.shapes import MOST
from tests.feeds.ws_json.vendors import reasons, spec_of, vendor_of

TRADE = {"type": "trade", "data": [{"s": "AAA", "p": 1.5, "t": 1_795_190_400_000}]}


def decoder_of(**decode: Any) -> Decoder:
    return Decoder(spec_of(decode=decode).decode)


def read(document: Any, **decode: Any) -> list[RawQuote | FrameError]:
    """The quotes of a message that is a list of records."""
    return decoder_of(**{"records": "@", **decode}).quotes(document, "x", 9)


def one(record: Any, **decode: Any) -> RawQuote:
    (quote,) = read([record], **decode)
    assert isinstance(quote, RawQuote), quote
    return quote


def test_the_first_that_is_true_counts() -> None:
    """Ignore before answer before data before error: their keys overlap in the wild."""
    rules = {"ignore": "i", "ack": {"when": "a"}, "data": "d", "error": {"when": "e"}}
    decoder = decoder_of(**rules)

    assert decoder.meaning({"i": 1, "a": 1, "d": 1, "e": 1}) is Meaning.IGNORE
    assert decoder.meaning({"a": 1, "d": 1, "e": 1}) is Meaning.ACK
    assert decoder.meaning({"d": 1, "e": 1}) is Meaning.DATA
    assert decoder.meaning({"e": 0}) is Meaning.ERROR
    assert decoder.meaning({"d": [], "e": ""}) is Meaning.UNKNOWN


def test_a_rule_that_cannot_be_asked_of_a_message_is_not_true_of_it() -> None:
    """A function that meets a wrong type does not end the reading of a frame."""
    decoder = decoder_of(ignore="contains(msg, 'x')", data="starts_with(type, 'tr')")

    assert decoder.meaning({"msg": 5, "type": "trade"}) is Meaning.DATA
    assert decoder.meaning(["trade"]) is Meaning.UNKNOWN


def test_numbers_may_be_text_and_nothing_is_not_zero() -> None:
    fields = {"symbol": "s", "price": "p", "bid": "b", "size": "v", "day_volume": "d"}
    quote = one({"s": "A", "p": "342.0157", "b": "", "v": None, "d": "27631112"}, fields=fields)

    assert (quote.price, quote.bid, quote.size, quote.day_volume) == (342.0157, None, None, 27631112.0)


@pytest.mark.parametrize("price", ["abc", True, [1], {"a": 1}])
def test_what_is_no_number_costs_the_record_and_no_other(price: Any) -> None:
    good = {"s": "A", "p": 1, "t": 1}
    quotes = read([good, {**good, "p": price}, good])

    assert [quote.reason if isinstance(quote, FrameError) else quote.price for quote in quotes] == [
        1.0,
        "BAD_FIELD",
        1.0,
    ]


def test_nan_in_json_becomes_no_quote_and_keeps_the_others() -> None:
    """Python programs write NaN, which is no JSON; the record with it is one for the intake to reject."""
    vendor = vendor_of(spec_of())
    vendor.opened(0)
    turn = vendor.received(b'{"type":"trade","data":[{"s":"AAA","p":NaN,"t":1},{"s":"AAA","p":2,"t":1}]}', 1)

    first, second = turn.records
    assert isinstance(first, RawQuote)
    assert first.price != first.price
    assert isinstance(second, RawQuote)
    assert second.price == 2.0


def test_a_mid_price_stands_in_for_a_missing_one() -> None:
    """Exactly between the decimals that were sent; not when a side is missing or empty."""
    fields = {"symbol": "s", "price": {"path": "p", "else_mid": ["b", "a"]}, "bid": "b", "ask": "a"}

    assert one({"s": "A", "a": 1.2, "b": 1.1}, fields=fields).price == 1.15
    assert one({"s": "A", "a": "7.78415", "b": "7.7841"}, fields=fields).price == 7.784125
    assert one({"s": "A", "p": 5, "a": 1.2, "b": 1.1}, fields=fields).price == 5.0
    assert one({"s": "A", "a": 1.2, "b": 0}, fields=fields).price is None
    assert one({"s": "A", "a": 1.2}, fields=fields).price is None


def test_kinds_tell_which_field_means_what() -> None:
    """The same letter is the price of a trade and the close of a bar: a bar moves no price."""
    kind = {"path": "T", "map": {"t": "trade", "b": "bar", "7": "index"}}
    fields = {"symbol": "s", "price": {"by_kind": {"trade": "c", "index": "v"}}, "close": {"by_kind": {"bar": "c"}}}
    rows = [
        {"T": "t", "s": "A", "c": 1},
        {"T": "b", "s": "A", "c": 2},
        {"T": 7, "s": "A", "v": 3},
        {"T": "?", "s": "A"},
    ]
    quotes = read(rows, kind=kind, fields=fields)

    assert [quote.reason if isinstance(quote, FrameError) else quote.price for quote in quotes] == [
        1.0,
        3.0,
        "UNKNOWN_KIND",
    ]
    assert decoder_of(kind=kind, fields=fields).map.values(rows[1], "bar") == {"symbol": "A", "close": 2}


def test_rules_tell_kinds_by_what_a_record_has() -> None:
    kind = {"rules": [["a && b", "quote"], ["p", "trade"]]}
    decoder = decoder_of(kind=kind)

    assert decoder.map.kind({"a": 1, "b": 1, "p": 1}) == "quote"
    assert decoder.map.kind({"p": 0}) == "trade"
    with pytest.raises(FrameError, match="UNKNOWN_KIND"):
        decoder.map.kind({})


def test_trades_that_are_no_last_price_are_counted() -> None:
    """An odd lot, by the vendor's condition, is a trade and moves nothing."""
    rule = "!((c || `[]`)[?contains(`[37]`, @)])"
    quotes = read(
        [{"s": "A", "p": 1, "c": [0, 37]}, {"s": "A", "p": 2, "c": None}, {"s": "A", "p": 3}], moves_price=rule
    )

    assert [quote.reason if isinstance(quote, FrameError) else quote.price for quote in quotes] == [
        "NOT_A_LAST_PRICE",
        2.0,
        3.0,
    ]


def test_sessions_are_translated_and_unknown_words_are_not_guessed() -> None:
    fields = {
        "symbol": "s",
        "price": "p",
        "session": {"path": "ms", "map": {"open": "regular", "1": "pre", "true": "post"}},
    }
    sessions = [
        one({"s": "A", "p": 1, "ms": word}, fields=fields).session for word in ("open", 1, True, "dinner", None)
    ]

    assert sessions == ["regular", "pre", "post", "unknown", None]


@pytest.mark.parametrize(
    ("unit", "value", "ns"),
    [
        ("s", 1605509068, 1_605_509_068_000_000_000),
        ("s", "1605509068", 1_605_509_068_000_000_000),
        ("ms", 1605509068123, 1_605_509_068_123_000_000),
        ("us", 1605509068123456, 1_605_509_068_123_456_000),
        ("ns", 1605509068123456789, 1_605_509_068_123_456_789),
        ("auto", 1605509068, 1_605_509_068_000_000_000),
        ("auto", 1605509068123, 1_605_509_068_123_000_000),
        ("iso", "2021-02-22T15:51:45.3355677Z", 1_614_009_105_335_567_700),
    ],
)
def test_every_unit_of_time(unit: str, value: Any, ns: int) -> None:
    fields = {"symbol": "s", "price": "p", "ts": {"path": "t", "unit": unit}}

    assert one({"s": "A", "p": 1, "t": value}, fields=fields).event_ns == ns


@pytest.mark.parametrize("time", ["yesterday", -5, 10**30, True])
def test_what_is_no_time_costs_the_record(time: Any) -> None:
    (quote,) = read([{"s": "A", "p": 1, "t": time}])

    assert isinstance(quote, FrameError)
    assert quote.reason == "BAD_TIMESTAMP"


def test_a_required_field_must_be_there() -> None:
    (quote,) = read([{"s": "A", "p": 1}], require=["ts"])

    assert isinstance(quote, FrameError)
    assert quote.reason == "BAD_TIMESTAMP"
    assert one({"s": "A", "p": 1}).event_ns is None

    fields = {"symbol": "s", "price": "p", "conditions": "c"}
    (quote,) = read([{"s": "A", "p": 1}], fields=fields, require=["conditions"])
    assert isinstance(quote, FrameError)
    assert one({"s": "A", "p": 1, "c": [1]}, fields=fields, require=["conditions"]).price == 1.0


def test_a_symbol_without_end_is_none() -> None:
    """What the network sends must not grow in the log."""
    (quote,) = read([{"s": "A" * 65, "p": 1}])

    assert isinstance(quote, FrameError)


def test_unknown_shapes_are_told_once_each_and_not_without_end() -> None:
    """A vendor that changes its format is seen in the log; one that invents keys for ever does not fill it. Values,
    which may hold anything, are never told."""
    vendor = vendor_of(spec_of())
    vendor.opened(0)
    with capture_logs() as logs:
        for number in range(3 * MOST):
            for _ in range(2):
                message = {f"k{number}": "VALUE", "\x1b[2J": "VALUE"}
                assert reasons(vendor.received(json.dumps(message).encode(), 1)) == ["UNKNOWN_MESSAGE"]
    shapes = [entry["shape"] for entry in logs if entry["event"] == "feed.unknown_message"]

    assert len(shapes) == len(set(shapes)) == MOST
    assert all(shape.isprintable() and "VALUE" not in shape for shape in shapes)


def test_records_that_are_none_are_counted_one_by_one() -> None:
    quotes = read([None, 5, "x", [], {"s": "A", "p": 1}])

    assert len(quotes) == 5
    assert isinstance(quotes[-1], RawQuote)
