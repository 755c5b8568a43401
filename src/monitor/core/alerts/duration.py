"""Durations: `^(0|[1-9][0-9]*)(ms|s|m|h|d)$` in rule files, milliseconds inside, words in messages."""

import re

_UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_LONGEST = 1e14  # three thousand years: whatever claims to be older is told as that
_PATTERN = re.compile(r"(0|[1-9][0-9]*)(ms|s|m|h|d)")


def parse_duration(text: str) -> int:
    """Milliseconds of a duration as rule files write it.

    >>> parse_duration("90s")
    90000

    Raises ValueError for anything else: a fraction, a sign, a missing unit.
    """
    # No duration needs more digits; int() of thousands of them would be slow.
    found = _PATTERN.fullmatch(text) if len(text) <= 20 else None
    if found is None:
        raise ValueError(f'{text!r} is not a duration such as "500ms", "60s", "5m", "2h" or "1d"')
    return int(found[1]) * _UNITS[found[2]]


def spell_duration(milliseconds: float) -> str:
    """A duration for people, in its two largest units.

    >>> spell_duration(22_320_000)
    '6 h 12 m'
    >>> spell_duration(400)
    '0.4 s'
    """
    milliseconds = min(milliseconds, _LONGEST)
    if milliseconds < 59_950:
        return f"{milliseconds / 1000:.1f} s".replace(".0 s", " s")
    seconds = round(milliseconds / 1000)
    days, seconds = divmod(seconds, 86_400)
    hours, seconds = divmod(seconds, 3600)
    minutes, seconds = divmod(seconds, 60)
    parts = [(days, "d"), (hours, "h"), (minutes, "m"), (seconds, "s")]
    first = next(i for i, (count, _) in enumerate(parts) if count)
    return " ".join(f"{count} {unit}" for count, unit in parts[first : first + 2] if count)
