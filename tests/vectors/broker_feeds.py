"""Frames of brokers' protocols, which their SDKs decode: by the codecs of the test servers, then by our own reading.

That the SDKs make the same of them is shown by `tests/real/test_longbridge.py` and `tests/real/test_futu.py`, which run
them against servers with these codecs.
"""

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from google.protobuf.json_format import MessageToDict

from monitor.core.quotes.raw import RawQuote
from monitor.core.session import Calendar
from monitor.feeds.brokers.futu_book import FutuBook, extended_prices, symbol_of
from monitor.feeds.brokers.longbridge_book import LongbridgeBook
from monitor.feeds.brokers.sdk_bridge import Decoded
from tests.real import futu_wire, longbridge_wire

RECEIVED_NS = 1_795_200_000_000_000_000

ALWAYS = Calendar.from_rows(
    "ALWAYS", "UTC", [["2000-01-01", "2000-01-01T00:00Z", None, None, "2100-01-01T00:00Z"]], 0, 0, 0
)
"""One session without end: every quote of a fixture is of the regular day that its previous close belongs to."""

Problems = list[str]

_ENUMS = {
    "sub_type": {"QUOTE": 1, "DEPTH": 2, "BROKERS": 3, "TRADE": 4},
    "trade_session": {"NORMAL_TRADE": 0, "PRE_TRADE": 1, "POST_TRADE": 2, "OVERNIGHT_TRADE": 3},
    "tag": {"Normal": 0, "Eod": 1},
    "period": {"DAY": 1000},
    "adjust_type": {"NO_ADJUST": 0, "FORWARD_ADJUST": 1},
    "query_type": {"QUERY_BY_OFFSET": 1, "QUERY_BY_DATE": 2},
    "command": {"Subscribe": 6},
    "code": {
        "HeartbeatTimeout": 0,
        "ServerError": 1,
        "ServerShutdown": 2,
        "UnpackError": 3,
        "AuthError": 4,
        "SessExpired": 5,
        "ConnectDuplicate": 6,
    },
}
"""Field → words of the fixtures → numbers of the wire (FEEDS 8.1 to 8.3)."""

_SESSIONS = ("TradeSession.Intraday", "TradeSession.Pre", "TradeSession.Post", "TradeSession.Overnight")
_STATES = ("Normal", "Halted", "Delisted", "Fuse", "PrepareList", "CodeMoved", "ToBeOpened", "SplitStockHalts")


def checker(suite: str) -> Callable[[Mapping[str, Any]], Problems | None]:
    """What checks the rows of a fixture file, in their order. It returns None for a row that it does not know."""
    return Futu().check if "futu" in suite else Longbridge().check


class Longbridge:
    """Remembers what was pushed, as the SDK does: a push holds what has changed."""

    def __init__(self) -> None:
        self._merged: dict[str, dict[str, Any]] = {}
        self._books: dict[str, LongbridgeBook] = {}

    def check(self, case: Mapping[str, Any]) -> Problems | None:
        """One row."""
        match case.get("dir"):
            case "http":
                return _keys(longbridge_wire.PASSWORD, case["response"])
            case "url":
                got = dict(parse_qsl(urlsplit(case["frame"]).query))
                return [] if got == longbridge_wire.HANDSHAKE else [f"query {got}"]
            case "c2s" | "s2c" if "frame_hex" in case:
                return self._packet(case)
        return None

    def _packet(self, case: Mapping[str, Any]) -> Problems | None:
        packet = longbridge_wire.unpack(bytes.fromhex(case["frame_hex"]))
        name = str(case["message"]).partition(".")[2].split()[0]
        try:
            message = longbridge_wire.parse(name, packet.body)
        except KeyError:
            return None
        problems = _fields(case.get("fields", {}), MessageToDict(message, preserving_proto_field_name=True))
        expected = case.get("expected_quote")
        decoded = self._read(name, message)
        if expected is None:
            return problems
        return problems + _quote(expected, decoded, lambda quote: quote.source_symbol == expected["symbol"])

    def _read(self, name: str, message: Any) -> list[Decoded]:
        if name == "SecurityQuoteResponse":
            quotes = [_pulled(quote) for quote in message.secu_quote]
            return [item for quote in quotes for item in self._book(quote.symbol).pulled(quote, RECEIVED_NS)]
        if name == "PushQuote" and message.tag == 0:  # the SDK keeps after-close revisions to itself
            symbol = message.symbol
            merged = self._merged.setdefault(symbol, {})
            merged.update({field.name: value for field, value in message.ListFields()})
            return self._book(symbol).pushed(symbol, _pushed(message, merged), RECEIVED_NS)
        return []

    def _book(self, symbol: str) -> LongbridgeBook:
        return self._books.setdefault(symbol, LongbridgeBook({symbol: ALWAYS}))


