"""Rows of Webull's MQTT fixtures: what the MQTT feed makes of them with a plug-in for their protobuf (FEEDS 7.5)."""

import base64
from collections.abc import Mapping
from typing import Any

from monitor.core.quotes.raw import RawQuote
from monitor.feeds.mqtt.payload import MqttDecoder
from monitor.feeds.port import FrameError
from monitor.settings.tree import MqttSettings
from tests.feeds.mqtt import webull_payload

DECODERS = {
    "snapshot": MqttDecoder("snapshot", payload="plugin:tests.feeds.mqtt.webull_payload:snapshot", records="@"),
    "tick": MqttDecoder("tick", payload="plugin:tests.feeds.mqtt.webull_payload:tick"),
    "notice": MqttDecoder("notice", payload="ignore"),
    "echo": MqttDecoder("echo", payload="ignore"),
}
"""The topics of the settings that a user of Webull would write."""

_OF_THE_QUOTE = {"symbol": "source_symbol", "volume": "day_volume"}
_BESIDE_IT = {"change_ratio_fraction": "change_ratio"}

Problems = list[str]


def problems_of(case: Mapping[str, Any]) -> Problems | None:
    """What is wrong with one row; None for what is not MQTT: their subscription is a signed HTTP request."""
    if "CONNECT" in str(case.get("transport", "")):
        return _connect(case["fields"])
    if "topic" not in case:
        return None
    payload = base64.b64decode(case["payload_b64"]) if "payload_b64" in case else case["payload"].encode()
    items = DECODERS[case["topic"]].decode(case["topic"], payload, bool(case.get("retain")), 1)
    if case.get("expected") == {"kind": "ignore"}:
        return ["not ignored"] if items else []
    bad = [str(item) for item in items if isinstance(item, FrameError)]
    quotes = [item for item in items if isinstance(item, RawQuote)]
    document = getattr(webull_payload, case["topic"])(payload)
    records = document if isinstance(document, list) else [document]
    return bad or _compare(case["expected_quote"], quotes, records)


def _connect(fields: Mapping[str, Any]) -> Problems:
    """Every field of their CONNECT is a setting."""
    given = MqttSettings(
        client_id="{rand}", username="key", password="any", keepalive_s=fields["keepalive"], subscribe_via="none"
    )
    known = {"client_id", "username", "password", "keepalive"}
    return [f"no setting for {name}" for name in fields if name not in known] + (
        [] if given.keepalive_s == fields["keepalive"] else ["keepalive"]
    )


def _compare(expected: Mapping[str, Any], quotes: list[RawQuote], records: list[dict[str, Any]]) -> Problems:
    parts = [expected[name] for name in ("regular", "extended") if name in expected] or [expected]
    if len(parts) != len(quotes):
        return [f"expected {len(parts)} quotes, got {len(quotes)}"]
    problems = [
        problem
        for part, quote, record in zip(parts, quotes, records, strict=True)
        for name, value in part.items()
        if (problem := _difference(name, value, quote, record))
    ]
    wrong = {quote.source_symbol for quote in quotes} - {expected["symbol"]}
    return problems + ([f"symbol: {wrong}"] if wrong else [])


def _difference(name: str, value: Any, quote: RawQuote, record: Mapping[str, Any]) -> str:
    if name == "ts_ms":
        got: Any = (quote.event_ns or 0) // 1_000_000
    elif hasattr(quote, _OF_THE_QUOTE.get(name, name)):
        got = getattr(quote, _OF_THE_QUOTE.get(name, name))
    else:
        got = record.get(_BESIDE_IT.get(name, name))
    same = got == value if name == "symbol" else got is not None and float(got) == float(value)
    return "" if same else f"{name}: expected {value!r}, got {got!r}"
