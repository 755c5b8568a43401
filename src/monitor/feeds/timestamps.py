"""Times as feeds and files write them: numbers in four units, their decimal text, ISO-8601 with or without a zone."""

import math
import re
from decimal import Decimal

from monitor.core.instant import MILLISECOND, SECOND, parse_instant

BAD_TIMESTAMP = "BAD_TIMESTAMP"
"""A time is missing where one is needed, or is none."""

_UNITS = {"s": SECOND, "ms": MILLISECOND, "us": 1_000, "ns": 1}
UNITS = (*_UNITS, "iso", "auto")
"""Units that `read_time` understands."""

_ISO = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s?(Z|z|UTC|[+-]\d\d(?::?\d\d)?)?")


def read_time(value: object, unit: str = "auto") -> int:
    """Nanoseconds since 1970-01-01 UTC of the instant that `value` names.

    value: a number, its decimal text, or ISO-8601 text with 0 to 9 fractional digits; text without a zone is UTC.
    unit: `s`, `ms`, `us`, `ns`, `iso`, or `auto`, which tells numbers apart by magnitude (FEEDS section 3): below
    1e11 seconds, below 1e14 milliseconds, below 1e17 microseconds, else nanoseconds.
    Raises ValueError when it is none of these or lies outside 1970 … 2262.
    """
    if isinstance(value, str):
        return _from_text(value.strip(), unit)
    if isinstance(value, bool) or not isinstance(value, int | float) or unit == "iso":
        raise ValueError(f"not a time: {value!r}")
    return _from_number(value, unit)


def write_time(ns: int) -> int:
    """The instant as milliseconds where that loses nothing, else as nanoseconds: `read_time` tells them apart."""
    return ns // MILLISECOND if ns % MILLISECOND == 0 else ns


def _from_text(text: str, unit: str) -> int:
    match = _ISO.fullmatch(text) if unit in ("iso", "auto") else None
    if match:
        day, minute, second, fraction, zone = match.groups()
        moment = f"{day}T{minute}:{second or '00'}.{fraction or '0'}"
        return _within(parse_instant(moment + ("Z" if zone in (None, "z", "UTC") else zone)))
    if unit == "iso":
        raise ValueError(f"not an ISO-8601 time: {text!r}")
    try:
        number = int(text) if text.lstrip("+-").isdigit() else float(text)
    except ValueError:
        raise ValueError(f"not a time: {text!r}") from None
    return _from_number(number, unit)


def _from_number(number: float, unit: str) -> int:
    if isinstance(number, float) and not math.isfinite(number):
        raise ValueError(f"not a time: {number!r}")
    factor = _UNITS.get(unit) or _factor_by_magnitude(abs(number))
    # Of a float the digits that were sent: a product of floats is off by some 100 ns, so often a millisecond too early.
    return _within(number * factor if isinstance(number, int) else round(Decimal(repr(number)) * factor))


def _factor_by_magnitude(size: float) -> int:
    if size < 1e11:
        return _UNITS["s"]
    if size < 1e14:
        return _UNITS["ms"]
    return _UNITS["us"] if size < 1e17 else _UNITS["ns"]


def _within(ns: int) -> int:
    if not 0 <= ns < 2**63:
        raise ValueError("not a time between 1970 and 2262")
    return ns
