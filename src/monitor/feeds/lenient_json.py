"""JSON as programs in the wild write it."""

import json
from typing import Any

import msgspec


def read_json(text: str | bytes) -> Any:
    """The value in `text`. NaN and Infinity, which JSON does not know but many writers emit, come out as floats, so
    that the record they are in is rejected and counted instead of the whole text. Raises ValueError when it is no JSON.
    """
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return json.loads(text)
