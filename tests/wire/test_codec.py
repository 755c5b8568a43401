"""Entries of the log: what comes back, and what is refused as not ours."""

import msgspec
import pytest

from monitor.core.event import Beat, Event, Quote
from monitor.wire.codec import Entry, decode_entry, entry_fields

EVENTS: list[Event] = [Quote("AAPL", "test", 1, 2, 190.5), Beat(3)]


def fields(**changes: bytes) -> dict[bytes, bytes]:
    """The fields of an entry with two events as Redis returns them."""
    written = {name: str(value).encode() if isinstance(value, int) else value for name, value in entry().items()}
    return {name.encode(): changes.get(name, value) for name, value in written.items()}


def entry() -> dict[str, bytes | int]:
    packed = entry_fields("p:1", 7, EVENTS)
    return {name: value.encode() if isinstance(value, str) else value for name, value in packed.items()}


def test_events_come_back() -> None:
    assert decode_entry(fields()) == Entry("p:1", 7, EVENTS)


def test_events_of_another_kind_are_passed_over_and_counted() -> None:
    """A reader of this version goes on when a newer writer adds a kind."""
    data = msgspec.msgpack.encode([["b", 3], ["new", 1], ["q", "AAPL"], 5])

    assert decode_entry(fields(d=data)) == Entry("p:1", 7, [Beat(3)], skipped=3)


@pytest.mark.parametrize(
    "changes",
    [
        {"v": b"2"},
        {"n": b"many"},
        {"p": b"\xff"},
        {"d": b"\xc1"},
        {"d": b"\xdd\xff\xff\xff\xff"},
        {"d": b"\x91" * 5_000},
        {"d": msgspec.msgpack.encode({"a": 1})},
    ],
)
def test_what_is_no_entry_is_refused(changes: dict[str, bytes]) -> None:
    """Whatever stands in the stream, the calculator must be able to step over it."""
    with pytest.raises(ValueError):
        decode_entry(fields(**changes))


def test_a_missing_field_is_named() -> None:
    without = {name: value for name, value in fields().items() if name != b"p"}

    with pytest.raises(ValueError, match="without field b'p'"):
        decode_entry(without)
