"""MQTT messages: topics, payloads, and what is not a quote."""

from typing import Any

import pytest

from monitor.core.event import RETAINED
from monitor.core.quotes.raw import RawQuote
from monitor.errors import ConfigError
from monitor.feeds.mqtt.payload import MqttDecoder
from monitor.feeds.mqtt.topic import TopicTemplate
from monitor.feeds.port import FrameError
from tests.shared import SHARED, needs_shared
from tests.vectors.dispatch import run_file
from tests.vectors.result import Status

TOPIC = "md/v1/HK/0700/quote"


@needs_shared
def test_every_fixture_reads_as_it_should() -> None:
    results = list(run_file(SHARED / "fixtures/feeds/mqtt_quotes.jsonl"))

    assert results
    assert [result for result in results if result.status is not Status.PASSED] == []


def test_a_named_level_stands_for_one_level() -> None:
    template = TopicTemplate("quotes/{market}/{symbol}/#")

    assert template.filter == "quotes/+/+/#"
    assert template.match("quotes/US/^NDX/last/x") == {"market": "US", "symbol": "^NDX"}
    assert template.match("quotes/US/^NDX") == {"market": "US", "symbol": "^NDX"}
    assert template.match("quotes/US") is None
    assert TopicTemplate("#").match("anything/at/all") == {}
    assert TopicTemplate("{a}/{b}").match("$SYS/uptime") is None


@pytest.mark.parametrize("template", ["", "a/b{c}", "a/#/b", "$share/g/a", "a/{x}/{x}", "a/b+"])
def test_a_template_that_is_no_filter_is_refused(template: str) -> None:
    with pytest.raises(ConfigError):
        TopicTemplate(template)


def test_the_symbol_may_be_put_together_from_the_topic() -> None:
    decoder = MqttDecoder(symbol_from="{code}.{market}")
    (item,) = decoder.decode(TOPIC, b'{"price":1}', False, 1)

    assert isinstance(item, RawQuote)
    assert item.source_symbol == "0700.HK"


def test_a_retained_value_keeps_its_own_time_or_is_refused() -> None:
    """Without a time of its own a retained value would look as if it had just happened."""
    decoder = MqttDecoder()
    (item,) = decoder.decode(TOPIC, b'{"symbol":"0700.HK","price":600,"ts":1795000000000}', True, 1)
    (timeless,) = decoder.decode(TOPIC, b'{"symbol":"0700.HK","price":600}', True, 1)

    assert isinstance(item, RawQuote)
    assert (item.flags, item.event_ns) == (RETAINED, 1_795_000_000_000_000_000)
    assert isinstance(timeless, FrameError)
    assert timeless.reason == "RETAINED_WITHOUT_TIME"


@pytest.mark.parametrize(
    ("options", "topic", "payload", "retain", "reason"),
    [
        ({}, TOPIC, b"{bad", False, "BAD_PAYLOAD"),
        ({}, TOPIC, b"\xff\xfe", False, "BAD_PAYLOAD"),
        ({}, "other/topic", b"{}", False, "UNKNOWN_TOPIC"),
        ({"max_payload_bytes": 3}, TOPIC, b"{}  ", False, "PAYLOAD_TOO_BIG"),
        ({"retained": "ignore"}, TOPIC, b"{}", True, "RETAINED_IGNORED"),
    ],
)
def test_unreadable_messages_have_a_reason(
    options: dict[str, Any], topic: str, payload: bytes, retain: bool, reason: str
) -> None:
    with pytest.raises(FrameError) as caught:
        MqttDecoder(**options).decode(topic, payload, retain, 1)

    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b'{"symbol":"0700.HK","price":"abc"}', "BAD_FIELD"),
        (b'{"symbol":7,"price":1}', "BAD_FIELD"),
        (b'{"symbol":"0700.HK","price":1,"ts":"yesterday"}', "BAD_TIMESTAMP"),
    ],
)
def test_an_unusable_record_has_a_reason(payload: bytes, reason: str) -> None:
    (item,) = MqttDecoder().decode(TOPIC, payload, False, 1)

    assert isinstance(item, FrameError)
    assert item.reason == reason


def test_expressions_reach_into_nested_payloads() -> None:
    """Records and fields are JMESPath; a record is read on its own."""
    fields = {"symbol": "id.code", "price": "last.px", "ts": {"path": "t", "unit": "us"}}
    decoder = MqttDecoder("batch", records="data.quotes[]", fields=fields)
    payload = b'{"data":{"quotes":[{"id":{"code":"A"},"last":{"px":"2.5"},"t":5}]}}'
    (item,) = decoder.decode("batch", payload, False, 1)

    assert isinstance(item, RawQuote)
    assert (item.source_symbol, item.price, item.event_ns) == ("A", 2.5, 5_000)


@pytest.mark.parametrize(
    "options",
    [
        {"records": "[["},
        {"fields": {"prize": "p"}},
        {"fields": {"ts": {"path": "t", "unit": "h"}}},
        {"symbol_from": "{x}"},
    ],
)
def test_a_map_that_cannot_work_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        MqttDecoder(**options)


@needs_shared
def test_webulls_messages_are_read_by_a_plug_in() -> None:
    """Protobuf with numbers as text: prices of the regular session and outside it are records of their own. Only their
    subscription, which is no MQTT, is left out."""
    results = {result.id: result.status for result in run_file(SHARED / "fixtures/feeds/webull_mqtt.jsonl")}

    assert results.pop("subscribe") is Status.UNSUPPORTED
    assert results
    assert set(results.values()) == {Status.PASSED}
