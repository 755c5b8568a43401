"""Numbers of metrics with their unit, and moments of alerts, as people read them. Pure.

Differences and returns carry their sign; prices, times and counts do not. A missing value is the dash.
"""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from monitor.readouts import words
from monitor.readouts.desk import EpisodeView

_DECIMALS = {"pct": 2, "pp": 2, "z": 2, "ratio": 2, "usd_bn": 1, "count": 0}
_SUFFIX = {"pct": " %", "pp": " pp", "z": " σ", "usd_bn": " bn USD"}
_SIGNED = frozenset({"pct", "pp", "z", "usd_bn"})
_REGIMES = {1.0: "bull", 0.0: "correction", -1.0: "bear"}
_LONGEST_TEXT = 200
_MINUS = re.compile(r"-(?=[0-9])")


def quantity(value: float | None, unit: str, measure: str = "") -> str:
    """`+6.21 pp`, `6,301.40`, `22 s`, `bull`. unit, measure: as of the catalogue of metrics.

    >>> quantity(6.214, "pp"), quantity(6301.4, "price"), quantity(22.4, "seconds"), quantity(1.0, "count", "regime")
    ('+6.21 pp', '6,301.40', '22 s', 'bull')
    >>> quantity(0.5, "count", "regime")
    'between correction and bull'
    """
    if value is None:
        return words.MISSING
    if measure == "regime":
        return _regime(value)
    if unit == "price":
        return words.price(value)
    if unit == "seconds":
        return words.age(value)
    digits = _DECIMALS.get(unit, 2)
    text = words.signed(value, digits) if unit in _SIGNED else words.decimal(value, digits)
    return text + _SUFFIX.get(unit, "")


def of_episode(value: float | None, episode: EpisodeView) -> str:
    """A number of an episode's metric: its peak, its limit."""
    _, _, measure = episode.metric.rpartition(".")[0].rpartition(".")
    return quantity(value, episode.unit, measure)


def _regime(value: float) -> str:
    """A regime, or between which two of them a limit lies."""
    if value in _REGIMES:
        return _REGIMES[value]
    above = [name for regime, name in _REGIMES.items() if regime > value]
    below = [name for regime, name in _REGIMES.items() if regime < value]
    return f"between {below[0]} and {above[-1]}" if above and below else words.MISSING


def at(moment_ms: int | None, now_ms: int | None = None) -> str:
    """A moment in Hong Kong to the minute: `10:00`, and `20 Feb 10:00` on another day than now's.

    moment_ms, now_ms: epoch milliseconds UTC; the dash for a moment that is not known or beyond the calendar.
    """
    local = _local(moment_ms, words.HONG_KONG)
    if local is None:
        return words.MISSING
    now = _local(now_ms, words.HONG_KONG)
    if now is not None and now.date() == local.date():
        return f"{local:%H:%M}"
    year = "" if now is not None and now.year == local.year else f" {local.year}"
    return f"{local.day} {local:%b}{year} {local:%H:%M}"


def in_both_zones(moment_ms: int | None) -> str:
    """`21 Feb 2025 10:00:12 HKT, 20 Feb 2025 21:00:12 ET`; "" for a moment that is not known."""
    found = [(_local(moment_ms, zone), name) for zone, name in ((words.HONG_KONG, "HKT"), (words.NEW_YORK, "ET"))]
    return ", ".join(f"{local.day} {local:%b %Y %H:%M:%S} {name}" for local, name in found if local is not None)


def short(text: str) -> str:
    """A text of somebody else's, made harmless and at most 200 characters long."""
    clean = words.clean(text)
    return clean if len(clean) <= _LONGEST_TEXT else clean[: _LONGEST_TEXT - 1] + "…"


def condition(text: str) -> str:
    """A rule's condition as messages write it, with the minus sign of the other numbers.

    >>> condition("> +3.00 pp or < -3.00 pp")
    '> +3.00 pp or < −3.00 pp'
    """
    return _MINUS.sub(words.MINUS, short(text))


def _local(moment_ms: int | None, zone: ZoneInfo) -> datetime | None:
    if moment_ms is None:
        return None
    try:
        return datetime.fromtimestamp(moment_ms / 1000, UTC).astimezone(zone)
    except (ValueError, OverflowError, OSError):
        return None
