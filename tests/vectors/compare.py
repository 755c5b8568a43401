"""Comparison of what a vector expects with what was computed (DOMAIN section 13)."""

from collections.abc import Iterator
from typing import Any


def differences(expected: Any, got: Any, rel: float, absolute: float, path: str = "") -> Iterator[str]:
    """One sentence for each place where the two differ: same keys, same lengths, strings, null and booleans equal,
    numbers within max(absolute, rel·|expected|)."""
    if isinstance(expected, dict) and isinstance(got, dict):
        for key in expected.keys() | got.keys():
            if key not in got:
                yield f"{path}.{key} is missing"
            elif key not in expected:
                yield f"{path}.{key} is not expected"
            else:
                yield from differences(expected[key], got[key], rel, absolute, f"{path}.{key}")
    elif isinstance(expected, list) and isinstance(got, list):
        if len(expected) != len(got):
            yield f"{path} has {len(got)} items, expected {len(expected)}"
        for i, (one, other) in enumerate(zip(expected, got, strict=False)):
            yield from differences(one, other, rel, absolute, f"{path}[{i}]")
    elif _is_number(expected) and _is_number(got):
        if not abs(expected - got) <= max(absolute, rel * abs(expected)):
            yield f"{path} is {got!r}, expected {expected!r}"
    elif not _same_kind(expected, got) or expected != got:
        yield f"{path} is {got!r}, expected {expected!r}"


def _same_kind(expected: Any, got: Any) -> bool:
    """False equals 0 in Python, but not here; the names of an enumeration are strings."""
    return type(expected) is type(got) or (isinstance(expected, str) and isinstance(got, str))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
