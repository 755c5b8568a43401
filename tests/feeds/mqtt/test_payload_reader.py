"""Payloads of messages: JSON, a bare number, and what plug-ins make of bytes."""

import json
from pathlib import Path
from typing import Any

import pytest

from monitor.core.quotes.raw import RawQuote
from monitor.errors import ConfigError
from monitor.feeds.mqtt.payload import MqttDecoder
from monitor.feeds.mqtt.payload_reader import payload_reader
from monitor.feeds.port import FrameError


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a module that a user wrote."""
    (tmp_path / "desk_quotes.py").write_text(
        "import json\n"
        "def read(payload):\n"
        "    symbol, price = payload.decode().split('=')\n"
        "    return {'symbol': symbol, 'price': float(price)}\n"
        "class Wrapped:\n"
        "    read = staticmethod(lambda payload: json.loads(payload[4:]))\n"
        "NUMBER = 1\n"
    )
    (tmp_path / "desk_broken.py").write_text("raise RuntimeError('no licence')\n")
    monkeypatch.syspath_prepend(tmp_path)
    return "desk_quotes"


def test_a_plug_in_is_a_function_from_bytes_to_a_document(plugin: str) -> None:
    """Its document is read as JSON would be: the usual fields, the usual quotes."""
    (item,) = MqttDecoder("q/{code}", payload=f"plugin:{plugin}:read").decode("q/x", b"NVDA=183.45", False, 1)

    assert isinstance(item, RawQuote)
    assert (item.source_symbol, item.price) == ("NVDA", 183.45)
    nested = payload_reader(f"plugin:{plugin}:Wrapped.read", where="feeds.mqtt")
    assert nested(b'\0\0\0\1{"a":1}') == {"a": 1}


@pytest.mark.parametrize("payload", [b"NVDA", b"NVDA=x", b"\xff"])
def test_whatever_a_plug_in_raises_is_one_bad_payload(plugin: str, payload: bytes) -> None:
    """The feed goes on, and what the plug-in said about the bytes is not repeated."""
    with pytest.raises(FrameError, match="in the plug-in") as caught:
        MqttDecoder("q/{code}", payload=f"plugin:{plugin}:read").decode("q/x", payload, False, 1)

    assert caught.value.reason == "BAD_PAYLOAD"


@pytest.mark.parametrize(
    ("payload", "says"),
    [
        ("plugin:desk_missing:read", "desk_missing"),
        ("plugin:desk_broken:read", "RuntimeError: no licence"),
        ("plugin:desk_quotes:write", "has no write"),
        ("plugin:desk_quotes:NUMBER", "a function"),
        ("plugin:desk_quotes", "plugin:module:function"),
        ("protobuf:desk_quotes:read", "protoc"),
        ("xml", "protobuf:module:Class"),
    ],
)
def test_a_plug_in_that_is_not_there_is_refused_at_the_start(plugin: str, payload: str, says: str) -> None:
    with pytest.raises(ConfigError, match=r"feeds\.mqtt") as caught:
        payload_reader(payload, where="feeds.mqtt")

    assert says in str(caught.value)


def test_a_generated_protobuf_class_is_read_by_its_field_names() -> None:
    """Fields that were not sent are absent; a torn message is one bad payload. The class is one that comes with the
    package: a file descriptor has texts, a list and messages in it."""
    descriptor: Any = pytest.importorskip("google.protobuf.descriptor_pb2", reason="needs protobuf")
    message = descriptor.FileDescriptorProto(name="0700.HK", package="635.5")
    message.message_type.add(name="inner")
    fields = {"symbol": "name", "price": "package", "session": "message_type[0].name"}
    decoder = MqttDecoder(
        "q/{code}", payload="protobuf:google.protobuf.descriptor_pb2:FileDescriptorProto", fields=fields
    )

    (item,) = decoder.decode("q/x", message.SerializeToString(), False, 1)

    assert isinstance(item, RawQuote)
    assert (item.source_symbol, item.price, item.session, item.event_ns) == ("0700.HK", 635.5, "inner", None)
    with pytest.raises(FrameError, match="BAD_PAYLOAD"):
        decoder.decode("q/x", b"\x0a\xff", False, 1)


def test_json_and_numbers_need_no_plug_in() -> None:
    document = {"price": 1.5}

    assert payload_reader("json", where="x")(json.dumps(document).encode()) == document
    assert payload_reader("scalar", where="x")(b" 611.05\n") == "611.05"
