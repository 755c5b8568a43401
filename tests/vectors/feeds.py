"""Frames of feeds: what each adapter makes of them, against the quotes that the fixtures expect.

Rows are told apart by their keys. Prices are compared to the feed's own precision, closes that are worked out from two
float32 numbers to `price_hint`, everything else exactly.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from monitor.assembly.mqtt import make_decoder
from monitor.core.definition import Instrument, Kind
from monitor.core.event import EVENT_TIME_IS_RECEIPT, RETAINED, OfficialClose, Quote
from monitor.core.quotes.intake import Intake
from monitor.core.quotes.raw import RawQuote
from monitor.core.session import Calendar
from monitor.feeds.mqtt.payload import BAD_PAYLOAD
from monitor.feeds.port import FrameError
from monitor.feeds.yahoo.streamer import BAD_FRAME, Yahoo, parse_frame, raw_quote, reference_close
from monitor.feeds.yahoo.wire import Pricing
from monitor.settings.tree import MqttDecodeSection, MqttTopicSection
from tests.vectors import baselines, json_feeds, webull
from tests.vectors.feed_protocol import protocol_of
from tests.vectors.result import CaseResult

RECEIVED_NS = 1_795_200_000_000_000_000
"""When every frame is said to have arrived."""

QUOTE_TYPES = {
    0: "none",
    5: "altsymbol",
    7: "heartbeat",
    8: "equity",
    9: "index",
    11: "mutual_fund",
    12: "money_market",
    13: "option",
    14: "currency",
    15: "warrant",
    17: "bond",
    18: "future",
    20: "etf",
    23: "commodity",
    28: "ecn_quote",
    41: "crypto",
    42: "indicator",
    1000: "industry",
}
"""Yahoo's quote_type → the word of the fixtures."""

Problems = list[str]


def run_file(document: Mapping[str, Any], calendars: Mapping[str, Calendar]) -> Iterable[CaseResult]:
    """Every row of one fixture file. Files of feeds that the project does not have yet are unsupported."""
    cases = document["cases"]
    protocol = protocol_of(str(document["suite"]), [case for case in cases if isinstance(case, dict)])
    check = _checker(protocol)
    for number, case in enumerate(cases, 1):
        case_id = str(case.get("id", f"row {number}")) if isinstance(case, dict) else f"row {number}"
        try:
            problems = check(case) if isinstance(case, dict) else None
        except Exception as error:  # a row that raises has failed; the others still run
            problems = [f"{type(error).__name__}: {error}"]
        if problems is None:
            yield CaseResult.unsupported(case_id, f"feed {document['suite']}")
        else:
            yield CaseResult.failed(case_id, "; ".join(problems)) if problems else CaseResult.passed(case_id)


def _checker(protocol: str) -> Callable[[Mapping[str, Any]], Problems | None]:
    """What checks the rows of a file, in their order: None is its answer to a row that it does not know."""
    of_protocol = _of_protocol(protocol)

    def check(case: Mapping[str, Any]) -> Problems | None:
        if "raw" in case and "decoded" in case:
            return _captured(case)
        if "frame" in case and ("wire_fields" in case or protocol == "yahoo"):
            return _yahoo(case)
        if {"topic", "payload", "qos", "expected"} <= case.keys():
            return _mqtt(case)
        return of_protocol(case)

    return check


def _of_protocol(protocol: str) -> Callable[[Mapping[str, Any]], Problems | None]:
    if protocol == "webull":
        return webull.problems_of
    if protocol in ("longbridge", "futu"):
        from tests.vectors import broker_feeds  # needs the SDKs

        return broker_feeds.checker(protocol)
    feed = json_feeds.shipped(protocol) if protocol else None
    if feed is None:
        return baselines.problems_of
    return lambda case: json_feeds.check(case, feed) if "frame" in case else None


def _captured(case: Mapping[str, Any]) -> Problems:
    """A captured frame with all its fields, named in camel case and as float32 numbers."""
    pricing = parse_frame(case["raw"].encode())
    expected = {_snake(name): value for name, value in case["decoded"].items() if name != "time_utc"}
    return ["ignored"] if pricing is None else _fields(pricing, expected)


def _yahoo(case: Mapping[str, Any]) -> Problems:
    verdict, pricing, events = _outcome(case["frame"].encode())
    expected = case.get("expected", "quote")
    if verdict != expected:
        return [f"expected {expected}, got {verdict}"]
    if pricing is None or "expected_quote" not in case:
        return []
    problems = _fields(pricing, case.get("wire_fields", {}))
    quote = next((event for event in events if isinstance(event, Quote)), None)
    return [*problems, *_quote(case["expected_quote"], quote, pricing)]


def _outcome(frame: bytes) -> tuple[str, Pricing | None, list[Any]]:
    """What the fixtures call it: quote, ignore, decode_error or reject."""
    try:
        pricing = parse_frame(frame)
    except FrameError as error:
        return ("decode_error" if error.reason == BAD_FRAME else "ignore"), None, []
    if pricing is None:
        return "ignore", None, []
    # As text, in which NaN equals itself.
    assert repr(Yahoo([]).received(frame, RECEIVED_NS).records) == repr([raw_quote(pricing, "yahoo", RECEIVED_NS)])
    events = _accepted(raw_quote(pricing, "yahoo", RECEIVED_NS))
    return ("quote" if events else "reject"), pricing, events


