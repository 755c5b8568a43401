"""JSON as programs in the wild write it, and the numbers in it."""

import json
from typing import Any

import msgspec

_LARGEST = 2**63 - 1
"""The log's MessagePack, Parquet and every reader of both know integers of 64 bits and no others."""


def read_json(text: str | bytes) -> Any:
    """The value in `text`. NaN and Infinity, which JSON does not know but many writers emit, come out as floats, so
    that the record they are in is rejected and counted instead of the whole text.

    Raises ValueError when it is no JSON, when it is nested too deeply, and when a text in it is no Unicode text (half a
    surrogate pair), which nothing could write down again.
    """
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        pass
    except RecursionError:
        raise ValueError("nested too deeply") from None
    try:
        value = json.loads(text)
        json.dumps(value, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return value


def read_number(value: object) -> float | None:
    """A number or its decimal text, infinities and NaN included; None for nothing. Raises ValueError for others."""
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f"not a number: {value!r}")
    try:
        return float(value)
    except OverflowError:
        raise ValueError("larger than any number") from None


def read_whole(value: object) -> int | None:
    """A whole number from 0 to 2^63 - 1 or its digits; None for nothing. Raises ValueError for others."""
    if value is None or value == "":
        return None
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= len(str(_LARGEST)):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LARGEST:
        raise ValueError("not a whole number of 64 bits")
    return value
