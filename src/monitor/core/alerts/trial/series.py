"""The short form in which unit tests write a metric or a leg over time (ALERTING section 18).

`1.0x10 1.6x70 nullx3 _x5`: value x count, one value a step; `null` is a missing value, `_` no snapshot at all.
"""

import re
from collections.abc import Iterator
from enum import Enum

from monitor.core.metrics.frame import FrameLeg

MOST_STEPS = 1_000_000
"""Steps that one series may take: more than ten days at one a second."""

_COUNTED = re.compile(r"(.+)x([1-9][0-9]{0,6})", re.DOTALL)
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_LEGS: dict[str, FrameLeg | None] = {
    "live": FrameLeg(phase="REGULAR", live=True, age_s=0.0),
    "stale": FrameLeg(phase="REGULAR", live=False, age_s=3600.0),
    "shut": FrameLeg(phase="CLOSED", live=False, age_s=21_600.0),
    "null": None,
}


class Silent(Enum):
    """The one value of a series that stands for a step without a snapshot."""

    NO_SNAPSHOT = "_"


NO_SNAPSHOT = Silent.NO_SNAPSHOT


def read_series(text: str) -> list[float | Silent | None]:
    """The values of a metric, one a step; None where it is missing.

    >>> read_series("1.5x2 null _")
    [1.5, 1.5, None, <Silent.NO_SNAPSHOT: '_'>]

    Raises ValueError for anything that is neither a number, `null` nor `_`.
    """
    found: list[float | Silent | None] = []
    for word, count in _counted(text):
        if word == "_":
            value: float | Silent | None = NO_SNAPSHOT
        elif word == "null":
            value = None
        elif _NUMBER.fullmatch(word):
            value = float(word)
        else:
            raise ValueError(f"{word!r} is no value; allowed: a number, null (missing) or _ (no snapshot)")
        found.extend([value] * count)
    return found


def read_legs(text: str) -> list[FrameLeg | None]:
    """How a leg stands, one a step: `live`, `stale` (its market is open, its feed is not fit), `shut` (its market is
    closed) or `null` (it is not in the snapshot).

    Raises ValueError for anything else.
    """
    found: list[FrameLeg | None] = []
    for word, count in _counted(text):
        if word not in _LEGS:
            raise ValueError(f"{word!r} is no state of a leg; allowed: {', '.join(_LEGS)}")
        found.extend([_LEGS[word]] * count)
    return found


def _counted(text: str) -> Iterator[tuple[str, int]]:
    """Each word with its count, which is 1 where none is given."""
    steps = 0
    for word in text.split():
        match = _COUNTED.fullmatch(word)
        what, count = (match[1], int(match[2])) if match else (word, 1)
        steps += count
        if steps > MOST_STEPS:
            raise ValueError(f"takes more than {MOST_STEPS} steps")
        yield what, count
    if steps == 0:
        raise ValueError("is empty; allowed: values such as 1.0x10 1.6x70")
