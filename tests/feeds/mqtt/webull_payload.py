"""Webull's payloads as a plug-in of the MQTT feed (FEEDS 7.5): what a user would write for a vendor's protobuf.

Every value on their wire is a text or a message, so that length-delimited fields are all there is to read.
"""

from typing import Any

SESSIONS = {"RTH": "regular", "PRE": "pre", "AFT": "post", "OVN": "overnight"}


def snapshot(payload: bytes) -> list[dict[str, Any]]:
    """The regular price, and the extended one as a record of its own: they have different times and sessions."""
    fields = _fields(payload)
    basic = _fields(fields[1])
    symbol, session = basic[1].decode(), basic.get(4, b"").decode()
    records = [
        {
            "symbol": symbol,
            "ts": _text(fields, 2),
            "price": _text(fields, 3),
            "prev_close": _text(fields, 7),
            "volume": _text(fields, 8),
            "session": "regular",
            "open": _text(fields, 4),
            "high": _text(fields, 5),
            "low": _text(fields, 6),
            "change": _text(fields, 9),
            "change_ratio": _text(fields, 10),
        }
    ]
    for price, time, change, phase in ((12, 11, 16, SESSIONS.get(session)), (19, 18, 23, "overnight")):
        if price in fields:
            texts = {"ts": _text(fields, time), "price": _text(fields, price), "change": _text(fields, change)}
            records.append({"symbol": symbol, "session": phase, **texts})
    return records


def tick(payload: bytes) -> dict[str, Any]:
    """One trade."""
    fields = _fields(payload)
    symbol = _fields(fields[1])[1].decode()
    return {"symbol": symbol, "ts": _text(fields, 2), "price": _text(fields, 3), "size": _text(fields, 4)}


def _text(fields: dict[int, bytes], number: int) -> str | None:
    return fields[number].decode() if number in fields else None


def _fields(data: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        length, at = _varint(data, at)
        if key & 7 != 2 or at + length > len(data):
            raise ValueError("torn")
        found[key >> 3] = data[at : at + length]
        at += length
    return found


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not byte & 0x80:
            return value, at
