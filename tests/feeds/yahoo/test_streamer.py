"""Yahoo's wire and what its frames mean."""

import base64
import contextlib
import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.event import SIMULATED
from monitor.core.quotes.raw import RawQuote
from monitor.feeds.conversation import Turn
from monitor.feeds.port import FrameError
from monitor.feeds.yahoo.streamer import ReferenceClose, Yahoo, frame_of, parse_frame, raw_quote, reference_close
from monitor.feeds.yahoo.wire import Pricing, WireError, decode, encode, shortest
from tests.shared import SHARED, needs_shared
from tests.vectors.dispatch import run_file
from tests.vectors.result import Status

# AAPL before the market, captured on 2026-05-22 (FEEDS 5.4): market_hours is 0 and on the wire.
AAPL_PRE = b'{"type":"pricing","message":"CgRBQVBMFUjhmEMY4Jbi68lnKgNOTVMwCDgARTxEgT5lACBFP9gBBA=="}'

FLOAT32 = st.floats(width=32, allow_nan=False, allow_infinity=False)
INT64 = st.integers(min_value=-(2**63), max_value=2**63 - 1)


@needs_shared
@pytest.mark.parametrize("file", ["fixtures/feeds/yahoo_streamer.jsonl", "data/ws_frames/yahoo_streamer_frames.jsonl"])
def test_every_captured_frame_reads_as_it_should(file: str) -> None:
    results = list(run_file(SHARED / file))

    assert results
    assert [result for result in results if result.status is not Status.PASSED] == []


def test_zero_on_the_wire_is_not_absence() -> None:
    """PRE is market_hours 0; a decoder that drops zeros takes it for the regular session."""
    pricing = parse_frame(AAPL_PRE)

    assert pricing is not None
    assert (pricing.market_hours, pricing.day_volume, pricing.price) == (0, None, 305.76)
    assert raw_quote(pricing, "yahoo", 1).session == "pre"
    assert raw_quote(pricing, "yahoo", 1).prev_close is None
    assert reference_close(pricing) == (304.99, ReferenceClose.LAST_REGULAR_CLOSE)


def test_version_1_is_the_same_message_without_an_envelope() -> None:
    message = json.loads(AAPL_PRE)["message"].encode()

    assert parse_frame(message) == parse_frame(AAPL_PRE)


def test_unknown_fields_are_skipped_by_wire_type() -> None:
    """Fields of all four wire types between known ones do not disturb them, nor does a known number of another type."""
    unknown = b"\xb8\x02\x05" + b"\xa5\x02\x00\x00\x80\x3f" + b"\xa1\x02" + b"\0" * 8 + b"\xaa\x02\x02hi" + b"\x10\x07"
    head, tail = encode(Pricing(id="NVDA")), encode(Pricing(price=1.5, full_day_change=-0.25))

    assert decode(head + unknown + tail) == Pricing(id="NVDA", price=1.5, full_day_change=-0.25)


@pytest.mark.parametrize(
    "data", [b"\x0b", b"\x00\x01", b"\x0a\x05ab", b"\x15\0\0", b"\x18" + b"\xff" * 11, b"\x0a\x01\xff"]
)
def test_torn_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(WireError):
        decode(data)


@given(st.binary(max_size=60))
def test_no_bytes_break_the_decoder(data: bytes) -> None:
    """Whatever arrives is a message or a WireError, and through an envelope a record or a FrameError."""
    frame = json.dumps({"type": "pricing", "message": base64.b64encode(data).decode()}).encode()
    try:
        decode(data)
    except WireError:
        with pytest.raises(FrameError):
            parse_frame(frame)
    else:
        with contextlib.suppress(FrameError):  # a time before 1970 or beyond what can be written
            assert len(Yahoo([]).received(frame, 1).records) <= 1