class Futu:
    """Each row stands for itself."""

    def check(self, case: Mapping[str, Any]) -> Problems | None:
        """One row."""
        if "frame_hex" not in case:
            return None
        frame = bytes.fromhex(case["frame_hex"])
        head, body = futu_wire.read_header(frame[: futu_wire.HEADER_BYTES]), frame[futu_wire.HEADER_BYTES :]
        if (head.proto, head.length) != (case["proto_id"], len(body)):
            return [f"header {head}"]
        if head.sha1 != hashlib.sha1(body, usedforsecurity=False).digest():
            return ["the digest is not that of the body"]
        try:
            read = futu_wire.request if str(case["message"]).endswith("Request") else futu_wire.read_response
            message = read(head.proto, body)
        except KeyError:
            return None
        problems = _fields(case.get("fields", {}), MessageToDict(message))
        quotes = getattr(getattr(message, "s2c", None), "basicQotList", ())
        expected = case.get("expected_quote", [])
        for wanted in expected if isinstance(expected, list) else [expected]:
            quote = next((quote for quote in quotes if symbol_of(quote.security) == wanted["symbol"]), None)
            problems += [f"no {wanted['symbol']}"] if quote is None else self._one(wanted, quote)
        return problems

    @staticmethod
    def _one(wanted: Mapping[str, Any], quote: Any) -> Problems:
        outside = {"pre_market_price": "pre", "after_market_price": "post", "overnight_price": "overnight"}
        extended = extended_prices(quote)
        problems = [
            f"{name}: expected {wanted[name]}, got {extended.get(session)}"
            for name, session in outside.items()
            if name in wanted and extended.get(session) != wanted[name]
        ]
        plain = {name: value for name, value in wanted.items() if name not in outside}
        symbol = symbol_of(quote.security)
        return problems + _quote(plain, FutuBook({symbol: None}).read(quote, RECEIVED_NS), lambda quote: True)


def _pulled(message: Any) -> SimpleNamespace:
    """A SecurityQuote as the SDK gives it."""
    block = {
        "pre_market_quote": message.pre_market_quote if message.HasField("pre_market_quote") else None,
        "post_market_quote": message.post_market_quote if message.HasField("post_market_quote") else None,
        "overnight_quote": message.over_night_quote if message.HasField("over_night_quote") else None,
    }
    quote = _plain(message, trade_status=_state(message.trade_status), symbol=message.symbol)
    quote.__dict__.update({name: _plain(inner) if inner is not None else None for name, inner in block.items()})
    return quote


def _pushed(message: Any, merged: Mapping[str, Any]) -> SimpleNamespace:
    """A PushQuote as the SDK gives it: figures from earlier pushes where this one has none."""
    quote = _plain(
        message,
        trade_session=_SESSIONS[message.trade_session],
        trade_status=_state(message.trade_status),
        current_volume=message.current_volume,
    )
    quote.last_done, quote.volume = Decimal(merged.get("last_done") or 0), merged.get("volume", 0)
    return quote


def _plain(message: Any, **more: Any) -> SimpleNamespace:
    return SimpleNamespace(
        last_done=Decimal(message.last_done or 0),
        prev_close=Decimal(getattr(message, "prev_close", "") or 0),
        timestamp=datetime.fromtimestamp(message.timestamp),  # noqa: DTZ006  (local and without a zone, as the SDK's)
        volume=message.volume,
        **more,
    )


def _state(number: int) -> str:
    return f"TradeStatus.{_STATES[number] if number < len(_STATES) else 'Suspend'}"


def _quote(expected: Mapping[str, Any], decoded: list[Decoded], wanted: Callable[[RawQuote], bool]) -> Problems:
    quotes = [item for item in decoded if isinstance(item, RawQuote) and wanted(item)]
    if not quotes:
        return [f"no quote of {expected.get('symbol')}: {decoded}"]
    quote = quotes[0]
    got = {
        "symbol": quote.source_symbol,
        "price": quote.price,
        "prev_close": quote.prev_close,
        "ts_ms": quote.event_ns // 1_000_000 if quote.event_ns is not None else None,
        "day_volume": quote.day_volume,
        "session": quote.session,
    }
    return [
        f"{name}: expected {value!r}, got {got.get(name)!r}"
        for name, value in expected.items()
        if got.get(name) != value
    ]


def _fields(expected: Mapping[str, Any], got: Any, path: str = "") -> Problems:
    """What a message must hold; it may hold more. Numbers may be text, and enumerated values words."""
    problems = []
    for name, value in expected.items():
        problems += _value(value, _found(got, name), f"{path}{name}")
    return problems


def _found(got: Any, name: str) -> Any:
    if isinstance(got, list):  # a map of the wire: a list of pairs
        return next((pair.get("value") for pair in got if pair.get("key") == name), None)
    return got.get(name)


def _value(expected: Any, got: Any, path: str) -> Problems:
    if isinstance(expected, dict):
        return _fields(expected, got if got is not None else {}, f"{path}.")
    if isinstance(expected, list):
        found = got or []
        if len(found) != len(expected):
            return [f"{path}: {len(expected)} expected, {len(found)} found"]
        return [problem for i, one in enumerate(expected) for problem in _value(one, found[i], path)]
    words = _ENUMS.get(path.rpartition(".")[2], {})
    expected = words.get(expected, expected) if isinstance(expected, str) else expected
    same = got == expected or str(got) == str(expected) or (not expected and got is None)
    return [] if same else [f"{path}: expected {expected!r}, got {got!r}"]


def _keys(shape: Mapping[str, Any], got: Mapping[str, Any]) -> Problems:
    missing = sorted((shape.keys() - got.keys()) | (shape["data"].keys() - got.get("data", {}).keys()))
    return [f"without {', '.join(missing)}"] if missing else []
