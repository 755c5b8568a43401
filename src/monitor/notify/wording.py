"""Numbers, durations and times as people read them. Rounded for the eye only; the exact values stay in the evidence."""

from datetime import UTC, datetime
from operator import ge, gt, le, lt
from zoneinfo import ZoneInfo

HONG_KONG = ZoneInfo("Asia/Hong_Kong")
NEW_YORK = ZoneInfo("America/New_York")

_DECIMALS = {"pct": 1, "pp": 2, "z": 2, "ratio": 2, "price": 2, "usd_bn": 1, "seconds": 1, "count": 0}
_SUFFIX = {
    "pct": " %",
    "pp": " pp",
    "z": " σ",
    "ratio": "",
    "price": "",
    "usd_bn": " USD bn",
    "seconds": " s",
    "count": "",
}
SIGNED = frozenset({"pct", "pp", "z", "usd_bn"})
"""Units whose numbers are shown with their sign: differences, and returns."""

MOST_DECIMALS = 6
"""More would show what binary fractions make of a number, not the number."""

_LONG_S = 120
_REGIMES = {1.0: "bull", 0.0: "correction", -1.0: "bear"}
_COUNTED = {
    "sessions_since_high": ("session", "sessions"),
    "sessions_since_low": ("session", "sessions"),
    "data_alerts": ("data alert", "data alerts"),
}
_COMPARISONS = {">": gt, "<": lt, "≥": ge, "≤": le}
MISSING = "n/a"
_LONGEST = 2000


def number(
    value: float | None, unit: str, *, suffix: bool = True, decimals: int | None = None, signed: bool = True
) -> str:
    """`+1.62 pp`, `6,301.4`, `22.4 s`; `n/a` for None. unit: ALERTING section 2. decimals: None means the unit's own.
    signed: with a plus in units whose numbers have signs.

    >>> number(1.6249, "pp"), number(-0.5, "pct"), number(6301.43, "price"), number(None, "z")
    ('+1.62 pp', '-0.5 %', '6,301.4', 'n/a')
    """
    if value is None:
        return MISSING
    digits = own_decimals(value, unit) if decimals is None else decimals
    text = f"{value:+,.{digits}f}" if signed and unit in SIGNED else f"{value:,.{digits}f}"
    return text + _SUFFIX[unit] if suffix else text


def measured(value: float | None, unit: str, measure: str = "", *, decimals: int | None = None) -> str:
    """A number as people say it: regimes in words, counts with what is counted, long times in hours; else `number`.

    measure: of the metric, `regime`; "" when unknown. decimals: as of `number`.

    >>> measured(1.0, "count", "regime"), measured(252.0, "count", "sessions_since_high"), measured(22320.0, "seconds")
    ('bull', '252 sessions', '6 h 12 m')
    """
    if value is None:
        return MISSING
    if measure == "regime" and value in _REGIMES:
        return _REGIMES[value]
    if measure in _COUNTED:
        one, many = _COUNTED[measure]
        return f"{number(value, unit, decimals=0 if value == int(value) else decimals)} {one if value == 1 else many}"
    if unit == "seconds" and value >= _LONG_S and not decimals:
        return duration(value)
    return number(value, unit, decimals=decimals)


def bound(comparison: str, limit: float, unit: str, measure: str = "") -> str:
    """One side of a condition: `> +1.50 pp`, with all digits that the limit was given with. A bound on the regime names
    the regimes beyond it.

    >>> bound(">", 0.25, "pct"), bound("<", 0.5, "count", "regime")
    ('> +0.25 %', 'correction or bear')
    """
    if measure == "regime":
        names = [name for regime, name in _REGIMES.items() if _COMPARISONS[comparison](regime, limit)]
        return " or ".join(names) or "none"
    return f"{comparison} {measured(limit, unit, measure, decimals=exact_decimals(limit, unit))}"


def own_decimals(value: float, unit: str) -> int:
    """Decimals of a number of that size: low prices have more of them, long times none.

    >>> own_decimals(6301.4, "price"), own_decimals(412.6, "price"), own_decimals(7.7812, "price")
    (1, 2, 4)
    """
    if unit == "seconds":
        return 0 if abs(value) >= _LONG_S else 1
    if unit == "price":
        return 1 if abs(value) >= 1000 else 2 if abs(value) >= 10 else 4
    return _DECIMALS.get(unit, 2)


