"""The wire of Yahoo's streamer: protobuf message PricingData, decoded and encoded with explicit presence (FEEDS 5.3).

A field that is on the wire with value zero and a field that is not there are different things here: zero is PRE, an
unchanged price, no volume; absent is None. Fields of unknown number, or of another wire type than the table says, are
skipped by their wire type.
"""

import struct
from collections.abc import Callable
from enum import Enum
from typing import Any

import msgspec


class WireError(ValueError):
    """The bytes are not a whole protobuf message."""


class Pricing(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One PricingData message. None: not on the wire. Prices are the shortest decimals that round-trip in float32.

    time: milliseconds since 1970-01-01 UTC. market_hours: 0 pre, 1 regular, 2 post, 3 extended, 4 overnight.
    change: price minus the close that Yahoo compares with, in price units; which close that is depends on market_hours
    (FEEDS 5.5). price_hint: decimals of the price.
    """

    id: str | None = None
    price: float | None = None
    time: int | None = None
    currency: str | None = None
    exchange: str | None = None
    quote_type: int | None = None
    market_hours: int | None = None
    change_percent: float | None = None
    day_volume: int | None = None
    day_high: float | None = None
    day_low: float | None = None
    change: float | None = None
    short_name: str | None = None
    expire_date: int | None = None
    open_price: float | None = None
    previous_close: float | None = None
    strike_price: float | None = None
    underlying_symbol: str | None = None
    open_interest: int | None = None
    options_type: int | None = None
    mini_option: int | None = None
    last_size: int | None = None
    bid: float | None = None
    bid_size: int | None = None
    ask: float | None = None
    ask_size: int | None = None
    price_hint: int | None = None
    vol_24hr: int | None = None
    vol_all_currencies: int | None = None
    from_currency: str | None = None
    last_market: str | None = None
    circulating_supply: float | None = None
    market_cap: float | None = None
    full_day_change: float | None = None
    full_day_change_percent: float | None = None


class _Type(Enum):
    STRING = 2
    FLOAT = 5
    DOUBLE = 1
    SIGNED = 0
    """sint64: zig-zag varint."""
    PLAIN = -1
    """int32: plain varint."""

    @property
    def wire_type(self) -> int:
        return max(self.value, 0)


_FLOATS = (2, 8, 10, 11, 12, 15, 16, 17, 23, 25, 46, 47)
_STRINGS = (1, 4, 5, 13, 18, 30, 31)
_DOUBLES = (32, 33)
_PLAIN = (6, 7)


def _type_of(number: int) -> _Type:
    if number in _FLOATS:
        return _Type.FLOAT
    if number in _STRINGS:
        return _Type.STRING
    if number in _DOUBLES:
        return _Type.DOUBLE
    return _Type.PLAIN if number in _PLAIN else _Type.SIGNED


# PricingData numbers its fields 1 … 33 in the order above; 34 … 45 are unknown here; 46 and 47 came in 2026.
_NUMBERS = (*range(1, 34), 46, 47)
_FIELDS = {number: (name, _type_of(number)) for number, name in zip(_NUMBERS, Pricing.__struct_fields__, strict=True)}

_float = struct.Struct("<f")
_double = struct.Struct("<d")


def decode(data: bytes) -> Pricing:
    """The message in `data`. A field that occurs twice has its last value. Raises WireError when the bytes are torn."""
    values: dict[str, Any] = {}
    at, end = 0, len(data)
    while at < end:
        tag = data[at]
        if tag < 0x80:  # one byte, as most tags are: this loop is what a quote costs
            at += 1
        else:
            tag, at = _varint(data, at)
        wire_type = tag & 7
        if tag < 8:
            raise WireError("field number 0")
        known = _READERS.get(tag)
        if wire_type == 0:
            number, at = _varint(data, at)
            if known:
                values[known[0]] = known[1](number)
            continue
        if wire_type == 5:
            start, at = at, at + 4
        elif wire_type == 1:
            start, at = at, at + 8
        elif wire_type == 2:
            length, start = _varint(data, at)
            at = start + length
        else:
            raise WireError(f"wire type {wire_type}")
        if at > end:
            raise WireError("the message breaks off")
        if known:
            values[known[0]] = known[1](data[start:at])
    return Pricing(**values)


def encode(pricing: Pricing) -> bytes:
    """The message on the wire, fields in ascending order, what is None left out."""
    out = bytearray()
    for number, (name, kind) in _FIELDS.items():
        value = getattr(pricing, name)
        if value is None:
            continue
        _put_varint(out, number << 3 | kind.wire_type)
        if kind is _Type.FLOAT:
            out += _float.pack(value)
        elif kind is _Type.DOUBLE:
            out += _double.pack(value)
        elif kind is _Type.STRING:
            text = value.encode()
            _put_varint(out, len(text))
            out += text
        else:
            _put_varint(out, _zigzag(value) if kind is _Type.SIGNED else value & (2**64 - 1))
    return bytes(out)


def shortest(raw: bytes) -> float:
    """The shortest decimal number that a float32 stands for: 478.8 for the bytes of 478.79998779296875."""
    value: float = _float.unpack(raw)[0]
    for digits in range(6, 9):
        candidate = float(f"{value:.{digits}g}")
        try:
            if _float.pack(candidate) == raw:
                return candidate
        except OverflowError:
            continue
    return float(f"{value:.9g}")


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise WireError("text that is not UTF-8") from None


def _unpacked_double(raw: bytes) -> float:
    value: float = _double.unpack(raw)[0]
    return value


def _varint(data: bytes, at: int) -> tuple[int, int]:
    end = len(data)
    if at < end and data[at] < 0x80:
        return data[at], at + 1
    result = shift = 0
    while True:
        if at >= end:
            raise WireError("the message breaks off")
        byte = data[at]
        at += 1
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            return result & (2**64 - 1), at
        shift += 7
        if shift > 63:
            raise WireError("a varint of more than ten bytes")


def _put_varint(out: bytearray, number: int) -> None:
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)


def _zigzag(number: int) -> int:
    return (number << 1 ^ number >> 63) & (2**64 - 1)


def _unzigzag(number: int) -> int:
    return number >> 1 ^ -(number & 1)


def _int32(number: int) -> int:
    return number - 2**64 if number >= 2**63 else number


_READER_OF: dict[_Type, Callable[[Any], object]] = {
    _Type.STRING: _text,
    _Type.FLOAT: shortest,
    _Type.DOUBLE: _unpacked_double,
    _Type.SIGNED: _unzigzag,
    _Type.PLAIN: _int32,
}
_READERS = {number << 3 | kind.wire_type: (name, _READER_OF[kind]) for number, (name, kind) in _FIELDS.items()}
"""Tag on the wire → name of the field, and what makes its value of a varint or of bytes."""