def _quote(expected: Mapping[str, Any], quote: Quote | None, pricing: Pricing) -> Problems:
    if quote is None:
        return ["no quote"]
    reference = reference_close(pricing)
    precision = 0.5000001 * 10.0 ** -(pricing.price_hint if pricing.price_hint is not None else 2)
    got = {
        "symbol": quote.symbol,
        "price": quote.price,
        "ts_ms": quote.event_ns // 1_000_000,
        "session": quote.session,
        "instrument": QUOTE_TYPES.get(pricing.quote_type or 0),
        "exchange": pricing.exchange,
        "currency": quote.currency,
        "change": pricing.change,
        "change_pct": pricing.change_percent,
        "day_volume": quote.day_volume,
        "day_high": pricing.day_high,
        "day_low": pricing.day_low,
        "open": pricing.open_price,
        "prev_close_explicit": pricing.previous_close,
        "ref_close": reference[0] if reference else None,
        "ref_close_kind": reference[1].value if reference else None,
    }
    exact = {name: value for name, value in expected.items() if name != "ref_close"}
    problems = _differences(exact, got)
    close = expected.get("ref_close")
    if close is not None and (got["ref_close"] is None or abs(got["ref_close"] - close) > precision):
        problems.append(f"ref_close: expected {close}, got {got['ref_close']}")
    if expected.get("ref_close_kind") == "last_regular_close" and quote.prev_close is not None:
        problems.append(f"prev_close {quote.prev_close} from outside the regular session")
    return problems


def _mqtt(case: Mapping[str, Any]) -> Problems:
    decoder = make_decoder(_topic_section(case), where=str(case["topic"]))
    retain = bool(case.get("mqtt_retain_flag"))
    expected = case["expected"]
    try:
        items = decoder.decode(case["topic"], case["payload"].encode(), retain, RECEIVED_NS)
    except FrameError as error:
        # What can be read and holds no record is rejected by one name or the other.
        words = ("decode_error",) if error.reason == BAD_PAYLOAD else ("decode_error", "reject")
        return [] if expected in words else [f"expected {expected!r}, got {error}"]
    quotes = [
        event for item in items if isinstance(item, RawQuote) for event in _accepted(item) if isinstance(event, Quote)
    ]
    if isinstance(expected, str):
        return _in_words(expected, items, quotes, case)
    wanted = expected if isinstance(expected, list) else [expected]
    if len(quotes) != len(wanted):
        return [f"expected {len(wanted)} quotes, got {len(quotes)}"]
    return [problem for row, quote in zip(wanted, quotes, strict=True) for problem in _mqtt_quote(row, quote)]


def _topic_section(case: Mapping[str, Any]) -> MqttTopicSection:
    """The table of settings that a row stands for: what it says of records stands beside the rest, or in `decode`."""
    convention = case["topic"].startswith("md/v1/")
    config = {"topic": "md/v1/{market}/{code}/quote" if convention else case["topic"], **case.get("config", {})}
    decode = {key: config.pop(key) for key in MqttDecodeSection.model_fields if key in config}
    config["decode"] = {**decode, **config.get("decode", {})}
    return MqttTopicSection.model_validate(config)


def _mqtt_quote(expected: Mapping[str, Any], quote: Quote) -> Problems:
    from_receipt = bool(quote.flags & EVENT_TIME_IS_RECEIPT)
    got = {
        "symbol": quote.symbol,
        "price": quote.price,
        "prev_close": quote.prev_close,
        "ts_ms": None if from_receipt else quote.event_ns // 1_000_000,
        "ts_from": "receive" if from_receipt else "feed",
        "day_volume": quote.day_volume,
        "session": quote.session,
    }
    return _differences(expected, got)


def _in_words(expected: str, items: list[Any], quotes: list[Quote], case: Mapping[str, Any]) -> Problems:
    if expected == "ignore":
        return ["not ignored"] if items else []
    if expected == "reject":
        return [] if items and not quotes else [f"expected a rejected record, got {quotes or 'nothing'}"]
    if expected.startswith("accept as snapshot") and len(quotes) == 1:
        kept = quotes[0].flags & RETAINED and quotes[0].event_ns < RECEIVED_NS
        return [] if kept else ["a retained value with the time of its arrival"]
    return [f"expected {expected!r}, got {quotes or items or 'nothing'} for {case['topic']}"]


def _accepted(raw: RawQuote) -> list[Any]:
    """What a fresh intake that knows the symbol makes of one record."""
    instrument = Instrument(
        symbol=raw.source_symbol,
        name="",
        kind=Kind.STOCK,
        calendar=None,
        currency="",
        sources={raw.source: raw.source_symbol},
    )
    return [event for event in Intake([instrument], {}).accept(raw) if not isinstance(event, OfficialClose)]


def _fields(pricing: Pricing, expected: Mapping[str, Any]) -> Problems:
    """Presence of every field of the wire, and its value."""
    got = {name: getattr(pricing, name) for name in pricing.__struct_fields__}
    wanted = {"expire_date" if name == "field_14" else name: value for name, value in expected.items()}
    problems = _differences(wanted, got)
    if wanted:
        extra = sorted(name for name, value in got.items() if value is not None and name not in wanted)
        problems += [f"{name}: on the wire, not expected" for name in extra]
    return problems


def _differences(expected: Mapping[str, Any], got: Mapping[str, Any]) -> Problems:
    return [
        f"{name}: expected {value!r}, got {got.get(name)!r}"
        for name, value in expected.items()
        if not _same(value, got.get(name))
    ]


def _same(expected: object, got: object) -> bool:
    """Numbers agree when they are the same float32: the shortest decimal and the exact value are one number."""
    if isinstance(expected, float) and isinstance(got, int | float):
        return math.isclose(expected, got, rel_tol=6e-8)
    return expected == got


def _snake(name: str) -> str:
    special = {"marketcap": "market_cap", "fromcurrency": "from_currency", "vol_24hr": "vol_24hr"}
    return special.get(name) or "".join(f"_{sign.lower()}" if sign.isupper() else sign for sign in name)
