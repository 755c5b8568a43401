"""Frames of JSON vendors: what the shipped feed files make of them, and whether they say what the vendor wants to hear.

A fixture file belongs to the feed file whose name is part of its own (`alpaca_v2` to `alpaca`).
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from monitor.core.definition import Instrument, Kind
from monitor.core.quotes.intake import Intake
from monitor.core.quotes.raw import RawQuote
from monitor.feeds.field_spec import STILL_KINDS
from monitor.feeds.port import FrameError
from monitor.feeds.ws_json.decode import Decoder, Meaning, condition, holds
from monitor.feeds.ws_json.requests import Requests
from monitor.feeds.ws_json.spec import FeedSpec, Subscription
from monitor.settings.feed_file import FeedFile
from monitor.settings.feed_folder import load_feed_files

CONFIG = Path(__file__).parents[2] / "config"
RECEIVED_NS = 1_795_200_000_000_000_000

Problems = list[str]

CHOICES: Mapping[str, tuple[Subscription, ...]] = {
    "twelvedata": (
        Subscription(
            {"action": "subscribe", "params": {"symbols": "{items}"}}, "replace_all", item={"symbol": "{symbol}"}
        ),
        Subscription({"action": "reset"}, "replace_all"),
    ),
    "itick": (Subscription({"ac": "subscribe", "params": "{symbols}", "types": "quote,depth"}),),
    "massive": (Subscription({"action": "subscribe", "params": "{symbols}"}, symbol_template="V.{symbol}"),),
    "alpaca": (
        Subscription(
            {"action": "subscribe", "trades": "{symbols}", "quotes": ["AMD", "CLDR"], "bars": ["*"]}, "batch_list"
        ),
    ),
}
"""What a user may write in place of the shipped subscription, so that the vendor's other samples can be said too."""


def shipped(suite: str) -> FeedFile | None:
    """The feed file for a fixture file; None when there is none."""
    files = load_feed_files(CONFIG)
    return next((feed for name, feed in files.items() if name in suite), None)


def check(case: Mapping[str, Any], feed: FeedFile) -> Problems:
    """One row against the feed file."""
    direction = case.get("dir")
    if direction == "url":
        return address_problems(case["frame"], feed.spec.connection.url)
    if direction == "c2s":
        return saying_problems(json.loads(case["frame"]), feed)
    return received(case, feed.spec)


def received(case: Mapping[str, Any], spec: FeedSpec) -> Problems:
    """What a frame of the server's means, against what the row expects."""
    decoder = Decoder(spec.decode)
    negative = case.get("kind") == "negative"
    try:
        messages = decoder.messages(case["frame"].encode())
    except FrameError as broken:
        return [] if negative else [str(broken)]
    expected = case.get("expected")
    if case.get("kind") == "error":
        return _error(expected, messages[-1], decoder, spec)
    if isinstance(expected, list):
        return _records(expected, messages, decoder)
    if negative or case.get("kind") == "data":
        return _no_quote(str(expected), messages, decoder)
    return _control(expected, messages, decoder, spec)


def _records(expected: Any, messages: Any, decoder: Decoder) -> Problems:
    """The records of the messages with data, of which there are some; the others may be anything that is known."""
    meanings = [decoder.meaning(message) for message in messages]
    if Meaning.UNKNOWN in meanings or Meaning.DATA not in meanings:
        return [f"expected data, got {meanings}"]
    data = [message for message, meaning in zip(messages, meanings, strict=True) if meaning is Meaning.DATA]
    records = [record for message in data for record in decoder.map.records(message)]
    if len(records) > len(expected):  # those that are named are the ones which may become a quote
        records = [record for record in records if _is_taken(record, decoder)]
    if len(records) != len(expected):
        return [f"expected {len(expected)} records, got {len(records)}"]
    return [problem for row, record in zip(expected, records, strict=True) for problem in _record(row, record, decoder)]


def _is_taken(record: Any, decoder: Decoder) -> bool:
    """Is the record one that the intake takes, or of a kind that moves no price?"""
    try:
        kind = decoder.map.kind(record)
        return kind in STILL_KINDS or _passes(decoder.map.quote(record, "x", RECEIVED_NS, kind=kind))
    except FrameError:
        return False


def _no_quote(expected: str, messages: Any, decoder: Decoder) -> Problems:
    """Nothing of the frame may become a quote; what is to be ignored must not count as unknown either."""
    if expected.startswith("ignore"):
        return [f"not ignored: {message}" for message in messages if decoder.meaning(message) is not Meaning.IGNORE]
    quotes = [quote for message in messages for quote in decoder.quotes(message, "x", RECEIVED_NS)]
    return [f"expected {expected}, got {quote}" for quote in quotes if isinstance(quote, RawQuote) and _passes(quote)]


def _passes(raw: RawQuote) -> bool:
    """Would an intake that knows the symbol take it?"""
    symbol = raw.source_symbol
    line = Instrument(symbol=symbol, name="", kind=Kind.STOCK, calendar=None, currency="", sources={"x": symbol})
    return bool(Intake([line], {}).accept(raw))


def _record(expected: Mapping[str, Any], record: Any, decoder: Decoder) -> Problems:
    kind = decoder.map.kind(record)
    values = {"kind": kind, **decoder.map.values(record, kind)}
    if "ts" in values:
        values["ts_ms"] = values["ts"] // 1_000_000
    problems = [
        f"{name}: expected {value!r}, got {values.get(name)!r}"
        for name, value in expected.items()
        if not _same(value, values.get(name))
    ]
    if kind in STILL_KINDS and decoder.map.moves_price(record, kind):
        problems.append(f"a {kind} moves a price")
    return problems


