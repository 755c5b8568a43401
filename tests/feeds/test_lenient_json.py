"""JSON as programs in the wild write it, up to what was written to break its readers."""

import math

import pytest

from monitor.core.event import Quote
from monitor.core.quotes.raw import RawQuote
from monitor.feeds.lenient_json import read_json, read_number, read_whole
from monitor.feeds.mqtt.payload import MqttDecoder
from monitor.feeds.port import FrameError
from monitor.feeds.recordings.row_reading import from_row
from monitor.feeds.recordings.selection import Selection, UnusableRowError
from monitor.wire.codec import encode_events
from tests.feeds.board import INSTRUMENTS

LARGEST = 2**63 - 1


def test_numbers_that_json_does_not_know_are_read() -> None:
    """A writer's NaN must reject its own record only, so the document around it is read."""
    assert read_json(b'{"price":1.5}') == {"price": 1.5}
    assert math.isnan(read_json("[NaN]")[0])
    assert read_json("[-Infinity]") == [-math.inf]


@pytest.mark.parametrize("text", [b"{oops}", b"\xff", b"[" * 50_000, b'{"a":' * 50_000, b'["\\ud800"]'])
def test_what_cannot_be_read_or_written_down_again_is_no_json(text: bytes) -> None:
    """Nesting without end and half a surrogate pair are refused like any other broken text."""
    with pytest.raises(ValueError):
        read_json(text)


@pytest.mark.parametrize(("value", "expected"), [(1, 1.0), ("2.5", 2.5), (None, None), ("", None), ("inf", math.inf)])
def test_numbers_may_be_text(value: object, expected: float | None) -> None:
    assert read_number(value) == expected


@pytest.mark.parametrize("value", [True, [], {}, "one", 10**400])
def test_what_is_no_number_is_refused(value: object) -> None:
    with pytest.raises(ValueError):
        read_number(value)


@pytest.mark.parametrize(
    ("value", "expected"), [(0, 0), ("17", 17), (LARGEST, LARGEST), (str(LARGEST), LARGEST), (None, None), ("", None)]
)
def test_whole_numbers_have_64_bits(value: object, expected: int | None) -> None:
    assert read_whole(value) == expected


@pytest.mark.parametrize("value", [True, 1.0, -1, LARGEST + 1, str(LARGEST + 1), "²", "9" * 5000, "1.5", [1]])
def test_what_is_no_whole_number_of_64_bits_is_refused(value: object) -> None:
    """`²` is a digit to Python, and more than 4,300 digits are an error of its own kind."""
    with pytest.raises(ValueError):
        read_whole(value)


@pytest.mark.parametrize(
    "fields",
    [
        '"seq":"²"',
        f'"seq":"{"9" * 5000}"',
        f'"seq":{"9" * 30}',
        f'"ts":{"9" * 400}',
        f'"ts":"{"9" * 5000}"',
        f'"price":{"9" * 400}',
        '"session":"\\ud800"',
        '"currency":' + "[" * 50_000,
    ],
)
def test_no_message_of_a_broker_ends_a_feed(fields: str) -> None:
    """Whatever a publisher sends is a quote that the log can hold, or is counted by reason."""
    message = f'{{"symbol":"HSTECH","price":1,{fields}}}'.encode()
    try:
        (item,) = MqttDecoder(max_payload_bytes=1_000_000).decode("md/v1/HK/HSTECH/quote", message, False, 1)
    except FrameError:
        return
    if isinstance(item, RawQuote):
        encode_events([Quote(item.source_symbol, item.source, item.event_ns or 0, 1, item.price, seq=item.seq)])


@pytest.mark.parametrize(
    "row",
    [
        {"symbol": "NVDA", "price": 1, "ts": 1, "seq": "²"},
        {"symbol": "NVDA", "price": 1, "ts": 1, "delay_s": 2**70},
        {"symbol": "NVDA", "price": 1, "ts": 1, "flags": ["²"]},
        {"symbol": "NVDA", "price": 1, "ts": 1, "flags": [2**70]},
        {"kind": "feed_health", "source": "a", "state": "up", "ts": 1, "rejected": "{oops}"},
        {"kind": "feed_health", "source": "a", "state": "up", "ts": 1, "rejected": [1]},
        {"kind": "feed_health", "source": "a", "state": "up", "ts": 1, "rejected": {"BAD": "²"}},
    ],
)
def test_no_row_of_a_recording_ends_a_replay(row: dict[str, object]) -> None:
    """A row that amounts to no event is counted, and the rows behind it are read."""
    with pytest.raises(UnusableRowError):
        from_row(row, Selection(INSTRUMENTS))