@given(
    st.builds(
        Pricing,
        id=st.none() | st.text(max_size=12),
        price=st.none() | FLOAT32,
        time=st.none() | INT64,
        quote_type=st.none() | st.integers(min_value=-(2**31), max_value=2**31 - 1),
        market_hours=st.none() | st.integers(min_value=0, max_value=5),
        day_volume=st.none() | INT64,
        change=st.none() | FLOAT32,
        market_cap=st.none() | st.floats(allow_nan=False),
        full_day_change_percent=st.none() | FLOAT32,
    )
)
def test_what_was_encoded_is_decoded(pricing: Pricing) -> None:
    """Presence of every field survives, integers exactly, floats as the same float32."""
    again = decode(encode(pricing))

    assert encode(again) == encode(pricing)
    assert (again.id, again.time, again.day_volume) == (pricing.id, pricing.time, pricing.day_volume)


@given(FLOAT32)
def test_the_shortest_decimal_is_the_same_float32(value: float) -> None:
    raw = struct.pack("<f", value)

    assert struct.pack("<f", shortest(raw)) == raw


@pytest.mark.parametrize("price", [635.5, 478.8, 4.722, 25123.45, 314.765, 1.15327, 94745.08])
def test_prices_lose_their_float32_noise(price: float) -> None:
    assert shortest(struct.pack("<f", price)) == price


def test_the_previous_close_is_taken_only_in_the_regular_session() -> None:
    """Regular: field 16 if present, else price − change, to price_hint. After the close: neither."""
    regular = Pricing(id="NVDA", price=183.45, change=2.9500122, market_hours=1, price_hint=2, time=1)
    explicit = Pricing(id="NVDA", price=305.0, change=1.5, market_hours=1, previous_close=304.0, time=1)
    post = Pricing(id="NVDA", price=184.0, change=0.2, market_hours=2, price_hint=2, time=1)

    assert raw_quote(regular, "yahoo", 1).prev_close == 180.5
    assert raw_quote(explicit, "yahoo", 1).prev_close == 304.0
    assert raw_quote(post, "yahoo", 1).prev_close is None
    assert reference_close(Pricing(price=1.0, market_hours=1)) is None


@pytest.mark.parametrize("market_hours", [None, 0, 2, 3, 4, 9])
def test_no_change_outside_the_regular_session_becomes_a_previous_close(market_hours: int | None) -> None:
    """Before, after and overnight it is measured from another close; a frame that does not say when it is from is not
    taken for a regular one, nor is a value that no table knows."""
    pricing = Pricing(id="NVDA", price=184.0, change=0.2, previous_close=180.5, market_hours=market_hours, time=1)

    assert raw_quote(pricing, "yahoo", 1).prev_close is None
    assert raw_quote(pricing, "yahoo", 1).session != "regular"


def test_a_price_keeps_more_decimals_than_its_hint() -> None:
    """price_hint is how Yahoo shows a price: captured trades are finer (314.765 under 2, EURUSD 1.15327 under 4)."""
    pricing = parse_frame(frame_of(Pricing(id="AAPL", price=314.765, time=1, price_hint=2)).encode())

    assert pricing is not None
    assert raw_quote(pricing, "yahoo", 1).price == 314.765


def test_the_adapter_marks_and_names_its_records() -> None:
    yahoo = Yahoo(["NVDA", "^NDX"], "sim", SIMULATED)
    (record,) = yahoo.received(frame_of(Pricing(id="NVDA", price=1.0, time=5, market_hours=1)).encode(), 9).records

    assert isinstance(record, RawQuote)
    assert yahoo.opened(1) == Turn(say=['{"subscribe":["NVDA","^NDX"]}'], ready=True)
    assert yahoo.heartbeat(2).say == yahoo.opened(1).say
    assert yahoo.closed(1000, 0.1) == ""
    assert (record.source, record.flags, record.event_ns, record.recv_ns) == ("sim", SIMULATED, 5_000_000, 9)


@pytest.mark.parametrize("time", [-1, 2**62, -(2**63)])
def test_a_time_that_fits_into_no_event_is_counted(time: int) -> None:
    """One such message must not end the process that writes the log."""
    frame = frame_of(Pricing(id="NVDA", price=1.0, time=time)).encode()

    with pytest.raises(FrameError) as caught:
        Yahoo(["NVDA"]).received(frame, 9)
    assert caught.value.reason == "BAD_TIMESTAMP"