def _same(expected: Any, got: Any) -> bool:
    """Equal, where numbers may be written as text: fields beside a quote stay as the vendor wrote them."""
    if isinstance(expected, int | float) and isinstance(got, str):
        got = float(got)
    return bool(expected == got)


def _error(expected: Any, message: Any, decoder: Decoder, spec: FeedSpec) -> Problems:
    if decoder.meaning(message) is not Meaning.ERROR:
        return [f"expected an error, got {decoder.meaning(message)}"]
    if not isinstance(expected, Mapping):
        return []
    complaint = decoder.complaint(message)
    got = {
        "code": complaint.code,
        "fatal": complaint.fatal,
        "message": complaint.message,
        "retry_after_s": spec.connection.limits.reconnect_min_s,
    }
    return [
        f"{name}: expected {value!r}, got {got[name]!r}"
        for name, value in expected.items()
        if name in got and got[name] != value
    ]


def _control(expected: Any, messages: Any, decoder: Decoder, spec: FeedSpec) -> Problems:
    auth = spec.connection.auth
    steps = [condition(text, "feeds", "auth") for text in ((auth.after, auth.wait_for) if auth else ()) if text]
    for message in messages:
        meaning = decoder.meaning(message)
        if meaning not in (Meaning.IGNORE, Meaning.ACK) and not any(holds(step, message) for step in steps):
            return [f"expected a control message, got {meaning}"]
    if isinstance(expected, Mapping):
        answer = decoder.answer(messages[-1])
        taken = next((expected[name] for name in ("ok", "trades") if name in expected), None)
        if taken is not None and list(answer.taken) != taken:
            return [f"taken: expected {taken}, got {answer.taken}"]
        fails = expected.get("fails") or 0
        count = fails if isinstance(fails, int) else len(fails)
        if len(answer.refused) != count:
            return [f"refused: expected {count}, got {answer.refused}"]
    return []


def address_problems(expected: str, template: str) -> Problems:
    """Same host and names in the query; the values are the user's, and the path where a vendor has several sockets."""
    got = urlsplit(re.sub(r"\{\w+\}", "TOKEN", template))
    wanted = urlsplit(expected)
    same = (got.scheme, got.netloc) == (wanted.scheme, wanted.netloc)
    names = [[name for name, _ in parse_qsl(parts.query)] for parts in (got, wanted)]
    return [] if same and names[0] == names[1] else [f"expected {expected}, got {got.geturl()}"]


def saying_problems(frame: Any, feed: FeedFile) -> Problems:
    """Can the feed say this frame? Its symbols, numbers and identifiers are read off the frame, then it is said."""
    for how in _sayings(feed):
        values: dict[str, Any] = {}
        if _fits(how.template, frame, values) and _say(how, values, frame) == frame:
            return []
    return [f"nothing in the feed file says {frame}"]


def _sayings(feed: FeedFile) -> Iterator[Subscription]:
    connection = feed.spec.connection
    yield from filter(None, (connection.subscribe, connection.unsubscribe))
    if connection.heartbeat is not None:
        yield Subscription(connection.heartbeat.template, "replace_all")
    if connection.auth is not None and connection.auth.send is not None:
        yield Subscription(connection.auth.send, "replace_all")
    yield from CHOICES.get(feed.name, ())


def _fits(template: Any, frame: Any, values: dict[str, Any]) -> bool:
    """Does the frame have the template's shape? The values of whole placeholders are noted."""
    if isinstance(template, str):
        whole = re.fullmatch(r"\{(\w+)(?::int)?\}", template)
        if whole:
            values[whole[1]] = frame
        return bool(whole) or template == frame
    if isinstance(template, Mapping):
        return (
            isinstance(frame, Mapping)
            and template.keys() == frame.keys()
            and all(_fits(template[key], frame[key], values) for key in template)
        )
    return bool(template == frame)


def _say(how: Subscription, values: dict[str, Any], frame: Any) -> Any:
    names = {name: text for name, text in values.items() if isinstance(text, str)}
    requests = Requests(names, uuid=lambda: names.get("uuid", ""))
    for _ in range(int(values.get("seq", 1)) - 1):
        requests.message({}, 0)
    now_ns = int(values.get("now_ms", 0)) * 1_000_000
    if "items" in values and how.item is not None and any(item.keys() != how.item.keys() for item in values["items"]):
        # Each symbol with words of its own beside it.
        items = [
            json.loads(requests.message({**item, "symbol": "{symbol}"}, 0, symbol=item["symbol"]))
            for item in values["items"]
        ]
        return json.loads(requests.message(how.template, 0, items=items))
    named = _names(how, values)
    if not all(isinstance(name, str) for name in named):
        return None
    symbols = [_plain(name, how.symbol_template) for name in named]
    if not symbols:
        return json.loads(requests.message(how.template, now_ns))
    return json.loads(requests.subscription(how, symbols, now_ns)[-1])


def _names(how: Subscription, values: Mapping[str, Any]) -> list[Any]:
    if "symbol" in values:
        return [values["symbol"]]
    if "symbols" in values:
        listed = values["symbols"]
        return listed.split(how.join) if isinstance(listed, str) else listed if isinstance(listed, list) else []
    return [item if isinstance(item, str) else next(iter(item.values())) for item in values.get("items", [])]


def _plain(name: str, template: str) -> str:
    before, _, after = template.partition("{symbol}")
    return name.removeprefix(before).removesuffix(after)