def exact_decimals(value: float, unit: str) -> int:
    """Decimals that show all of a number that a person typed; at least the unit's own, six at most."""
    least = own_decimals(value, unit)
    return next((digits for digits in range(least, MOST_DECIMALS) if round(value, digits) == value), MOST_DECIMALS)


def beside(value: float | None, limit: float | None, unit: str) -> int:
    """Decimals for a value and its limit, side by side: all that the limit was given with, more when both would look
    the same.

    >>> beside(1.62, 1.5, "pp"), beside(1.5004, 1.5, "pp"), beside(0.31, 0.25, "pct")
    (2, 4, 2)
    """
    least = max(
        (own_decimals(value, unit) if value is not None else 0, exact_decimals(limit, unit) if limit is not None else 0)
    )
    if value is None or limit is None:
        return least or _DECIMALS.get(unit, 2)
    if value == limit:
        return least
    if unit == "seconds" and not least and duration(value) == duration(limit):
        least = 1
    for digits in range(least, MOST_DECIMALS):
        if f"{value:.{digits}f}" != f"{limit:.{digits}f}":
            return digits
    return MOST_DECIMALS


def duration(seconds: float) -> str:
    """`0.4 s`, `60 s`, `17 m 30 s`, `6 h 12 m`, `2 d 3 h`: the two largest parts, none of them zero.

    >>> duration(0.4), duration(60), duration(1050), duration(2460), duration(22320), duration(183600)
    ('0.4 s', '60 s', '17 m 30 s', '41 m', '6 h 12 m', '2 d 3 h')
    """
    if seconds < 10 and seconds != int(seconds):
        return f"{seconds:.1f} s"
    whole = int(seconds)
    if whole < 120:
        return f"{whole} s"
    for name, size, smaller, part in (("d", 86_400, "h", 3600), ("h", 3600, "m", 60), ("m", 60, "s", 1)):
        if whole >= size:
            rest = whole % size // part
            return f"{whole // size} {name} {rest} {smaller}" if rest else f"{whole // size} {name}"
    raise AssertionError("120 seconds and more are at least two minutes")


def clock(at_ms: int, zone: ZoneInfo = HONG_KONG) -> str:
    """Wall time with the zone's label, `10:00:00 HKT`. at_ms: epoch milliseconds UTC."""
    return f"{_local(at_ms, zone):%H:%M:%S} {label(zone)}"


def dated(at_ms: int, zone: ZoneInfo = HONG_KONG) -> str:
    """Date and wall time with the zone's label, `2026-11-10 10:00:00 HKT`."""
    return f"{_local(at_ms, zone):%Y-%m-%d %H:%M:%S} {label(zone)}"


def both_zones(at_ms: int) -> str:
    """`2026-11-10 10:01:00 HKT / 2026-11-09 21:01:00 ET`."""
    return f"{dated(at_ms, HONG_KONG)} / {dated(at_ms, NEW_YORK)}"


def seen_from(at_ms: int, now_ms: int, zone: ZoneInfo = HONG_KONG) -> str:
    """A wall time in a text about now_ms: the date is named when it is another day than now's."""
    same_day = _local(at_ms, zone).date() == _local(now_ms, zone).date()
    return clock(at_ms, zone) if same_day else dated(at_ms, zone)


def label(zone: ZoneInfo) -> str:
    """HKT, ET, or the zone's key."""
    return {"Asia/Hong_Kong": "HKT", "America/New_York": "ET"}.get(zone.key, zone.key)


def one_line(text: str) -> str:
    """Control characters and line breaks become single blanks: for headers, terminals and subjects."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def shortened(text: str, limit: int) -> str:
    """At most `limit` characters, the last one an ellipsis when something was cut."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def one_bounded_line(text: str) -> str:
    """What others wrote as one line of at most 2,000 characters."""
    return shortened(one_line(text), _LONGEST)


def _local(at_ms: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone)
